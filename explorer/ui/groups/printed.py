"""The report's figures in the Groups view: there is nothing per image, so nothing is recomputed."""

import gradio as gr

from explorer.charts.chart import draw
from explorer.fairness.metrics import ALL_METRICS
from explorer.figures.compare import models_table, tradeoff_alt_text, tradeoff_scatter
from explorer.figures.printed import printed_chart
from explorer.image.colour import GROUP_NAMES
from explorer.study.experiments import experiment_rows
from explorer.study.sources import REPORT_METRICS, report_figures
from explorer.ui.groups.compare import AXES, TWIN
from explorer.ui.parts.notes import words
from explorer.ui.parts.tables import table
from explorer.util.templates import render

#: In the place of a statement: there is nothing that one could be computed from.
UNTESTED = (
    "These are the figures as the report prints them. Without data per image no difference between "
    "groups can be tested here, and no interval of one computed: choose another source for that."
)


def results(metric: str) -> dict:
    """What the view's slots show for the source ``report``."""
    chart, rows = printed_chart(metric), experiment_rows()
    groups = report_figures().groups.rows()
    headers = ["model", "tone group, as published", *(ALL_METRICS[m].label for m in REPORT_METRICS)]
    cells = [
        [
            row["model"],
            GROUP_NAMES[row["group"]],
            *(f"{row[column]:.2f}" for column in REPORT_METRICS.values()),
        ]
        for row in groups
    ]
    return {
        "statement": render("groups/small.html", heading="", text=UNTESTED),
        "bars": gr.Plot(draw(chart), visible=True),
        "gaps": gr.Plot(tradeoff_scatter(rows, *AXES), visible=True),
        "gap_table": words(tradeoff_alt_text(rows, *AXES))
        + table(
            "24 experiments of the report; intervals from the confusion counts that its figures "
            "determine",
            *models_table(rows, TWIN),
        ),
        "metrics_table": words(chart.alt_text)
        + table("Group tables of five models, as the report prints them", headers, cells),
        "source": render("groups/small.html", heading="Source", text=report_figures().about),
    }
