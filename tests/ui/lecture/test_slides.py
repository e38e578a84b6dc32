"""Lecture mode in Chromium: every slide whole on a projector, its keys, its notes, and the flips.

The tests share one page. Each begins the lecture where it needs to and ends it.
"""

from contextlib import contextmanager
from urllib.parse import parse_qs, urlparse

import pytest

from explorer.ui.lecture import content
from support.browser import new_page, settled, troubles

TEXTS = content.texts()
SLIDES = {slide["key"]: slide for slide in TEXTS["en"]["slides"]}
KEYS = list(SLIDES)
#: px at 1280 x 720: the smallest text of a slide, and what the room has to read.
SMALLEST, READABLE = 13, 17

#: What of a slide is cut off, outside the window, small, or not there.
LOOK = """() => {
  const root = document.querySelector('#lecture');
  const drawn = [...root.querySelectorAll('*')].filter((each) => each.checkVisibility({
    opacityProperty: true, visibilityProperty: true }) && !each.closest('defs, title'));
  const named = (each) => `${each.tagName} ${each.className.baseVal ?? each.className}`;
  const outside = drawn.filter((each) => {
    const { left, top, right, bottom, width } = each.getBoundingClientRect();
    return width && (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1);
  });
  const scrolls = drawn.filter((each) => !each.matches('svg *, canvas, input, svg, [aria-hidden] *')
    && (each.scrollHeight > each.clientHeight + 2 || each.scrollWidth > each.clientWidth + 2)
    && getComputedStyle(each).overflow !== 'visible');
  const sizes = drawn.filter((each) => [...each.childNodes].some((node) => node.nodeType === 3
    && node.data.trim())).map((each) => {
    const matrix = each.ownerSVGElement && each.getScreenCTM();
    const scale = matrix ? Math.hypot(matrix.b, matrix.d) : 1;
    const size = parseFloat(getComputedStyle(each).fontSize) * scale;
    return [size, each.textContent.slice(0, 30), each];
  }).sort((a, b) => a[0] - b[0]);
  const box = root.querySelector('.shown > *').getBoundingClientRect();
  const empty = [...root.querySelectorAll('.shown canvas')].filter((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return !data.some((byte, at) => at % 4 === 3 && byte);
  });
  return {
    outside: outside.map(named), scrolls: scrolls.map(named), smallest: sizes[0].slice(0, 2),
    said: Math.min(...sizes.filter(([, , each]) => each.closest('.verdict')).map(([size]) => size)),
    page: [root.scrollHeight - root.clientHeight, root.scrollWidth - innerWidth],
    share: box.width * box.height / innerWidth / innerHeight, empty: empty.length,
    control: root.querySelectorAll('.control input').length,
    title: root.querySelector('h2').textContent, word: root.querySelector('.word').innerText,
  };
}"""


#: The sheet takes its size anew in the frame after something changed.
NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@contextmanager
def lecture(page, place="1"):
    """The lecture as the header's button begins it, at a slide; ended afterwards."""
    version, _, number = place.rpartition("-")
    page.locator(f"header [data-lecture-start='{'short-1' if version else '1'}']").click()
    for _ in range(int(number) - 1):
        page.keyboard.press("ArrowRight")
    at(page, place)
    yield
    if page.locator("#lecture[open]").count():
        page.keyboard.press("Escape")


def at(page, place):
    """Wait until a slide stands, with all that it shows."""
    page.wait_for_function(
        """(place) => document.querySelector('#lecture[open][data-state=ready]')
          && document.querySelector('#lecture .control input')
          && new URL(location).searchParams.get('lecture') === place
          && [...document.querySelectorAll('#lecture [data-instrument]')]
            .every((each) => each.querySelector('canvas'))""",
        arg=place,
    )


def word(page):
    """The verdict in one word."""
    return page.locator("#lecture .word b").inner_text()


