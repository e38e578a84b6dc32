"""The Lesion view: its layout, and which event calls which handler."""

from dataclasses import dataclass

import gradio as gr

from explorer import lesion
from explorer.inference import DEFAULT_RULE, RULES
from explorer.settings import PUBLISHED, RANGES
from explorer.ui import curve_view, fragments
from explorer.ui.examples import examples
from explorer.ui.lesion_events import LesionEvents
from explorer.ui.session import DEFAULT_TARGET, Desk
from explorer.ui.weights_loader import WeightsLoader

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

#: Heavy events wait for one another, so that visitors do not slow each other down.
HEAVY = {"concurrency_limit": 2, "concurrency_id": "network"}

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
    """The view's components; handlers fill those from ``session`` to ``rules``."""

    desk: gr.State
    upload: gr.File
    gallery: gr.HTML
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
    filled: dict


def build(loader: WeightsLoader, page: gr.Blocks) -> None:
    """Lay out the view in the current context and wire its events."""
    parts = _layout()
    events = LesionEvents(parts.filled, loader)
    shared = {
        "outputs": list(parts.filled.values()), "api_visibility": "private",
        "show_progress": "minimal", "show_progress_on": [parts.filled["summary"]],
        "trigger_mode": "always_last", **HEAVY,
    }
    running = [
        page.load(events.opened, [parts.desk], **shared),
        parts.upload.upload(events.uploaded, [parts.upload, parts.desk], **shared),
        parts.gallery.click(events.picked, [parts.desk], **shared),
        *_tone_events(parts, events, shared),
        *_skin_events(parts, events, shared),
    ]
    parts.stop.click(
        Desk.stop, [parts.desk], cancels=running, queue=False, api_visibility="private"
    )
    curve_view.build(loader, parts.filled["session"], parts.desk)
    parts.rule.change(
        events.switched, [parts.rule, parts.filled["session"], parts.desk],
        [parts.filled[name] for name in events.BY_RULE], api_visibility="private",
        show_progress="hidden", concurrency_limit=20,
    )


def _tone_events(parts: Parts, events: LesionEvents, shared: dict) -> list:
    """Method, knobs and hand-picked spots: the tone changes, the logits stay."""
    session = parts.filled["session"]
    knobs = [parts.method, session, parts.desk, *parts.knobs]
    hand = [parts.spots, parts.patch, session, parts.desk]
    changed = [parts.method.input(events.retoned, knobs, **shared)]
    changed += [knob.input(events.retoned, knobs, **shared) for knob in parts.knobs]
    changed.append(
        parts.reset.click(
            lambda: list(PUBLISHED.to_dict().values()), None, list(parts.knobs),
            api_visibility="private",
        ).then(events.retoned, knobs, **shared)
    )
    changed.append(parts.filled["picture"].click(events.spotted, hand, **shared))
    changed += [
        trigger(events.marked, hand, **shared)
        for trigger in (parts.spots.submit, parts.patch.input)
    ]
    changed.append(parts.clear.click(events.unmarked, [session, parts.desk], **shared))
    return changed


def _skin_events(parts: Parts, events: LesionEvents, shared: dict) -> list:
    inputs = [parts.target, parts.transform, parts.scope, parts.filled["session"], parts.desk]
    return [
        trigger(events.transformed, inputs, **shared)
        for trigger in (parts.target.input, parts.transform.input, parts.scope.input)
    ]


def _layout() -> Parts:
    filled = {"session": gr.State(None, time_to_live=3600)}
    with gr.Row():
        with gr.Column(scale=1, min_width=300):
            chosen = _choose(filled)
        with gr.Column(scale=2, min_width=300):
            filled["problem"] = gr.HTML(elem_id="problem")
            with gr.Row():
                with gr.Column(min_width=260):
                    filled["picture"] = gr.HTML(
                        elem_id="picture", min_height=260, js_on_load=SPOT
                    )
                with gr.Column(min_width=260):
                    filled["summary"] = gr.HTML(elem_id="tone-summary")
                    filled["verdict"] = gr.HTML(elem_id="verdict", min_height=150)
    return Parts(
        desk=gr.State(Desk()), **chosen, **_tone_part(filled), **_skin_part(filled),
        **_decision_part(filled), filled=filled,
    )


