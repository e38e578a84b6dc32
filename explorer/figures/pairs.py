"""Which groups differ: one question over all groups, then every pair by name.

All functions are pure: report in; chart, table or text out.
"""

from explorer.charts import theme
from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.gaps import Gap, GroupReport
from explorer.fairness.metrics import METRICS
from explorer.fairness.pairs import Pair
from explorer.fairness.resampling import GAPS, ODDS, PARTS
from explorer.fairness.text import p_cell, p_text
from explorer.figures.rates import facts

#: Pairs that a chart shows, the largest differences first; the table has all.
MOST = 15


def gap_of(report: GroupReport, metric: str) -> Gap:
    """The gap in a rate; of other rates, which have none, that in recall."""
    found = (gap for name, gap in report.gaps.items() if gap.metric == metric and name != ODDS)
    return next(found, report.gaps[PARTS[0]])


def pairs_chart(report: GroupReport, metric: str) -> Chart:
    """Every pair's difference, image by image and, where known, by patient."""
    gap = gap_of(report, metric)
    label = METRICS[gap.metric].label
    again = {_key(pair): pair for pair in gap.by_patient.pairs} if gap.by_patient else {}
    shown = sorted(gap.pairs, key=lambda pair: -abs(pair.difference))[:MOST]
    reach = max((abs(end) for pair in shown for end in (pair.low, pair.high)), default=1.0)
    reach = max([reach, *(abs(end) for pair in again.values() for end in (pair.low, pair.high))])
    end = theme.ceiling(min(reach, 1.0))
    legend = {"measured": "image by image, with 95 % interval"}
    if again:
        legend["second"] = "by patient, with 95 % interval"
    rows = tuple(_row(pair, again.get(_key(pair))) for pair in shown)
    known = facts(report)
    return Chart(
        f"Which groups differ: {label.lower()} by {report.label}",
        f"difference in {label.lower()}, first minus second",
        legend,
        rows,
        (-end, end),
        3,
        name=f"Pairs in {label.lower()} by {report.by}",
        **known,
    )


def _key(pair: Pair) -> tuple[str, str]:
    return pair.first, pair.second


def _row(pair: Pair, again: Pair | None) -> Row:
    decisive = again or pair
    unit = "by patient " if again else ""
    detail = f"{unit}{p_text(decisive.p_holm)}, corrected"
    marks = [_mark("measured", pair), *([_mark("second", again)] if again else [])]
    return Row(f"{pair.first} − {pair.second}", detail, tuple(marks))


def _mark(series: str, pair: Pair) -> Mark:
    return Mark(series, pair.difference, pair.low, pair.high)


def pairs_table(report: GroupReport, metric: str) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text, one row per pair."""
    gap = gap_of(report, metric)
    headers = ["pair", "difference [95 % interval]", "p", "p, corrected"]
    again = gap.by_patient.pairs if gap.by_patient else (None,) * len(gap.pairs)
    if gap.by_patient:
        headers += ["by patient [95 % interval]", "p by patient", "p by patient, corrected"]
    rows = []
    for pair, other in zip(gap.pairs, again):
        row = [f"{pair.first} − {pair.second}", *_cells(pair)]
        rows.append(row + (_cells(other) if other else []))
    return headers, rows


def _cells(pair: Pair) -> list[str]:
    numbers = f"{pair.difference:+.3f} [{pair.low:+.3f}, {pair.high:+.3f}]".replace("-", "−")
    return [numbers, p_cell(pair.p_value), p_cell(pair.p_holm)]


def tests_table(report: GroupReport) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: the test over all groups of every gap, by image and by patient."""
    headers = ["rate", "chi-square", "p", "p, corrected"]
    if report.by_patient:
        headers += ["p by patient", "p by patient, corrected", "exchanged"]
    rows = []
    for name, gap in report.gaps.items():
        if gap.heterogeneity is None:
            continue
        label = METRICS[gap.metric].label
        if gap.parts:
            label = f"{GAPS[name][0]}: {_both(gap)} together"
        test, row = gap.heterogeneity, [label]
        row += [f"{test.statistic:.2f}", p_cell(test.p_value), p_cell(test.p_holm)]
        if gap.by_patient:
            test = gap.by_patient.heterogeneity
            row += [p_cell(test.p_value), p_cell(test.p_holm), gap.by_patient.shuffled]
        rows.append(row)
    return headers, rows


def _both(gap: Gap) -> str:
    return " and ".join(METRICS[GAPS[part][1]].label.lower() for part in gap.parts)


def chance_sentences(report: GroupReport, metric: str) -> list[str]:
    """The test over all groups in words, what was corrected, and who is not compared."""
    gap = gap_of(report, metric)
    label = METRICS[gap.metric].label.lower()
    if gap.value is None:
        return [f"Fewer than two groups have {METRICS[gap.metric].denominator}."]
    test = gap.decisive.heterogeneity
    said = [
        f"Could chance alone make differences as large as these in {label}? "
        f"{_times(test.p_value)} (test of heterogeneity, chi-square {test.statistic:.2f}); "
        f"corrected for the rates tested {p_text(test.p_holm)}.",
        f"Shuffled: {gap.decisive.shuffled}. Pairs: Newcombe's intervals, one pair each; their p "
        "are corrected over all pairs of all rates (Holm).",
    ]
    if report.left_out:
        said.append(
            f"Compared with nothing, since it names no group: {', '.join(report.left_out)}."
        )
    return said


def _times(p_value: float) -> str:
    if p_value < 0.001:
        return "In fewer than 1 of 1,000 shuffles it does"
    if p_value < 0.01:
        return f"In about {1000 * p_value:.0f} of 1,000 shuffles it does"
    return f"In about {100 * p_value:.0f} of 100 shuffles it does"
