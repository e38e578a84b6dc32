"""A small chart as data: rows of marks, drawn by Plotly on the page and as SVG in a report.

Each row has a line or two of text and, below, one lane per series. A series has a fixed mark and
colour (:data:`SERIES`), so that "recomputed here", "as published" and "chance alone" look the same
everywhere; shape and lane repeat what colour says. The table twin and the alt text are made from
the same rows, so they cannot disagree with the drawing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType

from explorer.charts import theme
from explorer.charts.label import Label
from explorer.util import lazy

go = lazy.load("plotly.graph_objects")


@dataclass(frozen=True)
class Series:
    """How a kind of mark is drawn: Plotly symbol, the same symbol as a character, colour key.

    An open band has an outline only, so that it differs from a full one without its colour.
    """

    symbol: str
    character: str
    colour: str
    is_band: bool = False
    is_open: bool = False


#: A band has ``low`` and ``high`` and is drawn as a bar; the others are points with an interval.
SERIES: Mapping[str, Series] = MappingProxyType(
    {
        "measured": Series("circle", "●", "measured"),
        "second": Series("square", "■", "benign"),
        "third": Series("triangle-up", "▲", "malignant"),
        "quoted": Series("diamond", "◆", "quoted"),
        "chance": Series("", "▬", "chance", is_band=True),
        "range": Series("", "▬", "measured", is_band=True),
        "second_range": Series("", "▭", "benign", is_band=True, is_open=True),
    }
)


@dataclass(frozen=True)
class Mark:
    """A value with its interval, or a band from ``low`` to ``high``; ``series`` of SERIES.

    ``value`` None with a point series means that it is undefined or was not published. ``small``
    draws the point hollow: it rests on few images. ``draws`` are values that ``value`` sums up,
    each a faint tick below the mark.
    """

    series: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    small: bool = False
    draws: tuple[float, ...] = ()

    @classmethod
    def of(cls, series: str, rate, small: bool = False) -> "Mark":
        """Of anything with ``value``, ``low`` and ``high``: a rate, a gap, a difference."""
        return cls(series, rate.value, rate.low, rate.high, small)


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
    name, origin : str
        Of its files, see :class:`explorer.charts.label.Label`; by default from the title.
    basis, source : str
        What it rests on and where that comes from; without a basis, the details of the rows.
    """

    title: str
    axis: str
    legend: Mapping[str, str]
    rows: tuple[Row, ...]
    span: tuple[float, float] = (0.0, 1.0)
    digits: int = 2
    unit: str = ""
    name: str = ""
    origin: str = ""
    basis: str = ""
    source: str = ""

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
            f"{row.label}"
            + (f" ({row.detail})" if row.detail else "")
            + ": "
            + (", ".join(f"{self.legend[m.series]} {self.text(m)}" for m in row.marks) or "none")
            for row in self.rows
        )
        return f"{self.title}, {self.axis}. {rows}."

    @property
    def label(self) -> Label:
        """What stands beside the chart wherever it goes."""
        details = "; ".join(f"{row.label}: {row.detail}" for row in self.rows if row.detail)
        return Label(
            self.name or self.title,
            self.title,
            self.basis or details,
            self.origin or "melanoma-fairness-explorer",
            self.source,
            *self.table(),
        )

    def lanes(self, row: Row) -> list[tuple[int, Mark]]:
        """The row's drawable marks with the number of their lane."""
        order = list(self.legend)
        return [
            (order.index(mark.series), mark)
            for mark in row.marks
            if mark.value is not None or SERIES[mark.series].is_band
        ]


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
    tops, height = [], len(caption) * LINE + ROW_SPACE
    for row in chart.rows:
        tops.append(height)
        height += len(_label(row)) * LINE + len(chart.legend) * LANE + ROW_SPACE
    drawing = theme.figure(height + 50 + LINE * (axis.count("<br>") + 1), dark)
    drawing.update_yaxes(range=[height, 0], visible=False, showgrid=False)
    drawing.update_xaxes(range=list(chart.span), title_text=axis, showgrid=True, nticks=6)
    texts = [caption, *map(_label, chart.rows)]
    for y, lines in zip((0, *tops), texts):
        theme.write(drawing, "<br>".join(lines), y, "y", yanchor="top")
    for trace in _traces(chart, tops):
        drawing.add_trace(trace)
    if chart.span[0] < 0 < chart.span[1]:  # no difference
        line = {"color": theme.COLOURS["chance"], "width": 2, "dash": "dot"}
        ends = {"y0": len(caption) * LINE + ROW_SPACE / 2, "y1": height}
        drawing.add_shape(type="line", x0=0, x1=0, layer="below", line=line, **ends)
    return theme.described(drawing, chart.alt_text, chart.label)


