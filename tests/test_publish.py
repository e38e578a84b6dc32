"""Publishing as a Space: what would be sent, and the front matter that Spaces read."""

import subprocess
import sys

import pytest

from explorer import OLDEST, publish
from explorer.util.errors import ExplorerError
from support import ROOT

#: By the documents of ZeroGPU, https://huggingface.co/docs/hub/spaces-zerogpu.
ZEROGPU_PYTHONS = ("3.10.13", "3.12.12")
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def front():
    """The README's front matter as huggingface_hub reads it."""
    from huggingface_hub import SpaceCardData
    from huggingface_hub.repocard import metadata_load

    return SpaceCardData(**metadata_load(ROOT / "README.md")).to_dict()


def test_front_matter_is_what_spaces_accept(front):
    assert front["sdk"] == "gradio" and (ROOT / front["app_file"]).exists()
    assert len(front["short_description"]) <= 60
    assert front["python_version"] in ZEROGPU_PYTHONS
    assert tuple(map(int, front["python_version"].split("."))) >= OLDEST
    colours = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert {front["colorFrom"], front["colorTo"]} <= colours


def test_the_build_needs_no_file_of_the_weights_repository(front):
    """They are fetched when the page starts: what is called otherwise breaks no build."""
    from explorer.model.hub_cache import REPOSITORY

    assert front["models"] == [REPOSITORY] and "preload_from_hub" not in front


@pytest.mark.slow
def test_what_is_sent_runs_the_page_and_holds_no_test(tmp_path):
    """Unpacked elsewhere, the files are enough to build the page."""
    names = publish.files_to_send()
    assert {"app.py", "README.md", "requirements.txt", publish.THUMBNAIL} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", ".ci/"))]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    code = "import app; print(len(app.demo.fns))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0 and int(done.stdout.split()[-1]) > 4, done.stderr


def test_dry_run_sends_nothing(monkeypatch, capsys):
    monkeypatch.setattr(publish, "publish", lambda *_: pytest.fail("sent"))
    assert publish.main(["someone/explorer", "--dry-run"]) == 0
    assert "app.py\n" in capsys.readouterr().out


def test_one_commit_with_a_thumbnail_of_that_space(monkeypatch):
    from huggingface_hub import HfApi

    sent = {}
    monkeypatch.setattr(
        HfApi, "create_repo", lambda self, name, **how: sent.update(made=name, **how)
    )
    monkeypatch.setattr(
        HfApi,
        "create_commit",
        lambda self, name, operations, **how: sent.update(
            to=name, files={each.path_in_repo: each for each in operations}
        ),
    )
    assert publish.publish("someone/explorer", private=True).endswith("/spaces/someone/explorer")
    assert sent["made"] == sent["to"] == "someone/explorer"
    assert (sent["space_sdk"], sent["private"], sent["repo_type"]) == ("gradio", True, "space")
    readme = sent["files"]["README.md"].path_or_fileobj.decode()
    line = f"thumbnail: https://huggingface.co/spaces/someone/explorer/resolve/main/{publish.THUMBNAIL}"
    assert line in readme.split("---")[1] and "thumbnail" not in README.split("---")[1]


def test_without_a_token_one_sentence(monkeypatch, capsys):
    from huggingface_hub import HfApi
    from huggingface_hub.errors import LocalTokenNotFoundError

    def refuse(self, *_, **__):
        raise LocalTokenNotFoundError("Token is required.\nMore words.")

    monkeypatch.setattr(HfApi, "create_repo", refuse)
    assert publish.main(["someone/explorer"]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and "hf auth login" in lines[0]
    assert publish.main(["no name"]) == 2


def test_outside_of_a_checkout_it_says_so(tmp_path):
    with pytest.raises(ExplorerError, match="no git checkout"):
        publish.files_to_send(tmp_path)
