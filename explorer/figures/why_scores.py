"""Threshold against ranking, calibration and net benefit by group: charts, a plot and tables."""

from html import escape
from math import ceil, floor

from explorer.charts import theme
from explorer.charts.chart import Chart, Mark, Row
from explorer.charts.label import NO_SOURCE, Label
from explorer.charts.panels import largest, panels, shortened
from explorer.fairness.calibration import FEW, Calibration
from explorer.fairness.gaps import SMALL
from explorer.fairness.net_benefit import TOLD, NetBenefit
from explorer.fairness.ranking import Ranking
from explorer.util import lazy

go = lazy.load("plotly.graph_objects")


def ranking_chart(found: Ranking) -> Chart:
    """AUROC, then specificity at each sensitivity and at the decisions as they are, by group."""
    rows = [
        Row(
            f"AUROC, {group.name}",
            f"{group.malignant:,} malignant, {group.benign:,} benign",
            (Mark.of("second", group.auroc, min(group.malignant, group.benign) < SMALL),),
        )
        for group in found.groups
    ]
    for index, sensitivity in enumerate(found.sensitivities):
        rows += [
            Row(
                f"Specificity at sensitivity {sensitivity:g}, {group.name}",
                f"n = {group.malignant:,} malignant, {group.benign:,} benign",
                (Mark.of("measured", group.at[index], min(group.malignant, group.benign) < SMALL),),
            )
            for group in found.groups
        ]
    return Chart(
        "Threshold against ranking: each group cut where it finds as many",
        "share, 0 to 1",
        {
            "second": f"AUROC; {found.auroc_interval}; "
            f"hollow: fewer than {SMALL} images of a class",
            "measured": f"specificity; {found.interval}",
        },
        tuple(rows),
        name="Threshold against ranking",
    )


def ranking_table(found: Ranking) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: the cut as it is, and the best there is on these images."""
    headers = [
        "group",
        "recall as decided [95 %: Wilson]",
        "specificity as decided [95 %: Wilson]",
        "Youden index as decided",
        "largest Youden index on these images (optimistic)",
        "at the threshold",
    ]
    return headers, [
        [
            group.name,
            *(
                f"{rate.value:.2f} [{rate.low:.2f}, {rate.high:.2f}], n = {rate.n:,}"
                for rate in (group.recall, group.specificity)
            ),
            f"{group.youden:.2f}",
            f"{group.best_youden:.2f}",
            f"{group.best_threshold:.3f}",
        ]
        for group in found.groups
    ]


def calibration_chart(found: Calibration) -> Chart:
    """Observed over expected, slope and intercept, a row per group and measure."""
    rows = [
        Row(
            f"{label}, {group.name}",
            f"n = {group.n:,}, {group.observed:,} malignant, {group.expected:.1f} expected",
            (Mark.of(series, getattr(group, key)),),
        )
        for key, label, series in (
            ("ratio", "Observed / expected", "measured"),
            ("slope", "Slope", "second"),
            ("intercept", "Intercept", "third"),
        )
        for group in found.groups
        if getattr(group, key).value is not None
    ]
    ends = [x for row in rows for m in row.marks for x in (m.low, m.high, m.value) if x is not None]
    return Chart(
        "Calibration by group",
        "observed / expected and slope: 1 is calibrated; intercept: 0 is",
        {
            "measured": f"observed / expected; {found.interval}",
            "second": f"slope; of groups with {FEW} images of each class",
            "third": "intercept (slope held at 1); of the same groups",
        },
        tuple(rows),
        (floor(min([0.0, *ends])), ceil(max([1.0, *ends]))),
        name="Calibration slope and intercept",
    )


def benefit_plot(found: NetBenefit, dark: bool = False):
    """Net benefit by price, a panel per group: the decisions, everybody called, nobody called."""
    shown = largest(found.groups)
    drawing = panels(
        [
            f"<b>{escape(shortened(g.name))}</b><br>{g.malignant:,} malignant<br>{g.count:,} images"
            for g in shown
        ],
        (_traces(group) for group in shown),
        ("risk from which one would excise", "net benefit per image"),
        "solid: as decided, 95 % interval (normal)<br>dashed: everybody called; dotted: nobody",
        dark,
        "",
    )
    low = min(0.0, *(w.low for g in shown for w in g.worths)) - 0.01
    high = max(max(w.high, w.everybody) for g in shown for w in g.worths)
    drawing.update_xaxes(range=[0, 0.205], tickvals=[0, 0.1, 0.2], ticktext=["0", "0.1", "0.2"])
    drawing.update_yaxes(range=[low, high * 1.05], tickmode="auto", nticks=4, tickvals=None)
    drawing.update_yaxes(ticktext=None)
    headers, rows = benefit_table(found)
    label = Label(
        "Net benefit",
        f"Net benefit of the decisions by group; {found.interval}",
        f"n = {sum(g.count for g in found.groups):,} images",
        *NO_SOURCE,
        headers,
        rows,
        wide=True,
    )
    parts = "; ".join(f"{row[0]} at {row[1]}: {row[2]}, everybody called {row[3]}" for row in rows)
    return theme.described(drawing, f"Net benefit per image by group. {parts}.", label)


def _traces(group):
    green, grey = theme.COLOURS["measured"], theme.COLOURS["chance"]
    prices = [w.price for w in group.worths]
    looks = (
        ("low", green, 1, "solid"),
        ("high", green, 1, "solid"),
        ("everybody", grey, 2, "dash"),
        ("value", green, 3, "solid"),
    )
    yield theme.dotted([0, 0.2], [0, 0])
    for key, colour, width, dash in looks:
        yield go.Scatter(
            x=prices,
            y=[getattr(w, key) for w in group.worths],
            mode="lines",
            name=group.name,
            line={"color": colour, "width": width, "dash": dash},
            hoverinfo="skip" if key != "value" else None,
            hovertemplate="%{x:.2f}: %{y:.3f}<extra></extra>" if key == "value" else None,
        )


def benefit_table(found: NetBenefit) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text, a row per group and price of :data:`TOLD`."""
    headers = [
        "group",
        "risk from which one would excise",
        f"net benefit per 1,000 images as decided [{found.interval}]",
        "everybody called",
    ]
    return headers, [
        [
            group.name,
            f"{w.price:g} (1 melanoma for {(1 - w.price) / w.price:.0f} false alarms)",
            f"{1000 * w.value:.1f} [{1000 * w.low:.1f}, {1000 * w.high:.1f}]".replace("-", "−"),
            f"{1000 * w.everybody:.1f}".replace("-", "−"),
        ]
        for group in found.groups
        for w in group.worths
        if w.price in TOLD
    ]
