"""Models beside each other: the trade-off scatter, the table of all models, the differences.

All functions are pure: rows or a comparison in; figure, chart, table or text out.
"""

from collections.abc import Sequence
from html import escape
from types import MappingProxyType

import numpy as np

from explorer.charts import theme
from explorer.charts.chart import SERIES, Chart, Mark, Row, legend_lines
from explorer.charts.label import Label
from explorer.fairness.compare import Comparison
from explorer.fairness.models import KINDS, LOWER_IS_BETTER, MEASURES, NEUTRAL, ModelRow
from explorer.fairness.text import p_cell, p_text
from explorer.util import lazy
from explorer.util.errors import ExplorerError

go = lazy.load("plotly.graph_objects")


#: Series of :mod:`explorer.charts.chart` by the kind of model.
KIND_SERIES = MappingProxyType(
    {"report": "quoted", "recounted": "measured", "demo": "second", "user": "third"}
)

SCATTER_HEIGHT = 460  # px, without its caption
CAPTION = 36  # characters of a line that fit beside the upright axis on a 390 px page


def tradeoff_scatter(rows: Sequence[ModelRow], x: str, y: str, dark: bool = False):
    """Every model that has both measures as a point.

    Models that no other beats in both measures, and those that are not from the report, carry
    their number in :func:`models_table`; the latter also show their intervals. A model so far
    off that the others would fill less than half an axis is named above the axes instead.

    Parameters
    ----------
    rows : sequence of ModelRow
        As of ``comparing.model_table``.
    x, y : str
        Keys of ``comparing.MEASURES``.
    dark : bool

    Returns
    -------
    plotly.graph_objects.Figure
    """
    shown, front = _shown(rows, x, y)
    shown, far = _without_outliers(shown, x, y)
    kinds = [kind for kind in KINDS if any(row.kind == kind for _, row in shown)]
    caption = [
        line for kind in kinds for line in legend_lines(KIND_SERIES[kind], KINDS[kind], CAPTION)
    ]
    notes = ["numbered: no other model is better in both, or not from the report"] + [
        f"beyond the axes: {i + 1} at {row.values[x]:.2f}, {row.values[y]:.2f}" for i, row in far
    ]
    caption += [line for note in notes for line in theme.wrap(note, CAPTION).split("<br>")]
    head = len(caption) * 18 + 8
    drawing = theme.figure(SCATTER_HEIGHT + head, dark)
    drawing.update_layout(margin_t=head)
    theme.write(drawing, "<br>".join(caption), 1, yanchor="bottom")
    for axis, update in ((x, drawing.update_xaxes), (y, drawing.update_yaxes)):
        better = "less is better" if axis in LOWER_IS_BETTER else "more is better"
        better = "neither end is better" if axis in NEUTRAL else better
        title = f"{MEASURES[axis]}, 0 to 1<br>({better})"
        update(title_text=title, showgrid=True, range=_span(shown, axis), nticks=6)
    for kind in kinds:
        members = [(i, row) for i, row in shown if row.kind == kind]
        drawing.add_trace(_points(members, x, y, kind, front, dark))
    label = Label(
        f"{MEASURES[y]} against {MEASURES[x]}",
        f"{MEASURES[y]} against {MEASURES[x].lower()} of models; intervals, where there are any, "
        "hold 95 %",
        f"{len(shown) + len(far)} models; images of each in the table",
        "models",
        "; ".join(dict.fromkeys(KINDS[row.kind] for row in rows)),
        *models_table(rows, tuple(dict.fromkeys((x, y)))),
    )
    return theme.described(drawing, tradeoff_alt_text(rows, x, y), label)


def tradeoff_alt_text(rows: Sequence[ModelRow], x: str, y: str) -> str:
    """What :func:`tradeoff_scatter` shows, in words."""
    shown, front = _shown(rows, x, y)
    named = "; ".join(
        f"{i + 1} {row.name}: {row.values[x]:.3f} and {row.values[y]:.3f}"
        for i, row in shown
        if i in front or row.kind != "report"
    )
    return (
        f"Scatter of {MEASURES[y].lower()} (upright) against {MEASURES[x].lower()} (across) "
        f"for {len(shown)} models. Not beaten in both measures, or not from the report: "
        f"{named}."
    )


