"""Figures of a counterfactual curve, each with an alt text; table twins: ``curve_tables``.

All functions are pure: curve in; figure or text out. The axis runs from light to dark, left to
right. Every rule has its own colour, dash and mark; here colour says which rule, nothing else.
"""

import base64
import io
from types import MappingProxyType

import numpy as np
from PIL import Image

from explorer.charts import theme
from explorer.charts.label import Label
from explorer.figures.curve_tables import curve_table, facts
from explorer.figures.ita_axis import AXIS, BODY, NAMES, PICTURES, ita_frame, span
from explorer.image.colour import tone_name
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
STRIP = 70  # px, the lane of the pictures
MOST_FLIP_LABELS = 3


def curve_plot(curve: Curve, rules=None, dark: bool = False, pictures: bool = True):
    """Probability of malignancy against target ITA, a line per rule.

    Tone sectors are named above, the cut-off is dotted (0.5, or a line per rule in its colour for
    one sensitivity), crosses mark where a decision flips, rings
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
    drawing = ita_frame(curve, len(rules) + 2, dark, STRIP if pictures else 0)
    drawing.add_traces([_line(curve, key) for key in rules] + _marks(curve, rules, dark))
    for level, colour in _levels(curve, rules, dark):
        drawing.add_hline(y=level, line={"dash": "dot", "width": 2, "color": colour}, layer="below")
    drawing.update_yaxes(
        range=[-0.02, 1.02], dtick=0.25, tickformat=".2f", title_text="Probability of malignancy"
    )
    if pictures:
        _add_pictures(drawing, curve)
    label = Label(
        "Probability against skin tone",
        "Probability of malignancy of one lesion against the tone of its skin, by rule",
        **facts(curve),
        headers=(twin := curve_table(curve))[0],
        rows=twin[1],
        wide=True,
    )
    return theme.described(drawing, curve_alt(curve, rules), label)


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


def _shown(curve: Curve, rules) -> tuple[str, ...]:
    wanted = curve.rules if rules is None else checked_rules(rules)
    return tuple(key for key in wanted if key in curve.rules)


def _line(curve: Curve, key: str):
    colour, dash, mark = STYLES[key]
    return go.Scatter(
        x=curve.targets,
        y=curve.probability(key),
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
                curve.points, curve.probability(key), curve.decisions[key]
            )
        ],
        hovertemplate="%{text}<extra></extra>",
    )


def _levels(curve: Curve, rules, dark: bool) -> list[tuple[float, str]]:
    """Cut-offs and their colours: one for all rules, or one each."""
    if curve.cutoffs is None:
        return [(0.5, theme.ink(dark))]
    return [(curve.level(key), theme.COLOURS[STYLES[key][0]]) for key in rules]


def _marks(curve: Curve, rules, dark: bool) -> list:
    """Rings where the picture itself lies, and crosses where a decision flips."""
    ink = theme.ink(dark)
    rings = go.Scatter(
        x=[curve.own_ita] * len(rules),
        y=[curve.probability(key)[curve.own] for key in rules],
        mode="markers",
        name=f"the picture as it is, ITA {curve.own_ita:.0f}°",
        hoverinfo="skip",
        cliponaxis=False,
        marker={"symbol": "circle-open", "size": 16, "color": ink, "line": {"width": 2}},
    )
    flips = [(angle, key) for key in rules for angle in curve.flips[key]]
    what = "0.5" if curve.cutoffs is None else f"a sensitivity of {curve.cutoffs.wanted_text}"
    crosses = go.Scatter(
        x=[angle for angle, _ in flips] or [None],
        y=[curve.level(key) for _, key in flips] or [None],
        mode="markers+text" if len(flips) <= MOST_FLIP_LABELS else "markers",
        name=f"decision flips ({what}, dotted; above: malignant)",
        textposition="top center",
        text=[f"{angle:.0f}°" for angle, _ in flips],
        cliponaxis=False,
        customdata=[f"{RULES[key].name}<br>flips at {angle:.1f}°" for angle, key in flips],
        hovertemplate="%{customdata}<extra></extra>",
        marker={"symbol": "x", "size": 11, "color": ink},
    )
    return [rings, crosses]


def _add_pictures(drawing, curve: Curve) -> None:
    low, high = span(curve)
    inner = NAMES + BODY + AXIS + STRIP
    for i in pictured(curve):
        data = io.BytesIO()
        Image.fromarray(curve.thumbnails[i]).save(data, "JPEG", quality=88)
        drawing.add_layout_image(
            source=f"data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode()}",
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
    low, high = span(curve)
    cell = (high - low) / PICTURES
    order = [curve.own, 0, *reversed(range(len(curve.points)))]
    chosen: list[int] = []
    for i in order:
        if all(abs(curve.targets[i] - curve.targets[j]) >= 0.99 * cell for j in chosen):
            chosen.append(i)
    return sorted(chosen)
