"""The Groups view's sub-tabs: each shows one more side of the current analysis, when opened."""

from dataclasses import dataclass

import gradio as gr

from explorer.charts.chart import draw
from explorer.fairness import curves
from explorer.fairness.analysis import Analysis
from explorer.fairness.confidence import SCORES, from_decided
from explorer.fairness.decomposition import comparable
from explorer.figures import curves as plots
from explorer.figures.confidence import confidence_chart, confidence_table
from explorer.figures.gaps import spreads_table
from explorer.ui.groups import compare, images, pairs, planning, postprocess, report, why
from explorer.ui.groups.panel import Panel, SubTab
from explorer.ui.groups.state import Bench
from explorer.ui.parts.link import Linked, linked, one_of
from explorer.ui.parts.notes import folded, words
from explorer.ui.parts.tables import table
from explorer.util.errors import ExplorerError

CURVES = {"ROC": "roc", "Precision and recall": "precision_recall", "Calibration": "calibration"}
SCORE_NAMES = {
    "probability": "Probability, normalised",
    **{key: f"{key[0].upper()}{key[1:]} score, as in the study's scripts" for key in SCORES},
}


def _spreads(bench: Bench) -> dict:
    analysis = bench.need()
    caption = f"{analysis.decided.predictions.name}, by {analysis.report.label}"
    return {"table": table(caption, *spreads_table(analysis))}


def _build_curves(panel: Panel) -> None:
    kind = gr.Radio(list(CURVES.items()), value="roc", label="Curve", elem_id="curve-kind")
    panel.wide_plot("plot")
    panel.html("table")
    panel.follow(kind)


def _curves(bench: Bench, kind: str) -> dict:
    analysis = bench.need()
    if kind == "calibration":
        found = curves.calibration_curves(analysis)
        figure, twin = plots.calibration_plot(found), plots.calibration_table(found)
        alt = plots.calibration_alt_text(found)
    else:
        make = {"roc": curves.roc_curves, "precision_recall": curves.precision_recall_curves}
        found = make[kind](analysis)
        figure, twin = plots.curve_plot(found, kind), plots.curve_table(found, kind)
        alt = plots.curve_alt_text(found, kind)
    twin = folded("The figure as a table", table("By group", *twin))
    return {"plot": figure, "table": words(alt) + twin}


def _build_confidence(panel: Panel) -> None:
    score = gr.Radio(
        [(name, key) for key, name in SCORE_NAMES.items()],
        value="probability",
        label="Score",
        elem_id="score",
    )
    with gr.Row(elem_classes="follow-page"):
        for name, title in (("all", "All malignant images"), ("detected", "Those detected")):
            with gr.Column(min_width=320):
                gr.Markdown(f"#### {title}")
                panel.plot(name)
    panel.html("table")
    panel.follow(score)


def _confidence(bench: Bench, score: str) -> dict:
    tests = from_decided(bench.need().decided)
    if score not in tests:
        raise ExplorerError("this score needs the 8 logits: choose the probability")
    charts = [confidence_chart(test) for test in tests[score]]
    alt = " ".join(chart.alt_text for chart in charts)
    return {
        "all": draw(charts[0]),
        "detected": draw(charts[1]),
        "table": words(alt) + table("Tests", *confidence_table(tests[score])),
    }


SEVERAL = "two groups or more"
SCORES_NEEDED = "a probability or 8 logits per image, of malignant and of benign images"


def _scored(analysis: Analysis) -> bool:
    """Whether there are scores to draw curves of: of images of both classes."""
    everyone = analysis.report.overall
    return analysis.decided.probability is not None and 0 < everyone.positives < everyone.count


def _several(analysis: Analysis) -> bool:
    return len(analysis.report.compared) > 1


PAIR = "two groups with benign and malignant images"


def _comparable(analysis: Analysis) -> bool:
    return comparable(analysis.decided)


SUB_TABS = (
    SubTab(images.KEY, "Images", images.INTRO, images.build, images.fill),
    SubTab("pairs", "Which groups differ", pairs.INTRO, pairs.build, pairs.fill, _several, SEVERAL),
    SubTab(
        "spreads",
        "Differences and ratios",
        "Only groups with enough images in a rate's denominator are compared here. A "
        "difference above 0 and a ratio below 1 come about even under equal treatment.",
        lambda panel: panel.html("table"),
        _spreads,
        _several,
        SEVERAL,
    ),
    SubTab("why", "Why is there a gap?", why.INTRO, why.build, why.fill, _comparable, PAIR),
    SubTab("curves", "Curves", "", _build_curves, _curves, _scored, SCORES_NEEDED),
    SubTab(
        "power", "Small samples", planning.INTRO, planning.build, planning.fill, _several, SEVERAL
    ),
    SubTab(
        "confidence",
        "Equal confidence",
        "Is the malignant score of malignant images the same in all groups? A large p-value "
        "does not show that it is: with few images only a large difference can be seen.",
        _build_confidence,
        _confidence,
        _scored,
        SCORES_NEEDED,
    ),
    SubTab(
        "post",
        "Post-processing",
        postprocess.INTRO,
        postprocess.build,
        postprocess.fill,
        _scored,
        SCORES_NEEDED,
    ),
    SubTab("compare", "Compare models", compare.INTRO, compare.build, compare.fill),
    SubTab("report", "Save report", report.INTRO, report.build, report.fill),
)
TABS = tuple(tab.key for tab in SUB_TABS)


def offered(analysis: Analysis | None) -> tuple[str, ...]:
    """Keys of the sub-tabs that have something to show; none of a source of figures only."""
    if analysis is None:
        return ()
    return tuple(tab.key for tab in SUB_TABS if tab.offered(analysis))


def absent(analysis: Analysis | None) -> list[str]:
    """Why the other sub-tabs are not there, a sentence per reason."""
    if analysis is None:
        return ["The report prints figures only: without data per image nothing can be looked at."]
    missing: dict[str, list[str]] = {}
    for tab in SUB_TABS:
        if not tab.offered(analysis):
            missing.setdefault(tab.needs, []).append(tab.title)
    return [f"Not here: {', '.join(names)}: it takes {why}." for why, names in missing.items()]


@dataclass(frozen=True)
class TabChoice(Linked):
    """Which sub-tab is open."""

    part = "tab"
    tab: str = linked(images.KEY, one_of("sub-tab", TABS))
