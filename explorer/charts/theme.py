"""One visual language for every Plotly figure of the explorer.

Colours have a fixed meaning and never carry it alone (names, positions or hatching repeat it).
They come from the colour-blind-safe set of Okabe and Ito [1]_, from which those with a contrast of
at least 3:1 to both pages, white and ``#0B0F19``, were taken. Backgrounds are transparent. No text
grey reaches 4.5:1 on both pages at once, so figure functions take ``dark``; a page that cannot
know adds :data:`PAGE_CSS`.

References
----------
.. [1] Okabe, Ito (2008), "Color Universal Design", https://jfly.uni-koeln.de/color/
"""

import textwrap
from types import MappingProxyType

from explorer.charts.label import Label
from explorer.util import lazy

go = lazy.load("plotly.graph_objects")

#: Meaning to colour. ``measured`` is computed here from data, ``quoted`` is the study's own.
COLOURS = MappingProxyType(
    {
        "benign": "#0072B2",
        "malignant": "#D55E00",
        "measured": "#009E73",
        "quoted": "#CC79A7",
        "chance": "#7D7D7D",
    }
)

#: A swatch per tone name of :mod:`explorer.image.colour`; by float CIELAB each lies in its tone.
#: Draw them with an outline in the ink colour: the outer ones nearly match one of the pages.
TONES = MappingProxyType(
    {
        "very light": "#EACDB0",
        "light": "#D4AF8F",
        "intermediate": "#C09577",
        "tan": "#AC8164",
        "brown": "#8D6449",
        "dark": "#5D4030",
    }
)

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"
FONT_SIZE = 14

#: The colours above as CSS custom properties, ``--benign`` to ``--tone-very-light``.
PAGE_COLOURS = (
    ":root { "
    + " ".join(
        [f"--{name}: {colour};" for name, colour in COLOURS.items()]
        + [f"--tone-{name.replace(' ', '-')}: {colour};" for name, colour in TONES.items()]
    )
    + " }\n"
)

#: For a page that changes between light and dark under a finished figure: inside an element of
#: class ``follow-page``, text, whiskers, reference lines and what else is drawn in :func:`ink` take
#: the page's text colour.
PAGE_CSS = (
    PAGE_COLOURS
    + """
.follow-page .js-plotly-plot .main-svg text { fill: var(--body-text-color) !important; }
.follow-page .js-plotly-plot .main-svg .hoverlayer text { fill: #FFFFFF !important; }
.follow-page .js-plotly-plot .main-svg path.xerror,
.follow-page .js-plotly-plot .main-svg path.yerror,
.follow-page .js-plotly-plot .main-svg .shapelayer path {
  stroke: var(--body-text-color) !important;
}
.follow-page .js-plotly-plot :is(.cartesianlayer, .legend) [style*="stroke: rgb(31, 41, 55)"] {
  stroke: var(--body-text-color) !important;
}
.follow-page .js-plotly-plot :is(.cartesianlayer, .legend) [style*="fill: rgb(31, 41, 55)"] {
  fill: var(--body-text-color) !important;
}
"""
)


def ink(dark: bool) -> str:
    """Text colour, at least 13:1 on its page."""
    return "#E5E7EB" if dark else "#1F2937"


#: Grid lines and axis lines: faint on either page, behind everything.
GRID = "rgba(125,125,125,0.3)"


def figure(height: int, dark: bool = False, **layout):
    """An empty figure in the house style.

    Parameters
    ----------
    height : int
        Pixels. The width is the page's: axes claim the margin that they need.
    dark : bool
        Whether it will stand on a dark page.
    layout
        Further ``plotly.graph_objects.Layout`` properties.
    """
    drawing = go.Figure()
    drawing.update_layout(
        template="none",
        height=height,
        autosize=True,
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": FONT_SIZE, "color": ink(dark)},
        margin={"l": 8, "r": 16, "t": 8, "b": 8, "autoexpand": True},
        # one finger must scroll the page, not zoom the plot
        dragmode=False,
        modebar={"remove": list(MODEBAR)},
        hoverlabel={"bgcolor": "#1F2937", "font": {"color": "#FFFFFF", "size": FONT_SIZE}},
        **layout,
    )
    axis = {
        "automargin": True,
        "fixedrange": True,
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": GRID,
        "title": {"standoff": 10, "font": {"size": FONT_SIZE}},
    }
    drawing.update_xaxes(**axis)
    drawing.update_yaxes(**axis)
    return drawing


