"""What each tone group adds to the scores of a rule: of one lesion, and along a curve of skins."""

import numpy as np

from explorer.charts import theme
from explorer.charts.label import NO_SOURCE, Label
from explorer.figures.curve_tables import facts
from explorer.figures.ita_axis import ita_frame
from explorer.image.colour import GROUP_NAMES
from explorer.lesion.counterfactual import Curve
from explorer.rules.rules import DECISIONS, RULES, Verdict
from explorer.util import lazy

go = lazy.load("plotly.graph_objects")

#: Dash, fill pattern and mark of every tone group.
GROUP_STYLES = (
    ("solid", "", "circle"),
    ("dash", "/", "square"),
    ("dot", "x", "triangle-up"),
    ("dashdot", ".", "diamond"),
)


def contributions(verdict: Verdict, dark: bool = False):
    """What each tone group adds to the benign and to the malignant score under one rule.

    Scores of the rules that add probabilities are shown as parts of 1 (their sum over both
    classes), those of the domain-independent rule as the logits that they are.
    """
    parts, unit = contribution_parts(verdict)
    drawing = theme.figure(360, dark, barmode="group", bargap=0.25)
    names = [f"{d}: {name}" for d, name in enumerate(GROUP_NAMES)]
    for y, word in enumerate(DECISIONS):
        drawing.add_trace(
            go.Bar(
                x=parts[:, y],
                y=names,
                orientation="h",
                name=word,
                marker={
                    "color": theme.COLOURS[word],
                    "pattern": {"shape": "/" if y else "", "solidity": 0.25},
                },
                text=[f"{value:.3f}".replace("-", "−") for value in parts[:, y]],
                textposition="outside",
                cliponaxis=False,
                hovertemplate=f"{word}, %{{y}}: %{{x:.4f}}<extra></extra>",
            )
        )
    low, high = min(parts.min(), 0), max(parts.max(), 0)
    room = 0.25 * (high - low)
    drawing.update_layout(
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    )
    drawing.update_xaxes(title_text=unit, range=[low - (room if low < 0 else 0), high + room])
    drawing.update_yaxes(autorange="reversed", ticksuffix=" ")
    label = Label(
        f"Contributions, {verdict.rule}",
        f"What each tone group adds to both scores under the rule {RULES[verdict.rule].name}",
        "n = 1 image, 8 logits",
        *NO_SOURCE,
        ["tone group", *(f"{unit}, {word}" for word in DECISIONS)],
        [[name, *(f"{value:.4f}" for value in row)] for name, row in zip(names, parts)],
    )
    return theme.described(drawing, contributions_alt(verdict), label)


def contribution_parts(verdict: Verdict):
    """Contributions (4, 2) as drawn, and the axis title that says in what unit."""
    if RULES[verdict.rule].sums_logits:
        return verdict.contributions, "Logit z"
    return verdict.contributions / verdict.scores.sum(), "Share of both scores"


def contributions_alt(verdict: Verdict) -> str:
    """Alt text of :func:`contributions`."""
    parts, unit = contribution_parts(verdict)
    sums = parts.sum(axis=0)
    return (
        f"Bar chart of {unit.lower()} by tone group and class under the rule "
        f"{RULES[verdict.rule].name}: benign {sums[0]:.3f}, malignant {sums[1]:.3f} in all."
    )


def domain_plot(curve: Curve, rule: str, dark: bool = False):
    """What each tone group adds to the malignant score of one rule, against target ITA.

    Stacked shares whose sum is the probability; for the domain-independent rule, which adds
    logits, a line per group of z[d, malignant] - z[d, benign], whose sum decides.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    drawing = ita_frame(curve, len(GROUP_NAMES), dark)
    parts, title = domain_parts(curve, rule)
    stacked = not RULES[rule].sums_logits
    for d, name in enumerate(GROUP_NAMES):
        drawing.add_trace(_part(curve, d, name, parts[:, d], stacked, dark))
    level = curve.level(rule)
    if not stacked:
        level = curve.cutoffs.of(rule).log_odds if curve.cutoffs else 0.0
    drawing.add_hline(y=level, line={"dash": "dot", "width": 2, "color": theme.ink(dark)})
    if stacked:
        drawing.update_yaxes(range=[0, 1.02], dtick=0.25, tickformat=".2f")
    drawing.update_yaxes(title_text=title)
    label = Label(
        f"Contributions against skin tone, {rule}",
        f"What each tone group adds to the malignant score under the rule {RULES[rule].name}, "
        "against the tone of the lesion's skin",
        **facts(curve),
        headers=["target ITA in degrees", *(f"{title}, {name}" for name in GROUP_NAMES)],
        rows=[
            [f"{target:.1f}", *(f"{value:.4f}" for value in row)]
            for target, row in zip(curve.targets[::-1], parts[::-1])
        ],
        wide=True,
    )
    return theme.described(drawing, domain_alt(curve, rule), label)


def domain_parts(curve: Curve, rule: str) -> tuple[np.ndarray, str]:
    """Parts of the tone groups as drawn, float (N, 4), and the axis title that names them."""
    verdict = curve.verdicts[rule]
    if RULES[rule].sums_logits:
        return np.diff(verdict.contributions, axis=-1)[..., 0], "Logit, malignant − benign"
    parts = verdict.contributions[..., 1] / verdict.scores.sum(axis=-1, keepdims=True)
    return parts, "Share of both scores"


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


def _part(curve: Curve, d: int, name: str, values: np.ndarray, stacked: bool, dark: bool):
    dash, pattern, mark = GROUP_STYLES[d]
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
                "symbol": mark,
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
