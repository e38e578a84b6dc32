"""Charts and the table of the tests of equal confidence."""

from collections.abc import Sequence
from types import MappingProxyType

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.confidence import ConfidenceTest
from explorer.fairness.gaps import SMALL
from explorer.fairness.text import p_text


def confidence_chart(test: ConfidenceTest) -> Chart:
    """Mean score of each group with its 95 % t interval; draw with ``chart.draw``.

    The mean of fewer than :data:`SMALL` images is hollow; of one image it has no interval.
    """
    rows = tuple(
        Row(
            group.name,
            f"n = {group.n}" + (f", std {group.std:.3f}" if group.n else ""),
            (Mark("measured", group.mean, group.low, group.high, group.n < SMALL),),
        )
        for group in test.groups
    )
    ends = [
        x for group in test.groups for x in (group.mean, group.low, group.high) if x is not None
    ]
    verdict = "no test" if test.f_p_value is None else f"ANOVA {p_text(test.f_p_value)}"
    return Chart(
        f"{test.subset[0].upper()}{test.subset[1:]}: {test.score}",
        f"mean score; {verdict}",
        MappingProxyType({"measured": f"mean with 95 % interval; hollow: n below {SMALL}"}),
        rows,
        (min([0.0, *ends]), max([1.0, *ends])),  # as far as the intervals reach
        3,
    )


def confidence_table(tests: Sequence[ConfidenceTest]) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text, a row per test."""
    headers = [
        "images",
        "score",
        "n",
        "mean (std, n) by group",
        "ANOVA",
        "Kruskal-Wallis",
        "eta squared [95 %]",
        "by chance: mean, 95 % below",
        "epsilon squared",
        "note",
    ]
    rows = []
    for test in tests:
        means = "; ".join(
            f"{g.name} {g.mean:.3f} ({g.std:.3f}, {g.n})" if g.n else f"{g.name} (0)"
            for g in test.groups
        )
        found = ["", "", "", "", ""]
        if test.f_statistic is not None:
            found = [
                f"F = {test.f_statistic:.3f}, {p_text(test.f_p_value)}",
                f"H = {test.h_statistic:.3f}, {p_text(test.h_p_value)}",
                f"{test.eta_squared:.3f} [{test.low:.3f}, {test.high:.3f}]",
                f"{test.null_mean:.3f}, {test.null_p95:.3f}",
                f"{test.epsilon_squared:.3f}".replace("-", "−"),
            ]
        rows.append([test.subset, test.score, str(test.n), means, *found, test.note])
    return headers, rows
