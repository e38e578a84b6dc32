"""Links to what the page shows, in a real browser: made, copied, opened, refused."""

from contextlib import contextmanager
from types import SimpleNamespace
from urllib.parse import parse_qs, parse_qsl, urlparse

import gradio as gr
import pytest
from playwright.sync_api import expect

from explorer.fairness.analysis import analyse_predictions
from explorer.fairness.decisions import Operating
from explorer.fairness.text import rate_text
from explorer.rules.rules import DEFAULT_RULE
from explorer.study.sources import load_source
from explorer.ui.groups import view as groups_view
from support.browser import go, settled, upload
from support.study_files import write_study_files

#: Everything of these is in the address only where it is not at its default; the skin is one that
#: is computed.
LINK = (
    "view=groups&example=synthetic-dark&rule=independent&method=robust&transform=published"
    "&scope=skin&target=-18&skins_by=diagnosis&source=demo&by=sex&metric=f1"
    "&group_rule=discriminative_wang&threshold=0.3&limits=male:0.2&minimum=5&tab=curves"
)


def query(page):
    return {key: value[0] for key, value in parse_qs(urlparse(page.url).query).items()}


def wait_query(page, **expected):
    """Wait until the address holds these, None standing for "no such parameter"."""
    page.wait_for_function(
        """expected => { const found = new URL(location.href).searchParams;
          return Object.entries(expected).every(([key, value]) => found.get(key) === value); }""",
        arg=expected,
    )


def wait_text(page, where, text):
    page.wait_for_function(
        "([where, text]) => document.querySelector(where)?.innerText.includes(text)",
        arg=[where, text],
    )


def wait_shown(page, **expected):
    """Wait until the instrument shows a picture (how its name begins), rule, target, transform."""
    page.wait_for_function(
        """expected => {
          const { table, skin, rule } = window.instrument ?? {};
          if (!table || table.skins[skin] === undefined) return false;
          const { key: transform, scope } = table.transform;
          const shown = { rule, target: table.skins[skin].target, transform, scope };
          const { name, ...rest } = expected;
          return table.name.startsWith(name)
            && Object.entries(rest).every(([key, value]) => shown[key] === value); }""",
        arg=expected,
    )


@contextmanager
def opened(browser, address, text=""):
    """The page at an address, in a context of its own; nothing may go wrong in its console."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(60_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/?{text}")
    yield page
    context.close()
    assert not errors


def test_what_is_shown_is_in_the_address_and_the_address_shows_it(
    address, browser, tmp_path, lesions
):
    """Controls to the address, the address to the controls; of an upload nothing is in it."""
    with opened(browser, address) as page:
        wait_shown(page, name="Light skin")
        assert not query(page), "a plain visit has a plain address"
        page.get_by_role("button", name="Tan skin").click()
        wait_query(page, example="synthetic-tan")
        wait_shown(page, name="Tan skin")
        page.locator("#instrument input[value=independent]").check(force=True)
        page.locator("#instrument [data-part=slider]").fill("20")
        wait_query(page, rule="independent", transform="melanin", scope="image")
        decision = page.inner_text("#instrument [data-part=verdict]")
        chosen = page.evaluate("[instrument.rule, instrument.table.skins[instrument.skin].target]")
        assert query(page)["target"] == f"{chosen[1]:g}"
        go(page, "fair")
        page.locator("#group-source").get_by_label("Demo model").check()
        wait_text(page, "#metrics-table", "demo model")
        page.locator("#by").get_by_label("sex", exact=True).check()
        wait_query(page, view="fair", source="demo", by="sex")
        page.locator("#closer").get_by_role("tab", name="Differences and ratios").first.click()
        wait_query(page, tab="spreads")
        wait_text(page, "#metrics-table", "demo model, by sex")
        link, figures = page.url, page.inner_text("#metrics-table")
        back_and_forth(page)
    with opened(browser, *link.split("/?")) as page:
        page.wait_for_selector("#spreads-table table")
        wait_text(page, "#metrics-table", "demo model, by sex")
        assert page.inner_text("#metrics-table") == figures
        go(page, "explore")
        wait_shown(page, name="Tan skin", rule=chosen[0], target=chosen[1], transform="melanin")
        assert page.inner_text("#instrument [data-part=verdict]") == decision
        assert not page.inner_text("#link-problem")
        nothing_of_an_upload(page, tmp_path, lesions["path"].iloc[0])


#: Two steps back, the second before Gradio has told that the first opened a place.
BACK_TWICE = """() => new Promise((done) => {
  addEventListener('popstate', () => {
    addEventListener('popstate', done, { once: true });
    history.back();
  }, { once: true });
  history.back();
})"""


def back_and_forth(page):
    """From "Is it fair?" to two places, and back to Explore."""
    go(page, "study")
    wait_query(page, view="study")
    go(page, "own")
    wait_query(page, view="own")
    page.go_back()
    wait_query(page, view="study")
    page.wait_for_selector(".audit-card")
    page.go_back()
    wait_query(page, view="fair")
    page.go_back()
    wait_query(page, view=None)
    expect(page.locator("#instrument [data-part=picture]")).to_be_visible()
    for place in ("study", "own"):
        go(page, place)
        wait_query(page, view=place)
    page.evaluate(BACK_TWICE)
    settled(page)
    assert "view" not in query(page), "what Gradio tells late of a place left again changes nothing"
    expect(page.locator("#instrument [data-part=picture]")).to_be_visible()


def nothing_of_an_upload(page, tmp_path, lesion):
    """A picture and two files of the visitor's own, on a page that a link opened."""
    upload(page, lesion)
    wait_query(page, example=None, rule="independent", view=None)
    page.click("#copy-link")
    wait_text(page, "#copy-note", "What you uploaded is in no link")
    link = parse_qs(urlparse(page.evaluate("navigator.clipboard.readText()")).query)
    assert link == parse_qs(urlparse(page.url).query)
    assert link.keys() == {"rule", "source", "by", "tab"}
    go(page, "own")
    for which, path in zip(("metadata", "predictions"), write_study_files(tmp_path, 40)[::-1]):
        page.set_input_files(f"#{which}-csv input[type=file]", str(path))
        wait_text(page, "#own-problem" if which == "metadata" else "#own-title", "redictions")
    page.click("#own-closer")
    wait_text(page, "#metrics-table", "your predictions")
    page.locator("#by").get_by_label("sex", exact=True).check()
    wait_text(page, "#metrics-table", "by sex")
    page.wait_for_timeout(500)  # an address that is not to change cannot be waited for
    assert query(page) == {"rule": "independent", "view": "fair", "tab": "spreads"}


