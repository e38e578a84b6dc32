"""The L*-b* plane of one image: its skin, the sectors of ITA, and the angle both ways.

All functions are pure: result objects in, figure or alt text out.
"""

import numpy as np

from explorer.charts import theme
from explorer.charts.label import NO_SOURCE, Label
from explorer.image import colour
from explorer.util import lazy

go = lazy.load("plotly.graph_objects")


#: Where the rays start: in b*, L*, and in the b8, L8 of the published arithmetic (which is
#: b* = -128, L* = 19.6). ``ZERO_IN_8BIT`` is the first of them in b8, L8.
ORIGIN = (0.0, 50.0)
ORIGIN_8BIT, ZERO_IN_8BIT = (0.0, 50.0), (128.0, 127.5)
#: Least ranges of b* and L* of the first panel; ranges of b8 and L8 of the second.
B_RANGE, L_RANGE = (-14.0, 44.0), (8.0, 100.0)
B8_RANGE, L8_RANGE = (-5.0, 182.0), (0.0, 258.0)


def skin_lab(tone) -> np.ndarray:
    """Float CIELAB of the skin pixels at working size, float64 (n, 3)."""
    return colour.rgb_to_cielab(tone.segmentation.image[tone.segmentation.skin])


def tone_plane(tone, interval=None, dark: bool = False):
    """Skin pixels as a density in the L*-b* plane, with the sectors and both angles.

    The first panel is the definition: a ray from b* = 0, L* = 50 through the skin's colour, in
    six sectors. The second shows what the published 8-bit arithmetic measures, in its own units:
    the ray starts at b8 = 0, L8 = 50, far from where the definition's does (marked), and L counts
    2.55 times, so that all skin lies in a narrow cone.

    Parameters
    ----------
    tone : SkinTone or RobustTone
    interval : ToneInterval, optional
        By float CIELAB; drawn as a wedge.
    dark : bool
        Whether the figure will stand on a dark page.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    pixels = skin_lab(tone)
    # the usual skin and 98 % of this image's
    (dark_end, _), (b_low, b_high) = np.percentile(pixels[:, (0, 2)], (1, 99), axis=0).T
    b_range = [float(min(B_RANGE[0], b_low - 4)), float(max(B_RANGE[1], b_high + 4))]
    l_range = [float(max(min(L_RANGE[0], dark_end - 4), 0)), L_RANGE[1]]
    drawing = theme.figure(820, dark)
    axis = {
        "fixedrange": True,
        "gridcolor": theme.GRID,
        "zeroline": False,
        "automargin": True,
        "title": {"font": {"size": theme.FONT_SIZE}, "standoff": 10},
    }
    drawing.update_layout(margin_t=32, xaxis2=axis, yaxis2=axis)
    upright = {"domain": [0, 0.33], "anchor": "x2", "range": L8_RANGE}
    drawing.update_layout(
        xaxis={"anchor": "y", "range": b_range, "title_text": "b* (yellow)"},
        yaxis={"domain": [0.48, 1], "range": l_range, "title_text": "L* (lightness)"},
        xaxis2={"anchor": "y2", "range": B8_RANGE, "title_text": "b8 = b* + 128"},
        yaxis2=upright | {"title_text": "L8 = 2.55 L*"},
    )
    _density(drawing, pixels, b_range, l_range)
    _sectors(drawing, ORIGIN, b_range, l_range, dark)
    _sectors(drawing, ORIGIN_8BIT, B8_RANGE, L8_RANGE, dark, "2")
    if interval is not None and interval.convention == "cielab":
        _wedge(drawing, interval, b_range, l_range)
    _ray_cielab(drawing, tone, dark)
    _ray_published(drawing, tone, pixels, dark)
    label = Label(
        "Skin in the L-b plane",
        "Skin pixels in the L*-b* plane with the sectors of the tones and the angle by both "
        "conventions",
        f"n = {tone.skin_pixels:,} skin pixels",
        *NO_SOURCE,
        ["convention", "ITA in degrees", "tone"],
        [
            [name, f"{reading.ita:.1f}", reading.name]
            for name, reading in (
                ("float CIELAB", tone.cielab),
                ("as published (8-bit)", tone.published),
            )
        ],
    )
    return theme.described(drawing, tone_plane_alt(tone, interval), label)


def _density(drawing, pixels, b_range, l_range) -> None:
    """Heat map of skin pixels per cell of 1 x 1; empty cells stay clear."""
    b_edges = np.arange(np.floor(b_range[0]), np.ceil(b_range[1]) + 1)
    l_edges = np.arange(np.floor(l_range[0]), np.ceil(l_range[1]) + 1)
    counts, _, _ = np.histogram2d(pixels[:, 0], pixels[:, 2], (l_edges, b_edges))
    share = np.where(counts > 0, counts / max(len(pixels), 1), np.nan)
    drawing.add_trace(
        go.Heatmap(
            x=b_edges[:-1] + 0.5,
            y=l_edges[:-1] + 0.5,
            z=np.sqrt(share),
            customdata=share,
            colorscale=[[0, "rgba(0,158,115,0.25)"], [1, "rgba(0,158,115,1)"]],
            showscale=False,
            hovertemplate="b* %{x:.0f}, L* %{y:.0f}: %{customdata:.1%} of the skin<extra></extra>",
        )
    )


def _sectors(drawing, origin, x_range, y_range, dark, panel: str = "") -> None:
    """Rays at the bounds of the six tones, and each tone's name where its sector ends."""
    axes = {"xref": f"x{panel}", "yref": f"y{panel}"}
    line = {"color": theme.COLOURS["chance"], "width": 1.5, "dash": "dot"}
    ends = (_edge(bound, origin, x_range, y_range) for bound in colour.TONE_BOUNDS)
    start = {"type": "line", "x0": origin[0], "y0": origin[1], "layer": "above", "line": line}
    rays = [{**start, "x1": x, "y1": y, **axes} for x, y in ends]
    names = [_name(tone, origin, x_range, y_range) | axes for tone in range(6)]
    for name in names:
        name["font"] = {"size": 13, "color": theme.ink(dark)}
    # all at once: plotly checks the whole list again for every single one that is added
    drawing.layout.shapes += tuple(rays)
    drawing.layout.annotations += tuple(names)


