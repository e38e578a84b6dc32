"""Settings of the estimator as a file: what goes in comes out, and mistakes are named."""

import json
from dataclasses import fields

import pytest

from explorer.skin.settings import PUBLISHED, RANGES, ToneSettings, read_settings
from explorer.util.errors import ExplorerError


def test_defaults_are_the_published_settings():
    """FACTS section 4, value by value."""
    assert PUBLISHED.to_dict() == {
        "width": 128,
        "height": 256,
        "clahe_clip": 2.0,
        "clahe_tiles": 8,
        "blackhat_kernel": 9,
        "hair_threshold": 20,
        "morphology_kernel": 3,
        "morphology_iterations": 5,
        "clusters_min": 3,
        "clusters_max": 9,
    }
    assert set(RANGES) == {field.name for field in fields(ToneSettings)}


def test_written_settings_are_read_back(tmp_path):
    path = tmp_path / "settings.json"
    changed = ToneSettings(width=200, clahe_clip=3.5, hair_threshold=12, clusters_max=7)
    path.write_text(json.dumps(changed.to_dict()))
    assert read_settings(path) == changed != PUBLISHED
    assert json.loads(path.read_text()) == changed.to_dict(), "plain JSON, for other programs"


@pytest.mark.parametrize("text", ['{"hair_threshold": 12}', '\ufeff{"hair_threshold": 12}'])
def test_names_left_out_keep_the_published_value(tmp_path, text):
    (tmp_path / "s.json").write_text(text, encoding="utf-8")
    assert read_settings(tmp_path / "s.json") == ToneSettings(hair_threshold=12)


@pytest.mark.parametrize(
    "content, told",
    [
        (b"clahe_clip = 3", "not JSON"),
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[1, 2]", "object of names"),
        (b'{"clahe": 3}', "unknown setting 'clahe'"),
        (b'{"clahe_clip": 99}', "clahe_clip must be in 0.1..40.0"),
        (b'{"clahe_clip": NaN}', "clahe_clip must be in"),
        (b'{"width": "128"}', "width must be a number"),
        (b'{"width": null}', "width must be a number"),
        (b'{"blackhat_kernel": 8}', "must be odd"),
        (b'{"clusters_min": 8}', "must exceed clusters_min"),
    ],
)
def test_a_bad_file_is_told_in_one_sentence(tmp_path, content, told):
    (tmp_path / "mine.json").write_bytes(content)
    with pytest.raises(ExplorerError, match=r"mine\.json") as caught:
        read_settings(tmp_path / "mine.json")
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_missing_file_folder_and_unwritable_place(tmp_path):
    with pytest.raises(ExplorerError, match="does not exist"):
        read_settings(tmp_path / "none.json")
    with pytest.raises(ExplorerError, match="cannot be read"):
        read_settings(tmp_path)