def test_a_full_link_of_before_is_restored_and_kept(address, browser):
    operating = Operating("discriminative_wang", 0.3, {"male": 0.2})
    report = analyse_predictions(load_source("demo"), "sex", operating, 5).report
    with opened(browser, address, f"{LINK}&mode=unknown&__theme=dark") as page:
        wait_text(page, "#metrics-table", rate_text(report.groups[1].rate("f1")))
        wait_text(page, "#bars", "F1")
        page.wait_for_selector("#curves-plot .plot-container")
        expect(page.get_by_role("radio", name="diagnosis", exact=True)).to_be_checked()
        wait_text(page, "#study-tables", "malignant")
        go(page, "explore")
        wait_shown(
            page,
            name="Dark skin",
            rule="independent",
            target=-18,
            transform="published",
            scope="skin",
        )
        page.locator("#search > button").first.click()
        expect(page.locator("#method input[value=robust]")).to_be_checked()
        wait_query(page, view=None)
        asked = {key: value[0] for key, value in parse_qs(LINK).items() if key != "view"}
        kept = {"target": "-18", "mode": "unknown", "__theme": "dark"}  # the nearest computed skin
        assert query(page) == {**asked, **kept}


def test_a_card_of_the_audit_has_a_link(address, browser):
    with opened(browser, address, "view=audit&card=dark-skin") as page:
        page.wait_for_selector("#audit-dark-skin")
        page.wait_for_function(
            "Math.abs(document.querySelector('#audit-dark-skin').getBoundingClientRect().top) < 99"
        )
        page.click("#audit-patients summary")
        page.click("a[data-card=patients]")
        wait_query(page, view="study", card="patients")
        wait_text(page, "#copy-note", "Link copied")
        assert page.evaluate("navigator.clipboard.readText()") == page.url
        page.evaluate(  # where the browser forbids copying, the link is shown
            "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }"
        )
        page.focus("#copy-link")
        page.keyboard.press("Enter")
        expect(page.locator("#link-text")).to_have_value(page.url)
        wait_text(page, "#copy-note", "copy the link from this field")
        assert page.evaluate("getSelection().toString()") == page.url


def test_a_bad_link_is_told_and_shows_the_default(address, browser):
    with opened(browser, address, "rule=x&view=moon&by=nose&target=900") as page:
        wait_text(page, "#link-problem", "The link asks for an unknown rule 'x'")
        told = page.inner_text("#link-problem")
        assert "an unknown view 'moon'" in told and "a target angle of '900'" in told
        wait_shown(page, name="Light skin", rule=DEFAULT_RULE)
        wait_query(page, rule=None, view=None, target=None)
        go(page, "fair")
        wait_text(page, "#groups-problem", "there is no grouping column 'nose'")
        wait_text(page, "#metrics-table", "0.72 [0.64, 0.79] n=137")
        page.wait_for_selector("#bars .js-plotly-plot")
        wait_query(page, by=None)


@pytest.fixture(scope="module")
def groups():
    """The part of the page that restores a link to groups, as it is laid out."""
    with gr.Blocks() as page:
        return groups_view.build(page)


@pytest.mark.parametrize(
    "link, complaint",
    [
        ("source=published&metric=auroc", "'AUROC', which this source does not have"),
        ("source=published&threshold=0.3", "labels only"),
        ("source=demo&limits=moon:0.3", "no group 'moon'"),
    ],
)
def test_a_link_that_its_source_cannot_answer(groups, link, complaint):
    asked = SimpleNamespace(query_params=dict(parse_qsl(link)))
    filled = groups.events.opened(asked)
    assert complaint in filled[groups.parts["problem"]].striptags()
    assert filled[groups.parts["bench"]].analysis.report.overall.count > 0
    assert filled[groups.parts["bars"]] is not None


def test_a_frame_in_another_page_still_gives_its_link(address, browser):
    context = browser.new_context()
    page = context.new_page()
    page.set_content(f'<iframe src="{address}/?view=study" width=900 height=700></iframe>')
    frame = page.frame_locator("iframe")
    frame.locator(".audit-card").first.wait_for(timeout=60_000)
    frame.locator("#copy-link").click()
    expect(frame.locator("#link-text")).to_have_value(f"{address}/?view=study")
    expect(frame.locator("#link-text")).to_be_visible()
    context.close()
