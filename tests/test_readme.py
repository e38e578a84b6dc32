"""README, documents, CI and the pins say the same thing, and what they point at is there."""

import configparser
import hashlib
import importlib
import importlib.util
import pkgutil
import re
import shlex
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from explorer import OLDEST, __main__
from explorer.ui.server import documents
from support import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PINS = "".join(
    (ROOT / name).read_text()
    for name in ("requirements.txt", "requirements-ray.txt", "tests/requirements.txt")
)
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "assets" / "docs").glob("*.md")))
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in DOCUMENTS}
FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.M | re.S)
each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


def commands(text: str) -> list[list[str]]:
    """The words of every command line of a document, without comments."""
    shell = "\n".join(body for kind, body in FENCED.findall(text) if kind == "sh")
    lines = shell.replace("\\\n", " ").splitlines()
    found = (shlex.split(line, comments=True) for line in lines)
    return [words for words in found if words]


def modules(text: str) -> list[tuple[str, list[str]]]:
    """Module and arguments of every ``python -m``, ``explorer``'s own only."""
    found = []
    for words in commands(text):
        if "-m" in words and words[words.index("-m") + 1].startswith("explorer"):
            at = words.index("-m")
            found.append((words[at + 1], words[at + 2 :]))
    return found


def links(text: str) -> list[str]:
    """Targets of links and pictures, outside of code."""
    plain = re.sub(r"`[^`\n]*`", "", FENCED.sub("", text))
    return re.findall(r"\]\(([^)\s]+)\)", plain)


def anchors(text: str) -> set[str]:
    return {
        documents.anchor(title) for title in re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.M)
    }


def test_the_readme_is_short_and_shows_one_picture():
    assert README.count("\n") <= 150
    assert README.count("![") == 1


