"""Addresses and what they ask for: there and back, and what is not valid."""

from urllib.parse import parse_qsl, urlencode

import pytest

from explorer.figures.skins import GROUPING_NAMES
from explorer.lesion.lesion import METHODS, TRANSFORMS
from explorer.study.claims import audit_cards
from explorer.study.sources import load_source
from explorer.ui.groups.view import SECTIONS
from explorer.ui.parts.examples import examples
from explorer.ui.parts.link import CARDS, STUDY_GROUPINGS, TABS, ViewState
from explorer.util.errors import ExplorerError

#: Every field away from its default; an image is an example or one of the archive.
FULL = ViewState(
    view="groups",
    example="synthetic-dark",
    rule="independent",
    method="robust",
    transform="melanin",
    scope="image",
    target=-20.5,
    skins_rule="conditional",
    skins_by="diagnosis",
    source="demo",
    by="sex",
    by2="age",
    metric="auroc",
    group_rule="discriminative",
    threshold=0.305,
    limits=(("75+ × a:b", 0.2), ("male", 0.0)),
    minimum=5,
    tab="curves",
    card="dark-skin",
)


def from_text(text):
    """As a browser sends it and a server reads it."""
    return ViewState.from_query(dict(parse_qsl(text, keep_blank_values=True)))


@pytest.mark.parametrize("state", [ViewState(), FULL, ViewState(isic="ISIC_0081956")])
def test_there_and_back(state):
    assert from_text(urlencode(state.to_query())) == (state, ())


def test_a_plain_visit_has_a_plain_address():
    assert ViewState().to_query() == {}
    assert from_text("") == (ViewState(), ())


def test_parts_share_the_parameters_out():
    parts = ("page", "image", "lesion", "skins", "groups", "tab", "card")
    together = {}
    for part in parts:
        own = FULL.to_query(part)
        assert set(own) <= set(ViewState.names(part)) and not set(own) & set(together)
        together |= own
    assert together == FULL.to_query()
    with pytest.raises(ExplorerError, match="no part"):
        ViewState.names("moon")


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
        ("target=nan", "a target angle of 'nan', which is not a number from -60 to 70"),
        ("target=71", "a target angle of '71'"),
        ("threshold=1.5", "a threshold of '1.5', which is not a number from 0 to 1"),
        ("threshold=", "a threshold of ''"),
        ("limits=light", "a group's threshold of 'light'"),
        ("minimum=2.5", "a smallest n of '2.5', which is not a number from 1 to 100"),
        ("tab=x", "an unknown sub-tab"),
        ("card=x", "an unknown audit card"),
        ("metric=" + "x" * 500, "an unknown metric 'xxx"),
    ],
)
def test_a_bad_value_is_one_sentence_and_the_default(text, complaint):
    state, problems = from_text(f"{text}&skins_by=diagnosis")
    assert state == ViewState(skins_by="diagnosis"), "the rest of the link still counts"
    assert len(problems) == 1 and len(problems[0]) < 200
    assert problems[0].startswith(f"The link asks for {complaint}")
    assert problems[0].endswith("; the default is shown.")


def test_other_parameters_are_left_alone():
    assert from_text("mode=lecture&lang=hr&__theme=dark") == (ViewState(), ())


def test_the_lists_are_those_of_the_page():
    assert tuple(card.key for card in audit_cards()) == CARDS
    assert tuple(section.key for section in SECTIONS) == TABS
    assert tuple(GROUPING_NAMES) == STUDY_GROUPINGS
    for field, values in (
        ("example", [e.key for e in examples()]),
        ("method", METHODS),
        ("transform", TRANSFORMS),
        ("by", load_source("published").groupings()),
    ):
        for value in values:
            assert ViewState.from_query({field: value}) == (ViewState(**{field: value}), ())
