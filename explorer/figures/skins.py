"""Figures of a study of many lesions on other skin (:mod:`explorer.fairness.counterfactual`).

Each ``*_chart`` gives the rows, from which come the table twin (``chart.table()``) and the alt
text (``chart.alt_text``); each ``*_plot`` draws them.
"""

from explorer.charts import theme
from explorer.charts.chart import Chart, Mark, Row, draw
from explorer.fairness.counterfactual import RangeSummary, Study
from explorer.fairness.metrics import Rate
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
    rows = [
        Row(label, f"{sum_of(rate)} of n = {rate.n} flip", (_rate_mark(rate),))
        for label, rate in _flip_rates(study, by, rule)
    ]
    return Chart(
        title=f"Lesions whose decision flips, {_what(study, by, rule)}",
        axis="share of lesions (0 to 1)",
        legend={"measured": "share, with 95 % interval"},
        rows=tuple(rows),
        span=(0.0, 1.0),
    )


def flip_share_plot(
    study: Study, by: str | None = None, rule: str = DEFAULT_RULE, dark: bool = False
):
    """:func:`flip_share_chart`, drawn."""
    return draw(flip_share_chart(study, by, rule), dark)


def range_chart(study: Study, by: str | None = None, rule: str = DEFAULT_RULE) -> Chart:
    """Distribution of largest minus smallest probability along each lesion's curve.

    A row per rule; with ``by``, a row per group under ``rule``.
    """
    rows = [
        Row(label, f"n = {spread.n}; largest {spread.largest:.2f}", _spread_marks(spread))
        for label, spread in _spreads(study, by, rule)
    ]
    return Chart(
        title=f"Range of the probability of malignancy, {_what(study, by, rule)}",
        axis="largest minus smallest probability along the curve (0 to 1)",
        legend={"measured": "median, with 95 % interval", "range": "middle half of the lesions"},
        rows=tuple(rows),
        span=(0.0, theme.ceiling(max(mark.high or 0 for row in rows for mark in row.marks))),
    )


def range_plot(study: Study, by: str | None = None, rule: str = DEFAULT_RULE, dark: bool = False):
    """:func:`range_chart`, drawn."""
    return draw(range_chart(study, by, rule), dark)


def called_chart(study: Study, rule: str = DEFAULT_RULE) -> Chart:
    """Share of the same lesions that a rule calls malignant, as they are and at every target."""
    _check_rule(study, rule)
    rows = [
        Row(
            "as they are" if place == "own" else f"{place:g}° ({tone_name(place)})",
            f"{sum_of(rate)} of n = {rate.n} called malignant",
            (_rate_mark(rate),),
        )
        for place, rate in study.called(rule).items()
    ]
    return Chart(
        title=f"Lesions called malignant by target ITA, {_what(study, 'target', rule)}",
        axis="share of lesions (0 to 1)",
        legend={"measured": "share, with 95 % interval"},
        rows=tuple(rows),
    )


def called_plot(study: Study, rule: str = DEFAULT_RULE, dark: bool = False):
    """:func:`called_chart`, drawn."""
    return draw(called_chart(study, rule), dark)


def sum_of(rate: Rate) -> int:
    """The numerator of a share."""
    return 0 if rate.value is None else round(rate.value * rate.n)


def _flip_rates(study: Study, by: str | None, rule: str) -> list[tuple[str, Rate]]:
    if by is None:
        return [(RULES[key].name, study.flip_share(key)) for key in study.rules]
    _check_rule(study, rule)
    return [(name, study.flip_share(rule, chosen)) for name, chosen in study.members(by).items()]


def _spreads(study: Study, by: str | None, rule: str) -> list[tuple[str, RangeSummary]]:
    if by is None:
        return [(RULES[key].name, study.spread(key)) for key in study.rules]
    _check_rule(study, rule)
    return [(name, study.spread(rule, chosen)) for name, chosen in study.members(by).items()]


def _check_rule(study: Study, rule: str) -> None:
    if rule not in study.rules:
        raise ExplorerError(f"This study has no rule {rule!r}: choose {', '.join(study.rules)}.")


def _what(study: Study, by: str | None, rule: str) -> str:
    whose = f"{study.weights}, {study.images} lesions"
    if by is None:
        return f"{whose}, by rule"
    return f"{whose}, {RULES[rule].name}, by {GROUPING_NAMES.get(by, by)}"


def _rate_mark(rate: Rate) -> Mark:
    return Mark("measured", rate.value, rate.low, rate.high)


def _spread_marks(spread: RangeSummary) -> tuple[Mark, Mark]:
    return (
        Mark("measured", spread.median, spread.low, spread.high),
        Mark("range", None, spread.lower_quartile, spread.upper_quartile),
    )