@each_document
def test_links_and_their_anchors_exist_and_are_served(path):
    for link in links(TEXTS[path.name]):
        if re.match("https?:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.is_file(), link
        assert f"/{target.relative_to(ROOT).as_posix()}" in documents.files(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


@each_document
def test_paths_and_names_in_code_exist(path):
    """A file or folder of the checkout, or a module or name below ``explorer``."""
    for name in re.findall(r"`([\w./-]+)`", FENCED.sub("", TEXTS[path.name])):
        if re.match(r"(explorer|assets|tests)/", name):
            assert (ROOT / name).exists(), name
        elif name.startswith("explorer."):
            owner, _, attribute = name.rpartition(".")
            assert importlib.util.find_spec(owner), name
            found = hasattr(importlib.import_module(owner), attribute)
            assert found or importlib.util.find_spec(name), name


@each_document
def test_commands_parse(path, capsys, monkeypatch):
    for module, arguments in modules(TEXTS[path.name]):
        if module == "explorer" and "--help" not in arguments:
            __main__.parser().parse_args(arguments)
            continue
        assert importlib.util.find_spec(module), module
        options = [word for word in arguments if word.startswith("--")]
        if options:
            monkeypatch.setattr(
                "sys.argv", [module, *arguments[: arguments.index(options[0])], "--help"]
            )
            with pytest.raises(SystemExit):
                main_of(module)()
            offered = capsys.readouterr().out
            assert all(re.search(rf"{option}\b", offered) for option in options), arguments


def main_of(module: str):
    """What ``python -m`` calls: the ``main`` of a module, or of a package's ``__main__``."""
    if importlib.util.find_spec(module).submodule_search_locations:
        module += ".__main__"
    return importlib.import_module(module).main


@each_document
def test_scripts_that_are_run_exist(path):
    for words in commands(TEXTS[path.name]):
        for word in words:
            if word.endswith(".py"):
                assert (ROOT / word).is_file(), word


@each_document
def test_options_in_text_exist(path):
    offered = "".join(
        parser.format_help()
        for parser in __main__.parser()._subparsers._group_actions[0].choices.values()
    )
    for option in re.findall(r"`(--[\w-]+)", FENCED.sub("", TEXTS[path.name])):
        assert re.search(rf"{option}\b", offered), option


@each_document
def test_python_in_documents_compiles_and_its_imports_exist(path):
    for kind, body in FENCED.findall(TEXTS[path.name]):
        if kind == "python":
            compile(body, path.name, "exec")
            for module, names in re.findall(r"^from ([\w.]+) import ([\w, ]+)$", body, re.M):
                home = importlib.import_module(module)
                assert all(hasattr(home, name.strip()) for name in names.split(",")), names


SOURCES = [
    *(
        path
        for kind in ("py", "js", "css", "html")
        for path in (ROOT / "explorer").rglob(f"*.{kind}")
    ),
    *(path for kind in ("json", "md") for path in (ROOT / "assets").rglob(f"*.{kind}")),
]


def test_files_that_sources_and_texts_of_the_page_name_exist():
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"\b(?:explorer|tests)/[\w/]+\.\w+\b", text):
            assert (ROOT / name).exists(), f"{path}: {name}"


def test_names_that_docstrings_refer_to_exist():
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        for name in set(re.findall(r":(?:mod|func|class|data|meth):`~?(explorer\.[\w.]+)`", text)):
            assert resolves(name), f"{path}: {name}"


def resolves(name: str) -> bool:
    """Whether a dotted name is a module, something in one, or a field of a class in one."""
    try:
        pkgutil.resolve_name(name)
    except (AttributeError, ImportError):
        owner, _, attribute = name.rpartition(".")
        return attribute in getattr(pkgutil.resolve_name(owner), "__annotations__", {})
    return True


def test_every_document_is_listed_once_with_its_title():
    listed = {path: title for title, path, _ in documents.listed()}
    assert set(listed) == {path.relative_to(ROOT).as_posix() for path in DOCUMENTS[1:]}
    for path, title in listed.items():
        assert title in TEXTS[Path(path).name].splitlines()[0], title


def test_rooms_are_told_in_floor_order():
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    layers = contract["importlinter:contract:floors"]["layers"].split("\n")
    floors = [set(layer.split(" | ")) for layer in layers if layer]
    told = re.findall(r"^\| `(\w+)/?` \|", README, re.M)
    assert set(told) == set.union(*floors) and len(told) == len(set(told))
    heights = [next(i for i, floor in enumerate(floors) if room in floor) for room in told]
    assert heights == sorted(heights)


def test_ci_runs_exactly_the_readmes_test_command():
    command = (ROOT / ".ci" / "run").read_text().strip().splitlines()[-1]
    assert command.endswith("-m pytest") and command in README


def test_every_requirement_is_pinned_exactly():
    lines = [line.split("#")[0].strip() for line in PINS.splitlines()]
    names = [line for line in lines if line and not line.startswith("-r")]
    assert len(names) > 10
    assert all(re.fullmatch(r"[\w-]+(\[\w+\])?==[\w.]+", name) for name in names)


def test_the_build_for_processors_is_of_the_pinned_versions():
    (line,) = re.findall(r"^.*whl/cpu$", README, re.M)
    named = re.findall(r"\S+==\S+", line)
    assert len(named) == 2
    assert all(re.search(rf"^{re.escape(each)}\b", PINS, re.M) for each in named), named


def test_packages_that_face_the_network_are_pinned():
    for name in ("starlette", "fastapi", "uvicorn", "python-multipart"):
        assert re.search(rf"^{name}==[\d.]+ +#", PINS, re.M), name


def test_pins_are_what_runs():
    """The tests speak for the versions that they ran with."""
    lines = (line.split("#")[0].strip() for line in (ROOT / "requirements.txt").open())
    for name, version in (line.split("==") for line in lines if line):
        assert metadata.version(name).split("+")[0] == version, name


def test_the_oldest_python_is_named_alike():
    version = ".".join(map(str, OLDEST))
    assert f"Python {version}, 3.12 or 3.13:\n" in README
    with (ROOT / ".ruff.toml").open("rb") as file:
        assert tomllib.load(file)["target-version"] == f"py{version.replace('.', '')}"
    assert sys.version_info >= OLDEST


@pytest.mark.parametrize("start", ["import explorer", "import app"])
def test_a_python_that_is_too_old_is_told_in_one_sentence(start):
    """Before anything is imported that such a Python has not, or does not understand."""
    old = "sys.version_info, sys.modules['lazy_loader'] = (3, 10, 13, 'final', 0), None"
    code = f"import sys; {old}; {start}"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 1 and run.stdout == ""
    assert run.stderr == "explorer: Python 3.10 is too old: take 3.11, 3.12 or 3.13.\n"


def test_space_uses_the_pinned_gradio():
    (version,) = re.findall(r"^sdk_version: (.+)$", README, re.M)
    assert f"gradio=={version}" in PINS


def test_commands_that_the_documents_name_are_all_there_are():
    named = {
        arguments[0]
        for text in TEXTS.values()
        for module, arguments in modules(text)
        if module == "explorer" and arguments[0] != "--help"
    }
    assert named == set(__main__.parser()._subparsers._group_actions[0].choices)


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
