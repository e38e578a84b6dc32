"""The sub-tab Post-processing of the Groups view: thresholds per group, before and after."""

from dataclasses import replace

import gradio as gr

from explorer.charts.chart import draw
from explorer.fairness.postprocess import CONSTRAINTS, post_process
from explorer.figures.postprocess import (
    frontier_plot,
    frontier_table,
    post_processing_chart,
    post_processing_notes,
    thresholds_table,
)
from explorer.ui.groups.panel import Panel
from explorer.ui.groups.state import Bench, start
from explorer.ui.parts import notes
from explorer.ui.parts.notes import folded, sentence, words
from explorer.ui.parts.options import HEAVY
from explorer.ui.parts.tables import table
from explorer.util.errors import ExplorerError

INTRO = (
    "Thresholds per group can equalise a rate on the images that they were chosen on. Here they "
    "are chosen on one half of the patients and judged on the other, both ways, for many random "
    "halves: does the gap close on images that were not seen, and at whose cost?"
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
    panel.html("said")
    with gr.Row(elem_classes="follow-page"):
        for name in ("plot", "frontier"):
            with gr.Column(min_width=320):
                panel.plot(name)
    panel.html("table")

    def fit(bench: Bench | None, wanted: str) -> dict:
        bench = bench or start()
        try:
            analysis = bench.need()
            after = post_process(analysis.decided, wanted)
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
    chart, frontier = post_processing_chart(after), frontier_plot(after)
    headers, rows = frontier_table(after)
    return {
        "said": notes.notes(post_processing_notes(after)),
        "plot": draw(chart),
        "frontier": frontier,
        "table": words(chart.alt_text)
        + words(frontier.layout.meta["alt"])
        + folded("The figure as a table", table(chart.title, *chart.table()))
        + folded("The frontier as a table", table("Frontier, on held-out images", headers, rows))
        + folded("Thresholds", table("Thresholds", *thresholds_table(after))),
    }
