"""The sub-tab Post-processing of the Groups view: fairlearn's optimiser, before and after."""

from dataclasses import replace

import gradio as gr

from explorer.charts.chart import draw
from explorer.fairness.postprocess import CONSTRAINTS, post_process
from explorer.figures.postprocess import post_processing_chart, thresholds_table
from explorer.ui.groups.panel import Panel
from explorer.ui.groups.state import Bench, start
from explorer.ui.parts import notes
from explorer.ui.parts.notes import folded, sentence, words
from explorer.ui.parts.options import HEAVY
from explorer.ui.parts.tables import table
from explorer.util.errors import ExplorerError

INTRO = (
    "Thresholds per group can equalise a rate on the images that they were chosen on. "
    "Here fairlearn's ThresholdOptimizer is fitted on one half of the patients and judged "
    "on the other, both ways."
)


def build(panel: Panel) -> None:
    """What to equalise, a button, and what it makes."""
    constraint = gr.Radio(
        [(label, key) for key, (label, _) in CONSTRAINTS.items()],
        value="equalized_odds",
        label="What to equalise",
        elem_id="constraint",
    )
    button = gr.Button("Fit and compare", variant="primary", elem_id="fit")
    panel.wide_plot("plot", small_labels=False)
    panel.html("table")

    def fit(bench: Bench | None, wanted: str) -> dict:
        bench = bench or start()
        try:
            analysis = bench.need()
            after = post_process(analysis.decided, wanted, analysis.report.small)
        except Exception as error:
            return {**panel.show(bench), panel.problem: notes.problem(sentence(error))}
        bench = replace(bench, after=after)
        return {panel.bench: bench, **panel.show(bench)}

    button.click(
        fit, [panel.bench, constraint], [panel.bench, *panel.every], **panel.progress_here(HEAVY)
    )


def fill(bench: Bench) -> dict:
    """The latest fit of this very analysis; nothing before there is one."""
    analysis, after = bench.need(), bench.after
    if analysis.decided.probability is None:
        raise ExplorerError(
            "post-processing needs a probability or logits per image: this source has labels only"
        )
    if after is None:
        return {}
    chart = post_processing_chart(after)
    said = [after.held_out]
    if after.left_out:
        said.append(f"Left out: {', '.join(after.left_out)}.")
    limits = table("Thresholds", *thresholds_table(after))
    return {
        "plot": draw(chart),
        "table": words(chart.alt_text)
        + notes.notes(said)
        + folded("The figure as a table", table(chart.title, *chart.table()))
        + folded("Thresholds", limits),
    }
