"""A small chart as data: rows of marks, drawn by Plotly on the page and as SVG in a report.

Each row has a line or two of text and, below, one lane per series. A series has a fixed mark and
colour (:data:`SERIES`), so that "recomputed here", "published" and "chance alone" look the same
everywhere; shape and lane repeat what colour says. The table twin and the alt text are made from
the same rows, so they cannot disagree with the drawing.
"""

from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import Mapping

from explorer.plots import theme


@dataclass(frozen=True)
class Series:
    """How a kind of mark is drawn: Plotly symbol, the same symbol as a character, colour key."""

    symbol: str
    character: str
    colour: str
    is_band: bool = False


#: A band has ``low`` and ``high`` and is drawn as a bar; the others are points with an interval.
SERIES: Mapping[str, Series] = MappingProxyType({
    "measured": Series("circle", "●", "measured"),
    "second": Series("square", "■", "benign"),
    "third": Series("triangle-up", "▲", "malignant"),
    "published": Series("diamond", "◆", "published"),
    "chance": Series("", "▬", "chance", is_band=True),
    "range": Series("", "▬", "measured", is_band=True),
    "second_range": Series("", "▭", "benign", is_band=True),
})


@dataclass(frozen=True)
class Mark:
    """A value with its interval, or a band from ``low`` to ``high``; ``series`` of SERIES.

    ``value`` None with a point series means that it is undefined or was not published. ``small``
    draws the point hollow: it rests on few images.
    """

    series: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    small: bool = False


@dataclass(frozen=True)
class Row:
    """One line of a chart: a label, a detail (the denominator, a note), and its marks."""

    label: str
    detail: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Chart:
    """Rows of marks on one axis.

    Attributes
    ----------
    title : str
        What is shown, for the alt text.
    axis : str
        Axis title with the unit.
    legend : mapping of str to str
        Series that occur and what each means here, in the order of their lanes.
    rows : tuple of Row
    span : (float, float)
        Ends of the axis.
    digits : int
        Decimals in the texts.
    unit : str
        Appended to every number, for example `` %`` or ``°``.
    """

    title: str
    axis: str
    legend: Mapping[str, str]
    rows: tuple[Row, ...]
    span: tuple[float, float] = (0.0, 1.0)
    digits: int = 2
    unit: str = ""

    def text(self, mark: Mark) -> str:
        """``0.72 [0.64, 0.79]``, ``0.50 to 0.68`` for a band, ``undefined`` without a value."""
        def number(value: float) -> str:
            return f"{value:,.{self.digits}f}".replace("-", "−")

        if SERIES[mark.series].is_band:
            return f"{number(mark.low)} to {number(mark.high)}{self.unit}"
        if mark.value is None:
            return "undefined"
        interval = "" if mark.low is None else f" [{number(mark.low)}, {number(mark.high)}]"
        return f"{number(mark.value)}{interval}{self.unit}"

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Headers and rows of text: the chart's twin."""
        headers = ["", "basis", *self.legend.values()]
        return headers, [
            [row.label, row.detail]
            + ["; ".join(self.text(m) for m in row.marks if m.series == key) for key in self.legend]
            for row in self.rows
        ]

    @property
    def alt_text(self) -> str:
        """What the chart shows, in words."""
        rows = "; ".join(
            f"{row.label}" + (f" ({row.detail})" if row.detail else "") + ": "
            + (", ".join(f"{self.legend[m.series]} {self.text(m)}" for m in row.marks) or "none")
            for row in self.rows)
        return f"{self.title}, {self.axis}. {rows}."

    def lanes(self, row: Row) -> list[tuple[int, Mark]]:
        """The row's drawable marks with the number of their lane."""
        order = list(self.legend)
        return [(order.index(mark.series), mark) for mark in row.marks
                if mark.value is not None or SERIES[mark.series].is_band]


LINE = 18  # px, one line of text
LANE = 17  # px
ROW_SPACE = 16  # px between a row's lanes and the next row's text
WIDTH = 42  # characters of a line that fit a 390 px page


def draw(chart: Chart, dark: bool = False):
    """The chart in the house style.

    Parameters
    ----------
    chart : Chart
    dark : bool
        For a dark page.

    Returns
    -------
    plotly.graph_objects.Figure
        Width of its container, at least 300 px; y is in pixels and points down.
    """
    caption = [line for key, text in chart.legend.items() for line in legend_lines(key, text)]
    axis = theme.wrap(chart.axis, WIDTH)
    tops, height = _layout(chart, len(caption))
    drawing = theme.figure(height + 50 + LINE * (axis.count("<br>") + 1), dark)
    drawing.update_yaxes(range=[height, 0], visible=False, showgrid=False)
    drawing.update_xaxes(range=list(chart.span), title_text=axis, showgrid=True, nticks=6)
    _write(drawing, 0, "<br>".join(caption))
    for row, top in zip(chart.rows, tops):
        _write(drawing, top, "<br>".join(_label(row)))
    for trace in _traces(chart, tops, dark):
        drawing.add_trace(trace)
    return theme.described(drawing, chart.alt_text)


