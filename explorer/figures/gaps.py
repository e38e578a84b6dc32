"""Gaps between groups: the plot of the page, the chart of a report, the tables and the words.

All functions are pure: report in; figure, chart, table or text out.
"""

from collections.abc import Sequence
from html import escape

from explorer.charts import theme
from explorer.charts.chart import Chart, Mark, Row, legend_lines
from explorer.charts.label import Label
from explorer.charts.rows import BAR, labelled_rows
from explorer.fairness.analysis import Analysis
from explorer.fairness.gaps import GAPS, Gap, GroupReport
from explorer.fairness.metrics import ALL_METRICS, METRICS
from explorer.fairness.text import p_cell, p_text, rate_text
from explorer.figures.rates import facts, images_of
from explorer.util import lazy

go = lazy.load("plotly.graph_objects")


def gap_plot(report: GroupReport, dark: bool = False, names: Sequence[str] = tuple(GAPS)):
    """Gaps as points with their intervals, above the band that chance alone gives.

    The band runs from the mean to the 95th percentile of the permutation null.

    Parameters
    ----------
    report : GroupReport
    dark : bool
        For a dark page.
    names : sequence of str
        Keys of :data:`explorer.fairness.gaps.GAPS`, by default all.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    gaps = [report.gaps[name] for name in names]
    drawing, scale = labelled_rows(
        [_label(report, gap) for gap in gaps],
        dark,
        "<br>".join(
            [
                *legend_lines("measured", "measured, with 95 % interval"),
                *([_PATIENT_LINE] if report.by_patient else []),
                *legend_lines("chance", "chance alone: mean to 95th percentile"),
            ]
        ),
    )
    rows = [row for row, gap in enumerate(gaps) if gap.value is not None]
    drawing.add_traces(_traces([gaps[row] for row in rows], rows, scale))
    drawing.update_xaxes(
        range=[0, _end(gaps)],
        title_text="largest minus smallest group rate<br>(difference of shares, 0 to 1)",
    )
    headers, cells = gaps_table(report)
    shown = [row for row, name in zip(cells, report.gaps) if name in names]
    caption = (
        f"Gaps between groups by {report.label}, each with its 95 % interval and what chance alone "
        "gives"
    )
    name = f"Gaps by {report.by}"
    label = Label(name, caption, **facts(report), headers=headers, rows=shown)
    return theme.described(drawing, gap_alt_text(report, names), label)


#: What the thin line below a gap's interval is.
_PATIENT_LINE = f'<span style="color:{theme.COLOURS["benign"]}">┄</span> the same by patient'


def _traces(gaps: list[Gap], rows: list[int], scale: float) -> list:
    colour, above = theme.COLOURS["measured"], [row - BAR / 4 / scale for row in rows]
    chance = theme.bands(
        [gap.null_mean for gap in gaps],
        [gap.null_p95 for gap in gaps],
        [row + BAR / 4 / scale for row in rows],
        theme.COLOURS["chance"],
        BAR / 2 / scale,
        [_chance(gap) for gap in gaps],
    )
    intervals = theme.interval_lines(
        [gap.low for gap in gaps], [gap.high for gap in gaps], above, colour, 12
    )
    again = [(gap.by_patient, y) for gap, y in zip(gaps, above) if gap.by_patient]
    by_patient = theme.interval_lines(
        [gap.low for gap, _ in again],
        [gap.high for gap, _ in again],
        [y + 7 / scale for _, y in again],
        theme.COLOURS["benign"],
        6,
    ).update(line_dash="dot")
    points = go.Scatter(
        x=[gap.value for gap in gaps],
        y=above,
        mode="markers",
        cliponaxis=False,
        marker={"size": 13, "color": colour},
        meta={"images": [images_of([gap.largest, gap.smallest], gap.metric) for gap in gaps]},
        customdata=[f"{GAPS[gap.name][0]}<br>{rate_text(gap)}" for gap in gaps],
        hovertemplate="%{customdata}<extra></extra>",
    )
    return [chance, intervals, *([by_patient] if again else []), points]


def gap_chart(report: GroupReport) -> Chart:
    """Every gap with its interval, above the band that chance alone gives."""
    gaps = [gap for gap in report.gaps.values() if gap.value is not None]
    return Chart(
        "Gaps between groups",
        "largest minus smallest group rate, 0 to 1",
        {
            "measured": "measured, with 95 % interval",
            **({"second": "the same by patient"} if report.by_patient else {}),
            "chance": "chance alone: mean to 95th percentile",
        },
        tuple(
            Row(
                GAPS[gap.name][0],
                f"{_direction(report, gap)}; {_tested(gap)}",
                (
                    Mark.of("measured", gap),
                    *([Mark.of("second", gap.by_patient)] if gap.by_patient else []),
                    Mark("chance", low=gap.null_mean, high=gap.null_p95),
                ),
            )
            for gap in gaps
        ),
        (0.0, _end(gaps)),
        3,
        name=f"Gaps by {report.by}",
        **facts(report),
    )


def _end(gaps: list[Gap]) -> float:
    known = [gap for gap in gaps if gap.value is not None]
    ends = [max(gap.high, gap.null_p95) for gap in known]
    ends += [gap.by_patient.high for gap in known if gap.by_patient]
    return theme.ceiling(max(ends, default=1.0))


def gaps_table(report: GroupReport) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text, one row per gap: the twin of :func:`gap_plot`."""
    headers = [
        "gap",
        "value [95 % interval]",
        "largest minus smallest",
        "chance: mean",
        "chance: 95 % below",
        "p of the gap alone",
        "all groups: p, corrected",
        "by patient [95 % interval]",
        "by patient: p, corrected",
        "note",
    ]
    return headers, [
        [GAPS[gap.name][0], "undefined", *[""] * 7, gap.note]
        if gap.value is None
        else [
            GAPS[gap.name][0],
            rate_text(gap),
            _direction(report, gap),
            f"{gap.null_mean:.2f}",
            f"{gap.null_p95:.2f}",
            p_cell(gap.p_value),
            p_cell(gap.heterogeneity.p_holm),
            *_again(gap),
            gap.note,
        ]
        for gap in report.gaps.values()
    ]


