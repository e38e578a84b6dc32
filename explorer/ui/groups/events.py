"""Handlers of the Groups view: each asks the core for an analysis and fills components with it."""

from collections.abc import Callable
from dataclasses import replace
from html import escape

import gradio as gr

from explorer.fairness.decisions import column_name
from explorer.fairness.gaps import GroupReport
from explorer.fairness.metrics import ALL_METRICS, METRICS
from explorer.figures import groups as plots
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.study.sources import SOURCES
from explorer.ui.groups import figures as groups_figures
from explorer.ui.groups.state import (
    EVALUATED,
    OWN,
    TABS,
    Bench,
    Choice,
    Evaluated,
    GroupsChoice,
    TabChoice,
    as_state,
    asked_for,
    join,
    names,
    start,
    take,
)
from explorer.ui.parts import address, notes
from explorer.ui.parts.notes import sentence, words
from explorer.ui.parts.tables import table
from explorer.util.errors import ExplorerError

HINT = (
    '<p class="small">Click a bar or a point to list the images behind it; by keyboard, press '
    "a count under Images.</p>"
)

EVALUATION = "your evaluation"


class GroupsEvents:
    """One instance serves all visitors: everything of a visitor is in the Bench.

    A handler that fails leaves the bench as it was, sets the controls back to it and says why.
    """

    #: Names of the components that handlers fill.
    FILLED = (
        "bench",
        "problem",
        "choice",
        "files",
        "predictions",
        "metadata",
        "about",
        "by",
        "by2",
        "metric",
        "panel",
        "now",
        "rule",
        "minimum",
        "thresholds",
        "threshold",
        "group",
        "own_threshold",
        "bars",
        "gaps",
        "gap_table",
        "metrics_table",
        "source",
        "hint",
        "address",
        "closer",
        "opened",
    )

    def __init__(self, parts: dict):
        self.parts = parts

    def opened(self, bench: Bench | None, metric: str, request: gr.Request) -> dict:
        """A new visitor sees the published model by published group, or what a link asks for."""
        choice = address.asked(GroupsChoice, request)
        tab = address.asked(TabChoice, request).tab
        bench, problem = _linked(choice)
        filled = self._show(bench, choice.metric) | self._fill(problem=problem)
        if tab == TABS[0]:
            return filled
        return filled | self._fill(closer=gr.Tabs(selected=tab), opened=tab)

    def source(self, bench: Bench | None, metric: str, source: str) -> dict:
        """Another source; for one's own the files are asked for first."""
        bench = bench or start()
        if source == OWN and bench.own is None:
            now = SOURCES.get(bench.choice.source)
            shown = EVALUATION if now is None else f"the {now.name}"
            note = f"The figures below are still those of {shown}, until your files are read."
            return self._fill(files=gr.Column(visible=True), about=notes.notes([note]))
        return self._try(bench, metric, lambda: bench.moved_to(source))

    def evaluated(self, bench: Bench | None, metric: str, make: Callable[[], Evaluated]) -> dict:
        """The Evaluate view hands over what it made; ``make`` may raise ExplorerError."""
        bench = bench or start()
        return self._try(
            bench, metric, lambda: replace(bench, evaluated=make()).moved_to(EVALUATED)
        )

    def predictions(self, bench: Bench | None, metric: str, path: str | None) -> dict:
        """A predictions file came: read, removed from disk, joined where possible."""
        return self._uploaded(bench, metric, path, "predictions")

    def metadata(self, bench: Bench | None, metric: str, path: str | None) -> dict:
        """The same for a metadata file."""
        return self._uploaded(bench, metric, path, "metadata")

    def _uploaded(self, bench: Bench | None, metric: str, path: str | None, role: str) -> dict:
        bench = bench or start()
        if path is None:
            return self._fill(problem="")
        bench = replace(bench, **{role: take(path)})
        kept = {"bench": bench, role: None, "files": gr.Column(visible=True)}
        if bench.predictions is None:
            note = f"{bench.metadata.name} is here. Now the predictions."
            return self._fill(**kept, problem="", about=notes.notes([note]))
        try:
            return self._show(join(bench), metric) | self._fill(**{role: None})
        except ExplorerError as error:
            return self._fill(
                **kept,
                problem=notes.problem(sentence(error)),
                about=notes.notes([f"Received: {bench.received}."]),
            )

    def grouped(self, bench: Bench | None, metric: str, first: str, second: str) -> dict:
        """Other attributes to group by; thresholds of single groups end with their groups."""
        by = (first, second) if second and second != first else (first,)
        return self._change(bench, metric, by=by, by_group=())

    def rule(self, bench: Bench | None, metric: str, rule: str) -> dict:
        """Another inference rule."""
        return self._change(bench, metric, rule=None if rule == DEFAULT_RULE else rule)

    def threshold(self, bench: Bench | None, metric: str, value: float) -> dict:
        """Another threshold for all groups without their own."""
        return self._change(bench, metric, threshold=value)

    def own_threshold(
        self, bench: Bench | None, metric: str, group: str | None, value: float
    ) -> dict:
        """A threshold of one group."""
        bench = bench or start()
        if not group:
            return self._fill(problem=notes.problem("Choose the group first."))
        by_group = {**dict(bench.choice.by_group), group: value}
        return self._change(bench, metric, by_group=tuple(by_group.items()))

    def reset(self, bench: Bench | None, metric: str) -> dict:
        """No moved threshold any more."""
        return self._change(bench, metric, threshold=None, by_group=())

    def minimum(self, bench: Bench | None, metric: str, value: float) -> dict:
        """Another smallest denominator."""
        bench = bench or start()
        if bench.analysis is None:
            return self._fill(
                bench=replace(bench, choice=replace(bench.choice, minimum=int(value)))
            )
        return self._change(bench, metric, minimum=int(value))

    def metric(self, bench: Bench | None, metric: str) -> tuple:
        """Another metric in the chart."""
        bench = bench or start()
        found = _contents(bench, metric)
        return found["bars"], found["metrics_table"], _address(bench, metric)

    # Filling

    def _change(self, bench: Bench | None, metric: str, **changes) -> dict:
        bench = bench or start()
        return self._try(bench, metric, lambda: bench.changed(**changes))

    def _try(self, bench: Bench, metric: str, make: Callable[[], Bench]) -> dict:
        try:
            return self._show(make(), metric)
        except ExplorerError as error:
            return self._fill(**_controls(bench, metric), problem=notes.problem(sentence(error)))

    def _show(self, bench: Bench, metric: str) -> dict:
        metric = metric if metric in _metrics(bench) else "recall"
        return self._fill(
            bench=bench,
            problem="",
            address=_address(bench, metric),
            **_controls(bench, metric),
            **_contents(bench, metric),
        )

    def _fill(self, **values) -> dict:
        return {self.parts[name]: value for name, value in values.items()}


