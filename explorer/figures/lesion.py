"""Figures of one lesion: how its tone was found, and what every rule says of it.

All functions are pure: result objects in, figure or alt text out.
"""

from explorer.charts import theme
from explorer.charts.label import NO_SOURCE, Label
from explorer.image.colour import lab8_to_rgb
from explorer.lesion.lesion import Classification
from explorer.rules.rules import RULES
from explorer.tone.study import SkinTone
from explorer.util import lazy

go = lazy.load("plotly.graph_objects")


def compactness_curve(tone: SkinTone, dark: bool = False):
    """Compactness of the k-means results against k, with the knee and the k that is used.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    ks = [clustering.k for clustering in tone.clusterings]
    curve = [clustering.compactness / tone.skin_pixels for clustering in tone.clusterings]
    drawing = theme.figure(300, dark)
    drawing.add_trace(
        go.Scatter(
            x=ks,
            y=curve,
            mode="lines+markers",
            line={"color": theme.COLOURS["measured"], "width": 3},
            marker={"size": 9},
            hovertemplate="k = %{x}: %{y:.1f}<extra></extra>",
        )
    )
    marks = [(tone.clustering.k, "used", "circle-open")]
    if tone.choice.knee in ks:
        marks.append((tone.choice.knee, "knee", "diamond-open"))
    ink = theme.ink(dark)
    for k, text, symbol in marks:
        drawing.add_trace(
            go.Scatter(
                x=[k],
                y=[curve[ks.index(k)]],
                mode="markers+text",
                text=[text],
                textposition="top center",
                hoverinfo="skip",
                cliponaxis=False,
                marker={"symbol": symbol, "size": 20, "color": ink, "line": {"width": 2}},
            )
        )
    drawing.update_xaxes(title_text="Number of clusters k", dtick=1)
    drawing.update_yaxes(
        title_text="Mean squared distance", rangemode="tozero", range=[0, max(max(curve), 1) * 1.2]
    )
    label = Label(
        "Compactness of the colour clusters",
        "Mean squared distance of the skin pixels to their cluster's centre, by number of clusters",
        f"n = {tone.skin_pixels:,} skin pixels",
        *NO_SOURCE,
        ["clusters k", "mean squared distance"],
        [[str(k), f"{value:.2f}"] for k, value in zip(ks, curve)],
    )
    return theme.described(drawing, compactness_alt(tone), label)


def compactness_alt(tone: SkinTone) -> str:
    """Alt text of :func:`compactness_curve`."""
    knee = "there is no knee" if tone.choice.knee is None else f"the knee is at {tone.choice.knee}"
    return (
        f"Line chart of the mean squared distance of {tone.skin_pixels:,} skin pixels to their "
        f"cluster centre against the number of clusters; {knee}, {tone.clustering.k} are used."
    )


def cluster_shares(tone: SkinTone, dark: bool = False):
    """The colours of the clustering that is used, as bars of their share of the skin pixels."""
    best = tone.clustering
    order = best.counts.argsort()
    colours = lab8_to_rgb(best.centres.astype("uint8"))[order]
    shares = best.counts[order] / best.counts.sum()
    drawing = theme.figure(300, dark)
    drawing.add_trace(
        go.Bar(
            x=shares,
            y=[str(i) for i in range(best.k)],
            orientation="h",
            marker={
                "color": [f"rgb({r},{g},{b})" for r, g, b in colours],
                "line": {"color": theme.ink(dark), "width": 1},
            },
            text=[f"{share:.0%}" for share in shares],
            textposition="outside",
            cliponaxis=False,
            customdata=colours,
            hovertemplate="RGB %{customdata}: %{x:.1%}<extra></extra>",
        )
    )
    drawing.update_yaxes(showticklabels=False, title_text="Clusters")
    drawing.update_xaxes(
        title_text=f"Share of n = {tone.skin_pixels:,} skin pixels",
        tickformat=".0%",
        range=[0, shares.max() * 1.2],
    )
    label = Label(
        "Colours of the skin",
        "The colour clusters of the skin by their share of its pixels",
        f"n = {tone.skin_pixels:,} skin pixels",
        *NO_SOURCE,
        ["red", "green", "blue", "share of the skin pixels"],
        [[*map(str, rgb), f"{share:.4f}"] for rgb, share in zip(colours.tolist(), shares)],
    )
    return theme.described(drawing, shares_alt(tone), label)


def shares_alt(tone: SkinTone) -> str:
    """Alt text of :func:`cluster_shares`."""
    counts = sorted(tone.clustering.counts, reverse=True)
    parts = ", ".join(f"{count / sum(counts):.0%}" for count in counts)
    return (
        f"Bar chart of the {tone.clustering.k} colour clusters by their share of "
        f"{tone.skin_pixels:,} skin pixels, each in its colour: {parts}."
    )


def rule_points(original: Classification, other: Classification | None = None, dark: bool = False):
    """Probability of malignancy by rule, with the range over orientations, beside 0.5.

    ``other`` is the same lesion on other skin, drawn as a second point per rule.
    """
    drawing = theme.figure(420, dark)
    keys = list(RULES)
    series = [("this image", original, "circle", -0.14 if other else 0)]
    if other is not None:
        series.append(("on other skin", other, "diamond-open", 0.14))
    drawing.add_traces([_points(*one, theme.ink(dark)) for one in series])
    for row, key in enumerate(keys):  # labels above their row leave the width to the points
        theme.write(
            drawing,
            RULES[key].name,
            row - 0.4,
            "y",
            font={"size": theme.FONT_SIZE, "color": theme.ink(dark)},
            borderpad=1,
        )
        drawing.add_shape(  # a piece per row, so that it does not strike through the labels
            type="line",
            x0=0.5,
            x1=0.5,
            y0=row - 0.25,
            y1=row + 0.3,
            line={"dash": "dot", "width": 2, "color": theme.COLOURS["chance"]},
        )
    drawing.update_layout(
        showlegend=other is not None,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    drawing.update_yaxes(range=[len(keys) - 0.4, -0.75], showticklabels=False, showgrid=False)
    drawing.update_xaxes(
        range=[-0.02, 1.02],
        dtick=0.25,
        tickformat=".2f",
        title_text="Probability of malignancy<br>(dotted: 0.5, above it malignant)",
    )
    label = Label(
        "Probability by rule",
        "Probability of malignancy by rule, with the range over eight orientations of the image",
        "n = 1 image" + (", and the same on other skin" if other else ""),
        *NO_SOURCE,
        ["picture", "rule", "probability [range over 8 orientations], decision"],
        [
            [name, RULES[key].name, text]
            for name, found, _, _ in series
            for key, text in _texts(found).items()
        ],
    )
    return theme.described(drawing, rule_alt(original, other), label)


def _points(name: str, found: Classification, symbol: str, shift: float, ink: str):
    """A point per rule with its range, ``shift`` rows below the rule's own."""
    places = {key: row + shift for row, key in enumerate(RULES) if key in found.verdicts}
    verdicts, ranges = (
        [found.verdicts[key] for key in places],
        [found.ranges[key] for key in places],
    )
    values = [float(verdict.probability_malignant) for verdict in verdicts]
    return go.Scatter(
        x=values,
        y=list(places.values()),
        mode="markers",
        name=name,
        marker={
            "symbol": symbol,
            "size": 13,
            "line": {"width": 2},
            "color": [theme.COLOURS[verdict.word] for verdict in verdicts],
        },
        error_x=theme.whiskers(values, *zip(*ranges), ink, width=6),
        text=list(_texts(found).values()),
        hovertemplate="%{text}<extra></extra>",
    )


def _texts(found: Classification) -> dict[str, str]:
    """Probability, range and decision in words, by rule."""
    return {
        key: f"{float(verdict.probability_malignant):.3f} [{{:.3f}}, {{:.3f}}], ".format(
            *found.ranges[key]
        )
        + verdict.word
        for key, verdict in found.verdicts.items()
    }


def rule_alt(original: Classification, other: Classification | None = None) -> str:
    """Alt text of :func:`rule_points`."""
    words = f"Probability of malignancy by {original.weights.label}: {_in_words(original)}."
    return words if other is None else f"{words} On other skin: {_in_words(other)}."


def _in_words(found: Classification) -> str:
    return "; ".join(
        f"{RULES[key].name} {float(v.probability_malignant):.3f}, {v.word}"
        for key, v in found.verdicts.items()
    )
