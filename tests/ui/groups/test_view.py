"""A visitor's walk through the Groups and Audit views in a real browser."""

import base64
import json
import re

import pytest
from playwright.sync_api import expect

from explorer.fairness.analysis import analyse_predictions
from explorer.fairness.decisions import Operating
from explorer.fairness.metrics import CELLS
from explorer.fairness.text import rate_text
from explorer.study.claims import audit_cards
from explorer.study.sources import load_source
from support import ROOT
from support.browser import go, open_page, settled

SUB_TABS = (
    "Images",
    "Differences and ratios",
    "Curves",
    "Small samples",
    "Equal confidence",
    "Post-processing",
    "Compare models",
    "Save report",
)


@pytest.fixture(scope="module")
def address(own_address):
    """An app of this module's own: its files and its log are looked at."""
    return own_address


@pytest.fixture
def page(address, browser):
    """The Groups view of a new visitor; nothing may go wrong in the browser's console."""
    page = open_page(browser, address)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: line.type == "error" and errors.append(line.text))
    go(page, "fair")
    page.wait_for_selector("#bars .js-plotly-plot")
    yield page
    page.close()
    assert not errors


def wait_text(page, where, text):
    page.wait_for_function(
        "([where, text]) => document.querySelector(where)?.innerText.includes(text)",
        arg=[where, text],
    )


def source(page, name, text):
    page.get_by_role("radio", name=name, exact=True).check()
    wait_text(page, "#metrics-table", text)


def sub_tab(page, name):
    page.locator("#closer").get_by_role("tab", name=name).first.click()


def slide(page, where, value):
    box = f"#{where} input[type=number]"
    page.fill(box, str(value))
    page.press(box, "Tab")


def link_content(page, name):
    href = page.get_by_role("link", name=name).get_attribute("href")
    return base64.b64decode(href.partition("base64,")[2]).decode()


def test_default_is_the_published_model_with_recall(page):
    wait_text(page, "#metrics-table", "0.72 [0.64, 0.79] n=137")
    assert page.get_by_role("radio", name="Published model").is_checked()
    wait_text(page, "#bars", "very light")
    wait_text(page, "#bars", "Recall")
    wait_text(page, "#gaps", "p = 0.17")
    expect(page.locator("#images-cells button")).to_have_count(20, timeout=30_000)


def overall(operating):
    report = analyse_predictions(load_source("demo"), operating=operating).report
    return f"{rate_text(report.overall.recall)} n={report.overall.recall.n}"


def test_rule_and_thresholds_move_everything(page):
    before = overall(Operating())
    source(page, "Demo model", "demo model")
    wait_text(page, "#metrics-table", before)
    page.get_by_role("button", name="Rule, thresholds, small samples").click()
    settled(page)  # Gradio mounts what is inside when it opens
    slide(page, "threshold", 0.8)
    wait_text(page, "#operating-now", "malignant from 0.8")
    strict = overall(Operating(threshold=0.8))
    assert strict != before
    wait_text(page, "#metrics-table", strict)
    slide(page, "own-threshold", 0.1)
    wait_text(page, "#operating-now", "very light from 0.1")
    own = overall(Operating(threshold=0.8, by_group={"very light": 0.1}))
    assert own != strict
    wait_text(page, "#metrics-table", own)
    page.click("#reset-thresholds")
    wait_text(page, "#metrics-table", before)
    page.click("#group-rule input")
    page.get_by_role("option", name="Domain-independent (sum of logits)").click()
    wait_text(page, "#operating-now", "Domain-independent")
    other = overall(Operating(rule="independent"))
    wait_text(page, "#metrics-table", other)


def test_drill_down_lists_the_images_behind_a_count(page):
    source(page, "Demo model", "demo model")
    decided = analyse_predictions(load_source("demo")).decided
    missed = (decided.members("light")) & (decided.target == 1) & (decided.call == 0)
    button = page.get_by_role("button", name="light, false negatives").and_(
        page.locator("[data-group=light]")
    )
    assert missed.any()
    expect(button).to_have_text(str(missed.sum()), timeout=30_000)
    button.click()
    wait_text(page, "#images-list", f"light, false negatives: {missed.sum()} images")
    names = page.locator("#images-list tbody th").all_inner_texts()
    assert set(names) == set(decided.predictions.image[missed])
    rows = link_content(page, "Save the list as CSV").splitlines()
    assert rows[0].startswith("image,group,tone,label,called") and len(rows) == 1 + missed.sum()


