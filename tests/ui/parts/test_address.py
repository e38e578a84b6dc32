"""Links to what the page shows, in a real browser: made, copied, opened, refused."""

import re
from contextlib import contextmanager
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import expect

from explorer.fairness.analysis import analyse_predictions
from explorer.fairness.decisions import Operating
from explorer.fairness.text import rate_text
from explorer.study.sources import load_source
from support.browser import go, upload
from support.study_files import write_study_files

#: Everything of these is in the address only where it is not at its default.
LINK = (
    "view=groups&example=synthetic-dark&rule=independent&method=robust&transform=published"
    "&scope=skin&target=-20&skins_by=diagnosis&source=demo&by=sex&metric=f1"
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


def tab(page, name, where="#views"):
    page.locator(where).get_by_role("tab", name=name).first.click()


@contextmanager
def opened(browser, address, text=""):
    """The page at an address, in a context of its own; nothing may go wrong in its console."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(30_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/?{text}")
    yield page
    context.close()
    assert not errors


def test_controls_are_in_the_address_and_the_address_sets_the_controls(address, browser):
    with opened(browser, address) as page:
        page.wait_for_selector("#other-verdict .verdict")
        assert not query(page), "a plain visit has a plain address"
        page.get_by_role("button", name=re.compile("Tan skin")).click()
        wait_query(page, example="synthetic-tan")
        page.locator("#rule").get_by_label("Domain-independent (sum of logits)").check()
        page.fill("#target input[type=number]", "-25")
        page.press("#target input[type=number]", "Enter")
        page.locator("#transform").get_by_label("Skin-former (the study's)").check()
        wait_query(page, rule="independent", target="-25", transform="published")
        wait_text(page, "#reached", "-25.0°")
        decision = page.inner_text("#other-verdict")
        tab(page, "Groups")
        page.locator("#group-source").get_by_label("Demo model").check()
        wait_text(page, "#metrics-table", "demo model")
        page.locator("#by").get_by_label("sex", exact=True).check()
        wait_query(page, view="groups", source="demo", by="sex")
        tab(page, "Differences and ratios", "#closer")
        wait_query(page, tab="spreads")
        wait_text(page, "#metrics-table", "demo model, by sex")
        link, figures = page.url, page.inner_text("#metrics-table")
    with opened(browser, *link.split("/?")) as page:
        page.wait_for_selector("#spreads-table table")
        wait_text(page, "#metrics-table", "demo model, by sex")
        assert page.inner_text("#metrics-table") == figures
        tab(page, "Lesion")
        wait_text(page, "#caption", "tan")
        wait_text(page, "#reached", "-25.0°")
        wait_text(page, "#other-verdict", decision)
        assert page.get_by_role("radio", name="Skin-former (the study's)").is_checked()
        assert not page.inner_text("#link-problem")


def test_a_full_link_is_restored_and_kept(address, browser):
    operating = Operating("discriminative_wang", 0.3, {"male": 0.2})
    report = analyse_predictions(load_source("demo"), "sex", operating, 5).report
    with opened(browser, address, f"{LINK}&mode=unknown&__theme=dark") as page:
        wait_text(page, "#metrics-table", rate_text(report.groups[1].rate("f1")))
        wait_text(page, "#bars", "F1")
        page.wait_for_selector("#curves-plot .plot-container")
        tab(page, "All skins")
        expect(page.get_by_role("radio", name="diagnosis", exact=True)).to_be_checked()
        wait_text(page, "#study-tables", "malignant")
        tab(page, "Lesion")
        page.wait_for_selector("#other-verdict .verdict")
        wait_text(page, "#caption", "dark")
        for name in (
            "Robust (float CIELAB)",
            "Skin-former (the study's)",
            "Skin only",
            "Domain-independent (sum of logits)",
        ):
            expect(page.locator("#views").get_by_role("radio", name=name)).to_be_checked()
        assert page.input_value("#target input[type=number]") == "-20"
        wait_query(page, view=None)
        asked = {key: value[0] for key, value in parse_qs(LINK).items() if key != "view"}
        assert query(page) == {**asked, "mode": "unknown", "__theme": "dark"}


def test_back_returns_to_the_view_before(address, browser):
    with opened(browser, address) as page:
        page.wait_for_selector("#other-verdict .verdict")
        tab(page, "Audit")
        wait_query(page, view="audit")
        tab(page, "About")
        wait_query(page, view="about")
        page.go_back()
        wait_query(page, view="audit")
        page.wait_for_selector(".audit-card")
        page.go_back()
        wait_query(page, view=None)
        expect(page.locator("#picture img")).to_be_visible()


def test_a_card_of_the_audit_has_a_link(address, browser):
    with opened(browser, address, "view=audit&card=dark-skin") as page:
        page.wait_for_selector("#audit-dark-skin")
        page.wait_for_function(
            "Math.abs(document.querySelector('#audit-dark-skin').getBoundingClientRect().top) < 99"
        )
        page.click("a[data-card=patients]")
        wait_query(page, view="audit", card="patients")
        wait_text(page, "#copy-note", "Link copied")
        assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_an_upload_leaves_no_trace_in_the_address(address, browser, tmp_path, lesions):
    with opened(browser, address, "example=synthetic-dark&rule=independent") as page:
        wait_text(page, "#caption", "dark")
        page.wait_for_selector("#other-verdict .verdict")
        upload(page, lesions["path"].iloc[0])
        wait_query(page, example=None, rule="independent")
        page.click("#copy-link")
        wait_text(page, "#copy-note", "What you uploaded is in no link")
        link = page.evaluate("navigator.clipboard.readText()")
        assert urlparse(link).query == "rule=independent"
        go(page, "own")
        for which, path in zip(("metadata", "predictions"), write_study_files(tmp_path, 40)[::-1]):
            page.set_input_files(f"#{which}-csv input[type=file]", str(path))
            wait_text(page, "#own-problem" if which == "metadata" else "#own-title", "redictions")
        page.click("#own-closer")
        wait_text(page, "#metrics-table", "your predictions")
        page.locator("#by").get_by_label("sex", exact=True).check()
        wait_text(page, "#metrics-table", "by sex")
        page.wait_for_timeout(500)  # an address that is not to change cannot be waited for
        assert query(page) == {"rule": "independent", "view": "fair"}


def test_a_bad_link_is_told_and_shows_the_default(address, browser):
    with opened(browser, address, "rule=x&view=moon&by=nose&target=900") as page:
        wait_text(page, "#link-problem", "The link asks for an unknown rule 'x'")
        told = page.inner_text("#link-problem")
        assert "an unknown view 'moon'" in told and "a target angle of '900'" in told
        page.wait_for_selector("#other-verdict .verdict")
        wait_query(page, rule=None, view=None, target=None)
        tab(page, "Groups")
        wait_text(page, "#groups-problem", "there is no grouping column 'nose'")
        wait_text(page, "#metrics-table", "0.72 [0.64, 0.79] n=137")
        wait_query(page, by=None)


@pytest.mark.parametrize(
    "link, complaint",
    [
        ("source=published&metric=auroc", "'AUROC', which this source does not have"),
        ("source=published&threshold=0.3", "labels only"),
        ("source=demo&limits=moon:0.3", "no group 'moon'"),
    ],
)
def test_a_link_that_its_source_cannot_answer(address, browser, link, complaint):
    with opened(browser, address, f"view=groups&{link}") as page:
        wait_text(page, "#groups-problem", complaint)
        page.wait_for_selector("#bars .js-plotly-plot")


def test_where_the_browser_forbids_copying_the_link_is_shown(address, browser):
    with opened(browser, address, "view=about") as page:
        page.wait_for_selector("#address-page [data-address]", state="attached")
        page.evaluate(
            "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }"
        )
        page.focus("#copy-link")
        page.keyboard.press("Enter")
        expect(page.locator("#link-text")).to_have_value(f"{address}/?view=about")
        wait_text(page, "#copy-note", "copy the link from this field")
        assert page.evaluate("getSelection().toString()") == f"{address}/?view=about"


def test_a_frame_in_another_page_still_gives_its_link(address, browser):
    context = browser.new_context()
    page = context.new_page()
    page.set_content(f'<iframe src="{address}/?view=audit" width=900 height=700></iframe>')
    frame = page.frame_locator("iframe")
    frame.locator(".audit-card").first.wait_for(timeout=60_000)
    frame.locator("#copy-link").click()
    expect(frame.locator("#link-text")).to_have_value(f"{address}/?view=audit")
    expect(frame.locator("#link-text")).to_be_visible()
    context.close()
