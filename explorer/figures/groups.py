"""Figures of a group report, each with a table twin and an alt text.

All functions are pure: report in; figure, table or text out. Labels stand above their bars, so
that a figure needs no left margin and fits a phone (a page of 390 px).

A trace whose ``meta`` has ``images`` can be clicked on the page: per mark, the groups and confusion
cells whose images are listed.
"""

from html import escape

from explorer.charts import theme
from explorer.fairness.gaps import GAPS, Gap, GroupReport
from explorer.fairness.metrics import ALL_METRICS, CELLS, METRICS, GroupMetrics, Rate, check_metric
from explorer.fairness.text import p_text, rate_text
from explorer.util import lazy

go = lazy.load("plotly.graph_objects")


LINE = 18  # px, one line of label text
BAR = 22  # px
ROW_SPACE = 20  # px between a bar and the next row's label


def metric_bars(report: GroupReport, metric: str, dark: bool = False):
    """One metric, a bar per group with its 95 % interval.

    A rate with a denominator below ``report.small`` is hatched, an undefined one has no bar;
    the dashed line is the rate of all images together.

    Parameters
    ----------
    report : GroupReport
    metric : str
        A key of ``rates.ALL_METRICS``.
    dark : bool
        For a dark page.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    check_metric(metric)
    labels = [_bar_label(group, metric) for group in report.groups]
    drawing, scale = _rows(labels, dark, _overall_caption(report, metric))
    rates = [group.rate(metric) for group in report.groups]
    drawing.add_trace(_bars(report, metric, scale, dark))
    defined = [row for row, rate in enumerate(rates) if rate.value is not None]
    _add_reference(drawing, report.overall.rate(metric), defined, scale, dark)
    top = max((rate.high for rate in rates if rate.high is not None), default=1.0)
    drawing.update_xaxes(
        range=[0, theme.ceiling(top)], title_text=_axis_title(rates, metric, report.small)
    )
    return theme.described(drawing, alt_text(report, metric))


def gap_plot(report: GroupReport, dark: bool = False):
    """Every gap as a point with its interval, above the band that chance alone gives.

    The band runs from the mean to the 95th percentile of the permutation null.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    gaps = list(report.gaps.values())
    drawing, scale = _rows(
        [_gap_label(report, gap) for gap in gaps],
        dark,
        "● measured, with 95 % interval<br>▬ chance alone: mean to 95th percentile",
    )
    defined = [(row, gap) for row, gap in enumerate(gaps) if gap.value is not None]
    drawing.add_trace(_null_bands(defined, scale))
    drawing.add_trace(_gap_intervals(defined, scale))
    drawing.add_trace(_gap_points(defined, scale))
    top = max((max(gap.value, gap.high, gap.null_p95) for _, gap in defined), default=1.0)
    drawing.update_xaxes(
        range=[0, theme.ceiling(top)],
        title_text="largest minus smallest group rate<br>(difference of shares, 0 to 1)",
    )
    return theme.described(drawing, gap_alt_text(report))


def metrics_table(
    report: GroupReport, metrics: tuple[str, ...] = tuple(METRICS)
) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text, overall first: cells read ``0.72 [0.64, 0.79] n=137``."""
    for metric in metrics:
        check_metric(metric)
    headers = [report.label, "images", "malignant"] + [ALL_METRICS[m].label for m in metrics]
    rows = [
        [group.name, f"{group.count:,}", f"{group.positives:,}"]
        + [f"{rate_text(group.rate(metric))} n={group.rate(metric).n}" for metric in metrics]
        for group in (report.overall, *report.groups)
    ]
    return headers, rows


def gaps_table(report: GroupReport) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text, one row per gap: the twin of :func:`gap_plot`."""
    headers = [
        "gap",
        "value [95 % interval]",
        "largest minus smallest",
        "chance: mean",
        "chance: 95 % below",
        "p",
        "note",
    ]
    return headers, [_gap_row(report, gap) for gap in report.gaps.values()]


def alt_text(report: GroupReport, metric: str) -> str:
    """What :func:`metric_bars` shows, in words."""
    check_metric(metric)
    spec = ALL_METRICS[metric]
    groups = "; ".join(
        f"{group.name} {rate_text(group.rate(metric))}, n {group.rate(metric).n}"
        for group in report.groups
    )
    return (
        f"Bar chart of {spec.label.lower()} ({spec.definition}) by {report.label}, with 95 % "
        f"intervals. {groups}. All images {rate_text(report.overall.rate(metric))}."
    )


