"""What the instrument found, in words: a sentence per rule, and a paragraph to quote."""

from itertools import groupby

from explorer.fairness.cutoffs import SATURATED
from explorer.lesion.instrument import Instrument
from explorer.rules.rules import DECISIONS, RULES
from explorer.transform.contract import IMAGE
from explorer.transform.transforms import TRANSFORMS

CONVENTION_WORDS = {"cielab": "float CIELAB", "published": "the study's 8-bit angle"}


def is_saturated(instrument: Instrument, key: str) -> bool:
    """Whether all known probabilities of a rule would be printed as 0.000, or all as 1.000."""
    p = instrument.verdicts[key].probability_malignant
    return bool((p < SATURATED).all() or (p > 1 - SATURATED).all())


def finding(instrument: Instrument, key: str) -> str:
    """One sentence on what the skin does to a rule's decision; empty until it is complete."""
    if not instrument.is_complete or len(instrument.skins) < 2 or key not in instrument.decisions:
        return ""
    decision = instrument.decisions[key]
    here = DECISIONS[int(decision[instrument.own])]
    n = len(decision)
    others = _spans(instrument, key)
    if not others and instrument.cutoffs is None and is_saturated(instrument, key):
        odds = instrument.verdicts[key].log_odds
        return (
            f"Same lesion: {here} on all {n} skins, with a log-odds of {odds.min():.0f} to "
            f"{odds.max():.0f}. That is saturation, not fairness."
        )
    if not others:
        return f"Same lesion: {here} on all {n} skins. This rule does not flip here."
    there = DECISIONS[1 - DECISIONS.index(here)]
    where = " and ".join(_span(*each) for each in others)
    return f"Same lesion: {here} here, {there} {where}. Only the skin's colour changed."


def _spans(instrument: Instrument, key: str) -> list[tuple[float, float]]:
    """Runs of skins, light to dark, on which the decision differs from that on the own skin."""
    decision = instrument.decisions[key]
    pairs = zip(decision != decision[instrument.own], (skin.target for skin in instrument.skins))
    runs = ([t for _, t in run] for differs, run in groupby(pairs, lambda each: each[0]) if differs)
    return [(run[0], run[-1]) for run in runs]


def _span(light: float, dark: float) -> str:
    if light == dark:
        return f"at {light:.0f}°"
    return f"from {light:.0f}° to {dark:.0f}°"


def statement(instrument: Instrument, key: str) -> str:
    """A paragraph that can be quoted: whose number, by which rule, on what, and what it is not."""
    rule, as_it_is = RULES[key], decided(instrument, key)
    if not as_it_is:
        return ""
    parts = [
        f"{instrument.name}, {instrument.weights.label}; rule: {rule.plain}, in the field's term "
        f"{rule.in_a_sentence}{as_it_is}"
    ]
    if found := finding(instrument, key):
        where = "the whole image" if instrument.scope == IMAGE else "the skin only"
        first, last = instrument.skins[0].target, instrument.skins[-1].target
        parts.append(
            f"{TRANSFORMS[instrument.transform].label} on {where}, {len(instrument.skins)} skins "
            f"from {first:.0f}° to {last:.0f}°. {found}"
        )
    parts.append("One image, n = 1: nothing about any group of patients. Not a medical device.")
    return " ".join(parts)


def decided(instrument: Instrument, key: str) -> str:
    """What the statement says of a rule's cut-off and of the picture as it is.

    Two statements that differ in the cut-offs differ in this and in the finding alone.
    """
    own = instrument.skins[instrument.own]
    if key not in instrument.decisions or not instrument.known[instrument.own]:
        return ""
    at = int(instrument.known[: instrument.own].sum())
    p = float(instrument.verdicts[key].probability_malignant[at])
    spread = instrument.ranges and instrument.ranges[key]
    around = f" ({spread[0]:.3f} to {spread[1]:.3f} over 8 orientations)" if spread else ""
    tone = "no skin found"
    if own.target is not None:
        tone = f"ITA {own.target:.0f}°, {CONVENTION_WORDS[instrument.convention]}"
    cutoff = f", {instrument.cutoffs.text(key)}" if instrument.cutoffs else ""
    return (
        f"{cutoff}; as it is ({tone}): {DECISIONS[int(instrument.decisions[key][at])]}, "
        f"P(malignant) = {p:.3f}{around}."
    )
