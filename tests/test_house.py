"""The house stands as planned: floors and circles, style, a word on every room, a light page."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from support import ROOT

#: Loaded when first used, never with the page.
HEAVY = ["torch", "timm", "torchvision", "scipy", "sklearn", "skimage", "fairlearn", "plotly"]
HEAVY += ["onnx", "kneed"]
ROOMS = sorted(path.parent for path in (ROOT / "explorer").rglob("__init__.py"))


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess:
    """A tool of this Python's environment, run on the checkout."""
    command = [str(Path(sys.executable).with_name(name)), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.slow
def test_no_arrow_leads_upward_and_there_is_no_circle():
    """Import-linter's own list of what breaks .importlinter."""
    done = tool("lint-imports", "--no-cache")
    assert done.returncode == 0, f"lint-imports:\n{done.stdout}{done.stderr}"


def test_style_is_ruffs():
    done = tool("ruff", "check", "--no-cache", "--output-format", "concise")
    assert done.returncode == 0, f"run `ruff check --fix`:\n{done.stdout}{done.stderr}"


def test_layout_is_ruffs():
    done = tool("ruff", "format", "--no-cache", "--check")
    assert done.returncode == 0, f"run `ruff format`:\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_every_room_says_in_one_line_what_it_is_for(room):
    said = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))
    assert said and said.partition("\n")[0].endswith("."), f"{room}/__init__.py needs a docstring"


@pytest.mark.slow
def test_the_page_is_imported_without_anything_heavy():
    code = f"import sys, explorer.ui.page; print(*(set({HEAVY}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stdout.split(), f"explorer.ui.page imports {done.stdout}; use util/lazy.py"
