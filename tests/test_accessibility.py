"""The page for everyone: axe-core in Chromium on every view, keyboard, focus, landmarks, motion."""

import json

import pytest

from browser import open_page
from conftest import ROOT

VIEWS = ("Lesion", "All skins", "Groups", "Evaluate", "Audit", "About")
#: Where each view is complete: a selector of the last thing that is drawn.
DRAWN = {
    "Lesion": "#points .js-plotly-plot", "All skins": ".js-plotly-plot >> visible=true",
    "Groups": "#gaps .js-plotly-plot", "Evaluate": "#evaluate-run", "Audit": "[id^=audit-]",
    "About": "text=Licence"}


def go(page, view):
    """Open a view and wait until it is drawn."""
    page.locator("#views").get_by_role("tab", name=view, exact=True).first.click()
    page.locator(DRAWN[view]).first.wait_for()
    page.wait_for_timeout(1000)  # what comes after the last plot


def serious(page) -> list[str]:
    """axe's serious and critical findings on the page as it is, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{each['impact']} {each['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for each in found if each["impact"] in ("serious", "critical") for node in each["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_view(address, browser, theme):
    page = open_page(browser, address, theme=theme)
    counts = {}
    for view in VIEWS:
        go(page, view)
        counts[view] = serious(page)
    kept = ROOT / "tests" / "artefacts" / f"axe_{theme}.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(counts, indent=1))
    assert not any(counts.values()), "\n".join(
        f"{view}: {line}" for view, lines in counts.items() for line in lines[:12])
    page.context.close()


def test_axe_finds_nothing_serious_where_things_open(address, browser):
    """Accordions, the sub-tabs of Groups, lecture mode and a phone."""
    page = open_page(browser, address)
    for button in page.locator("#views button.label-wrap:visible").all():
        button.click()
    page.wait_for_timeout(1500)
    assert not serious(page), "\n".join(serious(page))
    go(page, "Groups")
    for tab in page.locator("#closer [role=tab]:visible").all():
        tab.click()
        page.wait_for_timeout(1500)
        assert not serious(page), "\n".join(serious(page))
    page.goto(f"{address}/?mode=lecture")
    page.locator("#points .js-plotly-plot").wait_for(state="attached")
    page.wait_for_timeout(2000)
    assert not serious(page), "\n".join(serious(page))
    page.context.close()
    phone = open_page(browser, address, width=390)
    assert not serious(phone), "\n".join(serious(phone))
    phone.context.close()


FOCUSED = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const style = getComputedStyle(at), near = at.closest('label') || at.parentElement;
  const drawn = (one) => one.outlineStyle !== 'none' && parseFloat(one.outlineWidth) > 0
    || one.boxShadow !== 'none';
  return { tag: at.tagName, name: at.id || at.getAttribute('aria-label') || at.textContent.trim(),
    type: at.type || at.getAttribute('role') || '', seen: box.width > 0 && box.height > 0,
    ring: drawn(style) || drawn(getComputedStyle(near)) };
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
    assert {("INPUT", "radio"), ("INPUT", "range"), ("INPUT", "file")} & tags
    assert ("BUTTON", "tab") in tags and ("INPUT", "range") in tags
    bare = [at for at in reached if at["seen"] and not at["ring"]]
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
    assert page.locator("header h1").count() == 1 and page.locator("main").count() == 1
    for view in VIEWS:
        go(page, view)
        bare = page.locator("img:visible:not([alt])").count()
        assert bare == 0, view
        plots = page.locator(".js-plotly-plot:visible").count()
        assert page.locator(".alt").count() >= (plots > 0), view
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
