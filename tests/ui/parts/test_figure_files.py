"""Figures of the page as files: what three clicks save, on one page for all tests."""

import csv
import io
import re
import xml.etree.ElementTree as ET
from datetime import date

import pytest
from PIL import Image

from explorer.figures.gaps import gaps_table
from explorer.study.claims import audit_cards
from explorer.study.counts import group_report
from explorer.util.cells import safe_cell
from support.browser import go, settled

SVG = "{http://www.w3.org/2000/svg}"
SAVE = """async ([kind, drawing, label]) => {
  const click = HTMLAnchorElement.prototype.click;
  const saved = new Promise((done) => {
    HTMLAnchorElement.prototype.click = function () { done([this.href, this.download]); };
  });
  try {
    await window.explorerFigures.save(document.querySelector(drawing), label, kind);
  } finally {
    HTMLAnchorElement.prototype.click = click;
  }
  const [href, name] = await saved;
  return [name, await (await fetch(href)).text()];
}"""


def saved(page, place: str, kind: str) -> tuple[str, bytes]:
    """Name and content of what a button under a figure saves."""
    with page.expect_download() as coming:
        page.locator(f"{place} .figure-files").get_by_role("button", name=f"{kind}: ").click()
    return coming.value.suggested_filename, coming.value.path().read_bytes()


def open_place(page, key: str, ready: str) -> None:
    go(page, key)
    page.locator(ready).first.wait_for()
    settled(page)


def texts(svg: bytes) -> str:
    root = ET.fromstring(svg)
    found = " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))
    return found.replace("\xa0", " ")


def test_a_plotly_figure_in_three_files(shared_page):
    page, asked = shared_page, []
    open_place(page, "fair", "#gaps .figure-files")
    page.on("request", lambda request: asked.append(request.url))
    name, svg = saved(page, "#gaps", "SVG")
    assert name == f"gaps-by-published_mhara-melanoma-classification_{date.today()}.svg"
    root = ET.fromstring(svg)
    drawn = page.locator("#gaps .js-plotly-plot").bounding_box()
    mm = 85 if drawn["width"] <= 480 else 174  # one column of a journal, or both
    assert root.get("width") == f"{mm}mm" and root.get("height").endswith("mm")
    points = mm / float(root.get("viewBox").split()[2]) / 25.4 * 72  # of a px
    assert 7 <= points * 14 <= 13, "the figure's letters are of 14 px"
    report = group_report("published")
    said = texts(svg)
    assert "Gaps between groups by tone group" in said and "n = 6,562 images, 137 malig" in said
    assert f"Source: {report.source[:40]}" in said
    assert root.find(f"{SVG}title").text.startswith("Gaps between groups")
    assert b"<script" not in svg and b"var(" not in svg and b"class=" not in svg
    _, png = saved(page, "#gaps", "PNG")
    picture = Image.open(io.BytesIO(png))
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    assert picture.width == round(mm / 25.4 * 300)
    assert "n = 6,562 images" in picture.info["Description"]
    greys = picture.convert("L").getcolors(256)
    assert sum(count for count, grey in greys if grey < 150) > 5000, "there is ink on it"
    assert max(greys)[1] == 255, "and it is on white"
    _, table = saved(page, "#gaps", "CSV")
    headers, *rows = csv.reader(io.StringIO(table.decode()))
    expected = gaps_table(report)
    assert headers == expected[0] and rows and all(row in expected[1] for row in rows)
    assert all(url.startswith(("blob:", "data:")) for url in asked), "nothing is sent for a file"


def test_a_file_is_for_white_paper_on_a_dark_page_too(shared_page):
    page = shared_page
    open_place(page, "fair", "#gaps .figure-files")
    _, light = saved(page, "#gaps", "SVG")
    page.evaluate("document.body.classList.add('dark')")
    try:
        settled(page)
        _, dark = saved(page, "#gaps", "SVG")
        assert page.evaluate("document.body.classList.contains('dark')")
    finally:
        page.evaluate("document.body.classList.remove('dark')")
    fills = re.compile(rb"fill: (rgb\([^)]*\))")
    assert fills.findall(light) == fills.findall(dark)


def test_every_figure_names_itself_on_its_buttons(shared_page):
    page = shared_page
    open_place(page, "fair", "#gaps .figure-files")
    names = page.evaluate("""[...document.querySelectorAll('.js-plotly-plot')]
      .filter((plot) => plot.checkVisibility()).map((plot) => [...plot.closest('.block')
      .querySelectorAll('.figure-files button')].map((each) => each.getAttribute('aria-label')))""")
    assert len(names) >= 3 and all(len(each) == 3 for each in names)
    every = [name for each in names for name in each]
    assert len(set(every)) == len(every) and all(len(name) > 15 for name in every)


def test_a_card_of_the_study(shared_page):
    page, card = shared_page, audit_cards()[0]
    open_place(page, "study", f"#audit-{card.key}")
    page.evaluate(f"document.querySelector('#audit-{card.key}').open = true")
    name, svg = saved(page, f"#audit-{card.key}", "SVG")
    assert name == f"{card.key}_the-study-checked_{date.today()}.svg"
    assert ET.fromstring(svg).get("width") == "85mm"
    said = texts(svg)
    assert card.chart.title in said and f"Source: {card.source[:20]}" in said
    _, table = saved(page, f"#audit-{card.key}", "CSV")
    assert list(csv.reader(io.StringIO(table.decode()))) == [card.table[0], *card.table[1]]


def test_any_drawing_can_be_saved_by_a_script(shared_page):
    """As the instrument's curve is."""
    page = shared_page
    open_place(page, "explore", "#instrument [data-state=full]")
    drawing = "#instrument svg[viewBox]"
    label = {
        "stem": "curve_lesion",
        "caption": "P(malignant) on every skin",
        "basis": "n = 1 image",
        "source": "a drawn example",
        "headers": ["target", 'P, "malignant"'],
        "rows": [
            ["55", "0.7"],
            ["−45", "a, b"],
            ["=1+1", "-4.5"],
            ["+a()", "@x"],
            ["-1–2", "-1*2"],
        ],
    }
    name, svg = page.evaluate(SAVE, ["svg", drawing, label])
    assert name == f"curve_lesion_{date.today()}.svg"
    assert "n = 1 image. Source: a drawn example." in texts(svg.encode())
    _, table = page.evaluate(SAVE, ["csv", drawing, label])
    written = [label["headers"], *([*map(safe_cell, row)] for row in label["rows"])]
    assert list(csv.reader(io.StringIO(table))) == written
    assert written[3:] == [["'=1+1", "-4.5"], ["'+a()", "'@x"], ["-1–2", "'-1*2"]]
