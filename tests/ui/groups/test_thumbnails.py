"""Thumbnails of a drill-down: only from the folder that the operator named."""

from explorer.fairness.decisions import Operating, decide
from explorer.fairness.selection import images_behind
from explorer.study.sources import load_source
from explorer.ui.groups.images import IMAGES, MOST_PICTURES, thumbnails


def test_thumbnails_come_from_the_named_folder_only(shared, monkeypatch):
    decided = decide(load_source("demo"), ("published",), Operating(None, None, {}))
    found = images_behind(decided, None, "true positives")
    monkeypatch.delenv(IMAGES, raising=False)
    assert thumbnails(found) == ""
    monkeypatch.setenv(IMAGES, str(shared / "lesions"))
    shown = thumbnails(found)
    assert shown.count("<img") == min(len(found), MOST_PICTURES) > 10
    assert all(f"<figcaption>{name}</figcaption>" in shown for name in found.image[:5])
    monkeypatch.setenv(IMAGES, str(shared / "non_skin"))
    assert thumbnails(found) == "", "no picture of that name there"
