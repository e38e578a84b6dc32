"""What a visitor gives to the Evaluate view: drawn lesions, a broken file, a CSV, a zip."""

import shutil
import zipfile

import pytest

from explorer.data.datasets import read_metadata
from explorer.evaluate import evaluate
from explorer.evaluate.folder import find_images
from explorer.model.classifier import load_classifier
from support import ROOT

EXAMPLES = sorted((ROOT / "assets" / "examples").glob("synthetic-*.jpg"))
DRAWN = [path for path in EXAMPLES if ".small" not in path.name][:6]
NAMES = [path.stem for path in DRAWN]


@pytest.fixture(scope="module")
def demo():
    return load_classifier("embedded")


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """Six drawn lesions, a broken file, and a CSV that knows the six."""
    folder = tmp_path_factory.mktemp("given")
    for path in DRAWN:
        shutil.copy(path, folder)
    (folder / "broken.jpg").write_bytes(DRAWN[0].read_bytes()[:300])
    rows = [f"{name},{i % 2},{'female' if i < 3 else 'male'}" for i, name in enumerate(NAMES)]
    (folder / "facts.csv").write_text("\n".join(["image_name,target,sex", *rows]) + "\n")
    return folder


@pytest.fixture
def finished_run(given, demo, tmp_path):
    """The folder of the command's run on these images with their CSV, in one process."""
    facts = read_metadata(given / "facts.csv")
    evaluate(find_images([given]), tmp_path / "run", demo, metadata=facts, workers=1)
    return tmp_path / "run"


@pytest.fixture(scope="module")
def archive(given, tmp_path_factory):
    """The same in a zip, the names leading elsewhere, and a text file."""
    path = tmp_path_factory.mktemp("zip") / "mine.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for number, image in enumerate(pictures(given)):
            packed.write(image, f"../../set{number}/{image.name}")
        packed.write(given / "facts.csv", "facts.csv")
        packed.writestr("notes.docx", "x")
    return path


def pictures(folder):
    """Its images, the broken one among them."""
    return sorted(folder.glob("*.jpg"))