def gap_alt_text(report: GroupReport) -> str:
    """What :func:`gap_plot` shows, in words."""
    gaps = " ".join(
        f"{GAPS[gap.name][0]}: {_gap_value(gap)}"
        + (
            f", {_direction(report, gap)}; {_chance(gap)}; {p_text(gap.p_value)}."
            if gap.value is not None
            else "."
        )
        for gap in report.gaps.values()
    )
    return (
        f"Point chart of the gaps between groups by {report.label}, each with a 95 % interval "
        f"and the band that chance alone gives. {gaps}"
    )


# Words


def _gap_value(gap: Gap) -> str:
    return rate_text(Rate(gap.value, gap.low, gap.high, 0))


def _direction(report: GroupReport, gap: Gap) -> str:
    """``recall: very light 0.88 − light 0.62``: which rate, and which group minus which."""
    rates = {group.name: group.rate(gap.metric).value for group in report.groups}
    return (
        f"{METRICS[gap.metric].label.lower()}: {gap.largest} {rates[gap.largest]:.2f} "
        f"− {gap.smallest} {rates[gap.smallest]:.2f}"
    )


def _chance(gap: Gap) -> str:
    return f"chance alone: mean {gap.null_mean:.2f}, 95 % below {gap.null_p95:.2f}"


def _gap_row(report: GroupReport, gap: Gap) -> list[str]:
    label = GAPS[gap.name][0]
    if gap.value is None:
        return [label, "undefined", "", "", "", "", gap.note]
    return [
        label,
        _gap_value(gap),
        _direction(report, gap),
        f"{gap.null_mean:.2f}",
        f"{gap.null_p95:.2f}",
        p_text(gap.p_value).removeprefix("p ").removeprefix("= "),
        gap.note,
    ]


def _bar_label(group: GroupMetrics, metric: str) -> list[str]:
    rate = group.rate(metric)
    return [
        f"<b>{escape(group.name)}</b>  {rate_text(rate)}",
        f"n = {rate.n:,} · {group.count:,} images, {group.positives:,} malignant",
    ]


def _gap_label(report: GroupReport, gap: Gap) -> list[str]:
    name = f"<b>{GAPS[gap.name][0]}</b>"
    if gap.value is None:
        return [name, "undefined: fewer than two groups have it"]
    larger, smaller = _direction(report, gap).split(" − ")
    kept_together = smaller.replace(" ", "\N{NO-BREAK SPACE}")
    direction = theme.wrap(f"{larger} −\N{NO-BREAK SPACE}{kept_together}", 42)
    return [
        name,
        f"{_gap_value(gap)}, {escape(p_text(gap.p_value))}",
        *(escape(line) for line in direction.split("<br>")),
        _chance(gap),
    ]


def _overall_caption(report: GroupReport, metric: str) -> str:
    rate = report.overall.rate(metric)
    return f"┆ all images {rate_text(rate)}<br>n = {rate.n:,}"


def _axis_title(rates: list[Rate], metric: str, few: int) -> str:
    spec = ALL_METRICS[metric]
    small = f"; hatched: n below {few}" if any(0 < rate.n < few for rate in rates) else ""
    return (
        f"<b>{spec.label}</b>, 0 to 1<br>{theme.wrap(spec.definition, 44)}"
        f"<br>{theme.wrap(f'n: {spec.denominator}{small}', 44)}"
    )


# Drawing


def _rows(labels: list[list[str]], dark: bool, caption: str) -> tuple:
    """A figure with a text block above each of its rows, and the pixels per row.

    Row i has its bar centred at y = i; y points down. Returns (figure, scale); a length in
    pixels divided by scale is a length in y.
    """
    lines = max(len(label) for label in labels)
    scale = lines * LINE + BAR + ROW_SPACE
    above = (lines * LINE + BAR / 2 + ROW_SPACE / 2) / scale
    head = LINE * 2.5
    height = round(len(labels) * scale + head + 100)
    drawing = theme.figure(height, dark)
    drawing.update_yaxes(
        range=[len(labels) - above, -above - head / scale], visible=False, showgrid=False
    )
    drawing.update_xaxes(rangemode="tozero", showgrid=True)
    anchors = [
        (row - (BAR / 2 + 3) / scale, "<br>".join(label), "bottom")
        for row, label in enumerate(labels)
    ]
    for y, text, side in [*anchors, (-above - head / scale, caption, "top")]:
        drawing.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=y,
            yref="y",
            yanchor=side,
            text=text,
            align="left",
            showarrow=False,
            borderpad=0,
            font={"size": theme.FONT_SIZE},
        )
    return drawing, scale


