"""Figures of the workbench beyond rates and gaps: curves per group, post-processing, power.

All functions are pure. Curves are small multiples, a panel per group with all images in grey
behind, so that no colour has to be told from another; every figure has a table twin and an alt
text.
"""

from collections.abc import Sequence
from html import escape

from explorer.charts import theme
from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.analysis import Analysis, Spread
from explorer.fairness.curves import GroupCurve, Reliability
from explorer.fairness.gaps import GAPS, SMALL
from explorer.fairness.metrics import ALL_METRICS
from explorer.fairness.postprocess import CONSTRAINTS, PostProcessing
from explorer.fairness.power import PowerAnalysis
from explorer.fairness.text import rate_text
from explorer.util import lazy

go = lazy.load("plotly.graph_objects")


PANEL = 185  # px, height of a panel
HEAD = 58  # px above a panel, for its three lines of text
FOOT = 106  # px below the last row, for the axis titles and the key
COLUMNS = 2
MOST_PANELS = 12
#: What a click on an operating point lists: what another threshold would trade.
MISTAKES = ("false negatives", "false positives")

AXES = {
    "roc": ("false positive rate", "recall", "AUROC"),
    "precision_recall": ("recall", "precision", "average precision"),
}


# Curves


def curve_plot(curves: Sequence[GroupCurve], kind: str, dark: bool = False):
    """ROC or precision-recall curves, a panel per group, the operating point as a ringed dot.

    Parameters
    ----------
    curves : sequence of GroupCurve
        All images first, as ``curves.roc_curves`` returns them.
    kind : str
        ``roc`` or ``precision_recall``.
    dark : bool

    Returns
    -------
    plotly.graph_objects.Figure
        At most :data:`MOST_PANELS` panels, the groups with most images.
    """
    overall, *groups = curves
    shown = _largest(groups) or [overall]
    drawing = _panels(
        [_curve_label(c, AXES[kind][2]) for c in shown],
        AXES[kind][:2],
        dark,
        "grey: all images; dotted: few of a class<br>ringed dot: operated here",
    )
    for index, curve in enumerate(shown):
        row, column = divmod(index, COLUMNS)
        for line in _curve_traces(curve, overall, dark):
            drawing.add_trace(line, row=row + 1, col=column + 1)
    return theme.described(drawing, curve_alt_text(curves, kind))


def _curve_traces(curve: GroupCurve, overall: GroupCurve, dark: bool):

    grey, green = theme.COLOURS["chance"], theme.COLOURS["measured"]
    yield go.Scatter(
        x=overall.x, y=overall.y, mode="lines", hoverinfo="skip", line={"color": grey, "width": 2}
    )
    yield go.Scatter(
        x=curve.x,
        y=curve.y,
        mode="lines",
        name=curve.name,
        line={"color": green, "width": 3, "dash": "dot" if curve.is_small else "solid"},
        hovertemplate=f"{escape(curve.name)}<br>%{{x:.3f}}, %{{y:.3f}}<extra></extra>",
    )
    if curve.point:
        yield go.Scatter(
            x=[curve.point[0]],
            y=[curve.point[1]],
            mode="markers",
            cliponaxis=False,
            meta={"images": [{"groups": [curve.name], "cells": list(MISTAKES)}]},
            marker={"size": 12, "color": green, "line": {"color": theme.ink(dark), "width": 2}},
            hovertemplate="operating point<br>%{x:.3f}, %{y:.3f}<extra></extra>",
        )


def _curve_label(curve: GroupCurve, area: str) -> str:
    few = ", few" if curve.is_small else ""
    short = "AP" if area == "average precision" else area
    return (
        f"<b>{escape(_short(curve.name))}</b><br>{short} {_value(curve.area)}"
        f"<br>{curve.positives:,} of {curve.count:,} malignant{few}"
    )


