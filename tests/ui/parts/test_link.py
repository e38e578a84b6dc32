"""Addresses and what they ask for: there and back, and what is not valid."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pytest

from explorer.figures.skins import GROUPING_NAMES
from explorer.study.claims import audit_cards, second_system_cards
from explorer.study.sources import load_source
from explorer.synthetic.examples import EXAMPLES
from explorer.tone.estimators import ESTIMATORS
from explorer.transform.transforms import TRANSFORMS
from explorer.ui.audit.view import CARDS
from explorer.ui.groups.subtabs import SUB_TABS, TABS
from explorer.ui.page import LINKED


def choices(**values):
    """The choices of every part of the page, by part; ``values`` by the parameters' names."""
    made = {kind.part: kind() for kind in LINKED}
    for kind in LINKED:
        for name, field in kind.parameters().items():
            if name in values:
                made[kind.part] = replace(made[kind.part], **{field.name: values.pop(name)})
    assert not values
    return made


def to_query(made):
    return {name: text for each in made.values() for name, text in each.to_query().items()}


#: Every field away from its default; an image is an example or one of the archive.
FULL = choices(
    view="fair",
    chapter="skins",
    example="synthetic-dark",
    rule="independent",
    cutoff="same",
    method="robust",
    transform="published",
    scope="skin",
    target=-20.5,
    skins_rule="conditional",
    skins_by="diagnosis",
    skins_cutoff="same",
    source="demo",
    by="sex",
    by2="age",
    metric="auroc",
    group_rule="discriminative",
    group_cutoff="same",
    threshold=0.305,
    limits=(("75+ × a:b", 0.2), ("male", 0.0)),
    minimum=5,
    tab="curves",
    card="dark-skin",
    verdict="differs",
)


def from_text(text):
    """As a browser sends it and a server reads it."""
    query = dict(parse_qsl(text, keep_blank_values=True))
    read = {kind.part: kind.from_query(query) for kind in LINKED}
    return {part: made for part, (made, _) in read.items()}, sum((p for _, p in read.values()), ())


@pytest.mark.parametrize("state", [choices(), FULL, choices(isic="ISIC_0081956")])
def test_there_and_back(state):
    assert from_text(urlencode(to_query(state))) == (state, ())


def test_numbers_are_written_as_short_as_they_can_be_and_no_shorter():
    exact = choices(threshold=0.1234567891, limits=(("tan", 1 / 3),), target=10.34375)
    assert from_text(urlencode(to_query(exact))) == (exact, ())
    plain = choices(threshold=1.0, limits=(("tan", np.float64(0.25)),), target=-20.0)
    assert [to_query(plain)[name] for name in ("threshold", "limits", "target")] == [
        "1",
        "tan:0.25",
        "-20",
    ]


def test_a_target_keeps_its_transform_whatever_the_default_is():
    """Links from before melanin was the default left the skin-former and its scope out."""
    old, _ = from_text("target=12")
    assert (old["lesion"].transform, old["lesion"].scope) == ("published", "skin")
    new = to_query(choices(target=12.0))
    assert (new["transform"], new["scope"]) == ("melanin", "image")
    assert from_text("target=12&transform=melanin")[0] == choices(target=12.0)


def test_a_plain_visit_has_a_plain_address():
    assert to_query(choices()) == {}
    assert from_text("") == (choices(), ())


def test_parts_share_the_parameters_out():
    parts = ("page", "image", "lesion", "reading", "skins", "groups", "tab", "card")
    assert tuple(FULL) == parts
    together = {}
    for kind in LINKED:
        own = FULL[kind.part].to_query()
        assert set(own) <= set(kind.parameters()) and not set(own) & set(together)
        together |= own
    assert together == to_query(FULL)


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("rule=x", "an unknown rule 'x'"),
        ("view=../etc", "an unknown view '../etc'"),
        ("example=mine.jpg", "an unknown example 'mine.jpg'"),
        ("isic=ISIC_12", "an unknown ISIC image 'ISIC_12'"),
        ("isic=ISIC_0081956/../..", "an unknown ISIC image"),
        ("source=own", "an unknown source 'own'"),
        ("by=<b>", "an unknown grouping '<b>'"),
        ("target=nan", "a target angle of 'nan', which is not a number from -60 to 90"),
        ("target=91", "a target angle of '91'"),
        ("threshold=1.5", "a threshold of '1.5', which is not a number from 0 to 1"),
        ("threshold=", "a threshold of ''"),
        ("limits=light", "a group's threshold of 'light'"),
        ("minimum=2.5", "a smallest n of '2.5', which is not a number from 1 to 100"),
        ("tab=x", "an unknown sub-tab"),
        ("chapter=x", "an unknown chapter"),
        ("card=x", "an unknown audit card"),
        ("verdict=x", "an unknown verdict"),
        ("metric=" + "x" * 500, "an unknown metric 'xxx"),
    ],
)
def test_a_bad_value_is_one_sentence_and_the_default(text, complaint):
    state, problems = from_text(f"{text}&skins_by=diagnosis")
    assert state == choices(skins_by="diagnosis"), "the rest of the link still counts"
    assert len(problems) == 1 and len(problems[0]) < 200
    assert problems[0].startswith(f"The link asks for {complaint}")
    assert problems[0].endswith("; the default is shown.")


@pytest.mark.parametrize(
    "old, place, chapter",
    [
        ("lesion", "explore", ""),
        ("groups", "fair", ""),
        ("skins", "fair", "skins"),
        ("evaluate", "own", ""),
        ("audit", "study", ""),
        ("about", "explore", "about"),
    ],
)
def test_a_link_of_before_opens_what_it_opened_and_new_words_are_written(old, place, chapter):
    made, problems = from_text(f"view={old}&by=sex&card=dark-skin")
    assert made == choices(view=place, chapter=chapter, by="sex", card="dark-skin")
    assert not problems and f"view={old}" not in urlencode(to_query(made))


def test_other_parameters_are_left_alone():
    assert from_text("mode=lecture&lang=hr&__theme=dark") == (choices(), ())


def test_plain_words_are_understood_and_the_old_ones_written():
    state, problems = from_text("transform=skin-former&method=study")
    assert state == choices(transform="published") and not problems
    assert to_query(state) == {"transform": "published"}


def test_the_lists_are_those_of_the_page():
    cards = (*audit_cards(), *second_system_cards())
    assert tuple(card.key for card in cards) == CARDS
    assert tuple(tab.key for tab in SUB_TABS) == TABS
    for field, values in (
        ("example", [e.id for e in EXAMPLES]),
        ("method", ESTIMATORS),
        ("transform", TRANSFORMS),
        ("skins_by", GROUPING_NAMES),
        ("by", load_source("published").groupings()),
    ):
        for value in values:
            assert from_text(urlencode({field: value})) == (choices(**{field: value}), ())
