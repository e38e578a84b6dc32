"""The Audit view: the study's checkable claims, a card each, made when the view is first opened."""

from collections import Counter
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

import gradio as gr

from explorer.charts.svg import to_svg
from explorer.study.claims import STATUSES, AuditCard, audit_cards
from explorer.ui.parts.address import ViewChoice
from explorer.ui.parts.link import Linked, linked, one_of
from explorer.ui.parts.tables import table

#: A mark for each verdict, so that colour does not carry it alone.
MARKS = {"reproduced": "✓", "qualified": "◐", "differs": "≠", "open": "?"}
#: Width of a card's drawing, px; text stays legible on a phone.
WIDTH = 360
COMPUTING = '<div class="banner" role="status">Computing the cards from the published data …</div>'
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
    cards = gr.HTML(COMPUTING, elem_id="cards")
    tab.select(
        _cards,
        None,
        cards,
        show_progress="minimal",
        api_visibility="private",
        concurrency_limit=2,
        concurrency_id="workbench",
    )


def _cards() -> str:
    cards = audit_cards()
    return _summary(cards) + f'<div class="audit">{"".join(map(_card, cards))}</div>'


def _summary(cards: tuple[AuditCard, ...]) -> str:
    found = Counter(card.status for card in cards)
    items = "".join(
        f'<li class="{key}"><b>{MARKS[key]} {found[key]}</b> {escape(text)}</li>'
        for key, text in STATUSES.items()
        if found[key]
    )
    return f'<ul class="tally" aria-label="{len(cards)} claims">{items}</ul>'


def _card(card: AuditCard) -> str:
    facts = (
        ("Claim", card.claim),
        ("Published", card.published_figure),
        ("Recomputed here", card.recomputed_figure),
    )
    more = (
        ("Uncertainty", card.uncertainty),
        ("Code and data", card.path),
        ("Where the claim is made", card.source),
    )
    return (
        f'<article class="audit-card {card.status}" id="audit-{card.key}">'
        f"<h3>{escape(card.title)}</h3>"
        f'<p class="status">{MARKS[card.status]} {escape(STATUSES[card.status])}</p>'
        f"<dl>{_facts(facts)}</dl>"
        f"<figure><figcaption>{escape(card.chart.title)}</figcaption>"
        f"{to_svg(card.chart, WIDTH)}</figure>"
        f"<p>{escape(card.verdict)}</p><dl>{_facts(more)}</dl>"
        f"<details><summary>The figure as a table</summary>{table(card.chart.title, *card.table)}"
        f"</details><p>{_link(card)}</p></article>"
    )


def _link(card: AuditCard) -> str:
    """The card's own address; ``parts/address.js`` copies it."""
    query = urlencode(ViewChoice("audit").to_query() | CardChoice(card.key).to_query())
    return (
        f'<a class="small" href="?{escape(query)}" data-card="{card.key}" aria-label="Copy the '
        f'link to the card {escape(card.title)}">Copy the link to this card</a>'
    )


def _facts(pairs) -> str:
    return "".join(f"<dt>{escape(key)}</dt><dd>{escape(text)}</dd>" for key, text in pairs)
