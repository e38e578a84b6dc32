"""Lecture mode and the guided tour: every stop in a real browser, and every figure in the notes."""

import json
import re

import pytest

from explorer.fairness.counterfactual import load_study
from explorer.figures import skins as study_charts
from explorer.study.claims import audit_cards
from explorer.ui.lecture import script
from support import ROOT
from support.browser import settled

STOPS = script.texts()["en"]["stops"]
#: Body text on a projector, px.
READABLE = 24
#: The shown elements' smallest text as the screen has it, and how much of the first is in sight.
SEEN = """() => {
  const shown = [...document.querySelectorAll('[data-stop=shown]')], sizes = [];
  const lines = [...shown, ...document.querySelectorAll('#lecture :is(h2, p)')];
  for (const root of lines) {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { data, parentElement: e } = texts.currentNode;
      const box = e.getBoundingClientRect();
      const drawn = e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
      const small = box.width < 2 || e.matches('.alt *, .alt, .katex *, sub, sup');
      if (!data.trim() || !drawn || small) {
        continue;
      }
      const m = e.ownerSVGElement && e.getScreenCTM();
      const scale = m ? Math.hypot(m.b, m.d) : e.currentCSSZoom;
      sizes.push([parseFloat(getComputedStyle(e).fontSize) * scale, data.trim().slice(0, 40)]);
    }
  }
  const box = shown[0].getBoundingClientRect();
  const bar = document.querySelector('#lecture-bar').getBoundingClientRect().top;
  return {
    smallest: sizes.sort((a, b) => a[0] - b[0])[0], texts: sizes.length,
    top: box.top, width: box.width, left: box.left, right: box.right, bar,
    visible: shown.every((e) => e.checkVisibility()),
    others: [...document.querySelectorAll('header h1, #banner')].filter(
      (e) => e.checkVisibility()).length,
    wide: document.documentElement.scrollWidth - innerWidth,
  };
}"""


def at_stop(page, number):
    """Wait until a stop stands, with all that it shows."""
    page.wait_for_function(
        """([title, show]) => document.querySelector('#lecture h2')?.textContent === title
          && show.every((each) => document.querySelector(each)?.dataset.stop === 'shown')""",
        arg=[STOPS[number - 1]["title"], STOPS[number - 1]["show"]],
    )


def open_at(browser, address, query, width=1440, height=900, **context):
    page = browser.new_context(viewport={"width": width, "height": height}, **context).new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{address}/?{query}")
    page.wait_for_selector("#picture img", state="attached")
    return page


def stop_in(page):
    return re.search(r"stop=(\d+)", page.url).group(1)


@pytest.mark.parametrize("width, height, theme", [(1440, 900, "light"), (1920, 1080, "dark")])
def test_keys_walk_all_stops_in_readable_type(address, browser, width, height, theme):
    page = open_at(browser, address, f"__theme={theme}&mode=lecture", width, height)
    folder = ROOT / "tests" / "artefacts"
    folder.mkdir(exist_ok=True)
    forward = ("ArrowRight", "PageDown", " ")
    for number, stop in enumerate(STOPS, 1):
        at_stop(page, number)
        page.wait_for_function(f"({SEEN})().texts > 3")
        settled(page)  # plots take their new width
        seen = page.evaluate(SEEN)
        assert seen["visible"] and seen["width"] > 100 and seen["others"] == 0, stop["key"]
        assert seen["smallest"][0] >= READABLE, (stop["key"], seen["smallest"])
        assert 0 <= seen["top"] < seen["bar"] - 100, stop["key"]
        assert seen["left"] >= 0 and seen["right"] <= width and seen["wide"] <= 0, stop["key"]
        assert f"{number} of {len(STOPS)}" in page.inner_text(".lecture-progress")
        assert stop_in(page) == str(number)
        page.screenshot(path=folder / f"lecture_{number}_{width}_{theme}.png")
        page.keyboard.press(forward[number % 3])
    at_stop(page, len(STOPS))
    for key, number in (
        ("ArrowLeft", len(STOPS) - 1),
        ("PageUp", len(STOPS) - 2),
        ("Home", 1),
        ("PageUp", 1),
        ("End", len(STOPS)),
    ):
        page.keyboard.press(key)
        at_stop(page, number)
    page.context.close()