def _name(tone: int, origin, x_range, y_range) -> dict:
    """Where the name of a tone stands: in the middle of its sector, at the panel's edge."""
    ends, name = (90.0, *colour.TONE_BOUNDS, -90.0), colour.TONE_NAMES[tone]
    middle = {"very light": 68.0, "dark": -45.0}.get(name, (ends[tone] + ends[tone + 1]) / 2)
    x, y = _edge(middle, origin, x_range, y_range, room=0.02)
    at_side = x > x_range[0] + 0.95 * (x_range[1] - x_range[0])
    return {
        "x": x,
        "y": y,
        "text": name,
        "showarrow": False,
        "xanchor": "right" if at_side else "center",
        "yanchor": "middle" if at_side else ("top" if middle > 0 else "bottom"),
    }


def _edge(angle, origin, x_range, y_range, room: float = 0.0) -> tuple[float, float]:
    """Where the ray of an angle in degrees leaves the panel, less ``room`` of its size."""
    dx, dy = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    inset_x, inset_y = (room * (ends[1] - ends[0]) for ends in (x_range, y_range))
    to_side = (x_range[1] - inset_x - origin[0]) / max(dx, 1e-9)
    to_end = (y_range[1] - inset_y - origin[1]) if dy > 0 else (origin[1] - y_range[0] - inset_y)
    reach = min(to_side, to_end / max(abs(dy), 1e-9))
    return float(origin[0] + reach * dx), float(origin[1] + reach * dy)


def _wedge(drawing, interval, b_range, l_range) -> None:
    """The interval as a filled wedge from the origin of ITA."""
    reach = 1.5 * np.hypot(b_range[1], l_range[1] - 50)
    angles = np.radians(np.linspace(interval.low, interval.high, 24))
    drawing.add_trace(
        go.Scatter(
            x=[0, *(reach * np.cos(angles)), 0],
            y=[50, *(50 + reach * np.sin(angles)), 50],
            mode="lines",
            fill="toself",
            fillcolor="rgba(0,158,115,0.28)",
            hoverinfo="text",
            line={"width": 1, "color": theme.COLOURS["measured"]},
            text=f"{interval.level:.0%} interval: {interval.low:.1f} to {interval.high:.1f}°",
        )
    )


