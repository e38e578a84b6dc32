"""The axis of a counterfactual curve: target ITA from light to dark, with the tones named above.

Heights are in pixels, so that a figure looks the same on a phone (390 px) and on a desk.
"""

from explorer.charts import theme
from explorer.figures.curve_tables import CONVENTION_NAMES
from explorer.image.colour import TONE_BOUNDS, TONE_NAMES
from explorer.lesion.counterfactual import Curve

LINE = 22  # px, a legend entry
SWATCH = 12  # px, a colour sample of each tone
NAMES = 100  # px, the lane of the tone names and swatches
BODY = 280  # px, the plot itself
AXIS = 78  # px, tick labels and title
PICTURES = 7  # at most, so that each is 40 px wide on a phone


def ita_frame(curve: Curve, legend: int, dark: bool, below: int = 0):
    """An empty figure with the ITA axis, shaded sectors and their names.

    Parameters
    ----------
    curve : Curve
    legend : int
        Lines of the legend.
    dark : bool
    below : int
        px to leave free below the axis.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    inner = NAMES + BODY + AXIS + below
    drawing = theme.figure(inner + legend * LINE + 24, dark)
    drawing.update_layout(
        showlegend=True,
        margin={"t": legend * LINE + 16, "b": 8},
        legend={
            "orientation": "v",
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yanchor": "bottom",
            "font": {"size": 13},
            "tracegroupgap": 0,
            "bgcolor": "rgba(0,0,0,0)",
            "itemclick": False,
            "itemdoubleclick": False,
        },
    )
    low, high = span(curve)
    drawing.update_xaxes(
        range=[high, low],
        tick0=0,
        dtick=10 if high - low < 90 else 20,
        ticks="outside",
        title_text=f"Target ITA, degrees ({CONVENTION_NAMES[curve.convention]})<br>"
        "lighter ←   → darker",
        title_standoff=4,
        showgrid=False,
    )
    bottom, top = (AXIS + below) / inner, (AXIS + below + BODY) / inner
    drawing.update_yaxes(domain=[bottom, top])
    _add_sectors(drawing, curve, (bottom, top), SWATCH / inner, dark)
    return drawing


def _add_sectors(drawing, curve: Curve, body: tuple[float, float], swatch: float, dark: bool):
    """A swatch and a name per tone above the plot, and every other sector faintly shaded.

    The swatches stay out of the plot, where they would take the contrast from the lines.
    """
    low, high = span(curve)
    bottom, top = body
    ends = (high, *(min(max(bound, low), high) for bound in TONE_BOUNDS), low)
    for number, (name, light, dark_end) in enumerate(zip(TONE_NAMES, ends, ends[1:])):
        if light <= dark_end:  # beyond the axis
            continue
        place = {"type": "rect", "x0": light, "x1": dark_end, "yref": "paper"}
        drawing.add_shape(
            **place,
            y0=top,
            y1=top + swatch,
            fillcolor=theme.TONES[name],
            line={"width": 1, "color": theme.ink(dark)},
        )
        if number % 2 == 0:
            drawing.add_shape(
                **place,
                y0=bottom,
                y1=top,
                layer="below",
                line={"width": 0},
                fillcolor="rgba(125,125,125,0.12)",
            )
        if light - dark_end > 0.03 * (high - low):
            drawing.add_annotation(
                x=(light + dark_end) / 2,
                y=top + swatch,
                yref="paper",
                yanchor="bottom",
                text=name,
                textangle=-90,
                showarrow=False,
                font={"size": 13, "color": theme.ink(dark)},
            )


def span(curve: Curve) -> tuple[float, float]:
    """Ends of the axis: the targets with half a picture on either side."""
    low, high = float(curve.targets[0]), float(curve.targets[-1])
    room = max(high - low, 1) / (PICTURES - 1) / 2
    return low - room, high + room
