"""The sub-tab *Why is there a gap?* of the Groups view: one pair of groups, looked at closely."""

from itertools import permutations

import gradio as gr

from explorer.charts.chart import draw
from explorer.fairness.decomposition import pair_of
from explorer.fairness.levels import has_meaning
from explorer.fairness.why import CAUTION, Why, why
from explorer.figures import why as figures
from explorer.figures import why_scores as scores
from explorer.ui.groups.panel import Panel
from explorer.ui.groups.state import Bench
from explorer.ui.parts import notes
from explorer.ui.parts.notes import folded, words
from explorer.ui.parts.tables import table
from explorer.util.errors import ExplorerError

INTRO = (
    "A difference between two groups, taken apart: is it that more of one group's images are "
    "malignant, that more are found, or that more benign ones are called so by mistake? Does it "
    "stay among images of like age, site and sex?"
)
LOOKS = {
    "Parts of the gap": "parts",
    "Like with like": "standardised",
    "By diagnosis": "diagnoses",
    "Threshold or ranking": "ranking",
    "Net benefit": "benefit",
    "Calibration": "calibration",
}
RANKING = (
    "Where specificity at the same sensitivity is alike, groups differ in where they are cut, and "
    "thresholds could help; where it is not, they differ in how well they are ordered."
)
BENEFIT = (
    "One who would excise from a risk of 0.05 on takes a missed melanoma to be as bad as 19 false "
    "alarms. The decisions stay as they are at every such price. Groups with other base rates have "
    "other net benefits even where recall and false positive rate are equal."
)
CALIBRATION = (
    "A rule that divides the class priors out moves probabilities up on purpose: what it gives is "
    "not meant to be calibrated."
)
SCORES = "this look takes a probability or 8 logits per image, of malignant and of benign images"
#: Between the two groups of a pair; no group's name has it.
MINUS = " − "
WIDEST = ""


def build(panel: Panel) -> None:
    """Which look, which pair, and the figure."""
    with gr.Row():
        look = gr.Radio(
            list(LOOKS.items()), value="parts", label="Look", elem_id="why-look", min_width=320
        )
        pair = gr.Dropdown(
            [("largest minus smallest selection rate", WIDEST)],
            value=WIDEST,
            label="Groups",
            elem_id="why-pair",
            min_width=320,
        )
    panel.outputs["pair"] = pair
    panel.wide_plot("plot", small_labels=False)
    panel.html("table")
    panel.follow(look, pair)


def fill(bench: Bench, look: str, pair: str) -> dict:
    """One look at one pair; a pair that is no more there gives way to the widest."""
    decided = bench.need().decided
    pairs = [
        (MINUS.join(each), MINUS.join(each))
        for each in permutations(filter(has_meaning, decided.names), 2)
    ]
    widest = MINUS.join(decided.names[i] for i in pair_of(decided))
    choices = [(f"largest minus smallest selection rate: {widest}", WIDEST), *pairs]
    pair = pair if pair in dict(pairs) else WIDEST
    found = why(decided, *(pair or widest).split(MINUS))
    shown = {"pair": gr.Dropdown(choices, value=pair)}
    return shown | SHOWN[look](found)


def _parts(found: Why) -> dict:
    return _chart(figures.decomposition_chart(found.decomposition), CAUTION)


def _like(found: Why) -> dict:
    between = f"{found.first} minus {found.second}"
    chart = figures.standardised_chart(found.standardised, between, found.standardised_interval)
    return _chart(chart, CAUTION)


def _diagnoses(found: Why) -> dict:
    if found.diagnoses is None:
        raise ExplorerError(
            "this look takes a column diagnosis, in which some benign images have one and others "
            "are unknown"
        )
    missed = table("If some of the unknown were melanomas", *figures.missed_table(found.diagnoses))
    return _chart(figures.diagnoses_chart(found.diagnoses), found.diagnoses.sentence, missed)


def _ranking(found: Why) -> dict:
    if found.ranking is None:
        raise ExplorerError(SCORES)
    cuts = folded(
        "Where each group is cut",
        table("Where each group is cut", *scores.ranking_table(found.ranking)),
    )
    return _chart(scores.ranking_chart(found.ranking), RANKING, cuts)


def _benefit(found: Why) -> dict:
    plot = scores.benefit_plot(found.net_benefit)
    twin = table("Net benefit", *scores.benefit_table(found.net_benefit))
    text = words(plot.layout.meta["alt"])
    twin = folded("The figure as a table", twin)
    return {"plot": plot, "table": notes.notes([BENEFIT]) + text + twin}


def _calibration(found: Why) -> dict:
    if found.calibration is None:
        raise ExplorerError(SCORES)
    return _chart(scores.calibration_chart(found.calibration), CALIBRATION)


def _chart(chart, said: str, more: str = "") -> dict:
    twin = folded("The figure as a table", table(chart.title, *chart.table()))
    return {"plot": draw(chart), "table": notes.notes([said]) + more + words(chart.alt_text) + twin}


SHOWN = {
    "parts": _parts,
    "standardised": _like,
    "diagnoses": _diagnoses,
    "ranking": _ranking,
    "benefit": _benefit,
    "calibration": _calibration,
}