def violations(page):
    """All that axe finds on the slide."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{each['impact']} {each['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
        for each in Axe().run(page, context="#lecture").response["violations"]
        for node in each["nodes"]
    ]


def must_be_whole(page, key):
    seen = page.evaluate(LOOK)
    assert not seen["outside"] and not seen["scrolls"] and seen["page"] == [0, 0], (key, seen)
    assert seen["empty"] == 0 and seen["share"] > 0.25 and seen["control"] >= 1, (key, seen)
    assert "{" not in seen["title"] and seen["title"] != SLIDES[key]["titles"]["unknown"], key
    return seen


def test_every_slide_is_whole_on_every_projector_and_free_of_barriers(shared_page):
    page = shared_page
    with lecture(page):
        for number, key in enumerate(KEYS, 1):
            at(page, str(number))
            assert page.locator("#lecture").get_attribute("data-slide") == key
            for width, height in ((1920, 1080), (1440, 900), (1280, 720)):
                page.set_viewport_size({"width": width, "height": height})
                page.evaluate(NEXT_FRAME)
                seen = must_be_whole(page, key)
                scale = min(width / 1280, height / 720)
                assert seen["smallest"][0] >= SMALLEST * scale, (key, seen["smallest"])
                assert seen["said"] >= READABLE * scale, (key, seen["said"])
            assert not violations(page), key
            page.evaluate("document.body.classList.add('dark')")
            assert not violations(page), f"{key}, dark"
            page.evaluate("document.body.classList.remove('dark')")
            page.keyboard.press("ArrowRight" if number % 2 else " ")
        at(page, str(len(KEYS)))
        assert page.locator("#lecture .lecture-next").is_disabled()


def test_a_phone_shows_every_slide_without_scrolling_sideways(shared_page):
    page = shared_page
    page.set_viewport_size({"width": 390, "height": 844})
    with lecture(page):
        for number in range(1, len(KEYS) + 1):
            at(page, str(number))
            seen = page.evaluate(LOOK)
            sideways = [each for each in seen["scrolls"] if "DIALOG" not in each]
            assert seen["page"][1] == 0 and not sideways and seen["empty"] == 0, (number, seen)
            assert page.evaluate("document.querySelector('#lecture').scrollWidth") <= 390
            if number < len(KEYS):
                page.locator("#lecture .lecture-next").click()


def test_three_slides_flip_the_default_example_flip_it_by_the_rule_and_back(shared_page):
    page = shared_page
    requests = []

    def note(request):
        requests.append(request.url)

    page.on("request", note)
    with lecture(page, "short-1"):
        assert word(page) == "malignant"
        title = page.locator("#lecture h2")
        assert title.inner_text() == SLIDES["darker"]["titles"]["own"].format(word="malignant")
        requests.clear()
        for _ in range(20):
            page.keyboard.press("ArrowDown")
            if word(page) == "benign":
                break
        assert word(page) == "benign" and title.inner_text().endswith("now benign")
        page.keyboard.press("ArrowRight")
        at(page, "short-2")
        assert word(page) == "malignant"
        assert title.inner_text() == "The rule decides: 2 of 5 rules say malignant, 3 say benign"
        page.locator("#lecture .control label", has_text="Raw").click()
        assert word(page) == "benign"
        page.keyboard.press("ArrowUp")
        assert word(page) == "malignant", "the published rule again"
        page.keyboard.press(" ")
        at(page, "short-3")
        assert word(page) == "malignant"
        flips = page.evaluate("window.instrument.table.rules[0].flips")
        skins = page.evaluate("window.instrument.table.skins.map((each) => each.target)")
        now = page.evaluate("window.instrument.skin")
        assert len(flips) == 2 and skins[now] < flips[1] <= skins[now - 1]
        page.keyboard.press("ArrowUp")
        assert word(page) == "benign", "just lighter it is still the other word"
        assert page.locator("#lecture .lecture-next").is_disabled()
        outer = [url for url in requests if "/lecture/" not in url]
        assert not outer, "skins and rules ask the server for nothing"
    page.remove_listener("request", note)


def test_the_lectures_keys_win_over_what_has_the_focus(shared_page):
    page = shared_page
    start = page.locator("header [data-lecture-start='1']")
    with lecture(page, "4"):
        slider = page.locator("#lecture input[type=range]")
        slider.focus()
        before = slider.input_value()
        page.keyboard.press("ArrowRight")
        at(page, "5")
        assert page.evaluate("document.activeElement.id") == "lecture-title"
        page.keyboard.press("ArrowLeft")
        at(page, "4")
        assert page.locator("#lecture input[type=range]").input_value() == before
        page.locator("#lecture .lecture-end").focus()
        page.keyboard.press(" ")
        at(page, "5")
        page.keyboard.press(" ")
        at(page, "6")
        page.locator("#lecture .control input").nth(1).focus()
        page.keyboard.press("ArrowRight")
        at(page, "7")
        page.keyboard.press("PageUp")
        at(page, "6")
        assert page.evaluate("window.instrument.rule") == "discriminative_prior_shift"
        page.keyboard.press("Home")
        at(page, "1")
        for _ in range(12):  # through all that can have the focus, and round
            page.keyboard.press("Tab")
            assert page.evaluate(
                "document.activeElement === document.body"
                " || document.querySelector('#lecture').contains(document.activeElement)"
            )
        page.keyboard.press("Escape")
    assert not page.locator("#lecture").is_visible() and "lecture=" not in page.url
    assert start.evaluate("(button) => button === document.activeElement")
    page.keyboard.press("ArrowRight")
    assert not page.locator("#lecture").is_visible()


def test_notes_stand_in_a_window_of_their_own_with_a_clock_and_the_next_title(shared_page):
    page = shared_page
    with lecture(page, "2"):
        with page.expect_popup() as opened:
            page.keyboard.press("n")
        notes = opened.value
        notes.wait_for_function("document.querySelector('#notes').childElementCount > 0")
        assert notes.url.startswith(page.url.split("/?")[0] + "/lecture/notes.html")
        skin, tone = SLIDES["skin"], SLIDES["tone"]
        assert notes.locator("#notes p").all_inner_texts() == skin["notes"]
        assert skin["ask"] in notes.inner_text("#ask")
        assert notes.inner_text("#next") == f"Next: {tone['titles']['unknown']}"
        assert notes.inner_text("#title") == page.inner_text("#lecture h2")
        assert not page.get_by_text(skin["notes"][0]).is_visible(), "never over the slide"
        first = notes.inner_text("#clock")
        notes.wait_for_function(
            "(before) => document.querySelector('#clock').textContent !== before", arg=first
        )
        notes.keyboard.press("ArrowRight")  # its keys are the lecture's
        notes.wait_for_function(
            "(text) => document.querySelector('#notes').textContent.includes(text)",
            arg=tone["notes"][0],
        )
        at(page, "3")
        page.bring_to_front()
        page.keyboard.press("Escape")
        notes.wait_for_function("document.querySelector('#notes').childElementCount === 0")
        assert notes.inner_text("#title") == TEXTS["en"]["words"]["over"]
        notes.close()


def test_a_blocked_notes_window_is_said_in_one_sentence(shared_page):
    page = shared_page
    page.evaluate("window.reallyOpen = window.open; window.open = () => null")
    with lecture(page):
        page.locator("#lecture .lecture-notes").click()
        assert page.inner_text("#lecture .told") == TEXTS["en"]["words"]["blocked"]
        must_be_whole(page, "image")
        page.keyboard.press("ArrowRight")
        at(page, "2")
        assert page.locator("#lecture .told").inner_text() == ""
    page.evaluate("window.open = window.reallyOpen")


def test_a_picture_that_is_chosen_on_a_slide_is_the_pages(shared_page):
    page = shared_page
    with lecture(page):
        chosen = page.locator("#lecture .control label", has_text="Tan skin")
        chosen.click()
        page.wait_for_function(
            "window.instrument.table.name.toLowerCase().includes('tan')"
            " && window.instrument.table.complete"
        )
        assert chosen.locator("input").is_checked()
        page.wait_for_function(
            "document.querySelector('#lecture .shown figcaption').textContent.startsWith('tan')"
        )
        page.locator("#lecture .control label", has_text="Light skin, irregular").click()
        page.wait_for_function("/^(synthetic-)?light/i.test(window.instrument.table.name)")


def test_the_instruments_event_begins_a_lecture_too(shared_page):
    page = shared_page
    page.evaluate("document.dispatchEvent(new CustomEvent('lecture:start'))")
    at(page, "1")
    page.locator("#lecture .lecture-end").click()
    assert not page.locator("#lecture").is_visible()


@pytest.mark.parametrize(
    "query, place",
    [
        ("lang=hr&mode=lecture&stop=9", "7"),
        ("lang=hr&lecture=short-2&rule=discriminative", "short-2"),
    ],
)
def test_links_of_now_and_before_open_a_slide_also_in_croatian(address, browser, query, place):
    page = new_page(browser)
    wrong = troubles(page)
    page.goto(f"{address}/?{query}")
    at(page, place)
    said = parse_qs(urlparse(page.url).query)
    assert said["lecture"] == [place] and "stop" not in said and "mode" not in said
    croatian = {slide["key"]: slide for slide in TEXTS["hr"]["slides"]}
    if place == "7":
        page.wait_for_function(
            "document.querySelector('#lecture .shown').textContent.includes('vrlo svijetla')"
        )
        title = croatian["groups"]["titles"]["false_positive_rate"]
        assert page.inner_text("#lecture h2") == title
        assert "0,15 [0,08, 0,20]" in page.inner_text("#lecture .verdict")
        page.set_viewport_size({"width": 1280, "height": 720})
        for number in range(7, 0, -1):
            at(page, str(number))
            settled(page, 200)  # the translation comes after what it translates
            seen = page.evaluate(LOOK)
            assert not seen["outside"] and not seen["scrolls"], seen
            page.keyboard.press("ArrowLeft")
    else:  # the rule that the link names, not the one that the slide would begin with
        page.wait_for_function(
            "document.querySelector('#lecture .control input:checked')?.value === 'discriminative'"
        )
        assert word(page) == "dobroćudno"
    assert not wrong