def test_notes_keys_and_leaving(address, browser):
    page = open_at(browser, address, "__theme=light&rule=independent")
    start = page.get_by_role("button", name="Lecture mode")
    start.focus()
    page.keyboard.press("Enter")
    at_stop(page, 1)
    assert page.evaluate("document.activeElement.id") == "lecture-title"
    assert not page.is_visible("#lecture-notes") and not page.is_visible("header h1")
    page.keyboard.press("n")
    assert page.is_visible("#lecture-notes")
    assert STOPS[0]["notes"][0] in page.inner_text("#lecture-notes")
    page.keyboard.press("ArrowRight")
    at_stop(page, 2)
    assert STOPS[1]["ask"] in page.inner_text("#lecture-notes"), "notes follow the stop"
    page.get_by_role("button", name="Notes").click()
    assert not page.is_visible("#lecture-notes")
    page.keyboard.press("?")
    assert "speaker notes" in page.inner_text("#lecture-keys")
    page.keyboard.press("Escape")
    assert not page.is_visible("#lecture-keys") and page.is_visible("#lecture"), "only the list"
    page.keyboard.press("Escape")
    page.wait_for_selector("header h1")
    assert not page.is_visible("#lecture") and page.is_visible("#views [role=tablist]")
    assert page.locator("[data-stop]").count() == 0
    assert page.evaluate("document.activeElement.innerText") == "Lecture mode"
    assert "mode=" not in page.url and "stop=" not in page.url
    assert "__theme=light" in page.url, "other parameters stay"
    page.keyboard.press("ArrowRight")
    assert not page.is_visible("#lecture")
    page.context.close()


def test_link_opens_at_a_stop_and_a_drop_down_works_there(address, browser):
    number = next(i for i, stop in enumerate(STOPS, 1) if stop["key"] == "groups")
    page = open_at(browser, address, f"mode=lecture&stop={number}")
    at_stop(page, number)
    page.wait_for_selector("#bars .js-plotly-plot")
    page.click("#metric input")
    option = page.get_by_role("option", name="False positive rate")
    field, box = page.locator("#metric input").bounding_box(), option.bounding_box()
    assert abs(box["x"] - field["x"]) < 60 and box["width"] <= field["width"] + 120
    assert page.locator("[role=option]").first.bounding_box()["y"] - field["y"] < 120
    option.click()
    page.wait_for_function(
        "document.querySelector('#bars').innerText.includes('0.10')"
        "|| document.querySelector('#bars').textContent.includes('0.10')"
    )
    page.focus("#metric input")
    page.keyboard.press("ArrowRight")
    assert stop_in(page) == str(number)
    page.context.close()


def test_arrows_belong_to_a_focused_control(address, browser):
    numbers = {stop["key"]: i for i, stop in enumerate(STOPS, 1)}
    page = open_at(browser, address, f"mode=lecture&stop={numbers['other-skin']}")
    at_stop(page, numbers["other-skin"])
    page.wait_for_function("document.querySelector('#reached').textContent.includes('-20.0°')")
    slider = page.locator("#target input[type=range]")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.input_value() == "-19" and stop_in(page) == str(numbers["other-skin"])
    page.keyboard.press("PageDown")  # what a presenter sends turns the page all the same
    at_stop(page, numbers["logits"])
    page.keyboard.press("PageDown")
    at_stop(page, numbers["rule"])
    page.locator("#rule input").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelectorAll('#rule input')[1].checked")
    assert stop_in(page) == str(numbers["rule"])
    name = page.locator("#rule label").nth(1).inner_text()
    page.wait_for_function(
        "name => document.querySelector('#verdict').textContent.includes(name)", arg=name
    )
    page.keyboard.press("PageUp")
    page.keyboard.press("PageUp")
    at_stop(page, numbers["other-skin"])
    assert slider.input_value() == "-19", "the lecturer's own value stays"
    page.context.close()


