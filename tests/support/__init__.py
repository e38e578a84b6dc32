"""What several tests share: where things are, servers that stand in for others, a browser."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"


def missing(reason: str) -> None:
    """Skip with a reason; on CI, which has everything, fail instead."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
