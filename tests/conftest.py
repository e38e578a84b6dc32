"""What all tests share: where the study's numbers and the real images are, and what is slow."""

import os
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from support import SHARED, missing

pytest_plugins = ("support.evaluate_fixtures", "support.page_fixtures", "support.weights_fixtures")

#: Who asks for one of these needs a browser, a server, or a network of full size.
SLOW_FIXTURES = {"address", "browser", "own_address", "published_onnx", "published_pth"}

if "PYTEST_XDIST_WORKER" in os.environ:  # as many processes as cores: a thread each
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")


def pytest_itemcollected(item):
    """Mark a test as slow by what it asks for."""
    if SLOW_FIXTURES & set(item.fixturenames):
        item.add_marker("slow")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Files with most slow tests come first, so that no worker is left with a long one alone."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


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