def test_tour_highlights_and_gives_the_focus_back(address, browser):
    page = open_at(browser, address, "__theme=light", reduced_motion="reduce")
    page.get_by_role("button", name="Take the tour").focus()
    page.keyboard.press("Enter")
    at_stop(page, 1)
    assert page.is_visible("#views [role=tablist]"), "the page stays as it is"
    assert page.evaluate("document.querySelector('#lecture').contains(document.activeElement)")
    assert page.evaluate("document.querySelector('#views').currentCSSZoom") == 1
    page.keyboard.press("End")
    at_stop(page, len(STOPS))
    box = page.locator("#cards .tally").bounding_box()
    assert 0 <= box["y"] < 900, "scrolled into sight"
    outline = "getComputedStyle(document.querySelector('#cards .tally')).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.focus("header a[data-place=own]")
    page.keyboard.press("ArrowLeft")
    assert stop_in(page) == str(len(STOPS)), "outside the panel, keys are the page's"
    page.keyboard.press("Escape")
    assert not page.is_visible("#lecture")
    assert page.evaluate("document.activeElement.innerText") == "Take the tour"
    page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_phone(address, browser, theme):
    page = open_at(browser, address, f"__theme={theme}&mode=lecture", 390, 844, has_touch=True)
    for number, stop in enumerate(STOPS, 1):
        at_stop(page, number)
        settled(page, 250)
        seen = page.evaluate(SEEN)
        assert seen["wide"] <= 0 and seen["visible"], stop["key"]
        if number < len(STOPS):
            page.get_by_role("button", name="Next").tap()
    page.context.close()


def test_nothing_leaves_the_origin_on_the_whole_walk(address, browser):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    requested = []
    context.on("request", lambda request: requested.append(request.url))
    page = context.new_page()
    page.goto(f"{address}/?mode=lecture")
    for number in range(1, len(STOPS) + 1):
        at_stop(page, number)
        page.keyboard.press("PageDown")
    outside = [url for url in requested if not url.startswith((address, "data:", "blob:"))]
    assert len(requested) > 10 and not outside
    context.close()


def numbers_in(text):
    return {n.rstrip(".,").replace(",", "") for n in re.findall(r"\d[\d.,]*", text)}


def test_every_figure_is_in_a_source(published):
    """Figures of a stop are in the facts file, on an audit card, or in the All skins charts."""
    chart = study_charts.flip_share_chart(load_study())
    told = [(published / "FACTS.md").read_text(encoding="utf-8"), chart.alt_text]
    told += [str(vars(card)) for card in audit_cards()]
    known = set().union(*map(numbers_in, told))
    study = load_study()
    known |= {str(study.images), f"{study.targets[0]:g}", f"{-study.targets[-1]:g}"}
    # what everyone counts: the share of benign images, conventions, dates of what is cited
    known |= {"95", "98", "100", "8", "24", "5", "1", "2013", "1991", "1998", "2020", "137"}
    for stop in STOPS:
        figures = numbers_in(" ".join([stop["text"], *stop["notes"]]))
        assert figures <= known, (stop["key"], figures - known)
        assert not figures or stop["sources"], stop["key"]


def test_stops_are_complete_and_end_at_the_audit():
    assert 10 <= len(STOPS) <= 14 and STOPS[-1]["view"] == "study"
    assert len({stop["key"] for stop in STOPS}) == len(STOPS)
    views = [stop["view"] for stop in STOPS]
    assert views == sorted(views, key=("explore", "fair", "study").index)
    for stop in STOPS:
        assert 1 <= len(re.findall(r"[.!?:](?=\s|$)", stop["text"])) <= 4, stop["key"]
        assert 3 <= len(stop["notes"]) <= 6 and stop["ask"].endswith("?"), stop["key"]
    cards = {f"#audit-{card.key}" for card in audit_cards()}
    named = set(re.findall(r"#audit-[a-z-]+", json.dumps(STOPS)))
    assert named <= cards and len(named) >= 3


def test_a_translation_is_one_more_file(tmp_path, monkeypatch):
    other = {
        "language": "hr",
        "words": {"next": "Dalje"},
        "stops": [{"key": STOPS[2]["key"], "title": "Jedna boja, dva tona", "view": "about"}],
    }
    (tmp_path / "lecture.hr.json").write_text(json.dumps(other), encoding="utf-8")
    monkeypatch.setattr(script, "ASSETS", tmp_path)
    texts = script.texts()
    assert list(texts) == ["en", "hr"] and texts["hr"]["words"]["next"] == "Dalje"
    stop = texts["hr"]["stops"][2]
    assert stop["title"] == "Jedna boja, dva tona" and stop["text"] == STOPS[2]["text"]
    assert stop["view"] == STOPS[2]["view"], "a translation changes texts only"
    assert texts["hr"]["words"]["previous"] == texts["en"]["words"]["previous"]
