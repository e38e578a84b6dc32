"""The cards of the study place: every one of them, with all that it says."""

import html
import re

from explorer.study.claims import audit_cards, second_system_cards
from explorer.ui.audit.view import _cards


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(text))


def test_every_card_is_there_with_all_that_it_says():
    shown = _cards()
    cards = [*audit_cards(), *second_system_cards()]
    assert len(audit_cards()) >= 12 and shown.count('<details class="audit-card') == len(cards)
    for card in cards:
        start = shown.index(f'id="audit-{card.key}"')
        end = shown.find('<details class="audit-card', start)
        text = plain(shown[start : end if end > 0 else None])
        for part in (
            card.claim,
            card.published_figure,
            card.recomputed_figure,
            card.verdict,
            card.uncertainty,
            card.path,
            card.chart.alt_text,
        ):
            assert plain(part) in text, card.key
