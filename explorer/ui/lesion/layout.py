"""Explore's layout: the instrument, where pictures come from, then a Column per step of the story.

Links and tests find a step by its id, ``step-`` and the key of its chapter. Elements with
``data-instrument`` are filled by the instrument's script.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import gradio as gr

from explorer.skin.settings import PUBLISHED, RANGES
from explorer.synthetic.examples import EXAMPLES
from explorer.tone.estimators import ESTIMATORS
from explorer.ui.instrument import component
from explorer.ui.lesion import contents, html
from explorer.ui.lesion import isic as archive
from explorer.ui.lesion.state import LesionDesk, ReadingChoice
from explorer.ui.lesion.story import CHAPTERS

#: A click on an example's button tells its position in the list.
PICK = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-index]');
  if (button) trigger('click', { index: Number(button.dataset.index) });
});
"""
#: A click on the picture tells where, as parts of its width and height.
SPOT = """
element.addEventListener('click', (event) => {
  const picture = event.target.closest('img');
  if (!picture || !document.querySelector('#hand-armed input').checked) return;
  const box = picture.getBoundingClientRect();
  trigger('click', {
    x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height,
  });
});
"""

#: LaTeX between double dollars; rendered by the KaTeX that Gradio serves itself.
LATEX = [{"left": "$$", "right": "$$", "display": True}]

KNOBS = {
    "width": "Working width, px",
    "height": "Working height, px",
    "clahe_clip": "CLAHE clip limit",
    "clahe_tiles": "CLAHE tiles per side",
    "blackhat_kernel": "Black-hat kernel, px (odd)",
    "hair_threshold": "Hair threshold, of 255",
    "morphology_kernel": "Morphology kernel, px (odd)",
    "morphology_iterations": "Morphology repeats",
    "clusters_min": "Fewest clusters",
    "clusters_max": "Most clusters",
}


@dataclass(frozen=True)
class Parts:
    """The view's components; handlers fill those of ``filled``, visitors use the others."""

    desk: gr.State
    gallery: gr.HTML
    isic: gr.Textbox
    method: gr.Radio
    knobs: tuple[gr.Slider, ...]
    reset: gr.Button
    armed: gr.Checkbox
    patch: gr.Slider
    undo: gr.Button
    clear: gr.Button
    filled: dict


def lay_out() -> Parts:
    """Lay out the view in the current context."""
    filled = {
        "session": gr.State(None),
        "problem": gr.HTML(elem_id="problem"),
        "instrument": component.build(*contents.opening()),
    }
    sources = _sources(filled)
    filled["waiting"] = gr.HTML(elem_id="waiting")
    gr.HTML('<div data-instrument="strip"></div>', elem_id="strip")
    with gr.Row(elem_id="story"):
        with gr.Column(scale=1, min_width=260, elem_id="story-picture"):
            gr.HTML('<div data-instrument="picture"></div>')
        with gr.Column(scale=2, min_width=300):
            with _chapter("image"):
                filled["picture"] = gr.HTML(elem_id="picture")
            with _chapter("skin"):
                skin = _skin_part(filled)
            with _chapter("tone"):
                hand = _tone_part(filled)
            for key, figure in (("other-skin", "pair"), ("logits", "bars")):
                with _chapter(key):
                    gr.HTML(f'<div data-instrument="{figure}"></div>')
            with _chapter("rule"):
                gr.HTML('<div data-instrument="rule"></div>')
                with _drawer("Every rule's formula", "formula-rule"):
                    gr.Markdown(html.rule_formulas(), latex_delimiters=LATEX)
            with _chapter("decision"):
                gr.HTML('<div data-instrument="decision"></div>')
                with _drawer("Every rule on this image, and the study's two slips", "all-rules"):
                    filled["rules"] = gr.HTML(elem_id="rules")
    return Parts(gr.State(LesionDesk()), **sources, **skin, **hand, filled=filled)


