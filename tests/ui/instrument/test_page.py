"""The instrument on the page: no request, its link, figures elsewhere, its file, its language."""

import csv
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from support.browser import drawn, new_page, settled, troubles, upload

FULL = ".instrument[data-state=full] [data-skin]"


def requests_of(page) -> list[str]:
    """A list that fills with the addresses that a page asks for."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


def home(page) -> None:
    """On its own skin, under the published rule."""
    page.evaluate(
        "const { table, choose } = instrument;"
        "choose({ skin: table.own, rule: table.rules[0].key, axis: 'p', cutoff: 'own' })"
    )


#: Whether the instrument's part of the address is this; it is written 0.3 s after the last change.
HELD = """(wanted) => {
  const query = new URLSearchParams(location.search);
  return ['rule', 'cutoff', 'target', 'transform', 'scope']
    .every((name) => query.get(name) === (wanted[name] ?? null));
}"""


def must_hold(page, **wanted) -> None:
    page.wait_for_function(HELD, arg=wanted)


def test_a_drag_and_a_switch_ask_the_server_for_nothing(shared_page):
    page = shared_page
    home(page)
    settled(page)
    asked = requests_of(page)
    page.wait_for_timeout(1500)
    while asked:  # what the page still asks for after it was opened
        asked.clear()
        page.wait_for_timeout(1500)
    page.evaluate(
        "window.told = [];"
        "document.addEventListener('instrument:change', ({ detail }) => told.push(detail))"
    )
    at = page.locator("[data-part=slider]").bounding_box()
    y = at["y"] + at["height"] / 2
    page.mouse.move(at["x"] + 20, y)
    page.mouse.down()
    page.mouse.move(at["x"] + at["width"] - 20, y, steps=12)
    page.mouse.up()
    last = page.evaluate("instrument.table.skins.length") - 1
    assert page.evaluate("instrument.skin") == last
    for name in ("Raw", "Ignore tone (sum of logits)"):
        page.get_by_role("radiogroup", name="Rule").get_by_role("radio", name=name).check()
    target = f"{page.evaluate('instrument.table.skins.at(-1).target'):g}"
    must_hold(page, rule="independent", target=target, transform="melanin", scope="image")
    decision = page.locator("[data-part=decision]")
    assert decision.inner_text() == "benign"
    page.get_by_role("radio", name="same sensitivity (80 %)").check()
    same = page.evaluate("instrument.table.rule('independent', 'same')")
    assert same["malignant"][last] == 1 and decision.inner_text() == "malignant"
    odds, limit = same["log_odds"][last], same["cutoff"]["log_odds"]
    because = page.locator("[data-part=because]").inner_text()
    assert because == f"Log-odds {odds:.1f} is at least {limit:.1f}, the cut-off."
    measured = page.locator("[data-part=measured]").inner_text()
    assert "(n = 124) this cut-off finds 81 % [70, 89] of 69 malignant" in measured
    assert page.locator("[data-part=finding]").inner_text() == same["finding"]
    place = {"target": target, "transform": "melanin", "scope": "image"}
    must_hold(page, rule="independent", cutoff="same", **place)
    assert asked == []
    told = page.evaluate(
        "window.told.map(({ skin, rule, verdict }) => [skin, rule, verdict.decision])"
    )
    assert told[-1][:2] == [last, "independent"] and len(told) > 5
    assert all(decision in ("benign", "malignant") for *_, decision in told)
    home(page)
    must_hold(page)


def test_a_link_opens_the_skin_and_the_rule_that_it_holds(address, browser):
    page = new_page(browser)
    wrong = troubles(page)
    place = "target=-18&transform=melanin&scope=image"
    page.goto(f"{address}/?rule=discriminative_wang&cutoff=same&{place}")
    drawn(page)
    page.wait_for_function("instrument.rule === 'discriminative_wang'")
    page.wait_for_function("instrument.table.skins[instrument.skin].target === -18")
    assert page.get_by_role("radio", name="Wang et al.").is_checked()
    assert page.get_by_role("radio", name="same sensitivity (80 %)").is_checked()
    held = {"target": "-18", "transform": "melanin", "scope": "image"}
    must_hold(page, rule="discriminative_wang", cutoff="same", **held)
    assert not wrong


def test_another_way_to_other_skin_is_asked_of_the_server(shared_page):
    page = shared_page
    home(page)
    page.locator("[data-part=way]").click()
    page.get_by_role("radio", name="Melanin (Beer-Lambert), skin only").click()
    page.wait_for_function(
        "instrument.table.transform.scope === 'skin' && instrument.table.complete"
    )
    assert page.locator("[data-part=way]").inner_text() == "Melanin (Beer-Lambert), skin only"
    page.locator("[data-part=way]").click()
    page.get_by_role("radio", name="Melanin (Beer-Lambert), whole image").click()
    page.wait_for_function(
        "instrument.table.transform.scope === 'image' && instrument.table.complete"
    )


#: What the table says of the skin and rule that are shown, and the numbers of a figure.
NOW = """() => {
  const { table, skin, rule } = instrument, said = table.rule(rule);
  return { word: said.malignant[skin] ? 'malignant' : 'benign', p: said.p[skin],
    joint: table.joint[skin], parts: said.parts[skin], scores: said.scores[skin] };
}"""
NUMBERS = """([kind, slot]) => [...document.querySelectorAll(
  `[data-instrument=${kind}] [data-slot^=${slot}]`)].map((each) => Number(each.textContent))"""


def test_figures_and_strip_follow_wherever_they_stand(shared_page):
    """Every figure of the steps says what the table says, once it is in sight."""
    page = shared_page
    home(page)
    last = page.evaluate("instrument.table.skins.length") - 1
    page.evaluate("(skin) => instrument.choose({ skin })", last)
    now = page.evaluate(NOW)
    for kind in ("pair", "bars", "rule", "decision", "strip"):
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        figure = page.locator(f"[data-instrument={kind}]").first
        figure.scroll_into_view_if_needed()
        page.wait_for_timeout(150)
        if kind in ("decision", "strip"):
            text = figure.inner_text()
            assert now["word"] in text and f"{now['p']:.2f}" in text, kind
    near = {"abs": 0.0006}
    assert page.evaluate(NUMBERS, ["bars", "number"]) == pytest.approx(now["joint"], **near)
    assert page.evaluate(NUMBERS, ["rule", "number"]) == pytest.approx(now["parts"], **near)
    assert page.evaluate(NUMBERS, ["rule", "sum"]) == pytest.approx(now["scores"], **near)
    assert page.locator("[data-instrument=strip]").is_visible()
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(150)
    assert not page.locator("[data-instrument=strip]").is_visible()


def test_the_file_of_an_own_picture_holds_it_only_if_allowed(address, browser, lesions, tmp_path):
    page = new_page(browser)
    page.goto(f"{address}/?__theme=light")
    drawn(page)
    upload(page, lesions.path[0])
    page.evaluate("instrument.choose({ skin: 20, rule: 'discriminative', cutoff: 'same' })")

    def saved(answer):
        page.locator("[data-part=download]").click()
        assert (
            page.get_by_role("dialog").get_by_text("May your picture be in the file?").is_visible()
        )
        with page.expect_download() as download:
            page.get_by_role("button", name=answer).click()
        path = tmp_path / f"{answer}.html"
        download.value.save_as(path)
        return path

    whole, bare = saved("With my picture"), saved("Without it")
    assert lesions.path[0].stem in whole.read_text("utf-8")
    text = bare.read_text("utf-8")
    assert "data:image" not in text and lesions.path[0].stem not in text
    for path in (whole, bare):
        file = new_page(browser)
        asked = requests_of(file)
        file.goto(path.as_uri())
        file.wait_for_selector(FULL)
        chosen = file.evaluate("[instrument.skin, instrument.rule, instrument.cutoff]")
        assert chosen == [20, "discriminative", "same"]
        assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [path.as_uri()]
        shades = file.evaluate(
            "new Set(document.querySelector('[data-part=picture]').getContext('2d')"
            ".getImageData(0, 0, 200, 200).data).size"
        )
        assert (shades > 10) == (path == whole)
        file.context.close()
    page.locator("[data-part=copy]").click()
    page.wait_for_selector("[data-part=told]:not(:empty)")
    assert "Your picture is not in it." in page.locator("[data-part=told]").inner_text()


#: Texts and labels of the instrument that the catalogue was asked for in vain.
ENGLISH = """() => {
  const missing = new Set(explorerLocale.missing()), found = [];
  const section = document.querySelector('.instrument');
  const walker = document.createTreeWalker(section, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) found.push(walker.currentNode.data.replace(/\\s+/g, ' ').trim());
  for (const node of section.querySelectorAll('[aria-label], [aria-valuetext]')) {
    found.push(node.getAttribute('aria-label'), node.getAttribute('aria-valuetext'));
  }
  return found.filter((text) => missing.has(text));
}"""


def test_in_croatian_texts_numbers_and_what_is_read_aloud(address, browser):
    page = new_page(browser)
    page.goto(f"{address}/?lang=hr")
    drawn(page)
    page.wait_for_function("document.documentElement.lang === 'hr'")
    settled(page)
    heard = page.locator("[data-part=slider]").get_attribute("aria-valuetext")
    assert re.fullmatch(r"svijetla, \d+ stupnjeva: (zlo|dobro)ćudno, 0,\d\d+", heard)
    assert re.fullmatch(r"P = 0,\d\d+", page.locator("[data-part=probability]").inner_text())
    page.evaluate("""async () => {
      const { table, choose } = instrument;
      for (const { key } of table.rules) {
        for (const skin of [0, table.own, 14, table.skins.length - 1]) {
          for (const cutoff of ['own', 'same']) {
            choose({ rule: key, skin, cutoff });
            await new Promise((done) => setTimeout(done, 30));
          }
        }
      }
      choose({ rule: 'independent', axis: 'log_odds' });
    }""")
    settled(page)
    english = page.evaluate(ENGLISH)
    assert set(english) <= {"ITA", "CIELAB"}


def test_the_curve_is_saved_as_it_is_drawn(shared_page):
    """The CSV has the table's numbers; the drawing stands alone, with weights, n and rule."""
    page = shared_page
    home(page)
    page.get_by_role("button", name="Save figure", exact=True).first.click()
    files = {}
    for kind in ("SVG", "CSV"):
        with page.expect_download() as saved:
            page.locator("[data-part=kept]").get_by_role("button", name=kind).click()
        files[kind] = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    page.keyboard.press("Escape")
    table = page.evaluate("instrument.table")
    rule = table["rules"][0]
    head, *rows = csv.reader(files["CSV"].splitlines())
    assert [float(row[head.index("probability of malignant")]) for row in rows] == rule["p"]
    decisions = ["malignant" if each else "benign" for each in rule["malignant"]]
    assert [row[-1] for row in rows] == decisions
    drawing = ElementTree.fromstring(files["SVG"])
    said = " ".join(drawing.itertext())
    assert table["weights"]["label"] in said and rule["name"] in said
    assert f"{len(rows)} skins" in said.replace("\u00a0", " ")
    assert drawing.get("width") in ("85mm", "174mm")
    assert "var(" not in files["SVG"] and "class=" not in files["SVG"]
