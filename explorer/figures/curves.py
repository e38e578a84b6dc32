"""Curves per group: ROC, precision and recall, calibration.

All functions are pure. Curves are small multiples, a panel per group with all images in grey
behind, so that no colour has to be told from another; every figure has a table twin and an alt
text.
"""

from collections.abc import Sequence
from html import escape

from explorer.charts import theme
from explorer.charts.chart import Chart, Mark, Row
from explorer.charts.label import NO_SOURCE, Label
from explorer.charts.panels import largest, panels, shortened
from explorer.fairness.auroc import METHOD, METHOD_BY_PATIENT
from explorer.fairness.curves import GroupCurve, Reliability
from explorer.fairness.gaps import SMALL
from explorer.fairness.text import rate_text
from explorer.util import lazy

go = lazy.load("plotly.graph_objects")

#: What a click on an operating point lists: what another threshold would trade.
MISTAKES = ("false negatives", "false positives")

#: Axes, the area, and how its interval is made.
AXES = {
    "roc": ("false positive rate", "recall", "AUROC", METHOD),
    "precision_recall": ("recall", "precision", "average precision", "bootstrap percentiles"),
}


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
        At most :data:`~explorer.charts.panels.MOST_PANELS` panels, the groups with most images.
    """
    overall, *groups = curves
    shown = largest(groups) or [overall]
    drawing = panels(
        [
            f"<b>{escape(shortened(c.name))}</b><br>{'AUROC' if kind == 'roc' else 'AP'} "
            f"{_value(c.area)}<br>{c.positives:,} of {c.count:,} malignant"
            for c in shown
        ],
        (_curve_traces(curve, overall, dark) for curve in shown),
        AXES[kind][:2],
        "dashed: all images; dotted: few of a class<br>ringed dot: operated here",
        dark,
    )
    x, y, area, method = AXES[kind]
    label = Label(
        f"{y} against {x}",
        f"{y[0].upper()}{y[1:]} against {x}, by group; {area} with 95 % intervals ({method})",
        f"n = {overall.count:,} images, {overall.positives:,} malignant",
        *NO_SOURCE,
        *curve_table(curves, kind),
        wide=True,
    )
    return theme.described(drawing, curve_alt_text(curves, kind), label)


def _curve_traces(curve: GroupCurve, overall: GroupCurve, dark: bool):
    grey, green = theme.COLOURS["chance"], theme.COLOURS["measured"]
    yield go.Scatter(
        x=overall.x,
        y=overall.y,
        mode="lines",
        hoverinfo="skip",
        line={"color": grey, "width": 2, "dash": "dash"},
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


def _value(rate) -> str:
    if rate.value is None:
        return "undefined"
    return f"{rate.value:.2f} [{rate.low:.2f}, {rate.high:.2f}]"


def area_chart(curves: Sequence[GroupCurve], kind: str) -> Chart:
    """Areas under curves with their intervals, a row per group; by patient where that is known."""
    *_, area, method = AXES[kind]
    legend = {"measured": f"95 % interval: {method}"}
    if _by_patient(curves):
        legend["second"] = f"by patient, 95 % interval: {METHOD_BY_PATIENT}"
    rows = tuple(
        Row(
            c.name,
            f"{c.positives:,} malignant of {c.count:,} images",
            (Mark.of("measured", c.area), Mark.of("second", c.area_by_patient))[: len(legend)],
        )
        for c in curves
    )
    name = f"{area[0].upper()}{area[1:]}"
    return Chart(f"{name} by group", f"{name}, 0 to 1", legend, rows)


def _by_patient(curves: Sequence[GroupCurve]) -> bool:
    return any(c.area_by_patient.n for c in curves)


def curve_table(curves: Sequence[GroupCurve], kind: str) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: the twin of :func:`curve_plot`, all groups."""
    x, y, area, method = AXES[kind]
    patients = _by_patient(curves)
    headers = ["group", "images", "malignant", f"{area} [95 %: {method}]"]
    headers += [f"{area} by patient [95 %: {METHOD_BY_PATIENT}]"] if patients else []
    rows = []
    for c in curves:
        at = ["undefined"] * 2 if c.point is None else [f"{value:.3f}" for value in c.point]
        rows.append(
            [
                c.name,
                f"{c.count:,}",
                f"{c.positives:,}",
                rate_text(c.area),
                *([rate_text(c.area_by_patient)] if patients else []),
                *at,
                "few images of a class" if c.is_small else "",
            ]
        )
    return [*headers, f"{x} here", f"{y} here", "note"], rows


def curve_alt_text(curves: Sequence[GroupCurve], kind: str) -> str:
    """What :func:`curve_plot` shows, in words."""
    x, y, area, _ = AXES[kind]
    parts = []
    for c in curves:
        at = "" if c.point is None else f", operated at {x} {c.point[0]:.2f}, {y} {c.point[1]:.2f}"
        parts.append(f"{c.name}: {area} {rate_text(c.area)}{at}")
    return (
        f"Curves of {y} against {x}, a panel per group with all images in grey. "
        + "; ".join(parts)
        + "."
    )


def calibration_plot(curves: Sequence[Reliability], dark: bool = False):
    """Observed share of malignant images against the mean probability, a panel per group.

    Whiskers are Wilson 95 % intervals; the dotted diagonal is perfect calibration. Bins of fewer
    than 20 images are hollow.
    """
    overall, *groups = curves
    shown = largest(groups) or [overall]
    drawing = panels(
        [
            f"<b>{escape(shortened(c.name))}</b><br>error {_value(c.error)}<br>{c.count:,} images"
            for c in shown
        ],
        (_reliability_traces(curve, dark) for curve in shown),
        ("mean probability", "share malignant"),
        "hollow: fewer than 20 images; diagonal: calibrated",
        dark,
    )
    label = Label(
        "Calibration",
        "Observed share of malignant images against the mean probability, with 95 % intervals, "
        "by group",
        f"n = {overall.count:,} images",
        *NO_SOURCE,
        *calibration_table(curves),
        wide=True,
    )
    return theme.described(drawing, calibration_alt_text(curves), label)


def _reliability_traces(curve: Reliability, dark: bool):
    green = theme.COLOURS["measured"]
    yield theme.dotted([0, 1], [0, 1])
    rates = [b.observed for b in curve.bins]
    values, lows, highs = ([getattr(r, k) for r in rates] for k in ("value", "low", "high"))
    yield go.Scatter(
        x=[b.predicted for b in curve.bins],
        y=values,
        mode="markers",
        cliponaxis=False,
        marker={
            "size": 9,
            "color": green,
            "line": {"color": green, "width": 2},
            "symbol": ["circle-open" if r.n < SMALL else "circle" for r in rates],
        },
        error_y=theme.whiskers(values, lows, highs, theme.ink(dark), thickness=1.5, width=3),
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
