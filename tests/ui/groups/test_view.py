"""A visitor's walk through the place "Is it fair?", in one page of a real browser."""

import base64
import json
import re

import pytest
from playwright.sync_api import expect

from explorer.fairness.analysis import analyse_predictions
from explorer.fairness.counterfactual import load_study
from explorer.fairness.cutoffs import same_sensitivity
from explorer.fairness.decisions import Operating
from explorer.fairness.metrics import CELLS
from explorer.fairness.skins import finding
from explorer.fairness.text import rate_text
from explorer.study.sources import demo_calibration, load_source
from support import ROOT
from support.browser import go, settled

SUB_TABS = [
    "Images",
    "Which groups differ",
    "Differences and ratios",
    "Why is there a gap?",
    "Curves",
    "Small samples",
    "Equal confidence",
    "Post-processing",
    "Compare models",
    "Save report",
]
NEED_SCORES = ["Curves", "Equal confidence", "Post-processing"]


@pytest.fixture
def page(shared_page):
    """The place on the page that all tests of this module share; each chooses its source."""
    go(shared_page, "fair")
    shared_page.wait_for_selector("#bars .js-plotly-plot")
    return shared_page


def wait_text(page, where, text):
    page.wait_for_function(
        "([where, text]) => document.querySelector(where)?.innerText.includes(text)",
        arg=[where, text],
    )


def source(page, name, text):
    page.get_by_role("radio", name=name, exact=True).check()
    wait_text(page, "#metrics-table", text)


def demo(page):
    """The demo model, all images by published group and the rule's own decisions."""
    source(page, "Demo model", "demo model")
    page.get_by_role("radio", name=re.compile("^tone group, as published")).check()
    wait_text(page, "#metrics-table", "demo model, by tone group, as published")


def sub_tab(page, name):
    page.locator("#closer").get_by_role("tab", name=name).first.click()


def offered(page):
    """The closer looks that a visitor can open."""
    tabs = page.locator("#closer [role=tab]")
    return [tab.inner_text() for tab in tabs.all() if tab.is_visible()]


def slide(page, where, value):
    box = f"#{where} input[type=number]"
    page.fill(box, str(value))
    page.press(box, "Tab")


def link_content(page, name):
    href = page.get_by_role("link", name=name).get_attribute("href")
    return base64.b64decode(href.partition("base64,")[2]).decode()


def said(page):
    """The statement as it stands there, whether open or folded."""
    texts = page.locator("#statement .statement-text span").all_text_contents()
    return " ".join(text.strip() for text in texts)


