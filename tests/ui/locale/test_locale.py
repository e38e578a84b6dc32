"""The page in Croatian: the catalogue is sound, views are translated, controls do what they did."""

import json
import re
from urllib.parse import parse_qs, urlparse

import pytest
from PIL import Image

from explorer.image.read import read_image
from explorer.study.claims import audit_cards, second_system_cards
from explorer.ui.locale import catalogues
from explorer.ui.parts.address import PLACES
from explorer.util.templates import render
from support import ROOT
from support.browser import drawn, go, new_page, upload
from support.colour_profiles import P3_PROFILE, reencoded
from texts import VIEWS, open_in, ready

HR = json.loads((ROOT / "assets/locale/hr.json").read_text(encoding="utf-8"))
#: Texts that a visitor sees, without those of code, files and names; each in its own language.
VISIBLE = r"""() => {
  const skipped = 'script, style, code, pre, textarea, .katex, [translate=no], title, .hide, .alt';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = new Set();
  while (walker.nextNode()) {
    const { data, parentElement: parent } = walker.currentNode;
    const text = data.replace(/\s+/g, ' ').trim();
    if (!/\p{L}{3}/u.test(text) || parent.closest(skipped)) continue;
    if (parent.checkVisibility({ visibilityProperty: true }) && parent.getClientRects().length) {
      found.add(text);
    }
  }
  return [...found];
}"""
#: Names, identifiers and file names are the same in every language.
NAMES = re.compile(
    r"ISIC_|explorer\.|assets/|ConvNeXt|EfficientNet|Dino ViT|Mhara/|SHA-256"
    r"|[×x] \d|\.jpg|skin-former|IFW"
    r"|^domain discriminative|^RGB|^AUROC|^ROC|ANOVA|^F\d"
)


def test_the_catalogue_has_a_translation_with_all_parts_for_every_key():
    assert (HR["language"], HR["name"]) == ("hr", "Hrvatski")
    assert len(HR["texts"]) > 500
    for key, text in HR["texts"].items():
        assert text.strip(), key
        named = (sorted(re.findall(r"\{[a-z]\w*\}", each)) for each in (key, text))
        assert len({tuple(names) for names in named}) == 1, key
        plain = len(re.findall(r"\{\}", key))
        used = re.findall(r"\{(\d*)\}", text)
        if any(used):
            assert sorted(map(int, used)) == list(range(plain)), key
        else:
            assert len(used) == plain, key


def test_the_header_links_to_every_language_in_its_own_name():
    languages = catalogues.languages()
    assert languages == {"en": "English", "hr": "Hrvatski"}
    header = render("parts/header.html", title="", places=PLACES, languages=languages)
    assert 'href="?lang=hr"' in header and "<nav" in header


@pytest.fixture(scope="module")
def croatian(started_browser, address):
    """One page in Croatian."""
    page = open_in(started_browser, address, "hr")
    yield page
    page.context.close()


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_seen_on_a_view_is_croatian(croatian, view):
    before = 0
    if view != "explore":
        before = croatian.evaluate("window.explorerLocale.spent()")
        go(croatian, view)
        ready(croatian, view)
    seen = [text for text in croatian.evaluate(VISIBLE) if not NAMES.search(text)]
    missing = set(croatian.evaluate("() => window.explorerLocale.missing()"))
    parts = [text for text in missing if len(text) > 25]
    english = [text for text in seen if text in missing or any(part in text for part in parts)]
    assert croatian.evaluate("document.documentElement.lang") == "hr"
    assert len(seen) > 20
    assert len(english) <= 0.03 * len(seen), english
    spent = croatian.evaluate("window.explorerLocale.spent()") - before
    assert spent < 3000  # ms, on a busy machine


def test_charts_of_the_cards_fit_their_width_and_are_told_in_croatian(croatian):
    go(croatian, "study")
    ready(croatian, "study")
    croatian.evaluate("document.querySelectorAll('.audit-card').forEach((c) => { c.open = true })")
    told, beyond = croatian.evaluate("""() => {
      const drawings = [...document.querySelectorAll('.audit-card figure svg')];
      const texts = drawings.flatMap((svg) => [...svg.querySelectorAll('text')]);
      const beyond = texts.filter((text) => {
        const { x, width } = text.getBBox();
        return x < 0 || x + width > text.ownerSVGElement.viewBox.baseVal.width;
      });
      const told = drawings.map((svg) => svg.querySelector('title').textContent);
      return [told, beyond.map((text) => text.textContent)];
    }""")
    assert beyond == []
    assert len(told) == len(audit_cards()) + len(second_system_cards())
    english = re.compile(r"\b(of|to|with|by|and|images|published|rate)\b")
    assert [text for text in told if english.search(text)] == []


def test_controls_send_what_they_sent_and_new_results_are_croatian_too(croatian, tmp_path):
    page = croatian
    go(page, "explore")
    assert page.inner_text("#step-image h2").endswith("Slika")
    assert page.evaluate("instrument.rule") == "discriminative_prior_shift"
    page.locator("#instrument input[value=independent]").check(force=True)
    page.wait_for_function(
        "document.querySelector('#instrument').innerText.includes('Domenski neovisno')"
    )
    page.wait_for_function("location.search.includes('rule=independent')")
    assert "lang=hr" in page.url
    phone = tmp_path / "of-a-phone.png"
    drawn_lesion = read_image(ROOT / "assets/examples/synthetic-dark.jpg").rgb
    Image.fromarray(reencoded(drawn_lesion)).save(phone, icc_profile=P3_PROFILE)
    upload(page, phone)
    picture, summary = (page.inner_text(each) for each in ("#picture", "#tone-summary"))
    assert "of-a-phone.png" in picture and "Kao u objavi" in summary
    assert "Pretvoreno u sRGB iz profila boja (Display P3)" in picture
    assert "Datoteka ima profil boja" in summary
    page.wait_for_function(
        """/^(zloćudno|dobroćudno)$/.test(
          document.querySelector('#instrument [data-part=decision]').innerText.trim())"""
    )


def test_english_is_left_as_it_is_and_links_keep_the_view(shared_page, browser, address):
    assert shared_page.evaluate("() => window.explorerLocale.missing().length") == 0
    page = new_page(browser)
    page.goto(address)
    drawn(page)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.inner_text("h1") == "Melanoma fairness explorer"
    page.goto(f"{address}/?lang=xx&view=study")
    page.wait_for_selector(".audit-card")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.click("a[data-language=hr]")
    page.wait_for_function("document.documentElement.lang === 'hr'")
    assert parse_qs(urlparse(page.url).query) == {"lang": ["hr"], "view": ["study"]}
