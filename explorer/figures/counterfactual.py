"""Figures of a counterfactual curve, each with an alt text; table twins: ``curve_tables``.

All functions are pure: curve in; figure, picture or text out. The axis runs from light to dark,
left to right. Every rule has its own colour, dash and mark; here colour says which rule, nothing
else. Heights are in pixels, so that a figure looks the same on a phone (390 px) and on a desk.
"""

import base64
import io
from types import MappingProxyType

import numpy as np
from PIL import Image

from explorer.charts import theme
from explorer.figures.curve_tables import CONVENTION_NAMES
from explorer.image.colour import GROUP_NAMES, TONE_BOUNDS, TONE_NAMES, tone_name
from explorer.lesion.counterfactual import Curve, checked_rules
from explorer.rules.rules import DECISIONS, RULES
from explorer.util import lazy

go = lazy.load("plotly.graph_objects")


#: Colour key of the theme, dash and mark of every rule.
STYLES = MappingProxyType(
    {
        "discriminative_prior_shift": ("quoted", "solid", "circle"),
        "discriminative": ("benign", "dash", "square"),
        "discriminative_wang": ("malignant", "dot", "triangle-up"),
        "independent": ("measured", "dashdot", "diamond"),
        "conditional": ("chance", "longdash", "cross"),
    }
)
#: Dash and fill pattern of every tone group.
GROUP_STYLES = (("solid", ""), ("dash", "/"), ("dot", "x"), ("dashdot", "."))

LINE = 22  # px, a legend entry
SWATCH = 12  # px, a colour sample of each tone
NAMES = 100  # px, the lane of the tone names and swatches
BODY = 280  # px, the plot itself
AXIS = 78  # px, tick labels and title
STRIP = 70  # px, the lane of the pictures
PICTURES = 7  # at most, so that each is 40 px wide on a phone
MOST_FLIP_LABELS = 3


def curve_plot(curve: Curve, rules=None, dark: bool = False, pictures: bool = True):
    """Probability of malignancy against target ITA, a line per rule.

    Tone sectors are named above, 0.5 is dotted, crosses mark where a decision flips, rings
    the picture as it is; ``customdata`` of a line's points holds the number of the point, for a
    page that shows its picture.

    Parameters
    ----------
    curve : Curve
    rules : iterable of str, optional
        Of ``curve.rules``; all of them by default.
    dark : bool
        For a dark page.
    pictures : bool
        Whether to draw the strip of pictures under the axis.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    rules = _shown(curve, rules)
    drawing = _frame(curve, len(rules) + 2, dark, STRIP if pictures else 0)
    for key in rules:
        drawing.add_trace(_line(curve, key))
    drawing.add_trace(_rings(curve, rules, dark))
    drawing.add_trace(_crosses(curve, rules, dark))
    drawing.add_hline(
        y=0.5, line={"dash": "dot", "width": 2, "color": theme.ink(dark)}, layer="below"
    )
    drawing.update_yaxes(
        range=[-0.02, 1.02], dtick=0.25, tickformat=".2f", title_text="Probability of malignancy"
    )
    if pictures:
        _add_pictures(drawing, curve)
    return theme.described(drawing, curve_alt(curve, rules))


def domain_plot(curve: Curve, rule: str, dark: bool = False):
    """What each tone group adds to the malignant score of one rule, against target ITA.

    Stacked shares whose sum is the probability; for the domain-independent rule, which adds
    logits, a line per group of z[d, malignant] - z[d, benign], whose sum decides.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    _shown(curve, [rule])
    drawing = _frame(curve, len(GROUP_NAMES), dark, 0)
    parts, title = domain_parts(curve, rule)
    stacked = not RULES[rule].sums_logits
    for d, name in enumerate(GROUP_NAMES):
        drawing.add_trace(_part(curve, d, name, parts[:, d], stacked, dark))
    level = 0.5 if stacked else 0.0
    drawing.add_hline(y=level, line={"dash": "dot", "width": 2, "color": theme.ink(dark)})
    if stacked:
        drawing.update_yaxes(range=[0, 1.02], dtick=0.25, tickformat=".2f")
    drawing.update_yaxes(title_text=title)
    return theme.described(drawing, domain_alt(curve, rule))


