"""The page for everyone: axe-core in Chromium on every place, keyboard, focus, landmarks."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from explorer.ui.parts.address import PLACES
from support.browser import drawn, go, new_page, settled

#: Where each place is complete: a selector of the last thing that is drawn.
DRAWN = {
    "explore": "#instrument [data-state=full]",
    "fair": "#gaps .js-plotly-plot",
    "own": "#own h2",
    "study": ".audit-card",
}
THEME = "dark => document.body.classList.toggle('dark', dark)"
#: Opens what is folded in the place that is shown, and in the footer.
UNFOLD = """() => {
  const places = [...document.querySelectorAll('#views > .tabitem')];
  const shown = places.find((each) => each.offsetParent);
  shown.querySelectorAll('button.label-wrap:not(.open)').forEach((each) => each.click());
  document.querySelectorAll('details').forEach((each) => { each.open = true; });
}"""


def show(page, place):
    """Open a place and wait until it is drawn."""
    go(page, place)
    page.locator(DRAWN[place]).first.wait_for()
    settled(page)


#: The rules that depend on colours, which is all in which light and dark of one width differ, and
#: in which languages do not. They take half of the time.
COLOURS = ("color-contrast", "link-in-text-block")
ALL: dict = {}
COLOURS_ALONE = {"runOnly": list(COLOURS)}
BUT_COLOURS = {"rules": {rule: {"enabled": False} for rule in COLOURS}}
#: Places that are hidden are read when they are shown.
HIDDEN = "#views > .tabitem[style*='display: none']"


def findings(page, rules) -> list[str]:
    """All that axe finds on the page as it is, one line each, its impact first."""
    options = {"resultTypes": ["violations"], **rules}
    found = Axe().run(page, context={"exclude": [HIDDEN]}, options=options).response
    return [
        f"{each['impact']} {each['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def looked_at(page, looks) -> list[str]:
    """What axe finds on every place in every look: a width, whether it is dark, and the rules."""
    found = []
    for place in PLACES:
        show(page, place)
        page.evaluate(UNFOLD)
        for width, dark, rules in looks:
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(THEME, dark)
            settled(page)
            look = f"{place} {width} {'dark' if dark else ''}"
            found += [f"{look}: {each}" for each in findings(page, rules)]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{place} {width}: scrolls sideways")
    page.evaluate(THEME, False)
    return found


def test_axe_finds_nothing_on_any_place_light_dark_and_on_a_phone(shared_page):
    found = looked_at(
        shared_page, [(1440, False, ALL), (1440, True, COLOURS_ALONE), (390, True, ALL)]
    )
    assert not found, "\n".join(found[:60])


def test_axe_finds_nothing_in_croatian(address, browser):
    page = new_page(browser)
    page.goto(f"{address}/?lang=hr")
    drawn(page)
    page.wait_for_function("document.documentElement.lang === 'hr'")
    found = looked_at(page, [(1440, False, BUT_COLOURS), (390, True, BUT_COLOURS)])
    assert not found, "\n".join(found[:60])


#: What has the focus, and on how many of its four sides a ring around it, or around its label or
#: parent, is drawn and not cut off by something that hides what overflows it.
FOCUSED = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const sides = (one) => {
    const style = getComputedStyle(one), { x, y, right, bottom } = one.getBoundingClientRect();
    const wide = parseFloat(style.outlineWidth);
    if (style.outlineStyle === 'none' || !(wide > 1)) return 0;
    const reach = parseFloat(style.outlineOffset) + wide - 1;
    const ring = [reach - x, reach - y, right + reach, bottom + reach], cut = new Set();
    for (let up = one.parentElement; up; up = up.parentElement) {
      if (getComputedStyle(up).overflow === 'visible' || up === document.documentElement) continue;
      const room = up.getBoundingClientRect();
      [-room.x, -room.y, room.right, room.bottom].forEach((end, side) => {
        if (ring[side] > end) cut.add(side);
      });
    }
    return 4 - cut.size;
  };
  return { tag: at.tagName, name: at.id || at.getAttribute('aria-label') || at.textContent.trim(),
    type: at.getAttribute('role') || at.type || '', seen: box.width > 0 && box.height > 0,
    ring: Math.max(sides(at), sides(at.closest('label') || at.parentElement)) };
}"""


def test_the_keyboard_reaches_every_control_and_focus_is_seen(shared_page):
    page = shared_page
    show(page, "explore")
    page.locator("body").click(position={"x": 2, "y": 100})
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.keyboard.press("Tab")  # from now on the keyboard is what is used, and focus is shown
    page.focus("a.skip")
    reached = [page.evaluate(FOCUSED)]
    for _ in range(150):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at["tag"] == "BODY":
            break
        reached.append(at)
    names = [at["name"] for at in reached]
    assert names[0] == "Skip to the content"
    assert set(PLACES.values()) <= set(names), "the places"
    assert {"copy-link", "upload-image"} <= set(names)
    assert {("INPUT", "range"), ("SUMMARY", "")} <= {(at["tag"], at["type"]) for at in reached}
    bare = [at for at in reached if at["seen"] and at["ring"] < 3]
    assert not bare, bare[:10]


def test_the_page_has_landmarks_a_language_and_alternative_texts(shared_page):
    page = shared_page
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.get_by_role("banner").locator("h1").count() == 1
    assert page.get_by_role("main").count() == page.get_by_role("contentinfo").count() == 1
    for place in PLACES:
        show(page, place)
        assert page.locator("img:visible:not([alt])").count() == 0, place
        for plot in page.locator(".js-plotly-plot:visible").all():
            assert plot.get_attribute("role") == "img", place
            assert len(plot.get_attribute("aria-label")) > 60, place
    page.get_by_role("link", name="Skip to the content").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "views"


@pytest.fixture
def calm(shared_page):
    """The shared page for somebody who asked the system for less motion."""
    shared_page.emulate_media(reduced_motion="reduce")
    yield shared_page
    shared_page.emulate_media(reduced_motion="no-preference")


def test_motion_is_reduced_for_those_who_ask(calm):
    show(calm, "explore")
    moving = calm.evaluate("""() => [...document.querySelectorAll('#views *')].filter((each) => {
      const style = getComputedStyle(each);
      return Math.max(...style.transitionDuration.split(',').map(parseFloat)) > 0.01
        || (style.animationName !== 'none' && parseFloat(style.animationDuration) > 0.01);
    }).map((each) => each.className.toString().slice(0, 60))""")
    assert not moving, sorted(set(moving))[:10]
