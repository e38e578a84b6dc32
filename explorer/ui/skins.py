"""The All skins view: does the model treat the same lesion alike on all skin? Many lesions."""

from dataclasses import dataclass
from functools import lru_cache

import gradio as gr
from markupsafe import Markup

from explorer.charts.chart import draw
from explorer.fairness.counterfactual import load_study
from explorer.figures import skins as plots
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.ui.parts import address
from explorer.ui.parts.link import Linked, linked, one_of
from explorer.ui.parts.notes import folded
from explorer.ui.parts.options import LIGHT
from explorer.ui.parts.tables import table

_study = lru_cache(maxsize=1)(load_study)


@dataclass(frozen=True)
class SkinsChoice(Linked):
    """What the controls of the view say."""

    part = "skins"
    rule: str = linked(DEFAULT_RULE, one_of("rule", RULES), called="skins_rule")
    by: str = linked("cielab", one_of("grouping", plots.GROUPING_NAMES), called="skins_by")


def build(page: gr.Blocks) -> None:
    """Lay out the view in the current context and wire its events."""
    study = _study()
    gr.Markdown(
        "## Does the model treat the same lesion alike on all skin?\n"
        f"Each of n = {study.images} validation lesions of ISIC 2020 was taken to "
        f"{len(study.targets)} target angles ({study.targets[0]:g}° to {study.targets[-1]:g}°, "
        f"{study.transform} transform, whole image) and classified each time by the "
        f"**{study.weights}**, which is not the published model. Only the simulated skin changes, "
        "so a decision that flips along the way was decided by it. A rule that calls almost "
        "everything benign seldom flips either: read the last chart beside the first. Few of "
        "these lesions were photographed on dark skin. The same table for any weights: "
        "`python -m explorer counterfactual FOLDER --csv out.csv`."
    )
    with gr.Row():
        with gr.Column(min_width=300):
            rule = gr.Radio(
                [(rule.name, key) for key, rule in RULES.items() if key in study.rules],
                value=SkinsChoice.rule,
                label="Rule",
                elem_id="study-rule",
            )
        with gr.Column(min_width=300):
            by = gr.Radio(
                [(name, key) for key, name in plots.GROUPING_NAMES.items()],
                value=SkinsChoice.by,
                label="Group lesions by",
                elem_id="study-by",
            )
    with gr.Row(elem_classes="follow-page"):
        with gr.Column(min_width=320):
            gr.Markdown("### Whose decision flips, by rule")
            rules_flip = gr.Plot(show_label=False, elem_id="study-rules-flip")
            gr.Markdown("### Whose decision flips, under the chosen rule")
            groups_flip = gr.Plot(show_label=False, elem_id="study-groups-flip")
        with gr.Column(min_width=320):
            gr.Markdown("### How far the probability moves along the curve")
            groups_range = gr.Plot(show_label=False, elem_id="study-groups-range")
            gr.Markdown("### The same lesions called malignant, by skin tone")
            called = gr.Plot(show_label=False, elem_id="study-called")
    tables = gr.HTML(elem_id="study-tables")
    shown = [rules_flip, groups_flip, groups_range, called, tables]
    opened = address.follow(page, SkinsChoice, {"rule": rule, "by": by})
    for listen in (opened.then, rule.input, by.input):
        listen(_show, [rule, by], shown, **LIGHT)


def _show(rule: str, by: str) -> tuple:
    study = _study()
    charts = (
        plots.flip_share_chart(study),
        plots.flip_share_chart(study, by, rule),
        plots.range_chart(study, by, rule),
        plots.called_chart(study, rule),
    )
    twins = (
        folded(f"{chart.title}, as a table", table(chart.title, *chart.table())) for chart in charts
    )
    return *map(draw, charts), Markup().join(twins)
