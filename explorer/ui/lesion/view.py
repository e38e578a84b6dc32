"""The Lesion view: which event calls which handler. Its layout is in lesion_layout."""

import gradio as gr

from explorer.lesion.stored import DARKER_TARGET
from explorer.skin.settings import PUBLISHED
from explorer.transform.transforms import DEFAULT_SCOPE, DEFAULT_TRANSFORM
from explorer.ui.lesion import contents, curve, isic
from explorer.ui.lesion.events import LesionEvents
from explorer.ui.lesion.layout import Parts, lay_out
from explorer.ui.lesion.state import LesionChoice, LesionDesk
from explorer.ui.parts import address
from explorer.ui.parts.options import NETWORK, PRIVATE, QUIET
from explorer.ui.server.weights_loader import WeightsLoader

#: Reading a tone takes a fraction of a second and must not wait for anybody's network pass.
TONE = {"concurrency_limit": 4, "concurrency_id": "tone"}

#: Gradio draws every tab's button twice, once hidden to measure it.
OPEN_GROUPS = """
() => {
  const tabs = [...document.querySelectorAll('#views button[role=tab][data-tab-id="groups"]')];
  (tabs.find((tab) => tab.offsetParent) ?? tabs.at(-1)).click();
  window.scrollTo(0, 0);
}
"""


def build(loader: WeightsLoader, page: gr.Blocks) -> None:
    """Lay out the view in the current context and wire its events."""
    parts = lay_out()
    events = LesionEvents(parts.filled, loader)
    loader.before(events.prepare)
    shared = {
        "outputs": list(parts.filled.values()),
        **PRIVATE,
        "show_progress": "minimal",
        "show_progress_on": [parts.filled["summary"]],
        "trigger_mode": "always_last",
    }
    heavy = {**shared, **NETWORK}
    running = [*_image_events(page, parts, events, shared), *_skin_events(parts, events, heavy)]
    address.follow(
        page,
        LesionChoice,
        {item.name: getattr(parts, item.name) for item in LesionChoice.parameters().values()},
    )
    parts.stop.click(LesionDesk.stop, [parts.desk], cancels=running, queue=False, **PRIVATE)
    with gr.Column(elem_id="step-curve", elem_classes="story-step"):
        curve.build(loader, parts.filled["session"], parts.desk)
    _rule_events(parts, events)
    parts.tries["fair"].click(None, js=OPEN_GROUPS, **PRIVATE)


def _image_events(page: gr.Blocks, parts: Parts, events: LesionEvents, shared: dict) -> list:
    """A new image: first what needs no network pass, at once; then the rest."""
    light = {**shared, **TONE}
    slots = {**light, **isic.SLOTS}
    begun = [
        page.load(events.opened, [parts.desk], **light),
        parts.upload.upload(events.uploaded, [parts.upload, parts.desk], **light),
        parts.gallery.click(events.picked, [parts.desk], **light),
    ]
    # Not among those that are cancelled: a fetch that is stale ends by itself, and tidies up.
    fetched = [
        parts.isic.submit(events.fetched, [parts.isic, parts.desk], **slots),
        begun[0].then(events.linked, [parts.desk], **slots),
    ]
    rest = {**shared, **NETWORK, "show_progress": "hidden"}
    session = parts.filled["session"]
    return begun + [
        each.then(events.completed, [session, parts.desk], **rest) for each in begun + fetched
    ]


def _rule_events(parts: Parts, events: LesionEvents) -> None:
    """Another rule, or another beside it: the stored logits are read anew."""
    session = parts.filled["session"]
    parts.rule.change(
        events.switched,
        [parts.rule, session, parts.desk],
        [parts.filled[name] for name in contents.BY_RULE],
        **QUIET,
    )
    parts.beside.input(
        events.compared, [parts.beside, session, parts.desk], parts.filled["arithmetic"], **QUIET
    )
    parts.tries["rule"].click(
        lambda: LesionChoice.beside, None, parts.rule, js=_go_to("rule"), queue=False, **QUIET
    )


def _go_to(step: str) -> str:
    return f"() => {{ document.getElementById('step-{step}').scrollIntoView(); }}"


def _skin_events(parts: Parts, events: LesionEvents, shared: dict) -> list:
    """Another tone by method, knobs and hand-picked spots, the logits stay; then other skin."""
    session = parts.filled["session"]
    knobs = [parts.method, session, parts.desk, *parts.knobs]
    hand = [parts.spots, parts.patch, session, parts.desk]
    published = list(PUBLISHED.to_dict().values())
    reset = parts.reset.click(lambda: published, None, list(parts.knobs), **PRIVATE)
    target = [parts.target, parts.transform, parts.scope]
    skin = [*target, session, parts.desk]
    darker = parts.tries["skin"].click(
        lambda: (DARKER_TARGET, DEFAULT_TRANSFORM, DEFAULT_SCOPE),
        None,
        target,
        js=_go_to("other-skin"),
        queue=False,
        **QUIET,
    )
    return [
        trigger(handler, given, **shared)
        for trigger, handler, given in (
            *((each.input, events.retoned, knobs) for each in (parts.method, *parts.knobs)),
            (reset.then, events.retoned, knobs),
            (parts.filled["picture"].click, events.spotted, hand),
            (parts.spots.submit, events.marked, hand),
            (parts.patch.input, events.marked, hand),
            (parts.clear.click, events.unmarked, [session, parts.desk]),
            *((each.input, events.transformed, skin) for each in target),
            (darker.then, events.transformed, skin),
        )
    ]