def legend_lines(key: str, text: str, width: int = WIDTH) -> list[str]:
    """A series' mark in its colour and what it means, as lines for Plotly."""
    series = SERIES[key]
    first, *rest = theme.wrap(text, width - 2).split("<br>")
    mark = f'<span style="color:{theme.COLOURS[series.colour]}">{series.character}</span>'
    return [f"{mark} {escape(first)}", *map(escape, rest)]


def _label(row: Row) -> list[str]:
    lines = theme.wrap(row.detail, WIDTH).split("<br>") if row.detail else []
    head = theme.wrap(row.label, WIDTH - 10).split("<br>")
    return [f"<b>{escape(line)}</b>" for line in head] + [escape(line) for line in lines]


def _traces(chart: Chart, tops: list[int]) -> list:
    """Per series, first the bands, then the points with their intervals on top of them."""
    places: dict[str, list] = {key: [] for key in chart.legend}
    for row, top in zip(chart.rows, tops):
        for lane, mark in chart.lanes(row):
            y = top + len(_label(row)) * LINE + (lane + 0.5) * LANE
            places[mark.series].append((mark, y, row))
    keys = sorted(places, key=lambda key: not SERIES[key].is_band)
    return [trace for key in keys for trace in _series(chart, places[key], SERIES[key])]


def _series(chart: Chart, places: list, series: Series) -> list:
    """The traces of one series; ``places`` are its marks with their y and row."""
    colour = theme.COLOURS[series.colour]
    marks, ys = [mark for mark, _, _ in places], [y for _, y, _ in places]
    texts = [
        f"{escape(row.label)}<br>{escape(chart.legend[mark.series])}<br>{chart.text(mark)}"
        for mark, _, row in places
    ]
    if series.is_band:
        lows, highs = [mark.low for mark in marks], [mark.high for mark in marks]
        return [theme.bands(lows, highs, ys, colour, LANE * 0.6, texts, series.is_open)]
    points = go.Scatter(
        x=[mark.value for mark in marks],
        y=ys,
        mode="markers",
        cliponaxis=False,
        marker={
            "size": 12,
            "color": colour,
            "line": {"color": colour, "width": 2},
            "symbol": [series.symbol + "-open" * mark.small for mark in marks],
        },
        customdata=texts,
        hovertemplate="%{customdata}<extra></extra>",
    )
    ends = [(mark.low, mark.high, y) for mark, y, _ in places if mark.low is not None]
    found = [theme.interval_lines(*zip(*ends), colour, 11)] if ends else []
    draws = [(value, y) for mark, y, _ in places for value in mark.draws]
    return [*([_ticks(draws, colour)] if draws else []), *found, points]


def _ticks(draws: list[tuple[float, float]], colour: str):
    """Many values as faint ticks, as high as a lane."""
    return go.Scatter(
        x=[value for value, _ in draws],
        y=[y for _, y in draws],
        mode="markers",
        cliponaxis=False,
        hoverinfo="skip",
        marker={
            "symbol": "line-ns",
            "size": LANE,
            "opacity": 0.45,
            "line": {"color": colour, "width": 1.5},
        },
    )