def click_mark(page, marks, number):
    """Click a mark of a figure, a little inside its left end."""
    mark = page.locator(marks).nth(number)
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    x, y = box["x"] + min(10, box["width"] / 2), box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.wait_for_function(
        "figure => getComputedStyle(document.querySelector(figure + ' .nsewdrag')).cursor "
        "=== 'pointer'",
        arg=marks.split()[0],
    )
    page.mouse.click(x, y)


def cells_of(page, group):
    """A group's counts as the page's table has them."""
    counts = page.locator(f'#images-cells button[data-group="{group}"]').all_inner_texts()
    return dict(zip(CELLS, map(int, counts)))


def test_a_click_on_a_bar_lists_as_many_images_as_its_rate_rests_on(page):
    source(page, "Demo model", "demo model")
    wait_text(page, "#images-hint", "Click a bar")
    found = analyse_predictions(load_source("demo")).decided.counts.true_positives[1]
    expect(page.locator('#images-cells button[data-group="light"]').first).to_have_text(
        str(found), timeout=30_000
    )
    counts = cells_of(page, "light")
    sub_tab(page, "Small samples")  # the list opens from any sub-tab
    page.wait_for_selector("#power-plot .plot-container")
    click_mark(page, "#bars .bars .point path", 1)
    malignant = counts["true positives"] + counts["false negatives"]
    title = f"light, true positives and false negatives: {malignant} images"
    wait_text(page, "#images-list", title)
    assert page.locator("#images-list tbody tr").count() == malignant
    page.wait_for_function("title => document.activeElement.ariaLabel === title", arg=title)
    expect(page.locator("#images-list table")).to_be_in_viewport()
    page.click("#metric input")
    page.get_by_role("option", name="False positive rate", exact=True).click()
    wait_text(page, "#bars", "False positive rate")
    click_mark(page, "#bars .bars .point path", 1)
    benign = counts["false positives"] + counts["true negatives"]
    wait_text(page, "#images-list", f"light, false positives and true negatives: {benign} images")


def test_clicks_on_a_gap_and_on_an_operating_point(page):
    source(page, "Demo model", "demo model")
    analysis = analyse_predictions(load_source("demo"))
    gap = analysis.report.gaps["equal_opportunity_difference"]
    click_mark(page, "#gaps .scatterlayer .trace:last-child .point", 1)
    wait_text(page, "#images-list", f"{gap.largest} and {gap.smallest}, true positives and false")
    sub_tab(page, "Curves")
    page.wait_for_selector("#curves-plot .plot-container")
    click_mark(page, "#curves-plot .xy .scatterlayer .trace:last-child .point", 0)
    wrong = analysis.decided.members("light") & (analysis.decided.call != analysis.decided.target)
    wait_text(
        page, "#images-list", f"light, false negatives and false positives: {wrong.sum()} images"
    )


def test_figures_without_images_have_no_such_click(page):
    source(page, "The report's experiments", "five models")
    wait_text(page, "#bars", "of the submitted model")
    assert not page.inner_text("#images-hint")
    assert page.evaluate("""() => [...document.querySelectorAll('.js-plotly-plot')].every(
        (plot) => !plot.data.some(({ meta }) => meta?.images))""")


def test_groupings_have_names_for_people(page):
    labels = page.inner_text("#by")
    assert "patient also in training" in labels and "_" not in labels


def test_sub_tabs_answer_and_follow(page):
    source(page, "Demo model", "demo model")
    for name, where in (
        ("Differences", "#spreads-table table"),
        ("Curves", "#curves-plot .plot-container"),
        ("Small samples", "#power-plot .plot-container"),
        ("Equal confidence", "#confidence-all .plot-container"),
        ("Compare", "#compare-scatter .plot-container"),
    ):
        sub_tab(page, name)
        page.wait_for_selector(where)
    wait_text(page, "#compare-tables", "demo model minus published model")
    page.click("#against input")
    page.get_by_role("option", name="the same logits by: Domain-independent").click()
    wait_text(page, "#compare-tables", "paired, image by image")
    wait_text(page, "#compare-tables", "n = 124 images")
    sub_tab(page, "Post-processing")
    page.click("#fit")
    page.wait_for_selector("#post-plot .plot-container")
    wait_text(page, "#post-table", "Two halves")
    sub_tab(page, "Curves")
    source(page, "Published model", "published model")
    wait_text(page, "#curves-problem", "labels only")
    assert not page.locator("#curves-plot").is_visible()


