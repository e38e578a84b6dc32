"""The sub-tab Which groups differ: one test over all, every pair, and what patients change."""

import gradio as gr

from explorer.charts.chart import draw
from explorer.fairness.metrics import METRICS
from explorer.figures import pairs
from explorer.figures.planning import UNITS_SAID, units_table
from explorer.ui.groups.panel import Panel
from explorer.ui.groups.state import Bench
from explorer.ui.parts.notes import folded, words
from explorer.ui.parts.tables import table
from explorer.util.templates import render

INTRO = (
    "The largest gap says little of the other groups. First one question over all of them, then "
    "every pair by name. Equalized odds is shown by its two parts, recall and false positive rate."
)
RATES = ("recall", "false_positive_rate", "selection_rate")


def build(panel: Panel) -> None:
    """The rate to compare, the answer in words, the pairs, and the tables."""
    metric = gr.Radio(
        [(METRICS[key].label, key) for key in RATES],
        value="recall",
        label="Differences in",
        elem_id="pairs-metric",
    )
    panel.html("text")
    panel.wide_plot("plot", small_labels=False)
    panel.html("table")
    panel.follow(metric)


def fill(bench: Bench, metric: str) -> dict:
    """Everything of one rate."""
    report = bench.need().report
    said = render("groups/list.html", texts=pairs.chance_sentences(report, metric))
    if not pairs.gap_of(report, metric).pairs:
        return {"text": said}
    chart = pairs.pairs_chart(report, metric)
    label = METRICS[metric].label
    tables = folded("All pairs", table(chart.title, *pairs.pairs_table(report, metric)))
    tables += folded("The tests over all groups", table("Tests", *pairs.tests_table(report)))
    headers, rows = units_table(report, metric)
    if rows:
        tables += folded(
            "Image by image and by patient",
            render("groups/small.html", heading="", text=UNITS_SAID)
            + table(f"{label}, image by image and by patient", headers, rows),
        )
    return {"text": said, "plot": draw(chart), "table": words(chart.alt_text) + tables}