def spreads_table(analysis: Analysis) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: difference, ratio and worst group of every metric."""

    def text(value, low, high):
        if value is None:
            return "undefined"
        return f"{value:.3f} " + ("[not estimable]" if low is None else f"[{low:.3f}, {high:.3f}]")

    headers = [
        "metric",
        "difference [95 %]",
        "ratio [95 %]",
        "largest",
        "smallest",
        "worst",
        f"left out (n below {analysis.report.small})",
    ]
    return headers, [
        [
            ALL_METRICS[spread.metric].label,
            text(spread.difference, spread.difference_low, spread.difference_high),
            text(spread.ratio, spread.ratio_low, spread.ratio_high),
            spread.largest or "",
            spread.smallest or "",
            spread.worst or ("neither end is worse in itself" if spread.largest else ""),
            ", ".join(spread.left_out),
        ]
        for spread in analysis.spreads.values()
    ]


def gap_alt_text(report: GroupReport, names: Sequence[str] = tuple(GAPS)) -> str:
    """What :func:`gap_plot` shows, in words."""
    gaps = " ".join(
        f"{GAPS[gap.name][0]}: {rate_text(gap)}"
        + (
            f", {_direction(report, gap)}; {_chance(gap)}; {_tested(gap)}."
            if gap.value is not None
            else "."
        )
        for gap in (report.gaps[name] for name in names)
    )
    return (
        f"Point chart of the gaps between groups by {report.label}, each with a 95 % interval "
        f"and the band that chance alone gives. {gaps}"
    )


def _again(gap: Gap) -> list[str]:
    """Interval and test with patients as units, where they are known."""
    if gap.by_patient is None:
        return ["patients not known", ""]
    return [rate_text(gap.by_patient), p_cell(gap.by_patient.heterogeneity.p_holm)]


def _direction(report: GroupReport, gap: Gap) -> str:
    """``recall: very light 0.88 − light 0.62``: which rate, and which group minus which.

    Of equalized odds both its parts, of which it is the larger.
    """
    if gap.parts:
        parts = [report.gaps[part] for part in gap.parts]
        both = " and ".join(
            f"{METRICS[part.metric].label.lower()} {part.value:.2f}" for part in parts
        )
        return f"the larger of the gaps in {both}"
    rates = {group.name: group.rate(gap.metric).value for group in report.groups}
    return (
        f"{METRICS[gap.metric].label.lower()}: {gap.largest} {rates[gap.largest]:.2f} "
        f"− {gap.smallest} {rates[gap.smallest]:.2f}"
    )


def _tested(gap: Gap) -> str:
    """The test over all groups, corrected: ``all groups: p = 0.07, corrected``."""
    unit = " by patient" if gap.by_patient else ""
    return f"all groups{unit}: {p_text(gap.decisive.heterogeneity.p_holm)}, corrected"


def _chance(gap: Gap) -> str:
    return f"chance alone: mean {gap.null_mean:.2f}, 95 % below {gap.null_p95:.2f}"


def _label(report: GroupReport, gap: Gap) -> list[str]:
    name = f"<b>{GAPS[gap.name][0]}</b>"
    if gap.value is None:
        return [name, "undefined: fewer than two groups have it"]
    direction = _direction(report, gap)
    if not gap.parts:
        larger, smaller = direction.split(" − ")
        kept_together = smaller.replace(" ", "\N{NO-BREAK SPACE}")
        direction = f"{larger} −\N{NO-BREAK SPACE}{kept_together}"
    return [
        name,
        rate_text(gap),
        *(escape(line) for line in theme.wrap(direction, 42).split("<br>")),
        _chance(gap),
        escape(_tested(gap)),
    ]
