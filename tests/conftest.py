"""What all tests share: where the study's numbers and the real images are, and what is slow."""

import os
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from support import SHARED, missing

pytest_plugins = ("support.evaluate_fixtures", "support.page_fixtures", "support.weights_fixtures")

#: Who asks for one of these needs a browser, a server, or a network of full size.
SLOW_FIXTURES = {"address", "own_address", "published_onnx", "published_pth", "started_browser"}

TESTS = Path(__file__).parent

if "PYTEST_XDIST_WORKER" in os.environ:  # as many processes as cores: a thread each
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")


def pytest_itemcollected(item):
    """Mark a test as slow by what it asks for."""
    if SLOW_FIXTURES & set(item.fixturenames):
        item.add_marker("slow")


#: The files that take longest, from half a minute up.
LONGEST = (
    "evaluate/test_ray.py",
    "ui/test_accessibility.py",
    "ui/groups/test_view.py",
    "evaluate/test_run.py",
    "ui/lesion/test_explore.py",
    "ui/server/test_visits.py",
    "image/test_isic.py",
    "ui/test_first_load.py",
    "ui/test_page.py",
    "ui/parts/test_address.py",
    "ui/evaluate/test_view.py",
    "ui/lecture/test_slides.py",
    "ui/own/test_view.py",
    "ui/server/test_safety.py",
    "tone/test_interval.py",
    "ui/server/test_stress.py",
    "ui/instrument/test_file.py",
    "ui/server/test_startup.py",
    "ui/instrument/test_page.py",
    "ui/locale/test_locale.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """The longest files come first, so that no worker is left with one of them alone."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    rank = {TESTS / name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (rank.get(item.path, len(rank)), -slow[item.path]))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real images and published numbers that lies beside the checkout."""
    if not (SHARED / "published" / "FACTS.md").exists():
        missing("needs ../shared (real lesions and published numbers), which is not here")
    return SHARED


@pytest.fixture(scope="session")
def published(shared) -> Path:
    return shared / "published"


@pytest.fixture(scope="session")
def lesions(shared) -> pd.DataFrame:
    """The 1,020 lesions with their published facts and a ``path`` column."""
    table = pd.read_csv(shared / "lesions.csv")
    return table.assign(path=[shared / "lesions" / name for name in table["image"]])