def models_table(
    rows: Sequence[ModelRow], measures: Sequence[str] = tuple(MEASURES)
) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text, numbered as in the scatter, with intervals where there are any."""
    headers = ["number", "model", "source", "images", *(MEASURES[m] for m in measures)]
    return headers, [
        [
            str(i),
            row.name,
            KINDS[row.kind],
            f"{row.n:,} ({row.positives:,} malignant)",
            *(_cell(row, measure) for measure in measures),
        ]
        for i, row in enumerate(rows, 1)
    ]


def differences_chart(comparison: Comparison) -> Chart:
    """Second minus first, a row per measure; measures without a difference are left out."""
    rows = tuple(
        Row(
            MEASURES[d.measure],
            f"{d.first:.3f} → {d.second:.3f}"
            + (f" · n = {d.n:,}" if d.n is not None else "")
            + (f" · {p_text(d.p_value)}" if d.p_value is not None else ""),
            (Mark.of("measured", d),),
        )
        for d in comparison.differences
        if d.value is not None
    )
    ends = [
        abs(x) for row in rows for m in row.marks for x in (m.value, m.low, m.high) if x is not None
    ]
    reach = theme.ceiling(max(ends, default=0.05))
    interval = ", with 95 % interval" if any(row.marks[0].low is not None for row in rows) else ""
    return Chart(
        f"{comparison.second} minus {comparison.first}",
        "difference of shares, −1 to 1; right of 0: larger for the second",
        MappingProxyType({"measured": f"{comparison.second} minus {comparison.first}{interval}"}),
        rows,
        (-reach, reach),
        digits=3,
        basis=f"n = {comparison.n:,} images",
    )


def differences_table(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: the twin of :func:`differences_chart`, without empty columns."""

    def number(value, sign: str = "") -> str:
        return "undefined" if value is None else f"{value:{sign}.3f}".replace("-", "−")

    headers = [
        "measure",
        comparison.first,
        comparison.second,
        "second minus first [95 %]",
        "p",
        "images",
        "only first / only second called malignant",
        "method",
    ]
    rows = []
    for d in comparison.differences:
        interval = "" if d.low is None else f" [{number(d.low, '+')}, {number(d.high, '+')}]"
        cells = [
            MEASURES[d.measure],
            number(d.first),
            number(d.second),
            number(d.value, "+") + interval,
            "" if d.p_value is None else p_cell(d.p_value),
            "" if d.n is None else f"{d.n:,}",
            "" if d.only_first is None else f"{d.only_first:,} / {d.only_second:,}",
            d.method,
        ]
        rows.append(cells)
    kept = [i for i, cells in enumerate(zip(*rows)) if any(cells)]
    return [headers[i] for i in kept], [[row[i] for i in kept] for row in rows]


def _shown(rows: Sequence[ModelRow], x: str, y: str) -> tuple[list, set[int]]:
    """Models that have both measures with their index, and the indices of those not beaten."""
    for measure in (x, y):
        if measure not in MEASURES:
            raise ExplorerError(f"unknown measure {measure!r}: choose one of {', '.join(MEASURES)}")
    shown = [
        (i, row)
        for i, row in enumerate(rows)
        if row.values.get(x) is not None and row.values.get(y) is not None
    ]
    if NEUTRAL & {x, y}:  # nothing to be beaten in
        return shown, set()
    points = np.array([[_cost(row, x), _cost(row, y)] for _, row in shown]).reshape(-1, 2)
    # beaten: another is at least as good in both and better in one
    beaten = [((points <= p).all(axis=1) & (points < p).any(axis=1)).any() for p in points]
    return shown, {i for (i, _), lost in zip(shown, beaten) if not lost}


def _without_outliers(shown: list, x: str, y: str) -> tuple[list, list]:
    """The models to draw, and at most one per end of an axis that is far from all others."""
    far: set[int] = set()
    for measure in (x, y):
        values = sorted((row.values[measure], i) for i, row in shown)
        if len(values) < 4:
            continue
        width = values[-1][0] - values[0][0]
        if values[-1][0] - values[-2][0] > width / 2:
            far.add(values[-1][1])
        if values[1][0] - values[0][0] > width / 2:
            far.add(values[0][1])
    return [p for p in shown if p[0] not in far], [p for p in shown if p[0] in far]


def _cost(row: ModelRow, measure: str) -> float:
    return row.values[measure] if measure in LOWER_IS_BETTER else -row.values[measure]


def _span(shown: list, measure: str) -> list[float]:
    """Tidy axis ends around all points and the shown intervals."""
    values = [row.values[measure] for _, row in shown]
    for _, row in shown:
        if row.kind != "report":
            values += [ends[measure] for ends in (row.low, row.high) if measure in ends]
    low, high = min(values, default=0), max(values, default=1)
    room = max(0.05 * (high - low), 0.005)
    return [max(low - room, -0.02), min(high + room, 1.02)]


def _points(members: list, x: str, y: str, kind: str, front: set[int], dark: bool):
    series = SERIES[KIND_SERIES[kind]]
    colour = theme.COLOURS[series.colour]
    own = kind != "report"
    return go.Scatter(
        x=[row.values[x] for _, row in members],
        y=[row.values[y] for _, row in members],
        mode="markers+text",
        cliponaxis=False,
        name=KINDS[kind],
        text=[f" {i + 1}" if own or i in front else "" for i, _ in members],
        textposition="top right",
        textfont={"color": theme.ink(dark)},
        marker={
            "symbol": series.symbol,
            "size": 13 if own else 10,
            "opacity": 0.9,
            "color": colour,
        },
        error_x=_whiskers(members, x, colour) if own else None,
        error_y=_whiskers(members, y, colour) if own else None,
        customdata=[
            f"{i + 1} {theme.wrap(escape(row.name), 40)}<br>"
            f"{MEASURES[x]} {_cell(row, x)}<br>{MEASURES[y]} {_cell(row, y)}"
            for i, row in members
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _whiskers(members: list, measure: str, colour: str) -> dict:
    values = [row.values[measure] for _, row in members]
    lows, highs = (
        [ends.get(measure, value) for ends, value in zip(sides, values)]
        for sides in ([row.low for _, row in members], [row.high for _, row in members])
    )
    return theme.whiskers(values, lows, highs, colour)


def _cell(row: ModelRow, measure: str) -> str:
    value = row.values.get(measure)
    if value is None:
        return "not given"
    if measure not in row.low:
        return f"{value:.3f}"
    return f"{value:.3f} [{row.low[measure]:.3f}, {row.high[measure]:.3f}]"
