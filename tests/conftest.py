"""Fixtures shared by all tests: where the study's numbers and the real images are."""

from pathlib import Path

import pandas as pd
import pytest

from support import SHARED, missing
from support.evaluate_fixtures import archive, demo, given  # noqa: F401
from support.weights_fixtures import (  # noqa: F401
    no_hub,
    published_onnx,
    published_pth,
    small_safetensors,
)


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


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the running app of a test module keeps its log and its temporary files."""
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def address(folder):
    """The address of an app that runs for one test module, on the demo model."""
    from support.browser import running_app

    with running_app(folder) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium, for one test module."""
    from support.browser import chromium

    with chromium() as browser:
        yield browser
