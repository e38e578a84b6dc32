"""Comparing models: the trade-off scatter, and two sources side by side."""

from dataclasses import replace

import gradio as gr

from explorer.charts.chart import draw
from explorer.fairness.compare import Comparison, compare_analyses, compare_rows
from explorer.fairness.decisions import column_name
from explorer.fairness.gaps import GAPS
from explorer.fairness.models import MEASURES, ModelRow, row_from_report
from explorer.figures import compare as plots
from explorer.rules.rules import RULES
from explorer.study.experiments import experiment_names, experiment_rows, model_table
from explorer.ui.groups.panel import Panel
from explorer.ui.groups.state import Bench, GroupsChoice, analysed, groupings, start
from explorer.ui.parts import notes
from explorer.ui.parts.notes import folded, words
from explorer.ui.parts.options import PRIVATE
from explorer.ui.parts.tables import table
from explorer.util.errors import ExplorerError
from explorer.util.templates import render

AXES = ("equal_opportunity_difference", "balanced_accuracy")
TWIN = (
    "recall",
    "false_positive_rate",
    "balanced_accuracy",
    "f1",
    "demographic_parity_difference",
    "equal_opportunity_difference",
)
INTRO = (
    "The report's 24 experiments (figures only), the published model recounted, and what "
    "is loaded here. Gaps of models measured on different images are not comparable."
)


def build(panel: Panel) -> None:
    """The scatter of all models, and the current analysis beside one of its partners."""
    measures = [(label, key) for key, label in MEASURES.items()]
    with gr.Row():
        axes = [
            gr.Dropdown(measures, value=value, label=label, elem_id=f"axis-{label[-2:-1]}")
            for value, label in zip(AXES, ("Across (x)", "Upright (y)"))
        ]
    with gr.Row(elem_classes="follow-page"):
        with gr.Column(min_width=320):
            panel.plot("scatter")
        with gr.Column(min_width=320):
            against = gr.Dropdown(
                _partners(Bench(GroupsChoice(), None)),
                value="demo",
                label="Current analysis against",
                elem_id="against",
            )
            panel.outputs["against"] = against
            pin = gr.Button("Remember the current analysis", size="sm", elem_id="pin")
            panel.html("pinned")
            panel.plot("differences")
    panel.html("tables")
    panel.follow(*axes, against)

    def remember(bench: Bench | None) -> tuple:
        bench = bench or start()
        bench = replace(bench, pinned=bench.analysis or bench.pinned)
        return bench, _remembered(bench), gr.Dropdown(_partners(bench))

    pin.click(remember, panel.bench, [panel.bench, panel.outputs["pinned"], against], **PRIVATE)


def fill(bench: Bench, x: str, y: str, against: str) -> dict:
    """Everything; the partner falls back to the first there is, which is never the same again."""
    rows = model_table(_loaded(bench))
    partners = _partners(bench)
    against = against if against in [key for _, key in partners] else partners[0][1]
    models = words(plots.tradeoff_alt_text(rows, x, y)) + folded(
        "All models as a table",
        table("Models", *plots.models_table(rows, tuple(dict.fromkeys((x, y, *TWIN))))),
    )
    figure, twin = _side_by_side(bench, against)
    return {
        "scatter": plots.tradeoff_scatter(rows, x, y),
        "tables": twin + models,
        "against": gr.Dropdown(partners, value=against),
        "differences": figure,
        "pinned": _remembered(bench),
    }


def _remembered(bench: Bench) -> str:
    if bench.pinned is None:
        text = (
            "Remember one, then change source, rule or threshold, and compare "
            "with what you remembered."
        )
        return render("groups/small.html", heading="", text=text)
    decided = bench.pinned.decided
    text = f"Remembered: {decided.predictions.name}, {decided.rule}, by {decided.label}."
    return notes.notes([text])


def _partners(bench: Bench) -> list[tuple[str, str]]:
    """What the current analysis can be compared with; itself is not among them."""
    choice = bench.choice
    as_ruled = choice.threshold is None and not choice.limits
    found = [("the published model", "published"), ("the demo model", "demo")]
    found = [pair for pair in found if pair[1] != choice.source]
    if bench.pinned is not None and bench.pinned is not bench.analysis:
        found.insert(0, ("the remembered analysis", "pinned"))
    if bench.analysis is not None and bench.analysis.decided.predictions.has_logits:
        found += [
            (f"the same logits by: {rule.name}", f"rule:{key}")
            for key, rule in RULES.items()
            if key != choice.rule or not as_ruled
        ]
    return found + [(f"report: {name}", f"report:{i}") for i, name in enumerate(experiment_names())]


def _loaded(bench: Bench) -> list[ModelRow]:
    """Rows of the demo model, and of the current analysis where it is another one."""
    choice = bench.choice
    usual = GroupsChoice("demo", metric=choice.metric)
    rows = [row_from_report("demo model", "demo", analysed(usual).report)]
    if bench.analysis is None or choice.source == "published" or choice == usual:
        return rows
    decided = bench.analysis.decided
    by = "" if choice.columns == ("published",) else f", gaps by {decided.label}"
    kind = "demo" if bench.of(choice.source) is None else "user"
    name = f"{decided.predictions.name} ({decided.rule}{by})"
    return [*rows, row_from_report(name, kind, bench.analysis.report)]


def _side_by_side(bench: Bench, against: str) -> tuple:
    """Figure and HTML of the current analysis minus its partner; a note where there is none."""
    try:
        found = _comparison(bench, against)
    except Exception as error:
        return None, notes.notes([notes.sentence(error)])
    chart = plots.differences_chart(found)
    kind = "paired, image by image" if found.paired else "not paired"
    said = notes.notes([f"n = {found.n:,} images, {kind}.", *found.notes])
    twin = table(f"{found.second} minus {found.first}", *plots.differences_table(found))
    return draw(chart), words(chart.alt_text) + said + twin


def _comparison(bench: Bench, against: str) -> Comparison:
    analysis, choice = bench.need(), bench.choice
    if against.startswith("report:"):
        row = row_from_report(analysis.decided.predictions.name, "user", analysis.report)
        if choice.columns != ("published",):  # its gaps are between other groups
            row = replace(row, values={k: v for k, v in row.values.items() if k not in GAPS})
        return compare_rows(experiment_rows()[int(against[7:])], row)
    if against == "pinned":
        return compare_analyses(bench.pinned, analysis)
    if against.startswith("rule:"):
        usual = replace(choice, rule=against.removeprefix("rule:"), threshold=None, limits=())
        return compare_analyses(analysed(usual, bench.of(choice.source)), analysis)
    missing = [key for key in choice.columns if key not in groupings(against, None)]
    if missing:
        raise ExplorerError(
            f"The {against} model is not known by {column_name(missing[0])}: choose another "
            "grouping to compare."
        )
    usual = GroupsChoice(against, choice.by, choice.by2, minimum=choice.minimum)
    return compare_analyses(analysed(usual), analysis)
