"""The study's checkable claims, one card each: as published, as recomputed here, and a verdict.

A card computes its figures when it is made, from the tables of ``assets/published`` and from the
constants of the code it names; nothing is typed in, save what its path says was counted on images
that are not carried. Claims are paraphrased from the study's report and code.

The study published its code, weights, metadata and predictions. That is why it can be audited at
all, and more than most studies of its kind offer.
"""

from functools import cache

from explorer.study.claims import (
    anova,
    data,
    gaps,
    multiverse,
    performance,
    scores,
    second,
    selection,
    skin_former,
    tones,
    units,
)
from explorer.study.claims.card import STATUSES, AuditCard
from explorer.util.errors import ExplorerError

__all__ = ["STATUSES", "AuditCard", "audit_card", "audit_cards", "second_system_cards"]


@cache
def audit_cards() -> tuple[AuditCard, ...]:
    """All cards, figures of performance first, then tone, data, and scores."""
    makers = (
        performance.recall,
        performance.experiments,
        gaps.demographic_parity,
        gaps.fairest,
        performance.predict_py,
        tones.sizes,
        tones.dark_skin,
        tones.regrouped,
        skin_former.skin_former,
        data.white_frame,
        data.patients,
        units.unit_of_analysis,
        units.tone_of_images,
        units.redrawn,
        selection.label_provenance,
        selection.model_selection,
        multiverse.multiverse,
        scores.prior_shift,
        scores.doubled_softmax,
        anova.anova_table,
        anova.unnormalised,
    )
    return tuple(make() for make in makers)


@cache
def second_system_cards() -> tuple[AuditCard, ...]:
    """Cards on the second system, as far as its public tables and code carry."""
    return second.constant(), second.f1(), second.margin()


def audit_card(key: str) -> AuditCard:
    """One card of either system by its key.

    Raises
    ------
    ExplorerError
        If there is none of this key.
    """
    cards = {card.key: card for card in (*audit_cards(), *second_system_cards())}
    if key not in cards:
        raise ExplorerError(f"no audit card {key!r}: choose one of {', '.join(cards)}")
    return cards[key]
