"""The chapter All skins: does the model treat the same lesion alike on all skin? Many lesions."""

from dataclasses import dataclass
from functools import cache, lru_cache

import gradio as gr
from markupsafe import Markup

from explorer.charts.chart import draw
from explorer.fairness.counterfactual import load_study
from explorer.fairness.cutoffs import CUTOFFS, OWN, SAME, same_sensitivity
from explorer.fairness.skins import finding
from explorer.figures import skins as plots
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.study.sources import demo_calibration
from explorer.ui.parts import address
from explorer.ui.parts.choices import cutoff_names
from explorer.ui.parts.link import Linked, linked, one_of
from explorer.ui.parts.notes import folded
from explorer.ui.parts.options import LIGHT
from explorer.ui.parts.tables import table
from explorer.util.templates import render

_study = lru_cache(maxsize=1)(load_study)


@dataclass(frozen=True)
class SkinsChoice(Linked):
    """What the controls of the chapter say."""

    part = "skins"
    rule: str = linked(DEFAULT_RULE, one_of("rule", RULES), called="skins_rule")
    by: str = linked("cielab", one_of("grouping", plots.GROUPING_NAMES), called="skins_by")
    cutoff: str = linked(OWN, one_of("cut-off", CUTOFFS), called="skins_cutoff")


def build(page: gr.Blocks) -> None:
    """Lay out the chapter in the current context and wire its events."""
    study = _study()
    gr.HTML(render("groups/skins.html", study=study))
    with gr.Row(elem_classes="follow-page"):
        with gr.Column(min_width=320):
            words = gr.HTML(elem_id="study-finding")
            gr.Markdown("### Whose decision flips, by rule")
            rules_flip = gr.Plot(show_label=False, elem_id="study-rules-flip")
        with gr.Column(min_width=320):
            gr.Markdown("### The same lesions called malignant, by skin tone")
            called = gr.Plot(show_label=False, elem_id="study-called")
    with gr.Row():
        rule = gr.Radio(
            [(rule.name, key) for key, rule in RULES.items() if key in study.rules],
            value=SkinsChoice.rule,
            label="Rule",
            elem_id="study-rule",
            min_width=300,
        )
        cutoff = gr.Radio(
            cutoff_names(),
            value=SkinsChoice.cutoff,
            label="Cut-off",
            elem_id="study-cutoff",
            min_width=240,
        )
        by = gr.Radio(
            [(name, key) for key, name in plots.GROUPING_NAMES.items()],
            value=SkinsChoice.by,
            label="Group lesions by",
            elem_id="study-by",
            min_width=300,
        )
    with gr.Row(elem_classes="follow-page"):
        for_groups = []
        for name, title in (
            ("flip", "Whose decision flips, under the chosen rule"),
            ("range", "How far the probability moves along the curve"),
        ):
            with gr.Column(min_width=320):
                gr.Markdown(f"### {title}")
                for_groups.append(gr.Plot(show_label=False, elem_id=f"study-groups-{name}"))
    tables = gr.HTML(elem_id="study-tables")
    shown = [words, called, rules_flip, *for_groups, tables]
    controls = {"rule": rule, "by": by, "cutoff": cutoff}
    opened = address.follow(page, SkinsChoice, controls)
    for listen in (opened.then, *(each.input for each in controls.values())):
        listen(_show, list(controls.values()), shown, **LIGHT)


def prepare() -> None:
    """Draw what a new visitor sees, before the first one comes."""
    _show(SkinsChoice.rule, SkinsChoice.by, SkinsChoice.cutoff)


@cache  # of the few there are; most visitors see the first alone
def _show(rule: str, by: str, cutoff: str) -> tuple:
    cutoffs = same_sensitivity(demo_calibration()) if cutoff == SAME else None
    study = _study().at(cutoffs)
    charts = (
        plots.called_chart(study, rule),
        plots.flip_share_chart(study),
        plots.flip_share_chart(study, by, rule),
        plots.range_chart(study, by, rule),
    )
    twins = (
        folded(f"{chart.title}, as a table", table(chart.title, *chart.table())) for chart in charts
    )
    said = finding(study, rule).text
    found = render("groups/finding.html", text=said, cutoffs=cutoffs, rule=rule)
    return found, *map(draw, charts), Markup().join(twins)
