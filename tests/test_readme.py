"""The README, CI and the pins say the same thing."""

import hashlib
import re

from support import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PINS = "".join(
    (ROOT / name).read_text()
    for name in ("requirements.txt", "requirements-ray.txt", "tests/requirements.txt")
)


def test_ci_runs_exactly_the_readmes_test_command():
    command = (ROOT / ".ci" / "run").read_text().strip().splitlines()[-1]
    assert command.endswith("-m pytest") and command in README


def test_every_requirement_is_pinned_exactly():
    lines = [line.split("#")[0].strip() for line in PINS.splitlines()]
    names = [line for line in lines if line and not line.startswith("-r")]
    assert len(names) > 10
    assert all(re.fullmatch(r"[\w-]+(\[\w+\])?==[\w.]+", name) for name in names)


def test_space_uses_the_pinned_gradio():
    (version,) = re.findall(r"^sdk_version: (.+)$", README, re.M)
    assert f"gradio=={version}" in PINS


def test_files_that_the_readme_names_exist():
    for path in re.findall(r"\]\((assets/[^)]+)\)|`((?:assets|tests)/[\w./]+)`", README):
        assert (ROOT / (path[0] or path[1])).exists(), path


def test_commands_that_the_readme_names_exist(capsys):
    from explorer.__main__ import _parser

    named = set(re.findall(r"python -m explorer (\w+)", README))
    offered = set(_parser()._subparsers._group_actions[0].choices)
    assert named == offered


def test_no_module_is_longer_than_400_lines_and_the_core_knows_no_gradio():
    for path in (ROOT / "explorer").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, path
        if "ui" not in path.relative_to(ROOT / "explorer").parts:
            assert not re.search(r"^\s*(import|from) gradio", text, re.M), path


def test_no_image_of_shared_is_committed(shared):
    def digest(path):
        return hashlib.sha256(path.read_bytes()).hexdigest()

    ours = {
        path for kind in ("jpg", "png", "webp") for path in (ROOT / "assets").rglob(f"*.{kind}")
    }
    sizes = {path.stat().st_size for path in ours}
    theirs = [
        p for p in shared.rglob("*.*") if p.suffix in (".jpg", ".png") and p.stat().st_size in sizes
    ]
    assert ours and not {digest(path) for path in ours} & {digest(path) for path in theirs}
