"""What three people come for, as scripted walks: every click is counted and timed.

``pytest -s tests/ui/test_walks.py`` prints a line per walk: clicks, and seconds by the clock.
"""

import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.browser import drawn, new_page, troubles

#: Seconds that a walk may take on a busy machine; the clicks are what is judged.
PATIENCE = 120


class Walk:
    """A visitor's page that counts what it takes."""

    def __init__(self, page):
        self.page, self.clicks, self.start = page, 0, time.perf_counter()

    def click(self, where: str) -> None:
        """One click, or tap, on what can be seen without scrolling."""
        target = self.page.locator(where).locator("visible=true").first
        target.wait_for()
        box, size = target.bounding_box(), self.page.viewport_size
        assert box["y"] >= 0 and box["y"] + box["height"] <= size["height"], (
            f"{where} is off screen"
        )
        target.click()
        self.clicks += 1

    @property
    def word(self) -> str:
        """The verdict that the page shows now."""
        return self.page.inner_text("#instrument [data-part=decision]")

    def until(self, word: str) -> None:
        self.page.wait_for_function(
            "word => document.querySelector('#instrument [data-part=decision]').innerText === word",
            arg=word,
        )


@contextmanager
def walk(browser, address, who: str, width: int, height: int, view: str = ""):
    page = new_page(browser, width=width, seconds=PATIENCE)
    page.set_viewport_size({"width": width, "height": height})
    wrong = troubles(page)
    page.goto(f"{address}/?__theme=light{view}")
    if not view:
        drawn(page)
    taken = Walk(page)
    yield taken
    seconds = time.perf_counter() - taken.start
    print(f"\n{who}: {taken.clicks} clicks, {seconds:.1f} s")
    assert not wrong
    page.context.close()


def test_a_lecturer_flips_it_there_and_back_and_by_the_rule(address, browser):
    """Three clicks on a projector: benign as the skin darkens, malignant again, benign by rule."""
    with walk(browser, address, "lecturer, 1280x720", 1280, 720) as lecturer:
        page = lecturer.page
        assert lecturer.word == "malignant"
        lecturer.click("#instrument [data-part=flip]")
        lecturer.until("benign")
        darker = page.evaluate("window.instrument.table.skins[window.instrument.skin].target")
        lecturer.click("#instrument [data-part=flip]")
        lecturer.until("malignant")
        darkest = page.evaluate("window.instrument.table.skins[window.instrument.skin].target")
        own = page.evaluate("window.instrument.table.skins[window.instrument.table.own].target")
        assert own > darker > darkest
        lecturer.click("#instrument [data-part=rules] input[value=discriminative]")
        lecturer.until("benign")
        beside = page.inner_text("#instrument [data-part=beside]")
        assert "malignant" in beside, "the published rule's answer stays beside the new one"
        assert lecturer.clicks == 3
        assert page.evaluate("scrollY") == 0


def test_a_student_on_a_phone_sees_it_and_asks_what_a_word_means(address, browser):
    with walk(browser, address, "student, 390x844", 390, 844) as student:
        page = student.page
        for part in ("picture", "slider", "decision"):
            box = page.locator(f"#instrument [data-part={part}]").bounding_box()
            assert box["y"] + box["height"] <= 844, f"{part} is in the first screen"
        slider = page.locator("#instrument [data-part=slider]").bounding_box()
        page.mouse.click(slider["x"] + 0.55 * slider["width"], slider["y"] + slider["height"] / 2)
        student.clicks += 1
        student.until("benign")
        said = page.get_attribute("#instrument [data-part=slider]", "aria-valuetext")
        assert "degrees: benign, 0." in said
        page.locator("#instrument [popovertarget=word-ita]").scroll_into_view_if_needed()
        student.click("#instrument [popovertarget=word-ita]")
        page.wait_for_selector("#word-ita:popover-open")
        assert "how light skin is" in page.inner_text("#word-ita")
        assert student.clicks == 2


def test_a_researcher_leaves_with_a_statement_and_a_figure(address, browser, tmp_path):
    """From a CSV of one's own to a statement on the clipboard's field and a figure's file."""
    with walk(browser, address, "researcher, 1440x900", 1440, 900, "&view=own") as researcher:
        page = researcher.page
        page.set_input_files("#predictions-csv input[type=file]", str(predictions(tmp_path)))
        researcher.clicks += 1
        page.wait_for_function(
            "document.querySelector('#own-statement')?.innerText.includes('By centre')"
        )
        said = page.inner_text("#own-statement")
        assert "400" in said
        page.wait_for_selector("#own-bars .js-plotly-plot")
        files = page.locator("#own-bars .figure-files")
        files.scroll_into_view_if_needed()
        with page.expect_download() as coming:
            researcher.click("#own-bars .figure-files >> text=SVG")
        svg = Path(coming.value.path()).read_text(encoding="utf-8")
        assert "<svg" in svg and "n =" in svg.replace("\xa0", " ")
        assert researcher.clicks == 2


def predictions(folder: Path) -> Path:
    """400 made-up rows with two centres, under names as people give them."""
    rows = ["image name,y_true,y_prob,centre"]
    for i in range(400):
        true = i % 5 == 0
        score = 0.8 if true == (i % 7 != 0) else 0.2
        rows.append(f"img{i:04d},{int(true)},{score},{'Zagreb' if i % 2 else 'Split'}")
    path = folder / "mine.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


pytestmark = pytest.mark.slow