def _choose(filled: dict) -> dict:
    upload = gr.File(
        label="Upload, drop or paste a lesion", height=150, file_types=["image"], elem_id="upload"
    )
    gr.Markdown(
        "JPEG, PNG, WebP, BMP or TIFF, up to 32 MB. Analysed in memory and not kept.",
        elem_classes="small",
    )
    gallery = gr.HTML(
        fragments.example_buttons(examples()), elem_id="examples", js_on_load=PICK
    )
    filled["upload"] = upload
    filled["caption"] = gr.Markdown(elem_id="caption", elem_classes="small")
    stop = gr.Button("Stop the analysis", size="sm", variant="secondary", elem_id="stop")
    return {"upload": upload, "gallery": gallery, "stop": stop}


def _tone_part(filled: dict) -> dict:
    gr.Markdown("## 1. Skin tone, step by step")
    method = gr.Radio(
        [(name, key) for key, name in lesion.METHODS.items()], value="published",
        label="Estimator", elem_id="method",
    )
    filled["steps"] = gr.HTML(elem_id="steps", min_height=300)
    filled["cautions"] = gr.HTML(elem_id="cautions")
    with gr.Row(elem_classes="follow-page"):
        with gr.Column(min_width=300):
            gr.Markdown("#### Two conventions, one colour")
            filled["plane"] = gr.Plot(show_label=False, elem_id="plane")
        with gr.Column(min_width=300) as clusters:
            gr.Markdown("#### How many clusters, and which is the skin?")
            filled["curve"] = gr.Plot(show_label=False, elem_id="curve")
            filled["shares"] = gr.Plot(show_label=False, elem_id="shares")
    filled["clusters"] = clusters
    return {"method": method, **_hand_part(filled), **_knob_part()}


def _hand_part(filled: dict) -> dict:
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


def _knob_part() -> dict:
    with gr.Accordion("Turn the published estimator's knobs", open=False, elem_id="knobs"):
        knobs = []
        for pair in zip(*[iter(KNOBS.items())] * 2):
            with gr.Row():
                knobs += [_knob(name, label) for name, label in pair]
        reset = gr.Button("Published settings", size="sm", elem_id="reset-knobs")
    return {"knobs": tuple(knobs), "reset": reset}


def _knob(name: str, label: str) -> gr.Slider:
    low, high = RANGES[name]
    odd = name.endswith("kernel")
    step = 2 if odd else 0.1 if isinstance(getattr(PUBLISHED, name), float) else 1
    return gr.Slider(
        low, high, value=getattr(PUBLISHED, name), step=step, label=label, buttons=[],
        min_width=260,
    )


def _skin_part(filled: dict) -> dict:
    gr.Markdown(
        "## 2. The same lesion on other skin\nChoose how, and a target angle; then drag across the "
        "picture."
    )
    with gr.Row():
        transform = gr.Radio(
            [(name, key) for key, name in lesion.TRANSFORMS.items()], value="published",
            label="Transform", elem_id="transform",
        )
        scope = gr.Radio(
            [("Skin only", "skin"), ("Whole image", "image")], value="skin",
            label="Melanin acts on", elem_id="scope",
        )
    target = gr.Slider(
        -60, 70, value=DEFAULT_TARGET, step=1, elem_id="target", buttons=[],
        label="Target ITA, degrees (skin-former: published convention; melanin: float CIELAB)",
    )
    with gr.Row():
        with gr.Column(min_width=280):
            filled["compare"] = gr.HTML(elem_id="compare", min_height=280)
        with gr.Column(min_width=280):
            filled["other_verdict"] = gr.HTML(elem_id="other-verdict")
            filled["reached"] = gr.HTML(elem_id="reached")
    return {"transform": transform, "scope": scope, "target": target}


def _decision_part(filled: dict) -> dict:
    gr.Markdown(
        "## 3. From eight logits to a decision\nThe network answers once with 4 tone groups x 2 "
        "classes; the rule turns that into one decision. Switching it never runs the network again."
    )
    rule = gr.Radio(
        [(rule.name, key) for key, rule in RULES.items()], value=DEFAULT_RULE,
        label="Inference rule", elem_id="rule",
    )
    with gr.Row(elem_classes="follow-page"):
        with gr.Column(min_width=300):
            filled["explanation"] = gr.Markdown(
                elem_id="formula", latex_delimiters=[{"left": "$$", "right": "$$", "display": True}]
            )
        with gr.Column(min_width=300):
            gr.Markdown("#### What each tone group adds to the two scores")
            filled["contributions"] = gr.Plot(show_label=False, elem_id="contributions")
    filled["logits"] = gr.HTML(elem_id="logits")
    gr.Markdown("#### All rules side by side")
    with gr.Row(elem_classes="follow-page"):
        with gr.Column(min_width=300):
            filled["points"] = gr.Plot(show_label=False, elem_id="points")
        with gr.Column(min_width=300):
            filled["rules"] = gr.HTML(elem_id="rules")
    return {"rule": rule}
