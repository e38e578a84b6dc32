"""The sub-tab Small samples: what would be missed, what would settle it, what chance drew apart."""

import gradio as gr

from explorer.charts.chart import draw
from explorer.fairness import planning
from explorer.fairness.metrics import ALL_METRICS
from explorer.fairness.power import WORSE_IS_HIGHER
from explorer.fairness.statement import power_of
from explorer.figures.planning import arrows, plan_table, shrunk_chart
from explorer.figures.power import power_alt_text, power_plot, power_table
from explorer.ui.groups.panel import Panel
from explorer.ui.groups.state import Bench
from explorer.ui.parts.notes import folded, notes, words
from explorer.ui.parts.tables import download, table
from explorer.util.errors import ExplorerError
from explorer.util.templates import render

INTRO = (
    "A test that finds nothing says little if it could hardly have found anything: the true gap "
    "that would be missed, given how many images there are, and how many would settle it."
)
SHRUNK = (
    "Rates of few images are far apart partly by chance. The arrows lead from each rate to what is "
    "expected of its group, given all groups (empirical Bayes): where they meet, chance explains "
    "most of it."
)


def build(panel: Panel) -> None:
    """The rate; what would be missed; the plan with its wishes; the arrows."""
    metric = gr.Radio(
        [(ALL_METRICS[key].label, key) for key in WORSE_IS_HIGHER],
        value="recall",
        label="Gap in",
        elem_id="power-metric",
    )
    panel.html("text")
    panel.wide_plot("plot")
    panel.html("table")
    gr.Markdown("#### How many images would settle it?")
    with gr.Row():
        gap, power, width = (
            gr.Slider(low, high, value, step=step, label=label, buttons=[], elem_id=name)
            for low, high, value, step, label, name in (
                (0.02, 0.5, planning.GAP, 0.01, "Difference to be found", "plan-gap"),
                (0.5, 0.95, planning.POWER, 0.05, "Probability of finding it", "plan-power"),
                (0.02, 0.5, planning.WIDTH, 0.01, "Width of each rate's interval", "plan-width"),
            )
        )
    panel.html("plan")
    gr.Markdown("#### What chance may have drawn apart")
    panel.wide_plot("shrunk", small_labels=False)
    panel.html("arrows")
    panel.follow(metric, gap, power, width)


def fill(bench: Bench, metric: str, gap: float, power: float, width: float) -> dict:
    """All of one rate; without power, or without a plan, the reason in its place."""
    report = bench.need().report
    found = {"plan": _plan(report, metric, gap, power, width)}
    missed = power_of(report, metric)
    twin = folded("The figure as a table", table("Detectable gaps", *power_table(missed)))
    chart = shrunk_chart(report, metric)
    said = render("groups/small.html", heading="", text=SHRUNK)
    return found | {
        "text": render("groups/list.html", texts=missed.sentences),
        "plot": power_plot(missed),
        "table": words(power_alt_text(missed)) + twin,
        "shrunk": arrows(draw(chart), chart),
        "arrows": words(chart.alt_text)
        + said
        + folded("The arrows as a table", table(chart.title, *chart.table())),
    }


def _plan(report, metric: str, gap: float, power: float, width: float) -> str:
    try:
        found = planning.plan(report, metric, gap, power, width)
    except ExplorerError as error:
        return notes([str(error)])
    name = "protocol.txt"
    return (
        render("groups/small.html", heading="", text=found.sentence)
        + table("Images per group", *plan_table(found))
        + download(found.protocol(), name, "Save the protocol (text)", "text/plain")
    )
