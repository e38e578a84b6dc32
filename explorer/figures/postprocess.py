"""Post-processing: before and after over all splits, the frontier, and the thresholds found."""

from explorer.charts import theme
from explorer.charts.chart import SERIES, Chart, Mark, Row, legend_lines
from explorer.charts.label import NO_SOURCE, Label
from explorer.fairness.gaps import GAPS, SMALL
from explorer.fairness.halves import Across
from explorer.fairness.metrics import ALL_METRICS
from explorer.fairness.postprocess import (
    CONSTRAINTS,
    OVERALL,
    Change,
    FrontierPoint,
    PostProcessing,
)
from explorer.util import lazy

go = lazy.load("plotly.graph_objects")

FRONTIER_HEIGHT = 380  # px, without its caption
#: Rates in the figure of before and after; balanced accuracy is in the frontier.
SHOWN = ("recall", "false_positive_rate")
NO_INTERVAL = (
    "What varies between splits is the choice of thresholds. How the rates would vary between "
    "other patients comes on top: these are no confidence intervals."
)


def post_processing_chart(result: PostProcessing) -> Chart:
    """The four gaps, then recall and false positive rate of every group, before and after.

    A ``Chart`` draws itself with ``chart.draw`` and has its own table and alt text.
    """
    rows = [
        _row(GAPS[c.metric][0] + " (the aim)" * (c.metric == result.target_gap), "", c)
        for c in result.gaps
    ]
    rows += [
        _row(f"{ALL_METRICS[c.metric].label}, {c.group}", f"n = {c.before.n:,}", c)
        for metric in SHOWN
        for c in result.changes
        if c.metric == metric
    ]
    name = CONSTRAINTS[result.constraint][0].lower()
    return Chart(
        f"Post-processing for {name}, before and after, on held-out images",
        "share, 0 to 1",
        {
            "second": "before; of a rate with its 95 % interval (Wilson)",
            "measured": f"after: median of {result.splits} splits; bar: middle 90 % of the splits; "
            f"tick: one split; hollow: n below {SMALL}",
        },
        tuple(rows),
        basis=result.held_out,
    )


def post_processing_notes(result: PostProcessing) -> tuple[str, ...]:
    """What was held out, what was left out, and the warning on levelling down."""
    notes = [result.held_out, NO_INTERVAL]
    if result.left_out:
        names = ", ".join(result.left_out)
        notes.append(f"Left out, for want of a meaning or of both classes in both halves: {names}.")
    return tuple(notes + [result.warning] * bool(result.warning))


def _row(label: str, detail: str, change: Change) -> Row:
    after, few = change.after, change.before.n < SMALL
    mark = Mark("measured", after.median, after.low, after.high, few, after.values)
    return Row(label, detail, (Mark.of("second", change.before, few), mark))


def frontier_plot(result: PostProcessing, dark: bool = False):
    """Balanced accuracy against the gap that is meant to close, both on held-out images.

    A point per gap allowed where thresholds are fitted, with the middle 90 % of the splits; beside
    them the decisions before, and one threshold for all fitted on the same halves.
    """
    *path, common = result.frontier
    rate = "balanced_accuracy"
    before = next(c.before for c in result.changes if (c.metric, c.group) == (rate, OVERALL))
    legend = {
        "measured": "thresholds per group, from no gap allowed (labelled 0) to any (1)",
        "third": "one threshold for all",
        "second": "before",
    }
    caption = [line for key, text in legend.items() for line in legend_lines(key, text, 36)]
    caption.append("end bars: middle 90 % of the splits")
    head = len(caption) * 18 + 8
    drawing = theme.figure(FRONTIER_HEIGHT + head, dark)
    drawing.update_layout(margin_t=head)
    theme.write(drawing, "<br>".join(caption), 1, yanchor="bottom")
    gap = GAPS[result.target_gap][0]
    drawing.update_xaxes(title_text=f"{gap}<br>(less is better)", showgrid=True, rangemode="tozero")
    drawing.update_yaxes(
        title_text="balanced accuracy<br>(more is better)", showgrid=True, tickformat=".2f"
    )
    drawing.add_trace(_points(path, "measured", dark))
    drawing.add_trace(_points([common], "third", dark))
    drawing.add_trace(
        go.Scatter(
            x=[result.aim.before.value],
            y=[before.value],
            mode="markers",
            marker=_marker("second"),
            hovertemplate="before<br>%{x:.3f}, %{y:.3f}<extra></extra>",
        )
    )
    headers, rows = frontier_table(result)
    alt = f"Balanced accuracy against {gap.lower()}: " + "; ".join(
        f"{row[0]}: {row[2]} at a gap of {row[1]}" for row in rows
    )
    label = Label(
        f"Frontier for {CONSTRAINTS[result.constraint][0].lower()}",
        f"Balanced accuracy against {gap.lower()}, on held-out images, by the gap that is allowed "
        "where thresholds are fitted",
        result.held_out,
        *NO_SOURCE,
        headers,
        rows,
    )
    return theme.described(drawing, f"{alt}.", label)


