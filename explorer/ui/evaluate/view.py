"""Images of one's own: images or a zip, a CSV where there is one, a run, and its results."""

from collections.abc import Iterator, Sequence

import gradio as gr

from explorer.image.read import SUFFIXES
from explorer.image.zipped import TABLES
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.ui.answer import Answer
from explorer.ui.evaluate.events import EvaluateEvents
from explorer.ui.evaluate.staging import LIMITS
from explorer.ui.evaluate.state import Desk
from explorer.ui.parts.options import AT_ONCE, HEAVY, PRIVATE, QUIET
from explorer.ui.server.weights_loader import WeightsLoader
from explorer.util.errors import ExplorerError
from explorer.util.templates import render

INTRO = (
    f"Up to {LIMITS.images} images, or one zip file with them, at most {LIMITS.file // 2**20} MB a "
    f"file and {LIMITS.total // 2**20} MB in all; with a CSV of true labels, the figures follow. "
    "Every image is deleted as soon as it is evaluated. Larger sets: `python -m explorer "
    "evaluate --images FOLDER --metadata CSV --out RUN`"
)
TONES = [
    ("Estimate, as published", "published"),
    ("Estimate, robust method", "robust"),
    ("Take it from the CSV", "metadata"),
]
#: Said in the browser, at once; the run's last words replace it.
ENDING = """() => {
  const status = document.querySelector('#evaluate-progress [role=status]');
  if (status) status.textContent = 'Ending after this image …';
}"""


def build(loader: WeightsLoader, answer: Answer, tabs: Sequence[gr.Tab]) -> None:
    """Lay out the form in the current context and wire its events; ``tabs`` lead to it."""
    gr.Markdown(INTRO, elem_classes="small")
    parts = {"desk": gr.State(Desk(), delete_callback=Desk.close)}
    weights = gr.HTML(elem_id="evaluate-weights")
    _lay_out(parts)

    def answering() -> Iterator[str]:
        try:
            for _ in loader.wait():
                yield render("evaluate/weights.html", text="on their way")
            yield render("evaluate/weights.html", text=loader.classifier.weights.label)
        except ExplorerError:  # the page's banner tells about trouble with them
            return

    for tab in tabs:
        tab.select(answering, None, weights, **QUIET)
    _wire(parts, EvaluateEvents(parts, loader, answer), answer)


def _lay_out(parts: dict) -> None:
    with gr.Row():
        for name, label, types in (
            ("images", "Images, or one zip file", [*SUFFIXES, ".zip"]),
            ("tables", "Metadata CSV (optional)", list(TABLES)),
        ):
            parts[name] = gr.File(
                label=label,
                file_count="multiple",
                height=150,
                file_types=types,
                elem_id=f"evaluate-{name}",
                min_width=280,
            )
    parts["given"] = gr.HTML(elem_id="evaluate-given")
    with gr.Row():
        parts["tone"] = gr.Radio(
            TONES, value="published", label="Skin tone", elem_id="evaluate-tone", min_width=280
        )
        parts["rule"] = gr.Dropdown(
            [(rule.name, key) for key, rule in RULES.items()],
            value=DEFAULT_RULE,
            label="Inference rule of the table",
            elem_id="evaluate-rule",
            min_width=280,
        )
    with gr.Row():
        for name, text, more in (
            ("run", "Run", {"variant": "primary"}),
            ("cancel", "Cancel", {"interactive": False}),
            ("clear", "Clear", {}),
        ):
            parts[name] = gr.Button(text, elem_id=f"evaluate-{name}", min_width=120, **more)
    for name in ("problem", "progress", "results"):
        parts[name] = gr.HTML(elem_id=f"evaluate-{name}")


def _wire(parts: dict, events: EvaluateEvents, answer: Answer) -> None:
    desk = parts["desk"]
    filled = [part for name, part in parts.items() if name not in ("tone", "rule", "clear")]
    for name, handler in (("images", events.images), ("tables", events.tables)):
        parts[name].upload(
            handler,
            [desk, parts[name]],
            filled,
            concurrency_limit=4,
            concurrency_id="intake",
            show_progress="minimal",
            show_progress_on=[parts["given"]],
            **PRIVATE,
        )
    parts["clear"].click(events.clear, desk, filled + answer.every, **AT_ONCE)
    parts["cancel"].click(None, js=ENDING)
    parts["cancel"].click(events.cancelled, desk, filled, **AT_ONCE)
    parts["run"].click(events.asked, desk, filled, **AT_ONCE).then(
        events.run,
        [desk, parts["tone"], parts["rule"]],
        filled,
        concurrency_limit=1,
        concurrency_id="evaluate",
        show_progress="hidden",
        **PRIVATE,
    ).then(
        events.answered,
        [desk, answer.parts["bench"]],
        [parts["desk"], parts["problem"], *answer.every],
        show_progress_on=[answer.parts["bars"]],
        **HEAVY,
    )
    parts["rule"].input(events.ruled, [desk, parts["rule"]], filled, **AT_ONCE)
