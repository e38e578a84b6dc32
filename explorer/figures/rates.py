"""One metric of every group: bars on the page, a chart in a report, the table and the words.

All functions are pure: report in; figure, chart, table or text out. A trace whose ``meta`` has
``images`` can be clicked on the page: per mark, the groups and confusion cells whose images are
listed.
"""

from collections.abc import Sequence
from html import escape
from types import MappingProxyType

from explorer.charts import theme
from explorer.charts.chart import Chart, Mark, Row, legend_lines
from explorer.charts.label import Label
from explorer.charts.rows import BAR, labelled_rows
from explorer.fairness.chance import chance_bands
from explorer.fairness.gaps import GroupReport
from explorer.fairness.metrics import ALL_METRICS, CELLS, METRICS, Rate, check_metric
from explorer.fairness.text import rate_text
from explorer.util import lazy

go = lazy.load("plotly.graph_objects")


def metric_bars(report: GroupReport, metric: str, dark: bool = False):
    """One metric, a bar per group with its 95 % interval, above the band that chance alone gives.

    A rate with a denominator below ``report.small`` is hatched, an undefined one has no bar;
    the dashed line is the rate of all images together.

    Parameters
    ----------
    report : GroupReport
    metric : str
        A key of ``metrics.ALL_METRICS``.
    dark : bool
        For a dark page.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    check_metric(metric)
    spec, overall = ALL_METRICS[metric], report.overall.rate(metric)
    rates = [group.rate(metric) for group in report.groups]
    labels = [
        [
            f"<b>{escape(group.name)}</b>  {rate_text(rate)}",
            f"n = {rate.n:,} · {group.count:,} images, {group.positives:,} malignant",
        ]
        for group, rate in zip(report.groups, rates)
    ]
    bands = chance_bands(report.groups, metric)
    caption = f"┆ all images {rate_text(overall)}, n = {overall.n:,}"
    if any(bands):
        caption = "<br>".join([caption, *legend_lines("chance", "chance alone: the middle 95 %")])
    drawing, scale = labelled_rows(labels, dark, caption)
    drawing.add_trace(_bars(report, metric, scale, dark))
    drawing.add_trace(_chance(bands, scale))
    drawing.update_layout(barmode="overlay")
    reach = (BAR / 2 + 5) / scale
    for row, rate in enumerate(rates):
        if rate.value is not None:  # a piece at each bar, so that no label is crossed
            drawing.add_shape(
                type="line",
                x0=overall.value,
                x1=overall.value,
                y0=row - reach,
                y1=row + reach,
                line={"color": theme.ink(dark), "width": 2, "dash": "2px,3px"},
            )
    few = _few(rates, report.small, "hatched")
    drawing.update_xaxes(
        range=[0, _end(rates, bands)],
        title_text=f"<b>{spec.label}</b>, 0 to 1<br>{theme.wrap(spec.definition, 44)}"
        f"<br>{theme.wrap(f'n: {spec.denominator}{few}', 44)}",
    )
    beside = ", above what chance alone gives each group (grey)" if any(bands) else ""
    label = Label(
        f"{spec.label} by {report.by}",
        f"{spec.label} by {report.label}, with 95 % intervals{beside}",
        **facts(report),
        headers=(twin := metrics_table(report, (metric,)))[0],
        rows=twin[1],
    )
    return theme.described(drawing, alt_text(report, metric), label)


def facts(report: GroupReport) -> dict[str, str]:
    """Basis, origin and source of a figure of a report, for its label."""
    everyone = report.overall
    return {
        "basis": f"n = {everyone.count:,} images, {everyone.positives:,} malignant",
        "origin": report.weights.partition(",")[0],
        "source": f"{report.source.rstrip('.')}. Weights: {report.weights}. Rule: {report.rule}",
    }


def metric_chart(report: GroupReport, metric: str) -> Chart:
    """One metric of all images and of every group; hollow where few images count."""
    everyone, label = (report.overall, *report.groups), ALL_METRICS[metric].label
    rates = [group.rate(metric) for group in everyone]
    few = _few(rates, report.small, "hollow")
    return Chart(
        label,
        f"{label}, 0 to 1",
        MappingProxyType({"measured": f"value with 95 % interval{few}"}),
        tuple(
            Row(
                group.name,
                f"n = {rate.n:,}" if rate.n else "undefined (n = 0)",
                (Mark.of("measured", rate, rate.n < report.small),),
            )
            for group, rate in zip(everyone, rates)
        ),
        (0.0, _end(rates)),
        3,
        name=f"{label} by {report.by}",
        **facts(report),
    )


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


def alt_text(report: GroupReport, metric: str) -> str:
    """What :func:`metric_bars` shows, in words."""
    check_metric(metric)
    spec = ALL_METRICS[metric]
    bands = chance_bands(report.groups, metric)
    groups = "; ".join(
        f"{group.name} {rate_text(group.rate(metric))}, n {group.rate(metric).n}"
        + (f" (chance alone {band[0]:.2f} to {band[1]:.2f})" if band else "")
        for group, band in zip(report.groups, bands)
    )
    return (
        f"Bar chart of {spec.label.lower()} ({spec.definition}) by {report.label}, with 95 % "
        f"intervals. {groups}. All images {rate_text(report.overall.rate(metric))}."
    )


def _end(rates: list[Rate], bands: Sequence[tuple[float, float] | None] = ()) -> float:
    ends = [rate.high for rate in rates if rate.high is not None] + [b[1] for b in bands if b]
    return theme.ceiling(max(ends, default=1.0))


def _few(rates: list[Rate], small: int, looks: str) -> str:
    """What says how rates of few images look, where there are any."""
    return f"; {looks}: n below {small}" if any(0 < rate.n < small for rate in rates) else ""


def images_of(groups: list[str], metric: str) -> dict:
    """What a click on a mark lists: the images in the metric's denominator."""
    basis = ALL_METRICS[metric].basis
    return {"groups": groups, "cells": list(basis) if len(basis) < len(CELLS) else []}


def _chance(bands: Sequence[tuple[float, float] | None], scale: float):
    """The bands as thin bars under those of the groups that have one."""
    kept = [(row, band) for row, band in enumerate(bands) if band]
    return theme.bands(
        [low for _, (low, _) in kept],
        [high for _, (_, high) in kept],
        [row + BAR * 3 / 10 / scale for row, _ in kept],
        theme.COLOURS["chance"],
        BAR / 4 / scale,
        [f"chance alone, middle 95 %: {low:.3f} to {high:.3f}" for _, (low, high) in kept],
    )


def _bars(report: GroupReport, metric: str, scale: float, dark: bool):
    rates = [group.rate(metric) for group in report.groups]
    value, low, high = ([getattr(rate, key) for rate in rates] for key in ("value", "low", "high"))
    return go.Bar(
        x=value,
        y=[row - BAR / 5 / scale for row in range(len(rates))],
        orientation="h",
        width=BAR * 3 / 5 / scale,
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
        error_x=theme.whiskers(value, low, high, theme.ink(dark)),
        meta={"images": [images_of([group.name], metric) for group in report.groups]},
        customdata=[
            [escape(group.name), rate_text(rate), rate.n]
            for group, rate in zip(report.groups, rates)
        ],
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<br>n = %{customdata[2]}<extra></extra>",
    )
