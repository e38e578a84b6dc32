"""Make the README's pictures: ``python tests/screenshots.py``.

Only synthetic lesions are shown, because photographs may not ship.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser import chromium, open_page, running_app  # noqa: E402

FOLDER = ROOT / "assets" / "readme"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        with running_app(Path(scratch)) as address:
            page = open_page(browser, address, width=1280)
            for view, height in (("Lesion", 1500), ("Groups", 1100)):
                page.set_viewport_size({"width": 1280, "height": height})
                page.get_by_role("tab", name=view).click()
                page.wait_for_timeout(1500)
                page.screenshot(path=FOLDER / f"{view.lower()}.jpg", type="jpeg", quality=82)


if __name__ == "__main__":
    main()
