"""Audit a model: predictions or images, what each column is, then statement, figures, report."""

import gradio as gr

from explorer.ui.answer import Answer
from explorer.ui.evaluate import view as images
from explorer.ui.groups.view import Groups
from explorer.ui.own import form
from explorer.ui.own.events import FormEvents
from explorer.ui.own.state import Form
from explorer.ui.parts.options import AT_ONCE, HEAVY
from explorer.ui.server.weights_loader import WeightsLoader
from explorer.util.errors import ExplorerError

INTRO = (
    "## Is your model fair on your data?\n"
    "Give its predictions, or images for this page's model. Files are read into memory, deleted "
    "from the server's disk at once, and seen by nobody else."
)
FILES = (
    "One CSV or Parquet file with predictions and true labels, or two that name the same images. "
    "Columns may be called what they are called: you see below what each was taken for."
)


def build(loader: WeightsLoader, groups: Groups, views: gr.Tabs, tab: gr.Tab) -> None:
    """Lay out the place in the current context and wire its events."""
    gr.Markdown(INTRO)
    parts = {"form_state": gr.State(Form())}
    with gr.Tabs(elem_id="own-from"):
        with gr.Tab("Predictions (CSV)", id="predictions"):
            _files(parts)
            form.build(parts)
        with gr.Tab("Images", id="images") as from_images:
            place = gr.Column()
    answer = Answer()
    with place:
        images.build(loader, answer, (tab, from_images))
    _wire(parts, FormEvents(parts, answer), answer)
    _look_closer(answer, groups, views)


def _files(parts: dict) -> None:
    gr.Markdown(FILES, elem_classes="small")
    with gr.Row():
        for role, label in (
            ("predictions", "Predictions"),
            ("metadata", "Labels and groups (optional)"),
        ):
            parts[f"{role}_csv"] = gr.File(
                label=label,
                height=130,
                elem_id=f"{role}-csv",
                file_types=[".csv", ".tsv", ".txt", ".parquet"],
                min_width=280,
            )
    parts["example"] = gr.Button("Try a made-up example", size="sm", elem_id="own-example")
    parts["problem"] = gr.HTML(elem_id="own-problem")


def _wire(parts: dict, events: FormEvents, answer: Answer) -> None:
    state, bench = parts["form_state"], answer.parts["bench"]
    filled = [part for name, part in parts.items() if name != "example"] + answer.every
    images_of = [parts["image"], parts["image_too"]]
    for trigger, handler, given in (
        *(
            (parts[f"{r}_csv"].upload, events.uploaded(r), [parts[f"{r}_csv"]])
            for r in ("predictions", "metadata")
        ),
        (parts["example"].click, events.example, []),
        (parts["guess"].click, events.guessed, []),
        (parts["groups"].input, events.chosen("group"), [parts["groups"]]),
        *((part.input, events.chosen("image"), images_of) for part in images_of),
        *(
            (parts[name].input, events.chosen(role), [parts[name]])
            for name, role, file, _ in form.CONTROLS
            if file is None
        ),
    ):
        trigger(
            handler,
            [state, bench, *given],
            filled,
            show_progress_on=[parts["counts"], answer.parts["bars"]],
            **HEAVY,
        )


def _look_closer(answer: Answer, groups: Groups, views: gr.Tabs) -> None:
    """Hand the data over to *Is it fair?*, which has every other look at it."""

    def own(bench):
        if bench is None or bench.own is None:
            raise ExplorerError("There is nothing of yours to look at yet.")
        return bench.own

    groups.listen(
        answer.parts["closer"].click,
        lambda bench, mine: groups.events.handed_over(bench, lambda: own(mine)),
        [answer.parts["bench"]],
    ).then(lambda: gr.Tabs(selected="fair"), None, views, **AT_ONCE)