def _sources(filled: dict) -> dict:
    """Your own image, an example, or one of the ISIC archive."""
    with gr.Row(elem_id="sources"):
        with gr.Column(elem_id="upload", scale=0, min_width=130):
            filled["upload"] = gr.UploadButton(
                "Your image", file_types=["image"], variant="primary", elem_id="upload-image"
            )
        gallery = gr.HTML(html.example_buttons(EXAMPLES), elem_id="examples", js_on_load=PICK)
        filled["stop"] = gr.Button("Stop", elem_id="stop", interactive=False, scale=0, min_width=80)
    with _drawer("What an image may be, and lesions of the ISIC archive", "more-sources"):
        gr.Markdown(
            "JPEG, PNG, WebP, BMP or TIFF, up to 32 MB and 64 megapixels; choose it, drop it on "
            "the page, or paste it. Its colour profile is followed. Analysed in memory and not "
            "kept.",
            elem_classes="small",
        )
        isic, filled["fetching"] = archive.build()
    return {"gallery": gallery, "isic": isic}


@contextmanager
def _chapter(key: str) -> Iterator[None]:
    """A step of the story: its heading, what the caller lays out, its formula."""
    with gr.Column(elem_id=f"step-{key}", elem_classes="story-step"):
        gr.HTML(html.heading(key))
        yield
        if formula := CHAPTERS[key].formula:
            with _drawer("The formula", f"formula-{key}"):
                gr.Markdown(formula, latex_delimiters=LATEX)


def _drawer(title: str, elem_id: str) -> gr.Accordion:
    return gr.Accordion(title, open=False, elem_id=elem_id, elem_classes="drawer")


def _skin_part(filled: dict) -> dict:
    filled["skin"] = gr.HTML(elem_id="skin")
    with _drawer("Step by step, by either estimator", "search"):
        method = gr.Radio(
            [(each.label, key) for key, each in ESTIMATORS.items()],
            value=ReadingChoice.method,
            label="Estimator",
            elem_id="method",
        )
        filled["steps"] = gr.HTML(elem_id="steps")
    with _drawer("Turn the published estimator's knobs", "knobs"):
        knobs, names, look = [], list(KNOBS), {"buttons": [], "min_width": 260}
        for pair in zip(names[::2], names[1::2]):
            with gr.Row():
                for name in pair:
                    value, label = getattr(PUBLISHED, name), KNOBS[name]
                    step = 2 if name.endswith("kernel") else 0.1 if isinstance(value, float) else 1
                    knobs.append(gr.Slider(*RANGES[name], value, step=step, label=label, **look))
        reset = gr.Button("Published settings", size="sm", elem_id="reset-knobs")
    return {"method": method, "knobs": tuple(knobs), "reset": reset}


def _tone_part(filled: dict) -> dict:
    filled["summary"] = gr.HTML(elem_id="tone-summary")
    filled["cautions"] = gr.HTML(elem_id="cautions")
    with _drawer("Where this colour lies, and how it was told from the rest", "figures") as figures:
        filled["plane"] = gr.Plot(show_label=False, elem_id="plane")
        with gr.Column() as clusters:
            filled["curve"] = gr.Plot(show_label=False, elem_id="curve")
            filled["shares"] = gr.Plot(show_label=False, elem_id="shares")
    filled |= {"figures": figures, "clusters": clusters}
    with _drawer("Pick the skin by hand", "hand"):
        gr.Markdown(
            "Several spots are averaged; the hand value then feeds the rule that trusts the tone "
            "group, and the other skins. Without a mouse: type coordinates in pixels.",
            elem_classes="small",
        )
        with gr.Row():
            with gr.Column(scale=1, min_width=260):
                armed = gr.Checkbox(
                    False, label="Pick by clicking on this picture", elem_id="hand-armed"
                )
                filled["spotting"] = gr.HTML(elem_id="spotting", js_on_load=SPOT)
            with gr.Column(scale=1, min_width=260):
                filled["spots"] = gr.Textbox(
                    label="Spots x, y; x, y", placeholder="120, 80; 400, 90", elem_id="spots"
                )
                patch = gr.Slider(1, 101, value=5, step=2, label="Patch side, px", buttons=[])
                with gr.Row():
                    undo = gr.Button("Undo the last spot", size="sm", elem_id="undo-spot")
                    clear = gr.Button("Back to the estimate", size="sm", elem_id="clear-hand")
        filled["hand"] = gr.HTML(elem_id="hand-tone")
    return {"armed": armed, "patch": patch, "undo": undo, "clear": clear}