def _marker(series: str) -> dict:
    return {
        "symbol": SERIES[series].symbol,
        "size": 11,
        "color": theme.COLOURS[SERIES[series].colour],
    }


def _points(points: list[FrontierPoint], series: str, dark: bool):
    xs, ys = ([getattr(p, key) for p in points] for key in ("gap", "balanced_accuracy"))
    names = [f"allowed {p.allowed:g}" if p.allowed is not None else "one threshold" for p in points]
    ends = {0, len(points) - 1}
    return go.Scatter(
        x=[x.median for x in xs],
        y=[y.median for y in ys],
        mode="lines+markers+text",
        text=[
            f"{p.allowed:g}" if i in ends and len(ends) > 1 else "" for i, p in enumerate(points)
        ],
        textposition="top left",
        textfont={"color": theme.ink(dark)},
        line={"color": theme.COLOURS[SERIES[series].colour], "width": 2},
        marker=_marker(series),
        error_x=_reach(xs, ends, dark),
        error_y=_reach(ys, ends, dark),
        customdata=names,
        hovertemplate="%{customdata}<br>%{x:.3f}, %{y:.3f}<extra></extra>",
    )


def _reach(values: list[Across], ends: set[int], dark: bool) -> dict:
    middle, low, high = ([getattr(v, key) for v in values] for key in ("median", "low", "high"))
    low, high = ([v if i in ends else None for i, v in enumerate(end)] for end in (low, high))
    return theme.whiskers(middle, low, high, theme.ink(dark), thickness=1, width=3)


def frontier_table(result: PostProcessing) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: the twin of :func:`frontier_plot`."""
    headers = [
        "thresholds",
        f"{GAPS[result.target_gap][0].lower()}: median [middle 90 % of splits]",
        "balanced accuracy",
        "recall",
        "lowest recall of a group",
    ]
    rows = [
        [
            "one for all" if p.allowed is None else f"per group, gap allowed: {p.allowed:g}",
            *map(_text, (p.gap, p.balanced_accuracy, p.recall, p.lowest_recall)),
        ]
        for p in result.frontier
    ]
    every = {(c.metric, c.group): c.before for c in result.changes}
    lowest = min(c.value for (metric, _), c in every.items() if metric == "recall")
    rates = [every[metric, OVERALL].value for metric in ("balanced_accuracy", "recall")]
    before = [f"{value:.3f}" for value in (result.aim.before.value, *rates, lowest)]
    return headers, [["before", *before], *rows]


def _text(value: Across) -> str:
    return f"{value.median:.3f} [{value.low:.3f}, {value.high:.3f}]"


def thresholds_table(result: PostProcessing) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: the threshold of every group over all fits."""

    def limit(value: float) -> str:
        return "never" if value > 1 else "always" if value <= 0 else f"above {value:.3f}"

    headers = [
        "group",
        "called malignant: median",
        "5th percentile of fits",
        "95th percentile of fits",
        "fits that draw lots between two thresholds",
    ]
    return headers, [
        [t.group, *map(limit, (t.median, t.low, t.high)), f"{t.random:.0%}"]
        for t in result.thresholds
    ]
