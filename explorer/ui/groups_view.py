"""The Groups view: the published model's metrics by group, with intervals and a table twin."""

from html import escape

import gradio as gr

from explorer.fairness import GROUPINGS, METRICS, GroupReport, group_report
from explorer.plots import groups as plots
from explorer.ui.tables import table

DEFAULT_METRIC = "recall"


def build(page: gr.Blocks) -> None:
    """Lay out the view in the current context and wire its events."""
    gr.Markdown(
        "## Group metrics of the published model\nCounted from every image of the study's "
        "validation split. A gap is a measured difference between two named groups; alone it "
        "proves nothing about its cause."
    )
    with gr.Row():
        with gr.Column(min_width=300):
            by = gr.Radio(
                [(grouping.label, key) for key, grouping in GROUPINGS.items()],
                value="published", label="Group by", elem_id="by",
            )
        with gr.Column(min_width=300):
            metric = gr.Dropdown(
                [(metric.label, key) for key, metric in METRICS.items()],
                value=DEFAULT_METRIC, label="Metric in the chart", elem_id="metric",
            )
    with gr.Row(elem_classes="follow-page"):
        with gr.Column(min_width=320):
            bars = gr.Plot(show_label=False, elem_id="bars")
        with gr.Column(min_width=320):
            gaps = gr.Plot(show_label=False, elem_id="gaps")
    gap_table = gr.HTML(elem_id="gap-table")
    metrics_table = gr.HTML(elem_id="metrics-table")
    source = gr.HTML(elem_id="source")
    every = [bars, gaps, gap_table, metrics_table, source]
    light = {"show_progress": "minimal", "api_visibility": "private", "concurrency_limit": 20}
    by.change(_show, [by, metric], every, **light)
    metric.change(_show_bars, [by, metric], [bars], **light)
    page.load(_show, [by, metric], every, **light)


def _show(by: str, metric: str) -> tuple:
    report = group_report(by)
    return (
        plots.metric_bars(report, metric),
        plots.gap_plot(report),
        table("Gaps between groups, largest minus smallest", *plots.gaps_table(report)),
        table("All metrics: value [95 % interval] and denominator n", *_transposed(report)),
        _source(report),
    )


def _show_bars(by: str, metric: str):
    return plots.metric_bars(group_report(by), metric)


def _transposed(report: GroupReport) -> tuple[list[str], list[list[str]]]:
    """A row per metric and a column per group, which is narrower than the other way round."""
    headers, rows = plots.metrics_table(report)
    headers, *rows = map(list, zip(headers, *rows))
    return headers, rows


def _source(report: GroupReport) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in report.warnings)
    return (
        f'<div class="small"><p><b>Weights</b> {escape(report.weights)}. <b>Rule</b> '
        f"{escape(report.rule)}</p><p><b>Source</b> {escape(report.source)}</p>"
        f"<p><b>Intervals</b> {escape(report.interval)}</p><ul>{items}</ul></div>"
    )