def legend_lines(key: str, text: str, width: int = WIDTH) -> list[str]:
    """A series' mark in its colour and what it means, as lines for Plotly."""
    series = SERIES[key]
    first, *rest = theme.wrap(text, width - 2).split("<br>")
    mark = f'<span style="color:{theme.COLOURS[series.colour]}">{series.character}</span>'
    return [f"{mark} {escape(first)}", *map(escape, rest)]


def _layout(chart: Chart, caption: int) -> tuple[list[int], int]:
    """Top of each row's text and the height of the whole, px."""
    tops, y = [], caption * LINE + ROW_SPACE
    for row in chart.rows:
        tops.append(y)
        y += len(_label(row)) * LINE + len(chart.legend) * LANE + ROW_SPACE
    return tops, y


def _label(row: Row) -> list[str]:
    lines = theme.wrap(row.detail, WIDTH).split("<br>") if row.detail else []
    head = theme.wrap(row.label, WIDTH - 10).split("<br>")
    return [f"<b>{escape(line)}</b>" for line in head] + [escape(line) for line in lines]


def _write(drawing, y: float, text: str) -> None:
    drawing.add_annotation(
        x=0, xref="paper", xanchor="left", y=y, yref="y", yanchor="top", text=text, align="left",
        showarrow=False, borderpad=0, font={"size": theme.FONT_SIZE})


def _traces(chart: Chart, tops: list[int], dark: bool) -> list:
    """Per series, first the intervals or bands, then the points on top of them."""
    places = [(mark, top + len(_label(row)) * LINE + (lane + 0.5) * LANE, row)
              for row, top in zip(chart.rows, tops) for lane, mark in chart.lanes(row)]
    bands = [_band(chart, [p for p in places if p[0].series == key], key)
             for key in chart.legend if SERIES[key].is_band]
    points = [trace for key in chart.legend if not SERIES[key].is_band
              for trace in _points(chart, [p for p in places if p[0].series == key], key)]
    return bands + points


def _hover(chart: Chart, places: list) -> list[str]:
    return [f"{escape(row.label)}<br>{escape(chart.legend[mark.series])}<br>{chart.text(mark)}"
            for mark, _, row in places]


def _band(chart: Chart, places: list, key: str):
    import plotly.graph_objects as go

    return go.Bar(
        base=[mark.low for mark, _, _ in places],
        x=[mark.high - mark.low for mark, _, _ in places], y=[y for _, y, _ in places],
        orientation="h", width=LANE * 0.6, marker={"color": theme.COLOURS[SERIES[key].colour]},
        customdata=_hover(chart, places), hovertemplate="%{customdata}<extra></extra>")


def _points(chart: Chart, places: list, key: str) -> list:
    import plotly.graph_objects as go

    colour = theme.COLOURS[SERIES[key].colour]
    with_ends = [(mark, y) for mark, y, _ in places if mark.low is not None]
    lines = go.Scatter(
        x=[end for mark, _ in with_ends for end in (mark.low, mark.high, None)],
        y=[y for _, y in with_ends for _ in range(3)], mode="lines+markers", hoverinfo="skip",
        cliponaxis=False, line={"color": colour, "width": 3},
        marker={"symbol": "line-ns", "size": 11, "line": {"color": colour, "width": 3}})
    points = go.Scatter(
        x=[mark.value for mark, _, _ in places], y=[y for _, y, _ in places], mode="markers",
        cliponaxis=False, marker={"size": 12, "color": colour, 
                "line": {"color": colour, "width": 2},
                "symbol": [SERIES[key].symbol + "-open" * mark.small for mark, _, _ in places]},
        customdata=_hover(chart, places), hovertemplate="%{customdata}<extra></extra>")
    return [lines, points] if with_ends else [points]


# The same as SVG

SVG_WIDTH = 640  # px, before its container scales it


def to_svg(chart: Chart, width: int = SVG_WIDTH) -> str:
    """The chart as a static SVG element, ink on white, with its alt text; no script, no link.

    Parameters
    ----------
    chart : Chart
    width : int
        Of the drawing in px of 13 px text; texts longer than that are wrapped.
    """
    left, right = 14, width - 24
    low, high = chart.span
    fits = (width - 16) // 7  # characters of a line

    def place(value: float) -> float:
        return left + (min(max(value, low), high) - low) / (high - low) * (right - left)

    parts, y = _svg_legend(chart, left, fits)
    top = y + 6
    y = top
    for row in chart.rows:
        for head, detail in _svg_label(row, fits):
            y += LINE
            parts.append(_svg_text(left, y - 4, head, detail))
        parts += [_svg_mark(mark, place, y + (lane + 0.5) * LANE)
                  for lane, mark in chart.lanes(row)]
        y += len(chart.legend) * LANE + 8
    grid = _svg_grid(_ticks(low, high), place, top, y)
    title = _svg_lines(chart.axis, (left + right) / 2, y + 36, fits)
    height = y + 44 + LINE * (len(title) - 1)
    return (f'<svg viewBox="0 0 {width} {height}" role="img" font-size="13" '
            f'font-family="{escape(theme.FONT)}"><title>{escape(chart.alt_text)}</title>{grid}'
            f'{"".join(parts)}{"".join(title)}</svg>')


