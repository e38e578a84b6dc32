"""The page around its places: header, weights, footer, the study's scoreboard, privacy, paste."""

import re

import pytest

from explorer.study.claims import audit_cards, second_system_cards
from explorer.ui.audit.view import MARKS
from explorer.ui.parts.address import PLACES
from support.browser import go, open_page, settled, upload
from support.files import below, left

#: Where the content of the open place begins, px from the top of the page, and the page's width.
CHROME = """() => {
  const places = [...document.querySelectorAll('#views > .tabitem')];
  const place = places.find((each) => each.offsetParent);
  const padding = parseFloat(getComputedStyle(place).paddingTop);
  const top = place.getBoundingClientRect().top + padding + scrollY;
  return [top, document.documentElement.scrollWidth];
}"""
CARDS = (*audit_cards(), *second_system_cards())


@pytest.mark.parametrize("width, most", [(1280, 96), (390, 120)])
def test_every_place_begins_under_a_slim_header_and_fits_the_width(shared_page, width, most):
    shared_page.set_viewport_size({"width": width, "height": 844})
    for place, name in PLACES.items():
        go(shared_page, place)
        settled(shared_page)
        begins, wide = shared_page.evaluate(CHROME)
        assert begins <= most and wide <= width, place
        current = shared_page.locator("header a[aria-current=page]")
        assert current.count() == 1 and current.inner_text() == name
        assert (
            shared_page.locator("#views [role=tabpanel]:visible").first.get_attribute("id") == place
        )
        assert all(box["x"] + box["width"] <= width for box in header_boxes(shared_page))
    go(shared_page, "explore")


def header_boxes(page):
    found = page.locator("header a:visible:not(.skip), header button:visible, .line > *:visible")
    return [each.bounding_box() for each in found.all()]


def test_the_weights_are_named_in_a_line_and_told_in_full_on_a_tap(shared_page):
    line = shared_page.locator("#banner .line")
    assert "demo model" in line.inner_text() and "not a medical device" in line.inner_text()
    assert line.bounding_box()["height"] <= 30
    told = shared_page.locator("#weights-told")
    assert not told.is_visible()
    shared_page.click("#banner .weights")
    assert "not the published model" in told.inner_text() and "SHA-256" in told.inner_text()
    shared_page.keyboard.press("Escape")
    assert not told.is_visible()
    read_out = " ".join(shared_page.text_content("#banner [role=status]").split())
    assert "Weights that classify lesions here: demo model." in read_out
    assert "This is not the published model." in read_out


def test_about_is_a_footer_that_a_link_unfolds(shared_page):
    assert shared_page.locator("#about details[open]").count() == 0
    shared_page.click("#banner a[data-chapter=about]")
    shared_page.wait_for_function(
        "document.querySelector('#about').getBoundingClientRect().top < innerHeight / 2"
    )
    assert shared_page.evaluate("document.activeElement.id") == "about"
    text = shared_page.inner_text("#about")
    for part in ("not a medical device", "1,689 of 1,691", "Apache-2.0", "Command line"):
        assert part in text


def visible_cards(page):
    return page.eval_on_selector_all(
        ".audit-card", "all => all.filter((each) => each.offsetParent).map((each) => each.id)"
    )


def test_the_study_is_a_scoreboard_that_filters_closed_cards_worst_first(shared_page):
    page = shared_page
    go(page, "study")
    page.wait_for_selector(".audit-card")
    assert page.locator(".audit-card[open]").count() == 0
    for system, cards in (("study", audit_cards()), ("second", second_system_cards())):
        shown = page.eval_on_selector_all(
            f"[data-system={system}] .audit-card", "all => all.map((each) => each.dataset.verdict)"
        )
        assert shown == sorted((card.status for card in cards), key=list(MARKS).index)
    for verdict in MARKS:
        button = page.locator(f"[data-filter={verdict}]")
        of = {f"audit-{card.key}" for card in CARDS if card.status == verdict}
        assert str(len(of)) in button.inner_text()
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        assert set(visible_cards(page)) == of
        page.wait_for_function(
            "verdict => new URL(location.href).searchParams.get('verdict') === verdict", arg=verdict
        )
    button.click()
    assert len(visible_cards(page)) == len(CARDS)
    page.wait_for_function("!new URL(location.href).searchParams.has('verdict')")


def test_a_card_opens_on_a_click_and_holds_claim_figure_and_uncertainty(shared_page):
    page = shared_page
    go(page, "study")
    page.wait_for_selector(".audit-card")
    page.click("#audit-dark-skin > summary")
    assert page.locator("#audit-dark-skin svg").is_visible()
    page.evaluate(
        "document.querySelectorAll('.audit-card').forEach((each) => { each.open = true; })"
    )
    for card in CARDS:
        text = re.sub(r"\s+", " ", page.inner_text(f"#audit-{card.key}"))
        for part in (
            card.claim,
            card.published_figure,
            card.recomputed_figure,
            card.verdict,
            card.uncertainty,
            card.path,
        ):
            assert re.sub(r"\s+", " ", part) in text, card.key
        assert page.locator(f"#audit-{card.key} svg title").first.text_content() == card.alt_text
    page.evaluate(
        "document.querySelectorAll('.audit-card').forEach((each) => { each.open = false; })"
    )
    go(page, "explore")


def test_a_pasted_picture_is_analysed(shared_page):
    """A paste event with an image file, as the browser makes it from the clipboard."""
    go(shared_page, "explore")
    shared_page.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement('canvas'), {width: 200, height: 150});
          const pen = canvas.getContext('2d');
          pen.fillStyle = 'rgb(205,165,140)'; pen.fillRect(0, 0, 200, 150);
          pen.fillStyle = 'rgb(70,45,35)'; pen.fillRect(80, 60, 40, 30);
          const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
          const data = new DataTransfer();
          data.items.add(new File([blob], 'pasted.png', {type: 'image/png'}));
          document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}));
        }"""
    )
    shared_page.wait_for_function("window.instrument.table?.name === 'pasted.png'")
    assert shared_page.evaluate("window.instrument.table.size") == [200, 150]


def test_nothing_of_an_upload_stays_on_disk(own_address, browser, folder, lesions):
    path = lesions["path"].iloc[0]
    page = open_page(browser, own_address)
    upload(page, path)
    page.context.close()
    assert not {each.name for each in below(folder / "gradio")} & set(lesions["image"])
    assert not left(folder / "gradio"), "nor under another name"
    assert path.name not in (folder / "app.log").read_text()