def _ray_cielab(drawing, tone, dark) -> None:
    lightness, _, b = tone.lab
    # a shape, because those follow the page's text colour (theme.PAGE_CSS)
    drawing.add_shape(
        type="line",
        x0=ORIGIN[0],
        y0=ORIGIN[1],
        x1=b,
        y1=lightness,
        layer="above",
        line={"color": theme.ink(dark), "width": 3},
    )
    grey = theme.COLOURS["chance"]
    drawing.add_trace(
        go.Scatter(
            x=[ORIGIN[0], b],
            y=[ORIGIN[1], lightness],
            mode="markers",
            hoverinfo="skip",
            marker={
                "size": [9, 18],
                "opacity": 1,
                "line": {"color": grey, "width": 2},
                "color": [grey, "rgb({},{},{})".format(*tone.colour_rgb)],
            },
        )
    )
    _title(drawing, 1.0, f"<b>Float CIELAB</b>: {tone.cielab.ita:.1f}°, {tone.cielab.name}", dark)


def _ray_published(drawing, tone, pixels, dark) -> None:
    """Second panel: the same colours as the 8-bit arithmetic sees them."""
    lab8 = colour.rgb_to_lab8(np.uint8(tone.stored_rgb))
    some = pixels[:: max(len(pixels) // 800, 1)]
    skin = go.Scatter(
        x=some[:, 2] + 128,
        y=some[:, 0] * 2.55,
        mode="markers",
        marker={"size": 3, "color": theme.COLOURS["measured"], "opacity": 0.35},
    )
    ray = go.Scatter(
        x=[ORIGIN_8BIT[0], int(lab8[2])],
        y=[ORIGIN_8BIT[1], int(lab8[0])],
        mode="lines+markers",
        marker={"size": [9, 6], "symbol": "diamond"},
        line={"color": theme.COLOURS["quoted"], "width": 3},
    )
    zero = go.Scatter(
        x=[ZERO_IN_8BIT[0]],
        y=[ZERO_IN_8BIT[1]],
        mode="markers+text",
        text=["b* = 0, L* = 50"],
        textposition="bottom center",
        textfont={"size": 13, "color": theme.ink(dark)},
        marker={"size": 10, "color": theme.COLOURS["chance"]},
    )
    for trace in (skin, ray, zero):
        drawing.add_trace(trace.update(xaxis="x2", yaxis="y2", hoverinfo="skip"))
    found = f"{tone.published.ita:.1f}°, {tone.published.name}"
    found += " (wrapped)" if tone.wraps else ""
    _title(drawing, 0.33, f"<b>As published (8-bit)</b>: {found}", dark)


def _title(drawing, y: float, text: str, dark: bool) -> None:
    font = {"size": theme.FONT_SIZE, "color": theme.ink(dark)}
    theme.write(drawing, text, y, yanchor="bottom", yshift=4, borderpad=1, font=font)


def tone_plane_alt(tone, interval=None) -> str:
    """Alt text of :func:`tone_plane`."""
    lightness, _, b = tone.lab
    sure = ""
    if interval is not None:
        sure = f", {interval.level:.0%} interval {interval.low:.1f} to {interval.high:.1f}"
    return (
        f"The L*-b* plane with {tone.skin_pixels:,} skin pixels as a density and the six tone "
        f"sectors as rays from b* 0, L* 50. The skin colour lies at b* {b:.1f}, L* "
        f"{lightness:.1f}: {tone.cielab.ita:.1f} degrees, {tone.cielab.name}{sure}. A second panel "
        "shows the same colour as the published 8-bit arithmetic measures it, from b8 0, L8 50 "
        f"(b* -128, L* 19.6): {tone.published.ita:.1f} degrees, {tone.published.name}."
    )
