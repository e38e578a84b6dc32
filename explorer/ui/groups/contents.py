"""What the components of the Groups view show for a bench: its controls, figures and tables."""

import gradio as gr

from explorer.data.predictions import Predictions
from explorer.fairness.cutoffs import OWN
from explorer.fairness.metrics import ALL_METRICS, METRICS
from explorer.figures import gaps, rates
from explorer.rules.rules import RULES
from explorer.study.sources import SOURCES
from explorer.ui.groups import printed, statement
from explorer.ui.groups.state import Bench, GroupsChoice, names
from explorer.ui.parts.notes import words
from explorer.ui.parts.tables import table
from explorer.util.templates import render

#: The gaps of the second figure: what malignant and what benign images get; the table has all four.
ANSWERING = ("equal_opportunity_difference", "false_positive_rate_difference")


def controls(bench: Bench) -> dict:
    """Every control as the bench has it, by name."""
    choice, analysis = bench.choice, bench.analysis
    figures = analysis is None
    predictions = None if figures else analysis.decided.predictions
    scored = not figures and predictions.has_probability
    groups = [] if figures else list(analysis.decided.names)
    own = bench.of(choice.source)
    if own is None:
        about = render("groups/small.html", heading="", text=SOURCES[choice.source].about)
    else:  # what was read and what was left out
        about = render("groups/own.html", title=own.name, sentences=own.join.sentences)
    latest = choice.limits[-1] if choice.limits else (groups[0] if groups else None, 0.5)
    return {
        "choice": gr.Radio(names(bench), value=choice.source),
        "about": about,
        **grouping_controls(choice, predictions),
        "metric": gr.Dropdown(
            [(ALL_METRICS[key].label, key) for key in bench.metrics], value=choice.metric
        ),
        "panel": gr.Accordion(visible=not figures),
        "now": ""
        if figures
        else render(
            "groups/now.html",
            decided=analysis.decided,
            cutoff=analysis.statement.of("cutoff"),
            logits=predictions.has_logits,
        ),
        "rule": gr.Dropdown(
            [(rule.name, key) for key, rule in RULES.items()],
            value=choice.rule,
            visible=scored and predictions.has_logits,
        ),
        "cutoff": gr.Radio(value=choice.cutoff, visible=scored and predictions.has_logits),
        "minimum": choice.minimum,
        "thresholds": gr.Column(visible=scored),
        "threshold": gr.Slider(
            value=0.5 if choice.threshold is None else choice.threshold,
            visible=choice.cutoff == OWN,
        ),
        "group": gr.Dropdown(groups, value=latest[0]),
        "own_threshold": latest[1],
    }


def grouping_controls(choice: GroupsChoice, predictions: Predictions | None) -> dict:
    """The choice of one or two groupings that there are; hidden where nothing is per image."""
    if predictions is None:
        hidden = {"visible": False}
        return {"by": gr.Radio(**hidden), "by2": gr.Dropdown(**hidden)}
    columns = [(predictions.name_of(key), key) for key in predictions.groupings()]
    others = [pair for pair in columns if pair[1] != choice.by]
    return {
        "by": gr.Radio(columns, value=choice.by, visible=True),
        "by2": gr.Dropdown([("nothing else", ""), *others], value=choice.by2, visible=True),
    }


def results(bench: Bench) -> dict:
    """The statement, the two figures that answer, and their tables, by name."""
    if bench.analysis is None:
        return printed.results(bench.choice.metric)
    analysis, metric = bench.analysis, bench.choice.metric
    report = analysis.report
    title = f"{analysis.decided.predictions.name}, by {report.label}"
    basis = METRICS if bench.choice.source == "published" else bench.metrics
    # a row per metric and a column per group, which is narrower than the other way round
    headers, rows = rates.metrics_table(report, tuple(basis))
    headers, *rows = map(list, zip(headers, *rows))
    return {
        "statement": statement.shown(analysis.statement),
        "bars": gr.Plot(rates.metric_bars(report, metric), visible=True),
        "gaps": gr.Plot(gaps.gap_plot(report, names=ANSWERING), visible=True),
        "gap_table": words(gaps.gap_alt_text(report, ANSWERING))
        + table(f"Gaps between groups, largest minus smallest: {title}", *gaps.gaps_table(report)),
        "metrics_table": words(rates.alt_text(report, metric))
        + table(f"All metrics: value [95 % interval] and denominator n: {title}", headers, rows),
        "source": render("groups/source.html", report=report),
    }