def _linked(state: GroupsChoice) -> tuple[Bench, str]:
    """What a link asks for, and a note where the source does not have it."""
    try:
        bench = asked_for(state)
    except ExplorerError as error:
        text = f"The default is shown, not what the link asks for: {error}"
        return start(), notes.problem(sentence(ExplorerError(text)))
    if state.metric in _metrics(bench):
        return bench, ""
    return bench, notes.problem(
        f"The link asks for the metric '{ALL_METRICS[state.metric].label}', which this source does "
        "not have; recall is shown."
    )


def _address(bench: Bench, metric: str) -> str:
    return address.fragment(GroupsChoice, as_state(bench, metric))


def _metrics(bench: Bench) -> tuple[str, ...]:
    return groups_figures.METRICS if bench.analysis is None else bench.analysis.metrics


def _controls(bench: Bench, metric: str) -> dict:
    """Every control as the bench has it."""
    choice, analysis = bench.choice, bench.analysis
    figures = analysis is None
    predictions = None if figures else analysis.decided.predictions
    scored = not figures and predictions.has_probability
    groups = [] if figures else list(analysis.decided.names)
    return {
        "choice": gr.Radio(names(bench), value=choice.source),
        "files": gr.Column(visible=choice.source == OWN),
        "about": _about(bench),
        **_grouping_controls(choice, predictions),
        "metric": gr.Dropdown(
            [(ALL_METRICS[key].label, key) for key in _metrics(bench)], value=metric
        ),
        "hint": "" if figures else HINT,
        "panel": gr.Accordion(visible=not figures),
        "now": "" if figures else _now(bench),
        "rule": gr.Dropdown(
            [(rule.name, key) for key, rule in RULES.items()],
            value=choice.rule or DEFAULT_RULE,
            visible=scored and predictions.has_logits,
        ),
        "minimum": choice.minimum,
        "thresholds": gr.Column(visible=scored),
        "threshold": 0.5 if choice.threshold is None else choice.threshold,
        "group": gr.Dropdown(
            groups,
            value=choice.by_group[-1][0] if choice.by_group else groups[0] if groups else None,
        ),
        "own_threshold": choice.by_group[-1][1] if choice.by_group else 0.5,
    }