def curve_table(curves: Sequence[GroupCurve], kind: str) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: the twin of :func:`curve_plot`, all groups."""
    x, y, area = AXES[kind]
    headers = ["group", "images", "malignant", f"{area} [95 %]", f"{x} here", f"{y} here", "note"]
    rows = []
    for c in curves:
        at = ["undefined"] * 2 if c.point is None else [f"{value:.3f}" for value in c.point]
        rows.append(
            [
                c.name,
                f"{c.count:,}",
                f"{c.positives:,}",
                rate_text(c.area),
                *at,
                "few images of a class" if c.is_small else "",
            ]
        )
    return headers, rows


def curve_alt_text(curves: Sequence[GroupCurve], kind: str) -> str:
    """What :func:`curve_plot` shows, in words."""
    x, y, area = AXES[kind]
    parts = []
    for c in curves:
        at = "" if c.point is None else f", operated at {x} {c.point[0]:.2f}, {y} {c.point[1]:.2f}"
        parts.append(f"{c.name}: {area} {rate_text(c.area)}{at}")
    return (
        f"Curves of {y} against {x}, a panel per group with all images in grey. "
        + "; ".join(parts)
        + "."
    )


# Calibration


def calibration_plot(curves: Sequence[Reliability], dark: bool = False):
    """Observed share of malignant images against the mean probability, a panel per group.

    Whiskers are Wilson 95 % intervals; the dotted diagonal is perfect calibration. Bins of fewer
    than 20 images are hollow.
    """
    overall, *groups = curves
    shown = _largest(groups) or [overall]
    labels = [
        f"<b>{escape(_short(c.name))}</b><br>error {_value(c.error)}<br>{c.count:,} images"
        for c in shown
    ]
    drawing = _panels(
        labels,
        ("mean probability", "share malignant"),
        dark,
        "hollow: fewer than 20 images; diagonal: calibrated",
    )
    for index, curve in enumerate(shown):
        row, column = divmod(index, COLUMNS)
        for trace in _reliability_traces(curve, dark):
            drawing.add_trace(trace, row=row + 1, col=column + 1)
    return theme.described(drawing, calibration_alt_text(curves))


def _reliability_traces(curve: Reliability, dark: bool):

    green = theme.COLOURS["measured"]
    yield go.Scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        hoverinfo="skip",
        line={"color": theme.COLOURS["chance"], "width": 2, "dash": "dot"},
    )
    rates = [b.observed for b in curve.bins]
    yield go.Scatter(
        x=[b.predicted for b in curve.bins],
        y=[r.value for r in rates],
        mode="markers",
        cliponaxis=False,
        marker={
            "size": 9,
            "color": green,
            "line": {"color": green, "width": 2},
            "symbol": ["circle-open" if r.n < SMALL else "circle" for r in rates],
        },
        error_y={
            "type": "data",
            "symmetric": False,
            "color": theme.ink(dark),
            "thickness": 1.5,
            "width": 3,
            "array": [r.high - r.value for r in rates],
            "arrayminus": [r.value - r.low for r in rates],
        },
        customdata=[r.n for r in rates],
        hovertemplate="predicted %{x:.2f}, observed %{y:.2f}<br>n = %{customdata}<extra></extra>",
    )


def calibration_table(curves: Sequence[Reliability]) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: one row per group and bin."""
    headers = ["group", "probability", "images", "mean probability", "share malignant [95 %]"]
    return headers, [
        [
            c.name,
            f"{b.low:.1f} to {b.high:.1f}",
            f"{b.observed.n:,}",
            f"{b.predicted:.3f}",
            rate_text(b.observed),
        ]
        for c in curves
        for b in c.bins
    ]


def calibration_alt_text(curves: Sequence[Reliability]) -> str:
    """What :func:`calibration_plot` shows, in words."""
    parts = [
        f"{c.name}: calibration error {rate_text(c.error)}, {c.count:,} images" for c in curves
    ]
    return (
        "Points of observed share of malignant images against mean predicted probability in "
        f"10 bins, a panel per group, with a diagonal for perfect calibration. "
        f"{'; '.join(parts)}."
    )