def _svg_legend(chart: Chart, left: float, fits: int) -> tuple[list[str], int]:
    """Legend lines, each mark in its colour and its text in ink, and the y below them."""
    parts, y = [], 4
    for key, text in chart.legend.items():
        series, indent = SERIES[key], 18
        for number, line in enumerate(theme.wrap(text, fits - 3).split("<br>")):
            y += LINE
            if number == 0:
                colour = theme.COLOURS[series.colour]
                parts.append(_svg_note(left, y - 5, series.character, "start", colour))
            parts.append(_svg_note(left + indent, y - 5, line, "start"))
    return parts, y


def _svg_label(row: Row, fits: int) -> list[tuple[str, str]]:
    """Lines above a row's lanes as (bold part, rest): one line where both fit."""
    if len(row.label) * 1.1 + len(row.detail) + 2 <= fits:
        return [(row.label, row.detail)]
    head = theme.wrap(row.label, int(fits * 0.9)).split("<br>")
    detail = theme.wrap(row.detail, fits).split("<br>") if row.detail else []
    return [(line, "") for line in head] + [("", line) for line in detail]


def _svg_grid(ticks: list[float], place, top: float, bottom: float) -> str:
    return "".join(
        f'<path d="M{place(t):.1f} {top}V{bottom}" stroke="#D0D0D0"/>'
        + _svg_note(place(t), bottom + 16, _tick_text(t, ticks)) for t in ticks)


def _svg_lines(text: str, x: float, y: float, fits: int) -> list[str]:
    return [_svg_note(x, y + i * LINE, line)
            for i, line in enumerate(theme.wrap(text, fits).split("<br>"))]


def _ticks(low: float, high: float) -> list[float]:
    """Four to eight round numbers from ``low`` to ``high``."""
    from math import ceil, floor, log10

    raw = (high - low) / 7
    power = 10 ** floor(log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    return [i * step for i in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def _tick_text(value: float, ticks: list[float]) -> str:
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1
    digits = next(d for d in range(6) if abs(round(step, d) - step) < 1e-9 or d == 5)
    return f"{value:,.{digits}f}".replace("-", "−")


def _svg_text(x, y, bold: str, plain: str = "") -> str:
    """A row's label on a white halo, so that no grid line crosses it."""
    gap = ' dx="8"' if bold and plain else ""
    tail = f'<tspan font-weight="400"{gap}>{escape(plain)}</tspan>' if plain else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" fill="#1F2937" font-weight="600" stroke="#FFFFFF" '
            f'stroke-width="4" paint-order="stroke">{escape(bold)}{tail}</text>')


def _svg_note(x, y, text: str, anchor: str = "middle", fill: str = "#1F2937") -> str:
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">'
            f"{escape(text)}</text>")


def _svg_mark(mark: Mark, place, y: float) -> str:
    series = SERIES[mark.series]
    colour = theme.COLOURS[series.colour]
    if series.is_band:
        x = place(mark.low)
        return (f'<rect x="{x:.1f}" y="{y - 4:.1f}" height="8" fill="{colour}" '
                f'width="{max(place(mark.high) - x, 1):.1f}"/>')
    ends = ""
    if mark.low is not None:
        a, b = place(mark.low), place(mark.high)
        ends = (f'<path d="M{a:.1f} {y}H{b:.1f}M{a:.1f} {y - 4}v8M{b:.1f} {y - 4}v8" '
                f'stroke="{colour}" stroke-width="2.5" fill="none"/>')
    return ends + _svg_point(series.symbol, place(mark.value), y, colour, mark.small)


def _svg_point(symbol: str, x: float, y: float, colour: str, hollow: bool) -> str:
    fill = f'fill="{"#FFFFFF" if hollow else colour}" stroke="{colour}" stroke-width="2"'
    if symbol == "circle":
        return f'<circle cx="{x:.1f}" cy="{y}" r="5" {fill}/>'
    path = {"diamond": "m0 -6l6 6l-6 6l-6 -6z", "square": "m-5 -5h10v10h-10z",
            "triangle-up": "m0 -6l6 11h-12z"}[symbol]
    return f'<path d="M{x:.1f} {y}{path}" {fill}/>'
