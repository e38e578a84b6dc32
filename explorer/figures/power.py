"""What the counts could not show: the probability of missing a true gap, per group."""

from html import escape

from explorer.charts import theme
from explorer.charts.label import NO_SOURCE, Label
from explorer.charts.panels import MOST_PANELS, panels, shortened
from explorer.fairness.metrics import ALL_METRICS
from explorer.fairness.power import PowerAnalysis
from explorer.util import lazy

go = lazy.load("plotly.graph_objects")


def power_plot(power: PowerAnalysis, dark: bool = False):
    """Probability of missing a true gap against its size, a panel per group."""
    shown = sorted(power.groups, key=lambda g: -g.n)[:MOST_PANELS]
    labels = [
        f"<b>{escape(shortened(g.name))}</b><br>n = {g.n:,}<br>"
        + ("never found" if g.detectable is None else f"found from {g.detectable:.2f}")
        for g in shown
    ]
    drawing = panels(
        labels,
        (
            (
                theme.dotted([0, 1], [power.missed] * 2),
                go.Scatter(
                    x=g.gaps,
                    y=g.missed,
                    mode="lines",
                    line={"color": theme.COLOURS["measured"], "width": 3},
                    hovertemplate="gap %{x:.2f} missed with %{y:.0%}<extra></extra>",
                ),
            )
            for g in shown
        ),
        ("true gap", "probability of missing it"),
        f"dotted: {power.missed:.0%} missed",
        dark,
    )
    metric = ALL_METRICS[power.metric].label.lower()
    label = Label(
        f"Gaps in {metric} that would be missed",
        f"Probability of missing a true gap in {metric}, by its size and the group that has it",
        "; ".join(f"{group.name}: n = {group.n:,}" for group in power.groups),
        *NO_SOURCE,
        *power_table(power),
        wide=True,
    )
    return theme.described(drawing, power_alt_text(power), label)


def power_table(power: PowerAnalysis) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: the twin of :func:`power_plot`."""
    headers = ["group", "n", f"gap missed with probability over {power.missed:.0%} if smaller than"]
    return headers, [
        [g.name, f"{g.n:,}", "any gap" if g.detectable is None else f"{g.detectable:.2f}"]
        for g in power.groups
    ]


def power_alt_text(power: PowerAnalysis) -> str:
    """What :func:`power_plot` shows, in words."""
    return (
        "Curves of the probability that a true gap is missed against its size, a panel per "
        f"group. {' '.join(power.sentences)}"
    )