def _grouping_controls(choice: Choice, predictions) -> dict:
    if predictions is None:
        hidden = {"visible": False}
        return {"by": gr.Radio(**hidden), "by2": gr.Dropdown(**hidden)}
    names = [(column_name(key), key) for key in predictions.groupings()]
    second = choice.by[1] if len(choice.by) > 1 else ""
    others = [pair for pair in names if pair[1] != choice.by[0]]
    return {
        "by": gr.Radio(names, value=choice.by[0], visible=True),
        "by2": gr.Dropdown([("nothing else", ""), *others], value=second, visible=True),
    }


def _now(bench: Bench) -> str:
    decided = bench.analysis.decided
    text = f"<p><b>Now:</b> {escape(decided.rule)}.</p>"
    if decided.probability is None:
        text += (
            '<p class="small">This source has labels only: no rule can be switched and no '
            "threshold moved.</p>"
        )
    return text


def _about(bench: Bench) -> str:
    """What was read and what was left out, for one's own files; else what the source is."""
    own = bench.of(bench.choice.source)
    if own is None:
        return f'<p class="small">{escape(SOURCES[bench.choice.source].about)}</p>'
    first, *rest = own.join.sentences
    title = bench.joined if bench.choice.source == OWN else EVALUATION.capitalize()
    items = "".join(f"<li>{escape(text)}</li>" for text in rest)
    return f'<div class="note good"><b>{escape(title)}: {escape(first)}</b><ul>{items}</ul></div>'


def _contents(bench: Bench, metric: str) -> dict:
    if bench.analysis is None:
        return groups_figures.contents(metric)
    report, metrics = bench.analysis.report, bench.analysis.metrics
    title = f"{bench.analysis.decided.predictions.name}, by {report.label}"
    basis = METRICS if bench.choice.source == "published" else metrics
    return {
        "bars": gr.Plot(plots.metric_bars(report, metric), visible=True),
        "gaps": gr.Plot(plots.gap_plot(report), visible=True),
        "gap_table": words(plots.gap_alt_text(report))
        + table(f"Gaps between groups, largest minus smallest: {title}", *plots.gaps_table(report)),
        "metrics_table": words(plots.alt_text(report, metric))
        + table(
            f"All metrics: value [95 % interval] and denominator n: {title}",
            *_transposed(report, tuple(basis)),
        ),
        "source": _source(report),
    }


def _transposed(report: GroupReport, metrics: tuple[str, ...]) -> tuple[list, list]:
    """A row per metric and a column per group, which is narrower than the other way round."""
    headers, rows = plots.metrics_table(report, metrics)
    headers, *rows = map(list, zip(headers, *rows))
    return headers, rows


def _source(report: GroupReport) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in report.warnings)
    return (
        f'<div class="small"><p><b>Weights</b> {escape(report.weights)}. <b>Rule</b> '
        f"{escape(report.rule)}</p><p><b>Source</b> {escape(report.source)}</p>"
        f"<p><b>Intervals</b> {escape(report.interval)}</p><ul>{items}</ul></div>"
    )
