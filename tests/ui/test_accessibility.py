"""The page for everyone: axe-core in Chromium on every view, keyboard, focus, landmarks, motion."""

import json

import pytest

from support import ROOT
from support.browser import open_page, settled

VIEWS = ("Lesion", "All skins", "Groups", "Evaluate", "Audit", "About")
#: Where each view is complete: a selector of the last thing that is drawn.
DRAWN = {
    "Lesion": "#points .js-plotly-plot",
    "All skins": ".js-plotly-plot >> visible=true",
    "Groups": "#gaps .js-plotly-plot",
    "Evaluate": "#evaluate-run",
    "Audit": "[id^=audit-]",
    "About": "text=Licence",
}


def go(page, view):
    """Open a view and wait until it is drawn."""
    page.locator("#views").get_by_role("tab", name=view, exact=True).first.click()
    page.locator(DRAWN[view]).first.wait_for()
    settled(page)  # what comes after the last plot


def findings(page) -> list[str]:
    """All that axe finds on the page as it is, one line each, its impact first."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{each['impact']} {each['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for each in Axe().run(page).response["violations"]
        for node in each["nodes"]
    ]


def serious(lines: list[str]) -> list[str]:
    """Those that the page must not have."""
    return [line for line in lines if line.startswith(("serious", "critical"))]


def must_be_fine(page) -> None:
    found = serious(findings(page))
    assert not found, f"{page.url}\n" + "\n".join(found)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_view(address, browser, theme):
    page = open_page(browser, address, theme=theme)
    counts = {}
    for view in VIEWS:
        go(page, view)
        counts[view] = findings(page)
    kept = ROOT / "tests" / "artefacts" / f"axe_{theme}.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(counts, indent=1))
    found = [f"{view}: {line}" for view, lines in counts.items() for line in serious(lines)]
    assert not found, "\n".join(found[:40])
    page.context.close()


def test_axe_finds_nothing_serious_where_things_open(address, browser):
    """Accordions and the sub-tabs of Groups; tests/ui/lecture looks at lecture mode."""
    page = open_page(browser, address)
    for button in page.locator("#views button.label-wrap:visible").all():
        button.click()
    settled(page)
    must_be_fine(page)
    go(page, "Groups")
    for tab in page.locator("#closer [role=tab]:visible").all():
        tab.click()
        settled(page)
        must_be_fine(page)
    page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_every_view_without_scrolling_sideways(address, browser, theme):
    page = open_page(browser, address, width=390, theme=theme)
    for view in VIEWS:
        go(page, view)
        must_be_fine(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
    page.context.close()


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


def test_the_keyboard_reaches_every_control_and_focus_is_seen(address, browser):
    page = open_page(browser, address)
    page.locator("body").click(position={"x": 2, "y": 2})
    reached = []
    for _ in range(150):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at["tag"] == "BODY":
            break
        reached.append(at)
    tags = {(at["tag"], at["type"]) for at in reached}
    assert {
        ("INPUT", "radio"),
        ("INPUT", "range"),
        ("INPUT", "number"),
        ("BUTTON", "tab"),
        ("INPUT", "combobox"),
        ("INPUT", "checkbox"),
        ("SUMMARY", ""),
    } <= tags
    names = [at["name"] for at in reached]
    assert names[0] == "Skip to the views"
    assert {"Click to upload or drop files", "try-rule", "draw-curve"} <= set(names)
    bare = [at for at in reached if at["seen"] and at["ring"] < 3]
    assert not bare, bare[:10]
    page.context.close()


def test_the_before_after_picture_has_a_slider_for_the_keyboard(address, browser):
    page = open_page(browser, address)
    slider = page.locator("#compare input[type=range]")
    slider.focus()
    before = slider.input_value()
    page.keyboard.press("ArrowRight")
    assert float(slider.input_value()) > float(before)
    assert slider.get_attribute("aria-label")
    page.context.close()


def test_the_page_has_landmarks_a_language_and_alternative_texts(address, browser):
    page = open_page(browser, address)
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.get_by_role("banner").locator("h1").count() == 1
    assert page.get_by_role("main").count() == 1
    for view in VIEWS:
        go(page, view)
        bare = page.locator("img:visible:not([alt])").count()
        assert bare == 0, view
        for plot in page.locator(".js-plotly-plot:visible").all():
            assert plot.get_attribute("role") == "img", view
            assert len(plot.get_attribute("aria-label")) > 60, view
    page.get_by_role("link", name="Skip to the views").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "views"
    page.context.close()


def test_motion_is_reduced_for_those_who_ask(address, browser):
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#points .js-plotly-plot")
    moving = page.evaluate("""() => [...document.querySelectorAll('#views *')].filter((each) => {
      const style = getComputedStyle(each);
      return Math.max(...style.transitionDuration.split(',').map(parseFloat)) > 0.01
        || (style.animationName !== 'none' && parseFloat(style.animationDuration) > 0.01);
    }).map((each) => each.className.toString().slice(0, 60))""")
    assert not moving, sorted(set(moving))[:10]
    context.close()