def test_it_opens_with_the_answer_and_both_figures_in_the_first_screen(page):
    wait_text(page, "#metrics-table", "0.72 [0.64, 0.79] n=137")
    assert page.get_by_role("radio", name="Published model").is_checked()
    tested = ("#gaps", "by patient: p = 0.0")
    for where, text in (("#bars", "very light"), ("#bars", "Recall"), tested):
        wait_text(page, where, text)
    expect(page.locator("#images-cells button")).to_have_count(20, timeout=30_000)
    statement = analyse_predictions(load_source("published")).statement
    assert said(page) == statement.text
    labels = page.inner_text("#by")
    assert "patient also in training" in labels and "_" not in labels
    for width, height in ((1280, 720), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        settled(page)
        for where in (
            "#statement .copy-statement",
            "#bars .js-plotly-plot",
            "#gaps .js-plotly-plot",
        ):
            box = page.locator(where).bounding_box()
            assert box["y"] >= 0 and box["y"] + box["height"] <= height, (where, width)
        statement_box = page.locator("#answer").bounding_box()
        controls = page.locator("#group-controls").bounding_box()
        assert controls["y"] - statement_box["y"] - statement_box["height"] < 40


def test_the_statement_is_copied_by_keyboard_and_by_hand(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    source(page, "Demo model", "demo model")
    wait_text(page, "#statement", "n = 124 images")
    button = page.get_by_role("button", name="Copy this statement")
    button.focus()
    page.keyboard.press("Enter")
    wait_text(page, "#statement [role=status]", "Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == said(page)
    assert said(page).startswith("By ") and "Weights: embedded demo model" in said(page)
    assert page.locator("#statement textarea").is_hidden()
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    button.click()
    wait_text(page, "#statement [role=status]", "Copy it from here.")
    field = page.get_by_role("textbox", name="The statement, to copy by hand")
    expect(field).to_be_visible()
    assert field.input_value() == said(page)
    assert page.evaluate("getSelection().toString()") == said(page)
    page.evaluate("delete navigator.clipboard.writeText")


def test_only_what_the_source_supports_is_offered(page):
    source(page, "Demo model", "demo model")
    wait_text(page, "#closer-basis", "Of the demo model, n = 124 images (69 malignant)")
    assert offered(page) == SUB_TABS and "Not here" not in page.inner_text("#closer-basis")
    sub_tab(page, "Curves")
    page.wait_for_selector("#curves-plot .plot-container")
    assert "tab=curves" in page.url
    source(page, "Published model", "published model")
    wait_text(
        page, "#closer-basis", "Not here: Curves, Equal confidence, Post-processing: it takes"
    )
    assert offered(page) == [name for name in SUB_TABS if name not in NEED_SCORES]
    # what was open gives way to the first that is there; the address follows
    expect(page.locator("#images-cells button")).to_have_count(20, timeout=30_000)
    page.wait_for_function("!location.search.includes('tab=')")
    assert page.locator("#closer [role=tab][aria-selected=true]").inner_text() == "Images"
    row = page.locator("#closer [role=tab]")
    row.first.focus()
    for name in (
        "Which groups differ",
        "Differences and ratios",
        "Why is there a gap?",
        "Small samples",
    ):
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.innerText") == name


def test_the_reports_figures_say_that_they_are_figures(page):
    source(page, "The report's experiments", "five models")
    wait_text(page, "#join", "no data per image")
    wait_text(page, "#statement", "no difference between groups can be tested here")
    assert not page.locator(".copy-statement").count()
    assert not page.locator("#by").is_visible()
    wait_text(page, "#bars", "of the submitted model")
    assert page.locator("#gap-table tbody tr").count() == 24
    wait_text(page, "#closer-basis", "without data per image nothing can be looked at")
    assert not page.locator("#closer").is_visible()
    assert page.evaluate("""() => [...document.querySelectorAll('#fair .js-plotly-plot')].every(
        (plot) => !plot.data.some(({ meta }) => meta?.images))""")
    source(page, "Published model", "published model")
    assert page.locator("#by").is_visible()
    expect(page.locator("#closer")).to_be_visible()


def overall(operating):
    report = analyse_predictions(load_source("demo"), operating=operating).report
    return f"{rate_text(report.overall.recall)} n={report.overall.recall.n}"


def test_rule_and_thresholds_move_everything(page):
    before = overall(Operating())
    demo(page)
    wait_text(page, "#metrics-table", before)
    page.get_by_role("button", name="Rule, thresholds, small samples").click()
    settled(page)  # Gradio mounts what is inside when it opens
    slide(page, "threshold", 0.8)
    wait_text(page, "#operating-now", "malignant from 0.8")
    strict = overall(Operating(threshold=0.8))
    assert strict != before
    wait_text(page, "#metrics-table", strict)
    settled(page)  # components of one update are drawn one after the other
    assert "malignant from 0.8" in said(page)
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
    page.get_by_role("radio", name="same sensitivity (80 %)").first.check()
    same = Operating(rule="independent", sensitivity=0.8)
    wait_text(page, "#metrics-table", overall(same))
    settled(page)
    expected = analyse_predictions(load_source("demo"), "published", same).statement
    assert said(page) == expected.text
    assert expected.of("cutoff") in page.inner_text("#operating-now")
    assert "group_cutoff=same" in page.url and "threshold=" not in page.url
    expect(page.locator("#threshold")).to_be_hidden()
    page.click("#reset-thresholds")
    wait_text(page, "#metrics-table", other)
    expect(page.locator("#threshold")).to_be_visible()
    expect(page.get_by_role("radio", name="each rule's own (0.5)").first).to_be_checked()
    source(page, "Published model", "published model")  # a source has its own operating point
    wait_text(page, "#operating-now", "Same sensitivity is not available")
    expect(page.locator("#group-cutoff")).to_be_hidden()
    page.get_by_role("button", name="Rule, thresholds, small samples").click()


def test_drill_down_lists_the_images_behind_a_count(page):
    demo(page)
    sub_tab(page, "Images")
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
    demo(page)
    sub_tab(page, "Images")
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
    demo(page)
    analysis = analyse_predictions(load_source("demo"))
    gap = analysis.report.gaps["equal_opportunity_difference"]
    click_mark(page, "#gaps .scatterlayer .trace:last-child .point", 0)
    wait_text(page, "#images-list", f"{gap.largest} and {gap.smallest}, true positives and false")
    sub_tab(page, "Curves")
    page.wait_for_selector("#curves-plot .plot-container")
    click_mark(page, "#curves-plot .xy .scatterlayer .trace:last-child .point", 0)
    wrong = analysis.decided.members("light") & (analysis.decided.call != analysis.decided.target)
    wait_text(
        page, "#images-list", f"light, false negatives and false positives: {wrong.sum()} images"
    )


def test_sub_tabs_answer_and_follow(page):
    demo(page)
    for name, where in (
        ("Which groups differ", "#pairs-plot .plot-container"),
        ("Differences", "#spreads-table table"),
        ("Why is there", "#why-plot .plot-container"),
        ("Curves", "#curves-plot .plot-container"),
        ("Small samples", "#power-shrunk .plot-container"),
        ("Equal confidence", "#confidence-all .plot-container"),
        ("Compare", "#compare-scatter .plot-container"),
    ):
        sub_tab(page, name)
        page.wait_for_selector(where)
    sub_tab(page, "Why is there")
    for look, said in (
        ("ranking", "they differ in how well they are ordered"),
        ("benefit", "as bad as 19 false alarms"),
        ("calibration", "not meant to be calibrated"),
        ("diagnoses", ""),
    ):
        page.check(f"#why-look input[value={look}]", force=True)
        wait_text(page, "#why-table" if said else "#why-problem", said or "a column diagnosis")
    sub_tab(page, "Compare")
    wait_text(page, "#compare-tables", "demo model minus published model")
    page.click("#against input")
    page.get_by_role("option", name="the same logits by: Domain-independent").click()
    wait_text(page, "#compare-tables", "paired, image by image")
    wait_text(page, "#compare-tables", "n = 124 images")
    sub_tab(page, "Post-processing")
    page.click("#fit")
    page.wait_for_selector("#post-plot .plot-container")
    page.wait_for_selector("#post-frontier .plot-container")
    wait_text(page, "#post-said", "40 random cuts")
    wait_text(page, "#post-said", "Levelling down: recall falls in")


def partners(page):
    """What the current analysis can be compared with; the chosen one is ticked in the list."""
    page.click("#against input")
    options = page.get_by_role("option").all_inner_texts()
    page.keyboard.press("Escape")
    return [text.removeprefix("✓").strip() for text in options]


def test_a_comparison_never_is_of_a_model_with_itself(page):
    source(page, "Published model", "published model")
    sub_tab(page, "Compare")
    wait_text(page, "#compare-tables", "published model minus demo model")
    options = partners(page)
    assert "the published model" not in options and "the demo model" in options
    demo(page)
    wait_text(page, "#compare-tables", "demo model minus published model")
    options = partners(page)
    assert "the demo model" not in options and "the published model" in options
    assert len([text for text in options if text.startswith("the same logits by")]) == 4


def test_report_link_holds_the_whole_report(page):
    demo(page)
    sub_tab(page, "Save report")
    page.click("#make-report")
    page.wait_for_selector("#report-links a")
    html = link_content(page, "Save the report (HTML)")
    numbers = json.loads(link_content(page, "Save its numbers (JSON)"))
    assert html.startswith("<!doctype html>") and "Tests of equal confidence" in html
    assert "Why is there a gap? tan, brown and dark and intermediate" in [
        section["title"] for section in numbers["sections"]
    ]
    expected = analyse_predictions(load_source("demo"))
    assert numbers["groups"][0]["overall"]["recall"]["value"] == pytest.approx(
        expected.report.overall.recall.value
    )
    assert numbers["statements"][0]["text"] == expected.statement.text == said(page)
    assert numbers["data_sha256"] == load_source("demo").sha256


def test_two_attributes(page):
    source(page, "Published model", "published model")
    page.click("#by2 input")
    page.get_by_role("option", name="sex", exact=True).click()
    wait_text(page, "#metrics-table", "very light × female")
    expected = analyse_predictions(load_source("published"), ("published", "sex"))
    assert page.locator("#metrics-table thead th").count() == 2 + len(expected.report.groups)
    assert said(page) == expected.statement.text
    page.click("#by2 input")
    page.get_by_role("option", name="nothing else", exact=True).click()
    wait_text(page, "#statement", "very light 285 (17)")


def test_all_skins_is_led_by_what_was_counted(page):
    study = load_study()
    page.locator("#skins").scroll_into_view_if_needed()
    wait_text(page, "#study-finding", finding(study, "discriminative_prior_shift").text)
    wait_text(page, "#study-called", "92 of n = 123 called malignant")
    page.locator("#study-rule input[value=independent]").check(force=True)
    wait_text(page, "#study-finding", finding(study, "independent").text)
    wait_text(page, "#study-called", "0 of n = 123 called malignant")
    assert "skins_rule=independent" in page.url
    at = study.at(same_sensitivity(demo_calibration()))
    page.locator("#study-cutoff input[value=same]").check(force=True)
    wait_text(page, "#study-finding", finding(at, "independent").text)
    wait_text(page, "#study-finding", "81 % [70, 89] of 69 malignant")
    rate = at.called("independent")[55.0]
    wait_text(page, "#study-called", f"{round(rate.value * rate.n)} of n = 123 called malignant")
    flips = at.flip_share("independent")
    share = f"{round(flips.value * flips.n)} of n = 124 flip"
    wait_text(page, "#study-rules-flip", share)
    assert "skins_cutoff=same" in page.url
    page.locator("#study-cutoff input[value=own]").check(force=True)
    wait_text(page, "#study-called", "0 of n = 123 called malignant")
    page.locator("#study-rule input[value=discriminative_prior_shift]").check(force=True)
    page.wait_for_function("!location.search.includes('skins_rule')")


@pytest.mark.parametrize("width, theme", [(1440, "light"), (390, "dark")])
def test_nothing_is_cut_off(page, width, theme):
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
    demo(page)
    opener = page.get_by_role("button", name="Rule, thresholds, small samples")
    opener.click()
    for name in SUB_TABS:
        sub_tab(page, name)
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        cut = page.evaluate(CUT_OFF)
        assert not cut, (name, cut)
    folder = ROOT / "tests" / "artefacts"
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / f"fair_{width}_{theme}.png", full_page=True)
    opener.click()
    page.evaluate("document.body.classList.remove('dark')")


#: Texts of figures that reach outside their figure.
CUT_OFF = """
() => [...document.querySelectorAll('.js-plotly-plot')].flatMap((figure) => {
  const box = figure.getBoundingClientRect();
  if (!box.width) return [];
  return [...figure.querySelectorAll('text')].flatMap((text) => {
    const at = text.getBoundingClientRect();
    const over = Math.max(box.left - at.left, at.right - box.right);
    return at.width && over > 1 ? [`${text.textContent}: ${over} px`] : [];
  });
})
"""
