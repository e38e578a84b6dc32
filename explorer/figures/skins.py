"""Figures of a study of many lesions on other skin (:mod:`explorer.fairness.counterfactual`).

A chart holds the rows, from which come the drawing (``chart.draw``), the table twin
(``chart.table()``) and the alt text (``chart.alt_text``).
"""

from collections.abc import Callable

from explorer.charts import theme
from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.counterfactual import Study
from explorer.fairness.metrics import Rate
from explorer.fairness.skins import cutoff_words
from explorer.image.colour import tone_name
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.util.errors import ExplorerError

#: What a grouping is called, by key of ``study.GROUPINGS``.
GROUPING_NAMES = {
    "published": "original tone, as published",
    "cielab": "original tone, float CIELAB",
    "diagnosis": "diagnosis",
}


def flip_share_chart(study: Study, by: str | None = None, rule: str = DEFAULT_RULE) -> Chart:
    """Share of lesions whose decision changes anywhere between the lightest and darkest target.

    A row per rule; with ``by``, a key of ``study.GROUPINGS``, a row per group under ``rule``.
    """
    shares = _each(study, study.flip_share, by, rule)
    return _share_chart(
        study, f"Lesions whose decision flips, {_what(study, by, rule)}", "flip", shares
    )


def range_chart(study: Study, by: str | None = None, rule: str = DEFAULT_RULE) -> Chart:
    """Distribution of largest minus smallest probability along each lesion's curve.

    A row per rule; with ``by``, a row per group under ``rule``.
    """
    rows = [
        Row(
            label,
            f"n = {spread.n}; largest {spread.largest:.2f}",
            (
                Mark("measured", spread.median, spread.low, spread.high),
                Mark("range", None, spread.lower_quartile, spread.upper_quartile),
            ),
        )
        for label, spread in _each(study, study.spread, by, rule)
    ]
    return Chart(
        title=f"Range of the probability of malignancy, {_what(study, by, rule)}",
        axis="largest minus smallest probability along the curve (0 to 1)",
        legend={"measured": "median, with 95 % interval", "range": "middle half of the lesions"},
        rows=tuple(rows),
        span=(0.0, theme.ceiling(max(mark.high or 0 for row in rows for mark in row.marks))),
        **_facts(study),
    )


def called_chart(study: Study, rule: str = DEFAULT_RULE) -> Chart:
    """Share of the same lesions that a rule calls malignant, as they are and at every target."""
    _check_rule(study, rule)
    shares = [
        (
            "as they are"
            if place == "own"
            else f"{place:g}° ({tone_name(place)})".replace("-", "−"),
            rate,
        )
        for place, rate in study.called(rule).items()
    ]
    title = f"Lesions called malignant by target ITA, {_what(study, 'target', rule)}"
    return _share_chart(study, title, "called malignant", shares)


def _share_chart(study: Study, title: str, what: str, shares: list[tuple[str, Rate]]) -> Chart:
    return Chart(
        title=title,
        axis="share of lesions (0 to 1)",
        legend={"measured": "share, with 95 % interval"},
        rows=tuple(
            Row(
                label,
                f"{round((rate.value or 0) * rate.n)} of n = {rate.n} {what}",
                (Mark.of("measured", rate),),
            )
            for label, rate in shares
        ),
        **_facts(study),
    )


def _facts(study: Study) -> dict[str, str]:
    """Basis, origin and source, for the label."""
    return {
        "basis": f"n = {study.images} lesions",
        "origin": study.weights,
        "source": f"Each lesion at {len(study.targets)} target angles ({study.transform} "
        f"transform, scope {study.scope}), classified by the weights {study.weights}",
    }


def _each(study: Study, measure: Callable, by: str | None, rule: str) -> list[tuple]:
    """What ``measure`` gives for every rule or, with ``by``, for every group under ``rule``."""
    if by is None:
        return [(RULES[key].name, measure(key)) for key in study.rules]
    _check_rule(study, rule)
    return [(name, measure(rule, chosen)) for name, chosen in study.members(by).items()]


def _check_rule(study: Study, rule: str) -> None:
    if rule not in study.rules:
        raise ExplorerError(f"This study has no rule {rule!r}: choose {', '.join(study.rules)}.")


def _what(study: Study, by: str | None, rule: str) -> str:
    whose = f"{study.weights}, {study.images} lesions"
    if by is None:
        at = study.cutoffs and f", each at a sensitivity of {study.cutoffs.wanted_text}"
        return f"{whose}, by rule{at or ''}"
    return (
        f"{whose}, {RULES[rule].name}{cutoff_words(study, rule)}, by {GROUPING_NAMES.get(by, by)}"
    )