def images_of(groups: list[str], metric: str) -> dict:
    """What a click on a mark lists: the images in the metric's denominator."""
    basis = ALL_METRICS[metric].basis
    return {"groups": groups, "cells": list(basis) if len(basis) < len(CELLS) else []}


def _bars(report: GroupReport, metric: str, scale: float, dark: bool):

    rates = [group.rate(metric) for group in report.groups]
    value, low, high = ([getattr(rate, key) for rate in rates] for key in ("value", "low", "high"))
    return go.Bar(
        x=value,
        y=list(range(len(rates))),
        orientation="h",
        width=BAR / scale,
        cliponaxis=False,
        marker={
            "color": theme.COLOURS["measured"],
            "line": {"color": theme.COLOURS["measured"], "width": 1.5},
            "pattern": {
                "shape": ["/" if rate.n < report.small else "" for rate in rates],
                "fillmode": "replace",
                "size": 7,
                "solidity": 0.35,
            },
        },
        error_x=_whiskers(value, low, high, dark),
        meta={"images": [images_of([group.name], metric) for group in report.groups]},
        customdata=[
            [escape(group.name), rate_text(rate), rate.n]
            for group, rate in zip(report.groups, rates)
        ],
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<br>n = %{customdata[2]}<extra></extra>",
    )


def _whiskers(value: list, low: list, high: list, dark: bool) -> dict:
    """Error bars between absolute ends; None stays without one."""

    def lengths(ends):
        return [None if v is None else abs(end - v) for v, end in zip(value, ends)]

    return {
        "type": "data",
        "symmetric": False,
        "array": lengths(high),
        "arrayminus": lengths(low),
        "color": theme.ink(dark),
        "thickness": 2,
        "width": 5,
    }


def _add_reference(drawing, overall: Rate, rows: list[int], scale: float, dark: bool) -> None:
    """The rate of all images, dashed, at the height of each bar so that no label is crossed."""
    reach = (BAR / 2 + 5) / scale
    for row in rows:
        drawing.add_shape(
            type="line",
            x0=overall.value,
            x1=overall.value,
            y0=row - reach,
            y1=row + reach,
            line={"color": theme.ink(dark), "width": 2, "dash": "2px,3px"},
        )


def _null_bands(defined: list[tuple[int, Gap]], scale: float):

    return go.Bar(
        base=[gap.null_mean for _, gap in defined],
        x=[gap.null_p95 - gap.null_mean for _, gap in defined],
        y=[row + BAR / 4 / scale for row, _ in defined],
        orientation="h",
        width=BAR / 2 / scale,
        marker={"color": theme.COLOURS["chance"]},
        customdata=[_chance(gap) for _, gap in defined],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _gap_intervals(defined: list[tuple[int, Gap]], scale: float):
    """Interval lines with end ticks; drawn by their ends, which need not hold the point."""

    return go.Scatter(
        x=[end for _, gap in defined for end in (gap.low, gap.high, None)],
        y=[row - BAR / 4 / scale for row, _ in defined for _ in range(3)],
        mode="lines+markers",
        cliponaxis=False,
        hoverinfo="skip",
        line={"color": theme.COLOURS["measured"], "width": 3},
        marker={
            "symbol": "line-ns",
            "size": 12,
            "line": {"color": theme.COLOURS["measured"], "width": 3},
        },
    )


def _gap_points(defined: list[tuple[int, Gap]], scale: float):

    return go.Scatter(
        x=[gap.value for _, gap in defined],
        y=[row - BAR / 4 / scale for row, _ in defined],
        mode="markers",
        cliponaxis=False,
        marker={"size": 13, "color": theme.COLOURS["measured"]},
        meta={"images": [images_of([gap.largest, gap.smallest], gap.metric) for _, gap in defined]},
        customdata=[
            f"{GAPS[gap.name][0]}<br>{_gap_value(gap)}, {escape(p_text(gap.p_value))}"
            for _, gap in defined
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
