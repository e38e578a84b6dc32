"""The answer: statement, figures and report of a visitor's own predictions or images."""

from dataclasses import replace

import gradio as gr

from explorer.fairness.metrics import METRICS
from explorer.ui.groups import report, statement
from explorer.ui.groups.contents import grouping_controls, results
from explorer.ui.groups.state import OWN, Bench, GroupsChoice, Own
from explorer.ui.parts import notes
from explorer.ui.parts.notes import sentence
from explorer.ui.parts.options import HEAVY
from explorer.util.templates import render

#: Outputs that :func:`explorer.ui.groups.contents.results` fills, by the same names.
TEXTS = ("gap_table", "metrics_table", "source")


class Answer:
    """The part of the place that shows what a visitor's own data says; empty until it says it."""

    def __init__(self):
        self.parts = {"bench": gr.State(None)}
        with gr.Column(visible=False, elem_id="own-answer") as self.parts["area"]:
            self._build()
        parts = self.parts
        given = [parts["bench"], parts["by"], parts["metric"]]
        for control in (parts["by"], parts["metric"]):
            control.input(
                self._changed,
                given,
                self.every,
                trigger_mode="always_last",
                show_progress_on=[parts["bars"]],
                **HEAVY,
            )
        parts["report"].click(
            _report, parts["bench"], parts["links"], show_progress_on=[parts["links"]], **HEAVY
        )

    def _build(self) -> None:
        parts = self.parts
        parts["title"] = gr.HTML(elem_id="own-title")
        with gr.Row(elem_classes="follow-page"):
            with gr.Column(min_width=320):
                parts["statement"] = statement.build("own-statement")
            for name in ("bars", "gaps"):
                with gr.Column(min_width=320):
                    parts[name] = gr.Plot(show_label=False, elem_id=f"own-{name}")
        with gr.Row():
            parts["by"] = gr.Radio([], label="Group by", elem_id="own-by", min_width=300, scale=3)
            parts["metric"] = gr.Dropdown(
                [(metric.label, key) for key, metric in METRICS.items()],
                value=GroupsChoice.metric,
                label="Metric in the first figure",
                elem_id="own-metric",
                min_width=240,
                scale=2,
            )
        parts["problem"] = gr.HTML(elem_id="own-answer-problem")
        for name in TEXTS:
            parts[name] = gr.HTML(elem_id=f"own-{name.replace('_', '-')}")
        with gr.Row():
            parts["report"] = gr.Button("Make the report", variant="primary", elem_id="own-report")
            parts["closer"] = gr.Button("Look closer in Is it fair?", elem_id="own-closer")
        parts["links"] = gr.HTML(elem_id="own-links")

    @property
    def every(self) -> list:
        """All components that :meth:`shown` fills."""
        return list(self.parts.values())

    def of(self, own: Own, bench: Bench | None, title: str) -> dict:
        """Everything for new data, by component; the grouping and metric stay where they can.

        Raises
        ------
        ExplorerError
            If there is nothing to group by.
        """
        bench = replace(bench or Bench(GroupsChoice(), None), own=own).moved_to(OWN)
        heading = render("own/title.html", title=title, predictions=own.predictions)
        return self.shown(bench) | self._fill(title=heading, links="")

    def shown(self, bench: Bench) -> dict:
        """A bench's statement, figures, tables and controls, by component."""
        found = results(bench)
        controls = grouping_controls(bench.choice, bench.analysis.decided.predictions)
        return self._fill(
            bench=bench,
            area=gr.Column(visible=True),
            by=controls["by"],
            metric=gr.Dropdown(
                [(METRICS[key].label, key) for key in bench.metrics if key in METRICS],
                value=bench.choice.metric,
            ),
            problem="",
            **{name: found[name] for name in ("statement", "bars", "gaps", *TEXTS)},
        )

    def hidden(self) -> dict:
        """Nothing to show any more."""
        return self._fill(bench=None, area=gr.Column(visible=False), links="")

    def _changed(self, bench: Bench | None, by: str, metric: str) -> dict:
        if bench is None:
            return self.hidden()
        try:
            return self.shown(bench.changed(by=by, metric=metric)) | self._fill(links="")
        except Exception as error:
            return self._fill(problem=notes.problem(sentence(error)), by=bench.choice.by)

    def _fill(self, **values) -> dict:
        return {self.parts[name]: value for name, value in values.items()}


def _report(bench: Bench | None) -> str:
    return "" if bench is None else report.fill(bench, True)["links"]
