"""A walk through every view, with pictures: the tests' artefacts and the README's.

``python tests/screenshots.py`` makes the README's anew. Only synthetic lesions are shown there,
because photographs may not ship.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from explorer.ui.parts.address import PLACES
from support.browser import chromium, go, open_page, running_app, settled

ARTEFACTS = ROOT / "tests" / "artefacts"
README = ROOT / "assets" / "readme"
VIEWS = tuple(PLACES)


def walk(
    page, folder: Path, name: str = "{view}.png", views: tuple = VIEWS, **how
) -> Iterator[str]:
    """Open each view, wait, take its picture; yields its name while it is open.

    ``name`` is the file's, with ``{view}`` for the view's; ``how`` goes to the screenshot.
    """
    folder.mkdir(exist_ok=True)
    for view in views:
        go(page, view)
        settled(page)  # what is drawn when a view is first opened
        file = name.format(view=view)
        page.screenshot(path=folder / file, **how)
        yield view


def main() -> None:
    """The README's pictures."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        chromium() as browser,
        running_app(Path(scratch)) as address,
    ):
        page = open_page(browser, address, width=1280)
        page.locator("#banner .weights").wait_for()
        page.set_viewport_size({"width": 1280, "height": 1400})
        shown = ("explore", "fair")
        list(walk(page, README, "{view}.jpg", shown, type="jpeg", quality=78))
        page.set_viewport_size({"width": 1280, "height": 720})
        page.goto(f"{address}/?lecture=5")
        page.wait_for_selector("#lecture[data-state=ready]")
        settled(page)
        page.screenshot(path=README / "lecture.jpg", type="jpeg", quality=78)


if __name__ == "__main__":
    main()
