"""The study, checked: every checkable claim by its verdict, made when the place is first opened.

What is filtered and which card is open is the browser's affair (``audit.js`` here): no request.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import gradio as gr
from markupsafe import Markup

from explorer.charts.svg import to_svg
from explorer.study.claims import STATUSES, AuditCard, audit_cards, second_system_cards
from explorer.ui.parts.address import ViewChoice
from explorer.ui.parts.banner import pending
from explorer.ui.parts.link import Linked, linked, one_of
from explorer.ui.parts.options import HEAVY
from explorer.util.templates import render

#: A mark for each verdict, so that colour does not carry it alone; the worst verdict first.
MARKS = {"differs": "≠", "open": "?", "qualified": "◐", "reproduced": "✓"}
#: Width of a card's drawing, px; text stays legible on a phone.
WIDTH = 360
#: Keys of the cards; making the cards to learn their keys would take seconds.
CARDS = (
    "recall",
    "experiments",
    "demographic-parity",
    "fairest",
    "predict-py",
    "sizes",
    "dark-skin",
    "regrouped",
    "skin-former",
    "white-frame",
    "patients",
    "units",
    "tone-of-images",
    "redrawn",
    "labels",
    "selection",
    "multiverse",
    "prior-shift",
    "doubled-softmax",
    "anova-table",
    "anova-unnormalised",
    "sam-constant",
    "sam-f1",
    "sam-margin",
)


@dataclass(frozen=True)
class CardChoice(Linked):
    """The card that a link leads to, and the only verdict that is shown; each may be empty."""

    part = "card"
    card: str = linked("", one_of("audit card", CARDS))
    verdict: str = linked("", one_of("verdict", STATUSES))


def build(tab: gr.Tab) -> None:
    """Lay out the place in the current context; ``tab`` holds it, the cards come when it opens."""
    gr.HTML(render("audit/intro.html"))
    cards = gr.HTML(pending("Computing the cards from the published data"), elem_id="cards")
    tab.select(_cards, None, cards, **HEAVY)


def worst_first(cards: Sequence[AuditCard]) -> list[AuditCard]:
    """Cards by their verdict; those of one verdict in the order that they came in."""
    return sorted(cards, key=lambda card: list(MARKS).index(card.status))


def _cards() -> Markup:
    systems = (
        ("study", worst_first(audit_cards())),
        ("second", worst_first(second_system_cards())),
    )
    return render(
        "audit/cards.html",
        systems=systems,
        counts=Counter(card.status for _, cards in systems for card in cards),
        statuses=STATUSES,
        marks=MARKS,
        svg=to_svg,
        width=WIDTH,
        # the address of a card, which parts/address.js copies
        query=lambda key: urlencode(ViewChoice("study").to_query() | CardChoice(key).to_query()),
    )