def test_report_link_holds_the_whole_report(page):
    source(page, "Demo model", "demo model")
    sub_tab(page, "Save report")
    page.click("#make-report")
    page.wait_for_selector("#report-links a")
    html = link_content(page, "Save the report (HTML)")
    numbers = json.loads(link_content(page, "Save its numbers (JSON)"))
    assert html.startswith("<!doctype html>") and "Tests of equal confidence" in html
    expected = analyse_predictions(load_source("demo")).report
    assert numbers["groups"][0]["overall"]["recall"]["value"] == pytest.approx(
        expected.overall.recall.value
    )
    assert numbers["data_sha256"] == load_source("demo").sha256


def test_the_reports_figures_say_that_they_are_figures(page):
    source(page, "The report's experiments", "five models")
    wait_text(page, "#join", "no data per image")
    assert not page.locator("#by").is_visible()
    wait_text(page, "#images-problem", "nothing can be regrouped")
    assert page.locator("#gap-table tbody tr").count() == 24
    source(page, "Published model", "published model")
    assert page.locator("#by").is_visible()


def test_two_attributes(page):
    page.click("#by2 input")
    page.get_by_role("option", name="sex", exact=True).click()
    wait_text(page, "#metrics-table", "very light × female")
    expected = analyse_predictions(load_source("published"), ("published", "sex")).report.groups
    assert page.locator("#metrics-table thead th").count() == 2 + len(expected)


def test_audit_shows_every_card(page):
    go(page, "study")
    page.wait_for_selector(".audit-card")
    cards = audit_cards()
    assert page.locator(".audit-card").count() == len(cards) >= 12
    for card in cards:
        text = page.inner_text(f"#audit-{card.key}")
        for part in (
            card.claim,
            card.published_figure,
            card.recomputed_figure,
            card.verdict,
            card.uncertainty,
            card.path,
        ):
            assert re.sub(r"\s+", " ", part) in re.sub(r"\s+", " ", text)
        assert page.locator(f"#audit-{card.key} svg title").text_content() == card.alt_text
        box = page.locator(f"#audit-{card.key}").bounding_box()
        assert box["width"] <= 610


@pytest.mark.parametrize("width, theme", [(390, "dark"), (1440, "light")])
def test_nothing_is_cut_off(browser, address, width, theme):
    page = open_page(browser, address, width=width, theme=theme)
    go(page, "fair")
    page.wait_for_selector("#bars .js-plotly-plot")
    source(page, "Demo model", "demo model")
    page.get_by_role("button", name="Rule, thresholds, small samples").click()
    views = [lambda: None] + [lambda name=name: sub_tab_or_more(page, name) for name in SUB_TABS]
    views.append(lambda: go(page, "study"))
    for number, show in enumerate(views):
        show()
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, number
        cut = page.evaluate(CUT_OFF)
        assert not cut, (number, cut)
    folder = ROOT / "tests" / "artefacts"
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / f"audit_{width}_{theme}.png", full_page=True)
    page.close()


#: Texts of figures that reach outside their figure.
CUT_OFF = """
() => [...document.querySelectorAll('.js-plotly-plot, .audit-card svg')].flatMap((figure) => {
  const box = figure.getBoundingClientRect();
  if (!box.width) return [];
  return [...figure.querySelectorAll('text')].flatMap((text) => {
    const at = text.getBoundingClientRect();
    const over = Math.max(box.left - at.left, at.right - box.right);
    return at.width && over > 1 ? [`${text.textContent}: ${over} px`] : [];
  });
})
"""


def sub_tab_or_more(page, name, where="#closer"):
    """A tab, from the menu of those that did not fit where need be."""
    tab = page.locator(where).get_by_role("tab", name=name).first
    if tab.is_visible():
        return tab.click()
    page.locator(f"{where} .overflow-menu > button").first.click()
    page.locator(f"{where} .overflow-dropdown button", has_text=name).click()
