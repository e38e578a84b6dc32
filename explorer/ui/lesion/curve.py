"""The counterfactual curve: the same lesion on many skins, its probability against target ITA."""

import gradio as gr

from explorer.figures import counterfactual as plots
from explorer.figures.curve_tables import curve_csv, curve_table, summary_table
from explorer.figures.domains import domain_plot
from explorer.lesion.counterfactual import Curve, curve
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.ui.lesion.state import LesionDesk, Session
from explorer.ui.parts import notes
from explorer.ui.parts.options import NETWORK, PRIVATE
from explorer.ui.parts.pictures import sharp_uri
from explorer.ui.parts.tables import download, table
from explorer.ui.server.weights_loader import WeightsLoader
from explorer.util.errors import ExplorerError
from explorer.util.templates import render

#: Gradio knows a handler that tells its progress by this default.
PROGRESS = gr.Progress()


class Stopped(Exception):
    """The visitor pressed Stop, or started something newer."""


def build(loader: WeightsLoader, session: gr.State, desk: gr.State) -> None:
    """Lay out the section in the current context and wire its events."""
    gr.Markdown(
        "## And on every skin tone\nThe lesion is taken to at least 16 target angles by the "
        "transform chosen above, and each version goes through the network. A model that read the "
        "lesion alone would draw a flat line."
    )
    with gr.Row():
        start = gr.Button("Draw the curve", variant="primary", elem_id="draw-curve")
        stop = gr.Button("Stop", elem_id="stop-curve")
    chosen = gr.CheckboxGroup(
        [(rule.name, key) for key, rule in RULES.items()],
        value=[DEFAULT_RULE, "independent"],
        label="Rules in the chart",
        elem_id="curve-rules",
    )
    problem = gr.HTML(elem_id="curve-problem")
    memory = gr.State(None, time_to_live=3600)
    with gr.Column(elem_classes="follow-page"):
        chart = gr.Plot(show_label=False, elem_id="curve-chart")
        strip = gr.HTML(elem_id="curve-strip")
        domains = gr.Plot(show_label=False, elem_id="curve-domains")
    tables = gr.HTML(elem_id="curve-tables")
    drawing = start.click(
        _Drawing(loader),
        [session, desk],
        [memory, problem],
        show_progress_on=[chart],
        **NETWORK,
        **PRIVATE,
    )
    shown = [chart, strip, domains, tables]
    drawing.success(_show, [memory, chosen, desk], shown, **PRIVATE)
    chosen.input(_show, [memory, chosen, desk], shown, show_progress="hidden", **PRIVATE)
    stop.click(LesionDesk.stop, [desk], cancels=[drawing], queue=False, **PRIVATE)


class _Drawing:
    """Run the curve of what the visitor looks at, with progress; give up when overtaken."""

    def __init__(self, loader: WeightsLoader):
        self._loader = loader

    def __call__(self, session: Session | None, desk: LesionDesk, progress=PROGRESS):
        if session is None or session.found is None:
            return None, notes.problem("Wait until the lesion above is analysed.")
        is_latest = desk.take()

        def report(fraction: float, text: str) -> None:
            if not is_latest():
                raise Stopped
            progress(fraction, desc=text)

        try:
            for waited, text in self._loader.wait():
                report(waited, text)
            if session.result.chosen is None:
                raise ExplorerError("Without a skin tone there is no curve: pick skin by hand.")
            found = curve(
                session.result,
                self._loader.classifier,
                transform=desk.choice.transform,
                scope=desk.choice.scope,
                colour_rgb=session.result.chosen.colour_rgb,
                progress=report,
            )
            return found, ""
        except Stopped:
            return None, notes.notes(["Stopped. Press the button to draw the curve again."])
        except ExplorerError as error:
            return None, notes.problem(str(error))


def _show(found: Curve | None, chosen: list[str], desk: LesionDesk) -> tuple:
    if found is None:
        return None, "", None, ""
    rules = [key for key in RULES if key in chosen] or [DEFAULT_RULE]
    strip = render(
        "lesion/strip.html", points=found.points, thumbnails=found.thumbnails, uri=sharp_uri
    )
    label = f"{found.weights.label}: n = 1 image, {len(found.points)} versions"
    tables = (
        table(f"{label}, by rule", *summary_table(found))
        + notes.notes(found.notes)
        + notes.folded("All versions as a table", table(label, *curve_table(found)))
        + download(curve_csv(found), "counterfactual.csv", "Save as CSV")
    )
    chart = plots.curve_plot(found, rules, pictures=False)
    return chart, strip, domain_plot(found, desk.choice.rule), tables
