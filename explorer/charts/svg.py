"""A chart as inline SVG."""

from html import escape
from math import ceil, floor, log10

from markupsafe import Markup

from explorer.charts import theme
from explorer.charts.chart import LANE, LINE, SERIES, Chart, Mark, Row

SVG_WIDTH = 640  # px, before its container scales it
ROOM = 0.85  # of a line's characters: what English may take, as a translation is often longer


def to_svg(chart: Chart, width: int = SVG_WIDTH) -> Markup:
    """The chart as a static SVG element, ink on white, with its alt text; no script, no link.

    Parameters
    ----------
    chart : Chart
    width : int
        Of the drawing in px of 13 px text; texts longer than that are wrapped.
    """
    left, right = 18, width - 24
    low, high = chart.span
    fits = int((width - 16) / 7 * ROOM)  # characters of a line

    def place(value: float) -> float:
        return left + (min(max(value, low), high) - low) / (high - low) * (right - left)

    def shade(value: float) -> str:
        """Of a grid line; that of no difference is darker."""
        return "#7D7D7D" if value == 0 > low else "#D0D0D0"

    parts, y = _svg_legend(chart, left, fits)
    top = y + 6
    y = top
    for row in chart.rows:
        label = _svg_label(row, left, y, fits)
        parts += label
        y += len(label) * LINE
        lanes = chart.lanes(row)
        first, last = (end((lane for lane, _ in lanes), default=0) for end in (min, max))
        # from the first lane that has a mark: an empty one parts a mark from its label
        parts += [_svg_mark(mark, place, y + (lane - first + 0.5) * LANE) for lane, mark in lanes]
        y += (last - first + 1) * LANE + 8
    grid = "".join(
        f'<path d="M{place(value):.1f} {top}V{y}" stroke="{shade(value)}"/>'
        + _svg_note(place(value), y + 16, text)
        for value, text in ticks(low, high)
    )
    title = [
        _svg_note((left + right) / 2, y + 36 + i * LINE, line)
        for i, line in enumerate(theme.wrap(chart.axis, fits).split("<br>"))
    ]
    height = y + 44 + LINE * (len(title) - 1)
    return Markup(
        f'<svg viewBox="0 0 {width} {height}" role="img" font-size="13" '
        f'font-family="{escape(theme.FONT)}"><title>{escape(chart.alt_text)}</title>{grid}'
        f"{''.join(parts)}{''.join(title)}</svg>"
    )


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


def _svg_label(row: Row, x: float, y: float, fits: int) -> list[str]:
    """Lines below ``y``, the label bold: one where it and the detail fit."""
    lines = [(row.label, row.detail)]
    if len(row.label) * 1.1 + len(row.detail) + 2 > fits:
        lines = [(line, "") for line in theme.wrap(row.label, int(fits * 0.9)).split("<br>")]
        if row.detail:
            lines += [("", line) for line in theme.wrap(row.detail, fits).split("<br>")]
    parts = []
    for i, (bold, plain) in enumerate(lines, 1):
        gap = ' dx="8"' if bold and plain else ""
        tail = f'<tspan font-weight="400"{gap}>{escape(plain)}</tspan>' if plain else ""
        parts.append(  # on a white halo, so that no grid line crosses it
            f'<text x="{x:.1f}" y="{y + i * LINE - 4:.1f}" fill="#1F2937" '
            f'font-weight="600" stroke="#FFFFFF" stroke-width="4" paint-order="stroke">'
            f"{escape(bold)}{tail}</text>"
        )
    return parts


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Four to eight round numbers from ``low`` to ``high``, with their texts."""
    raw = (high - low) / 7
    power = 10 ** floor(log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    digits = next(d for d in range(6) if abs(round(step, d) - step) < 1e-9 or d == 5)
    numbers = range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)
    return [(i * step, f"{i * step:,.{digits}f}".replace("-", "−")) for i in numbers]


def _svg_note(x, y, text: str, anchor: str = "middle", fill: str = "#1F2937") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">{escape(text)}</text>'
    )


def _svg_mark(mark: Mark, place, y: float) -> str:
    series = SERIES[mark.series]
    colour = theme.COLOURS[series.colour]
    if series.is_band:
        x = place(mark.low)
        open_ = f'fill="#FFFFFF" stroke="{colour}" stroke-width="2"'
        look = open_ if series.is_open else f'fill="{colour}"'
        return (
            f'<rect x="{x:.1f}" y="{y - 4:.1f}" height="8" {look} '
            f'width="{max(place(mark.high) - x, 1):.1f}"/>'
        )
    ends = ""
    if mark.draws:
        path = "".join(f"M{place(value):.1f} {y - 8}v16" for value in mark.draws)
        ends = f'<path d="{path}" stroke="{colour}" stroke-opacity="0.45" fill="none"/>'
    if mark.low is not None:
        a, b = place(mark.low), place(mark.high)
        ends += (
            f'<path d="M{a:.1f} {y}H{b:.1f}M{a:.1f} {y - 4}v8M{b:.1f} {y - 4}v8" '
            f'stroke="{colour}" stroke-width="2.5" fill="none"/>'
        )
    fill = f'fill="{"#FFFFFF" if mark.small else colour}" stroke="{colour}" stroke-width="2"'
    x = place(mark.value)
    if series.symbol == "circle":
        return f'{ends}<circle cx="{x:.1f}" cy="{y}" r="5" {fill}/>'
    path = {
        "diamond": "m0 -6l6 6l-6 6l-6 -6z",
        "square": "m-5 -5h10v10h-10z",
        "triangle-up": "m0 -6l6 11h-12z",
    }[series.symbol]
    return f'{ends}<path d="M{x:.1f} {y}{path}" {fill}/>'
