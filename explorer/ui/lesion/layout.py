"""The Lesion view's layout: a Column per step of the story, top to bottom, then the curve's place.

Lecture mode and links find a step by its id, ``step-`` and the key of its chapter.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import gradio as gr

from explorer.rules.rules import RULES
from explorer.skin.settings import PUBLISHED, RANGES
from explorer.synthetic.examples import EXAMPLES
from explorer.tone.estimators import ESTIMATORS
from explorer.transform.transforms import TRANSFORMS
from explorer.ui.lesion import html
from explorer.ui.lesion import isic as archive
from explorer.ui.lesion.state import TARGETS, LesionChoice, LesionDesk
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
  if (!picture) return;
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
    tries: dict[str, gr.Button]
    upload: gr.File
    gallery: gr.HTML
    isic: gr.Textbox
    stop: gr.Button
    method: gr.Radio
    knobs: tuple[gr.Slider, ...]
    reset: gr.Button
    spots: gr.Textbox
    patch: gr.Slider
    clear: gr.Button
    transform: gr.Radio
    scope: gr.Radio
    target: gr.Slider
    rule: gr.Radio
    beside: gr.Dropdown
    filled: dict


def lay_out() -> Parts:
    """Lay out the view in the current context."""
    filled = {"session": gr.State(None, time_to_live=3600)}
    tries = _start(filled)
    with _chapter("image"):
        image = _image_part(filled)
    with _chapter("skin"):
        skin = _skin_part(filled)
    with _chapter("tone"):
        hand = _tone_part(filled)
    with _chapter("other-skin"):
        other = _other_skin_part(filled)
    with _chapter("logits"):
        filled["outputs"] = gr.HTML(elem_id="outputs")
        filled["logits"] = gr.HTML(elem_id="logits")
    with _chapter("rule"):
        rule = _rule_part(filled)
    with _chapter("decision"):
        filled["verdict"] = gr.HTML(elem_id="verdict")
        gr.Markdown("### All rules side by side")
        with gr.Row(elem_classes="follow-page"):
            with gr.Column(min_width=300):
                filled["points"] = gr.Plot(show_label=False, elem_id="points")
            with gr.Column(min_width=300):
                filled["rules"] = gr.HTML(elem_id="rules")
    chosen = image | skin | hand | other | rule
    return Parts(gr.State(LesionDesk()), tries, **chosen, filled=filled)


def _start(filled: dict) -> dict[str, gr.Button]:
    """Three things to try, and the whole story in one strip."""
    with gr.Row(elem_id="tries"):
        gr.HTML("<b>Three things to try</b>", elem_id="tries-title")
        tries = {
            key: gr.Button(text, elem_id=f"try-{key}", size="sm")
            for key, text in (
                ("skin", "Try darker skin"),
                ("rule", "Switch the rule"),
                ("fair", "Ask if it is fair"),
            )
        }
    filled["problem"] = gr.HTML(elem_id="problem")
    filled["glance"] = gr.HTML(elem_id="glance")
    return tries


@contextmanager
def _chapter(key: str) -> Iterator[None]:
    """A step of the story: its heading, what the caller lays out, its formula."""
    with gr.Column(elem_id=f"step-{key}", elem_classes="story-step"):
        gr.HTML(html.heading(key))
        yield
        if formula := CHAPTERS[key].formula:
            with _formula(key):
                gr.Markdown(formula, latex_delimiters=LATEX)


def _formula(key: str) -> gr.Accordion:
    return gr.Accordion("The formula", open=False, elem_id=f"formula-{key}", elem_classes="formula")


def _image_part(filled: dict) -> dict:
    with gr.Row():
        with gr.Column(scale=1, min_width=300):
            label = "Upload, drop or paste a lesion"
            upload = gr.File(label=label, height=150, file_types=["image"], elem_id="upload")
            gr.Markdown(
                "JPEG, PNG, WebP, BMP or TIFF, up to 32 MB. Analysed in memory and not kept.",
                elem_classes="small",
            )
            gallery = gr.HTML(html.example_buttons(EXAMPLES), elem_id="examples", js_on_load=PICK)
            isic, filled["fetching"] = archive.build()
            filled["upload"] = upload
            filled["caption"] = gr.Markdown(elem_id="caption", elem_classes="small", min_height=48)
            stop = gr.Button("Stop the analysis", size="sm", variant="secondary", elem_id="stop")
        with gr.Column(scale=2, min_width=300):
            filled["picture"] = gr.HTML(elem_id="picture", min_height=460, js_on_load=SPOT)
    return {"upload": upload, "gallery": gallery, "stop": stop, "isic": isic}


def _skin_part(filled: dict) -> dict:
    method = gr.Radio(
        [(each.label, key) for key, each in ESTIMATORS.items()],
        value=LesionChoice.method,
        label="Estimator",
        elem_id="method",
    )
    filled["steps"] = gr.HTML(elem_id="steps")
    with gr.Accordion("Turn the published estimator's knobs", open=False, elem_id="knobs"):
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
    with gr.Row(elem_classes="follow-page"):
        with gr.Column(min_width=300):
            gr.Markdown("### Two conventions, one colour")
            filled["plane"] = gr.Plot(show_label=False, elem_id="plane")
        with gr.Column(min_width=300) as clusters:
            gr.Markdown("### How many clusters, and which is the skin?")
            filled["curve"] = gr.Plot(show_label=False, elem_id="curve")
            filled["shares"] = gr.Plot(show_label=False, elem_id="shares")
    filled["clusters"] = clusters
    with gr.Accordion("Correct the tone by hand", open=False, elem_id="hand"):
        gr.Markdown(
            "Click a spot of skin in the picture above, as the study's authors did for five "
            "labels; several spots are averaged. The hand value then feeds the domain-conditional "
            "rule and the transforms. Without a mouse: type coordinates in pixels."
        )
        with gr.Row():
            spots = gr.Textbox(
                label="Spots x, y; x, y", placeholder="120, 80; 400, 90", elem_id="spots"
            )
            patch = gr.Slider(1, 101, value=5, step=2, label="Patch side, px", buttons=[])
            clear = gr.Button("Back to the estimate", size="sm", elem_id="clear-hand")
        filled["hand"] = gr.HTML(elem_id="hand-tone")
    filled["spots"] = spots
    return {"spots": spots, "patch": patch, "clear": clear}


def _other_skin_part(filled: dict) -> dict:
    with gr.Row():
        transform = gr.Radio(
            [(each.label, key) for key, each in TRANSFORMS.items()],
            value=LesionChoice.transform,
            label="Transform",
            elem_id="transform",
        )
        scope = gr.Radio(
            [("Skin only", "skin"), ("Whole image", "image")],
            value=LesionChoice.scope,
            label="Melanin acts on",
            elem_id="scope",
        )
    target = gr.Slider(
        *TARGETS,
        value=LesionChoice.target,
        step=1,
        elem_id="target",
        buttons=[],
        label="Target ITA, degrees (skin-former: published convention; melanin: float CIELAB)",
    )
    with gr.Row():
        with gr.Column(min_width=280):
            filled["compare"] = gr.HTML(elem_id="compare")
        with gr.Column(min_width=280):
            filled["other_verdict"] = gr.HTML(elem_id="other-verdict")
            filled["reached"] = gr.HTML(elem_id="reached")
    return {"transform": transform, "scope": scope, "target": target}


def _rule_part(filled: dict) -> dict:
    with gr.Row():
        rule = gr.Radio(
            [(rule.name, key) for key, rule in RULES.items()],
            value=LesionChoice.rule,
            label="Inference rule",
            elem_id="rule",
            scale=3,
        )
        beside = gr.Dropdown(
            [(rule.name, key) for key, rule in RULES.items()],
            value=LesionChoice.beside,
            label="Beside it",
            elem_id="beside",
            scale=2,
            min_width=260,
            filterable=False,
        )
    filled["arithmetic"] = gr.HTML(elem_id="arithmetic")
    with _formula("rule"):
        filled["explanation"] = gr.Markdown(elem_id="formula", latex_delimiters=LATEX)
    with gr.Accordion("The same as a chart", open=False, elem_id="chart"):
        gr.Markdown("### What each tone group adds to the two scores")
        with gr.Column(elem_classes="follow-page"):
            filled["contributions"] = gr.Plot(show_label=False, elem_id="contributions")
    return {"rule": rule, "beside": beside}