# Post-processing


def post_processing_chart(result: PostProcessing) -> Chart:
    """The four gaps, then recall and false positive rate of every group, before and after.

    A ``Chart`` draws itself with ``chart.draw`` and has its own table and alt text.
    """
    before, after = result.before.report, result.after.report
    rows = [
        Row(
            GAPS[name][0] + (" (the aim)" if name == result.target_gap else ""),
            "",
            (_mark("second", before.gaps[name]), _mark("measured", after.gaps[name])),
        )
        for name in GAPS
    ]
    for metric in ("recall", "false_positive_rate"):
        for old, new in zip((before.overall, *before.groups), (after.overall, *after.groups)):
            rows.append(
                Row(
                    f"{ALL_METRICS[metric].label}, {old.name}",
                    f"n = {old.rate(metric).n:,}",
                    (_mark("second", old.rate(metric)), _mark("measured", new.rate(metric))),
                )
            )
    name = CONSTRAINTS[result.constraint][0].lower()
    return Chart(
        f"Post-processing for {name}, before and after, on held-out images",
        "share, 0 to 1, with 95 % interval",
        {"second": "before", "measured": "after"},
        tuple(rows),
    )


def _mark(series: str, number) -> Mark:
    """A gap or a rate as a mark."""
    return Mark(series, number.value, number.low, number.high)


def thresholds_table(result: PostProcessing) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: how each half's fit decides each group."""
    headers = ["fitted on", "group", "called malignant"]
    return headers, [
        [f"half {number}", group.group, _threshold_words(group)]
        for number, half in enumerate(result.thresholds, 1)
        for group in half
    ]


def _threshold_words(group) -> str:
    parts = []
    for limit, share in zip(group.thresholds, group.shares):
        what = "never" if limit > 1 else "always" if limit <= 0 else f"above {limit:.3f}"
        parts.append(what if share > 0.9995 else f"{what} in {share:.1%} of draws")
    constant = f"; {group.constant:.1%} whatever the score" if group.constant else ""
    return ", ".join(parts) + constant


# Spreads and power


def spreads_table(analysis: Analysis) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: difference, ratio and worst group of every metric."""
    headers = [
        "metric",
        "difference [95 %]",
        "ratio [95 %]",
        "largest",
        "smallest",
        "worst",
        f"left out (n below {analysis.report.small})",
    ]
    return headers, [_spread_row(spread) for spread in analysis.spreads.values()]


def _spread_row(spread: Spread) -> list[str]:
    def text(value, low, high):
        return "undefined" if value is None else f"{value:.3f} [{low:.3f}, {high:.3f}]"

    worst = spread.worst or ("neither end is worse in itself" if spread.largest else "")
    return [
        ALL_METRICS[spread.metric].label,
        text(spread.difference, spread.difference_low, spread.difference_high),
        text(spread.ratio, spread.ratio_low, spread.ratio_high),
        spread.largest or "",
        spread.smallest or "",
        worst,
        ", ".join(spread.left_out),
    ]


def power_plot(power: PowerAnalysis, dark: bool = False):
    """Probability of missing a true gap against its size, a panel per group."""

    shown = sorted(power.groups, key=lambda g: -g.n)[:MOST_PANELS]
    labels = [
        f"<b>{escape(_short(g.name))}</b><br>n = {g.n:,}<br>"
        + ("never found" if g.detectable is None else f"found from {g.detectable:.2f}")
        for g in shown
    ]
    drawing = _panels(
        labels,
        ("true gap", "probability of missing it"),
        dark,
        f"dotted: {power.missed:.0%} missed",
    )
    for index, group in enumerate(shown):
        row, column = divmod(index, COLUMNS)
        for line in (
            go.Scatter(
                x=[0, 1],
                y=[power.missed] * 2,
                mode="lines",
                hoverinfo="skip",
                line={"color": theme.COLOURS["chance"], "width": 2, "dash": "dot"},
            ),
            go.Scatter(
                x=group.gaps,
                y=group.missed,
                mode="lines",
                line={"color": theme.COLOURS["measured"], "width": 3},
                hovertemplate="gap %{x:.2f} missed with %{y:.0%}<extra></extra>",
            ),
        ):
            drawing.add_trace(line, row=row + 1, col=column + 1)
    return theme.described(drawing, power_alt_text(power))


def power_table(power: PowerAnalysis) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: the twin of :func:`power_plot`."""
    headers = ["group", "n", f"gap missed with probability over {power.missed:.0%} if smaller than"]
    return headers, [
        [g.name, f"{g.n:,}", "any gap" if g.detectable is None else f"{g.detectable:.2f}"]
        for g in power.groups
    ]


