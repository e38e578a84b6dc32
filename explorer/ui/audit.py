"""The Audit view: the study's checkable claims, a card each, made when the view is first opened."""

from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlencode

import gradio as gr
from markupsafe import Markup

from explorer.charts.svg import to_svg
from explorer.study.claims import STATUSES, audit_cards
from explorer.ui.parts.address import ViewChoice
from explorer.ui.parts.banner import pending
from explorer.ui.parts.link import Linked, linked, one_of
from explorer.ui.parts.options import HEAVY
from explorer.util.templates import render

#: A mark for each verdict, so that colour does not carry it alone.
MARKS = {"reproduced": "✓", "qualified": "◐", "differs": "≠", "open": "?"}
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
    "prior-shift",
    "doubled-softmax",
    "anova-table",
    "anova-unnormalised",
)


@dataclass(frozen=True)
class CardChoice(Linked):
    """The card that a link leads to, or empty."""

    part = "card"
    card: str = linked("", one_of("audit card", CARDS))


def build(tab: gr.Tab) -> None:
    """Lay out the view in the current context; ``tab`` holds it and makes the cards when opened."""
    gr.Markdown(
        "## The study's claims, checked\nThe study published its code, weights, metadata and "
        "predictions. That is why it can be audited at all, and more than most studies of its kind "
        "offer. Each card: the claim (paraphrased), the published figure, the figure recomputed "
        "here from public data, how, and what that comes to. Something amiss? Every figure names "
        "the code and data behind it."
    )
    cards = gr.HTML(pending("Computing the cards from the published data"), elem_id="cards")
    tab.select(_cards, None, cards, **HEAVY)


def _cards() -> Markup:
    cards = audit_cards()
    return render(
        "audit/cards.html",
        cards=cards,
        counts=Counter(card.status for card in cards),
        statuses=STATUSES,
        marks=MARKS,
        svg=to_svg,
        width=WIDTH,
        # the address of a card, which parts/address.js copies
        query=lambda key: urlencode(ViewChoice("study").to_query() | CardChoice(key).to_query()),
    )
