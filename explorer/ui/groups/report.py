"""Save a report: a self-contained HTML file and its JSON, made on demand and kept nowhere."""

import gradio as gr

from explorer.fairness.decomposition import comparable
from explorer.fairness.why import why
from explorer.figures.report import report_json, write_report
from explorer.figures.sections import report_sections
from explorer.figures.why import why_section
from explorer.ui.groups.panel import Panel
from explorer.ui.groups.state import Bench
from explorer.ui.parts.options import HEAVY
from explorer.ui.parts.tables import download
from explorer.util.plain import json_text
from explorer.util.templates import render

INTRO = (
    "One HTML file with everything: source, weights, rule, threshold, hash of the data, "
    "date, all figures, tables and warnings. It needs no network and prints on A4. The "
    "JSON file holds the same numbers. It is made in memory and kept nowhere."
)


def build(panel: Panel) -> None:
    """A button, and the files."""
    button = gr.Button("Make the report", variant="primary", elem_id="make-report")
    panel.html("links")
    # the value of a hidden input tells a press of the button from an opened tab
    button.click(
        panel.show, [panel.bench, gr.State(True)], panel.every, **panel.progress_here(HEAVY)
    )


def fill(bench: Bench, pressed: bool = False) -> dict:
    """The report as files, once the button was pressed."""
    analysis = bench.need()
    if not pressed:
        return {}
    sections = report_sections(
        analysis, bench.after, confidence=True, study=bench.choice.source == "published"
    )
    if comparable(analysis.decided):
        sections += (why_section(why(analysis.decided)),)
    page = write_report(None, analysis, sections)
    twin = json_text(report_json(analysis, sections))
    return {
        "links": render(
            "groups/report.html",
            page=download(page, "groups.html", "Save the report (HTML)", "text/html"),
            numbers=download(twin, "groups.json", "Save its numbers (JSON)", "application/json"),
            sizes=f"{len(page) / 1e3:,.0f} kB and {len(twin) / 1e3:,.0f} kB.",
        )
    }