def domain_parts(curve: Curve, rule: str) -> tuple[np.ndarray, str]:
    """Parts of the tone groups as drawn, float (N, 4), and the axis title that names them."""
    verdict = curve.verdicts[rule]
    if RULES[rule].sums_logits:
        return np.diff(verdict.contributions, axis=-1)[..., 0], "Logit, malignant − benign"
    parts = verdict.contributions[..., 1] / verdict.scores.sum(axis=-1, keepdims=True)
    return parts, "Share of both scores"


def domain_table(curve: Curve, rule: str) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text, lightest first: the twin of :func:`domain_plot`."""
    parts, title = domain_parts(curve, rule)
    rows = [
        [f"{point.target_ita:.1f}", *(f"{value:.4f}" for value in parts[i])]
        for i, point in enumerate(curve.points)
    ]
    return [f"target ITA; {title.lower()}", *GROUP_NAMES], rows[::-1]


def strip(curve: Curve) -> np.ndarray:
    """All versions side by side, lightest first, uint8 (h, N * w, 3)."""
    return np.concatenate(curve.thumbnails[::-1], axis=1)


def curve_alt(curve: Curve, rules=None) -> str:
    """Alt text of :func:`curve_plot`."""
    parts = []
    for key in _shown(curve, rules):
        values, own = curve.probability(key), curve.own
        flips = ", ".join(f"{angle:.0f}" for angle in reversed(curve.flips[key]))
        parts.append(
            f"{RULES[key].name}: {values[own]:.2f} as it is, {values.min():.2f} to "
            f"{values.max():.2f} along the curve, "
            + (f"decision flips at {flips} degrees" if flips else "decision never flips")
        )
    ends = f"{curve.targets[-1]:.0f} to {curve.targets[0]:.0f} degrees"
    return (
        f"Line chart of the probability of malignancy by {curve.weights.label} against target "
        f"ITA, {ends}, with the lesion on each skin below. {'; '.join(parts)}."
    )


def domain_alt(curve: Curve, rule: str) -> str:
    """Alt text of :func:`domain_plot`."""
    parts, title = domain_parts(curve, rule)
    ends = "; ".join(
        f"{name} from {light:.2f} to {dark:.2f}"
        for name, light, dark in zip(GROUP_NAMES, parts[-1], parts[0])
    )
    return (
        f"{title} by tone group against target ITA under the rule {RULES[rule].name}, from "
        f"the lightest to the darkest target: {ends}."
    )


def _shown(curve: Curve, rules) -> tuple[str, ...]:
    wanted = curve.rules if rules is None else checked_rules(rules)
    return tuple(key for key in wanted if key in curve.rules)


# The frame: axis, tone sectors, lanes


def _frame(curve: Curve, legend: int, dark: bool, below: int):
    """An empty figure with the ITA axis, shaded sectors and their names."""
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
    low, high = _span(curve)
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
    low, high = _span(curve)
    bottom, top = body
    for name, light, dark_end in _sectors(low, high):
        place = {"type": "rect", "x0": light, "x1": dark_end, "yref": "paper"}
        drawing.add_shape(
            **place,
            y0=top,
            y1=top + swatch,
            fillcolor=theme.TONES[name],
            line={"width": 1, "color": theme.ink(dark)},
        )
        if TONE_NAMES.index(name) % 2 == 0:
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


def _span(curve: Curve) -> tuple[float, float]:
    """Ends of the axis: the targets with half a picture on either side."""
    low, high = float(curve.targets[0]), float(curve.targets[-1])
    room = max(high - low, 1) / (PICTURES - 1) / 2
    return low - room, high + room


def _sectors(low: float, high: float):
    """Name, lighter and darker end of every tone between ``low`` and ``high`` degrees."""
    ends = (high, *(min(max(bound, low), high) for bound in TONE_BOUNDS), low)
    return [
        (name, light, dark) for name, light, dark in zip(TONE_NAMES, ends, ends[1:]) if light > dark
    ]


# Traces


def _line(curve: Curve, key: str):

    colour, dash, mark = STYLES[key]
    verdict = curve.verdicts[key]
    return go.Scatter(
        x=curve.targets,
        y=verdict.probability_malignant,
        mode="lines+markers",
        name=RULES[key].name,
        customdata=np.arange(len(curve.points)),
        cliponaxis=False,
        line={"color": theme.COLOURS[colour], "width": 2.5, "dash": dash},
        marker={"symbol": mark, "size": 8, "color": theme.COLOURS[colour]},
        text=[
            f"{RULES[key].name}<br>target {point.target_ita:.1f}°, {tone_name(point.target_ita)}"
            f"<br>reached {point.reached_cielab:.1f}° (float), {point.reached_published:.1f}° "
            f"(8-bit)<br>probability {probability:.3f}, {DECISIONS[int(decision)]}"
            for point, probability, decision in zip(
                curve.points, verdict.probability_malignant, verdict.decision
            )
        ],
        hovertemplate="%{text}<extra></extra>",
    )


def _rings(curve: Curve, rules, dark: bool):

    return go.Scatter(
        x=[curve.own_ita] * len(rules),
        y=[curve.probability(key)[curve.own] for key in rules],
        mode="markers",
        name=f"the picture as it is, ITA {curve.own_ita:.0f}°",
        hoverinfo="skip",
        cliponaxis=False,
        marker={
            "symbol": "circle-open",
            "size": 16,
            "color": theme.ink(dark),
            "line": {"width": 2},
        },
    )


def _crosses(curve: Curve, rules, dark: bool):

    flips = [(angle, RULES[key].name) for key in rules for angle in curve.flips[key]]
    labelled = len(flips) <= MOST_FLIP_LABELS
    return go.Scatter(
        x=[angle for angle, _ in flips] or [None],
        y=[0.5] * len(flips) or [None],
        mode="markers+text" if labelled else "markers",
        name="decision flips (0.5, dotted; above: malignant)",
        textposition="top center",
        text=[f"{angle:.0f}°" for angle, _ in flips],
        cliponaxis=False,
        customdata=[f"{name}<br>flips at {angle:.1f}°" for angle, name in flips],
        hovertemplate="%{customdata}<extra></extra>",
        marker={"symbol": "x", "size": 11, "color": theme.ink(dark)},
    )


def _part(curve: Curve, d: int, name: str, values: np.ndarray, stacked: bool, dark: bool):

    dash, pattern = GROUP_STYLES[d]
    swatch = theme.TONES["brown" if d == 3 else name]
    area = (
        {
            "stackgroup": "groups",
            "fillcolor": swatch,
            "fillpattern": {
                "shape": pattern,
                "fgcolor": "#1F2937",
                "bgcolor": swatch,
                "solidity": 0.2,
                "size": 7,
            },
        }
        if stacked
        else {
            "mode": "lines+markers",
            "marker": {
                "symbol": ("circle", "square", "triangle-up", "diamond")[d],
                "size": 8,
                "color": swatch,
                "line": {"color": theme.ink(dark), "width": 1},
            },
        }
    )
    return go.Scatter(
        x=curve.targets,
        y=values,
        name=f"{d}: {name}",
        line={"color": theme.ink(dark), "width": 1.5, "dash": dash},
        hovertemplate=f"{d}: {name}<br>target %{{x:.1f}}°: %{{y:.4f}}<extra></extra>",
        **area,
    )


# Pictures


def _add_pictures(drawing, curve: Curve) -> None:
    low, high = _span(curve)
    inner = NAMES + BODY + AXIS + STRIP
    for i in pictured(curve):
        drawing.add_layout_image(
            source=_uri(curve.thumbnails[i]),
            x=curve.points[i].target_ita,
            xref="x",
            y=0,
            yref="paper",
            xanchor="center",
            yanchor="bottom",
            sizing="contain",
            sizex=(high - low) / PICTURES * 0.96,
            sizey=STRIP / inner,
        )


def pictured(curve: Curve) -> list[int]:
    """Points whose pictures fit under the axis side by side, the image's own among them."""
    low, high = _span(curve)
    cell = (high - low) / PICTURES
    order = [curve.own, 0, *reversed(range(len(curve.points)))]
    chosen: list[int] = []
    for i in order:
        if all(abs(curve.targets[i] - curve.targets[j]) >= 0.99 * cell for j in chosen):
            chosen.append(i)
    return sorted(chosen)


def _uri(rgb: np.ndarray) -> str:

    data = io.BytesIO()
    Image.fromarray(rgb).save(data, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode()}"
