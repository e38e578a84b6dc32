"""Save a report: a self-contained HTML file and its JSON, made on demand and kept nowhere."""

import json

import gradio as gr

from explorer.figures.report import report_json, write_report
from explorer.figures.sections import report_sections
from explorer.ui.groups.sections import Section
from explorer.ui.groups.state import Bench
from explorer.ui.parts.tables import download


class Report(Section):
    """The current analysis as a file."""

    key, title = "report", "Save report"
    intro = (
        "One HTML file with everything: source, weights, rule, threshold, hash of the data, "
        "date, all figures, tables and warnings. It needs no network and prints on A4. The "
        "JSON file holds the same numbers. It is made in memory and kept nowhere."
    )

    def build(self) -> None:
        self.button = gr.Button("Make the report", variant="primary", elem_id="make-report")
        self._html("links")

    def wire(self) -> None:
        # the value of a hidden input tells a press of the button from an opened tab
        self.button.click(
            self.show, [self.bench, gr.State(True)], list(self.outputs.values()), **self.heavy
        )

    def fill(self, bench: Bench, pressed: bool = False) -> dict:
        analysis = bench.need()
        return {"links": _links(bench, analysis)} if pressed else {}


def _links(bench: Bench, analysis) -> str:
    sections = report_sections(
        analysis, bench.after, confidence=True, study=bench.choice.source == "published"
    )
    page = write_report(None, analysis, sections)
    twin = json.dumps(
        report_json(analysis, sections), indent=2, ensure_ascii=False, allow_nan=False
    )
    return (
        download(page, "groups.html", "Save the report (HTML)", "text/html")
        + " "
        + download(twin, "groups.json", "Save its numbers (JSON)", "application/json")
        + f'<p class="small">{len(page) / 1e3:,.0f} kB and {len(twin) / 1e3:,.0f} kB.</p>'
    )