def described(drawing, alt: str, label: Label):
    """The figure, with its alternative text and its label, where the page reads them.

    They are ``layout.meta["alt"]`` and ``layout.meta["figure"]``.
    """
    drawing.update_layout(meta={"alt": alt, "figure": label.to_meta()})
    return drawing


def write(drawing, text: str, y: float, yref: str = "paper", **more) -> None:
    """Text at the left edge of a figure; ``more`` are further properties of a Plotly annotation."""
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": y, "yref": yref, "align": "left"}
    looks = {"showarrow": False, "borderpad": 0, "font": {"size": FONT_SIZE}}
    drawing.add_annotation(text=text, **place | looks | more)


def whiskers(values, lows, highs, colour: str, thickness: float = 2, width: float = 5) -> dict:
    """``error_x`` or ``error_y`` between absolute ends; no whisker where an end is None.

    Nor where an end lies on the other side: a bootstrapped gap may be outside its interval.
    """

    def lengths(uppers, lowers):
        pairs = zip(uppers, lowers)
        return [None if None in pair else max(pair[0] - pair[1], 0.0) for pair in pairs]

    return {
        "type": "data",
        "symmetric": False,
        "array": lengths(highs, values),
        "arrayminus": lengths(values, lows),
        "color": colour,
        "thickness": thickness,
        "width": width,
    }


def interval_lines(lows, highs, ys, colour: str, size: float):
    """Intervals along x as lines with end ticks ``size`` px high; they need not hold a point."""
    return go.Scatter(
        x=[end for low, high in zip(lows, highs) for end in (low, high, None)],
        y=[y for y in ys for _ in range(3)],
        mode="lines+markers",
        cliponaxis=False,
        hoverinfo="skip",
        line={"color": colour, "width": 3},
        marker={"symbol": "line-ns", "size": size, "line": {"color": colour, "width": 3}},
    )


def dotted(xs, ys):
    """A faint dotted line to compare with."""
    line = {"color": COLOURS["chance"], "width": 2, "dash": "dot"}
    return go.Scatter(x=xs, y=ys, mode="lines", hoverinfo="skip", line=line)


def bands(lows, highs, ys, colour: str, width: float, texts: list[str], is_open: bool = False):
    """Horizontal bars from ``lows`` to ``highs``, ``width`` high in y, with texts to hover over."""
    outline = {"color": "rgba(0,0,0,0)", "line": {"color": colour, "width": 2}}
    return go.Bar(
        base=lows,
        x=[high - low for low, high in zip(lows, highs)],
        y=ys,
        orientation="h",
        width=width,
        marker=outline if is_open else {"color": colour},
        customdata=texts,
        hovertemplate="%{customdata}<extra></extra>",
    )


#: Every button that Plotly would offer on a cartesian figure.
MODEBAR = (
    "toImage",
    "zoom2d",
    "pan2d",
    "select2d",
    "lasso2d",
    "zoomIn2d",
    "zoomOut2d",
    "autoScale2d",
    "resetScale2d",
)


def wrap(text: str, width: int = 48) -> str:
    """Text with line breaks for Plotly, which has none of its own, at ``width`` characters."""
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return "<br>".join(lines)


def ceiling(value: float) -> float:
    """The smallest tidy axis end, 0.05 to 1, that is not below a rate ``value``."""
    return next((end for end in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8) if value <= end), 1.0)
