"""What a lecture says: each figure in its notes has a source, and no language lacks anything."""

import json
import re
from html import unescape

import numpy as np
import pytest

from explorer.fairness.counterfactual import load_study
from explorer.figures import skins as study_charts
from explorer.image import colour
from explorer.study.claims import audit_cards, second_system_cards
from explorer.synthetic.examples import EXAMPLES
from explorer.ui.lecture import content, served
from explorer.ui.parts.examples import example_tone

TEXTS = content.texts()
SLIDES = TEXTS["en"]["slides"]


@pytest.fixture(scope="module")
def deck():
    """As the page gets it."""
    body, kind = served.answer("/lecture/deck.json")
    assert kind == "application/json"
    return json.loads(body)


def numbers_in(text):
    return {n.rstrip(".,").replace(",", "") for n in re.findall(r"\d[\d.,]*", text)}


def test_every_figure_in_the_notes_is_in_a_source(published):
    """In the facts file, on a card of the study's claims, or in the charts of all skins."""
    study = load_study()
    told = [(published / "FACTS.md").read_text(encoding="utf-8")]
    told += [study_charts.flip_share_chart(study).alt_text, *(str(vars(c)) for c in audit_cards())]
    known = set().union(*map(numbers_in, told))
    known |= {str(study.images), f"{study.targets[0]:g}", f"{-study.targets[-1]:g}"}
    # what everyone counts: the share of benign images, percentages, years of what is cited
    known |= {"95", "98", "100", "8", "24", "5", "1", "2013", "1991", "1998", "2020", "137"}
    for slide in SLIDES:
        figures = numbers_in(" ".join(slide["notes"]))
        assert figures <= known, (slide["key"], figures - known)
        assert slide["sources"], slide["key"]


def test_there_are_eight_slides_in_the_storys_order_and_three_of_them_take_five_minutes():
    keys = [slide["key"] for slide in SLIDES]
    assert keys == ["image", "skin", "tone", "darker", "flips", "rule", "groups", "study"]
    assert TEXTS["en"]["short"] == ["darker", "rule", "flips"]
    for slide in SLIDES:
        assert 3 <= len(slide["notes"]) <= 6 and slide["ask"].endswith("?"), slide["key"]


def test_croatian_says_all_that_english_says_with_the_same_numbers():
    english, croatian = TEXTS["en"], TEXTS["hr"]

    def holes(text):
        return set(re.findall(r"\{\w+\}", text))

    for name in ("words", "names"):
        assert english[name].keys() == croatian[name].keys()
        for key, text in english[name].items():
            assert holes(text) == holes(croatian[name][key]), key
    for one, other in zip(english["slides"], croatian["slides"]):
        assert one["ask"] != other["ask"]
        assert [len(one[key]) for key in ("notes", "sources")] == [
            len(other[key]) for key in ("notes", "sources")
        ]
        assert not set(one["notes"]) & set(other["notes"])
        for variant, text in one["titles"].items():
            assert holes(text) == holes(other["titles"][variant]), (one["key"], variant)
        for first, second in zip(one["notes"], other["notes"]):
            local = {n.replace(".", "").replace(",", "") for n in numbers_in(second)}
            assert {n.replace(".", "") for n in numbers_in(first)} == local, one["key"]


def test_what_a_translation_leaves_out_stays_english(tmp_path, monkeypatch):
    other = {
        "language": "hr",
        "words": {"next": "Dalje"},
        "slides": [{"key": "tone", "ask": "Zašto?"}],
    }
    (tmp_path / "lecture.hr.json").write_text(json.dumps(other), encoding="utf-8")
    monkeypatch.setattr(content, "ASSETS", tmp_path)
    found = content.texts()
    assert list(found) == ["en", "hr"] and found["hr"]["words"]["next"] == "Dalje"
    assert found["hr"]["words"]["previous"] == TEXTS["en"]["words"]["previous"]
    tone = found["hr"]["slides"][2]
    assert tone["ask"] == "Zašto?" and tone["titles"] == SLIDES[2]["titles"]


def test_the_slide_on_tones_opens_where_the_conventions_name_different_groups(deck):
    tone = example_tone(deck["tone"]).tone
    groups = {
        int(colour.group_index(colour.ita(np.uint8(tone.colour_rgb), convention)))
        for convention in colour.CONVENTIONS
    }
    assert len(groups) == 2
    shown = deck["examples"][deck["tone"]]["tone"]
    assert shown["published"]["name"] != shown["cielab"]["name"]
    for reading in (shown["published"], shown["cielab"]):
        assert reading["name"] == colour.tone_name(reading["ita"])


def test_the_drawing_of_a_tone_puts_every_angle_into_the_sector_of_its_name(deck):
    for example in deck["examples"]:
        marks = re.findall(r'class="mark" d="M([\d.]+) ', example["tone"]["html"])
        readings = [example["tone"][key] for key in ("cielab", "published")]
        for x, reading in zip(map(float, marks), readings, strict=True):
            sector = colour.TONE_NAMES.index(reading["name"])
            assert sector * 1000 / 6 - 0.1 <= x <= (sector + 1) * 1000 / 6 + 0.1, example["id"]


def test_the_frame_is_read_far_from_the_skin_that_was_drawn_the_others_near(deck):
    for example, shown in zip(EXAMPLES, deck["examples"]):
        off = abs(shown["skin"]["read"] - example.spec.ita)
        assert shown["skin"]["drawn"] == example.spec.ita
        assert off > 20 if example.spec.frame == "white" else off < 5, example.id


def test_gaps_and_claims_are_those_of_the_facts(deck):
    rates = deck["groups"]
    assert rates["recall"]["gap"] == pytest.approx(0.262, abs=5e-4)
    assert rates["false_positive_rate"]["gap"] == pytest.approx(0.146, abs=5e-4)
    assert rates["recall"]["p"].startswith("p = 0.0") and rates["recall"]["beyond"] is False
    assert float(rates["recall"]["p"].removeprefix("p = ")) == pytest.approx(0.07, abs=0.015)
    assert rates["false_positive_rate"]["beyond"] is True
    assert rates["recall"]["chance"] == pytest.approx(0.334, abs=2e-3)
    assert (rates["recall"]["n"], rates["recall"]["malignant"]) == (6562, 137)
    claims, cards = deck["claims"], (*audit_cards(), *second_system_cards())
    assert claims["all"] == len(cards) == sum(each["count"] for each in claims["statuses"])
    for status in claims["statuses"]:
        assert status["html"].count("<li>") == status["count"]
        listed = re.findall(r"<b>(.+?)</b>", status["html"])
        assert {unescape(each) for each in listed} == {
            card.title for card in cards if card.status == status["key"]
        }


@pytest.mark.parametrize("path", ["/lecture/claims.html", "/lecture/../app.py", "/lecture/", "/x"])
def test_only_the_parts_of_a_lecture_are_served(path):
    assert served.answer(path) is None


def test_scripts_style_and_notes_are_served_as_what_they_are():
    for name, kind in (("deck.js", "text/javascript"), ("instrument.js", "text/javascript")):
        assert served.answer(f"/lecture/{name}")[1] == kind
    assert served.answer("/lecture/deck.css")[1] == "text/css"
    assert b"notes.js" in served.answer("/lecture/notes.html")[0]