def power_alt_text(power: PowerAnalysis) -> str:
    """What :func:`power_plot` shows, in words."""
    return (
        "Curves of the probability that a true gap is missed against its size, a panel per "
        f"group. {' '.join(power.sentences)}"
    )


# Panels


def _largest(groups: Sequence) -> list:
    """The groups with most images, in their own order."""
    kept = sorted(groups, key=lambda g: -g.count)[:MOST_PANELS]
    return [g for g in groups if any(g is k for k in kept)]


def _short(name: str) -> str:
    """A name that fits half a page of 390 px."""
    return name if len(name) <= 22 else f"{name[:21]}…"


def _value(rate) -> str:
    if rate.value is None:
        return "undefined"
    return f"{rate.value:.2f} [{rate.low:.2f}, {rate.high:.2f}]"


def _panels(labels: Sequence[str], titles: tuple[str, str], dark: bool, key: str):
    """Empty square-scaled panels, two in a row, each with its label above, axes 0 to 1."""
    rows = -(-len(labels) // COLUMNS)
    height = rows * (PANEL + HEAD + 14) + FOOT
    drawing = theme.figure(height, dark)
    drawing.set_subplots(
        rows,
        COLUMNS,
        horizontal_spacing=0.14,
        vertical_spacing=(HEAD + 36) / height if rows > 1 else 0,
    )
    drawing.update_layout(margin={"t": HEAD, "b": FOOT, "l": 44, "r": 12})
    axis = {
        "range": [-0.02, 1.02],
        "tickvals": [0, 0.5, 1],
        "ticktext": ["0", "0.5", "1"],
        "fixedrange": True,
        "gridcolor": theme.GRID,
        "zeroline": False,
        "linecolor": theme.GRID,
    }
    drawing.update_xaxes(**axis)
    drawing.update_yaxes(**axis)
    for index, label in enumerate(labels):
        _label_panel(drawing, index, label)
    for index in range(len(labels), rows * COLUMNS):
        row, column = divmod(index, COLUMNS)
        drawing.update_xaxes(visible=False, row=row + 1, col=column + 1)
        drawing.update_yaxes(visible=False, row=row + 1, col=column + 1)
    drawing.add_annotation(
        x=0,
        xref="paper",
        xanchor="left",
        y=0,
        yref="paper",
        yanchor="top",
        yshift=-28,
        align="left",
        showarrow=False,
        font={"size": theme.FONT_SIZE},
        text=f"across: {titles[0]}, 0 to 1<br>up: {titles[1]}, 0 to 1<br>{key}",
    )
    return drawing


def _label_panel(drawing, index: int, label: str) -> None:
    number = "" if index == 0 else str(index + 1)
    x = drawing.layout[f"xaxis{number}"].domain[0]
    y = drawing.layout[f"yaxis{number}"].domain[1]
    drawing.add_annotation(
        x=x,
        xref="paper",
        xanchor="left",
        y=y,
        yref="paper",
        yanchor="bottom",
        text=label,
        align="left",
        showarrow=False,
        borderpad=0,
        font={"size": theme.FONT_SIZE - 2},
    )
