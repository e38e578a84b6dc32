"""Explore: which event calls which handler. Its layout is in :mod:`explorer.ui.lesion.layout`."""

import gradio as gr

from explorer.skin.settings import PUBLISHED
from explorer.ui.lesion import isic
from explorer.ui.lesion.events import LesionEvents
from explorer.ui.lesion.layout import Parts, lay_out
from explorer.ui.lesion.state import LesionDesk, ReadingChoice
from explorer.ui.parts import address
from explorer.ui.parts.options import LIGHT, NETWORK, PRIVATE
from explorer.ui.server.weights_loader import WeightsLoader

#: The own skin takes a fraction of a second and must not wait for anybody's whole table.
OWN = {"concurrency_limit": 4, "concurrency_id": "own"}

#: For events that carry data: one that is put off until another has ended could come with the
#: data of that one. Whichever began last fills the page.
EACH = {"trigger_mode": "multiple"}


def build(loader: WeightsLoader, page: gr.Blocks) -> None:
    """Lay out the view in the current context and wire its events."""
    parts = lay_out()
    events = LesionEvents(parts.filled, loader)
    loader.before(events.prepare)
    shared = {
        "outputs": list(parts.filled.values()),
        **PRIVATE,
        "show_progress": "hidden",
        "trigger_mode": "always_last",
    }
    running = [
        *_image_events(page, parts, events, shared),
        *_skin_events(parts, events, {**shared, **NETWORK}),
    ]
    address.follow(page, ReadingChoice, {"method": parts.method})
    stop = parts.filled["stop"]
    stop.click(_stopped, [parts.desk], [stop], cancels=running, queue=False, **PRIVATE)


def _image_events(page: gr.Blocks, parts: Parts, events: LesionEvents, shared: dict) -> list:
    """A new image: first its own skin, at once; then the rest."""
    light, slots = {**shared, **OWN}, {**shared, **OWN, **isic.SLOTS}
    begun = [
        page.load(events.opened, [parts.desk], **light),
        parts.filled["upload"].upload(
            events.uploaded, [parts.filled["upload"], parts.desk], **light
        ),
        parts.gallery.click(events.picked, [parts.desk], **{**light, **EACH}),
    ]
    # Not among those that are cancelled: a fetch that is stale ends by itself, and tidies up.
    fetched = [
        parts.isic.submit(events.fetched, [parts.isic, parts.desk], **slots),
        begun[0].then(events.linked, [parts.desk], **slots),
    ]
    rest = {**shared, **NETWORK}
    session = parts.filled["session"]
    return begun + [
        each.then(events.completed, [session, parts.desk], **rest) for each in begun + fetched
    ]


def _skin_events(parts: Parts, events: LesionEvents, heavy: dict) -> list:
    """Another tone by method, knobs and hand-picked spots, or another transform."""
    filled = parts.filled
    session = filled["session"]
    knobs = [parts.method, session, parts.desk, *parts.knobs]
    hand = [filled["spots"], parts.patch, session, parts.desk]
    published = list(PUBLISHED.to_dict().values())
    reset = parts.reset.click(lambda: published, None, list(parts.knobs), **PRIVATE)
    figures = [filled[name] for name in ("plane", "clusters", "curve", "shares")]
    filled["figures"].expand(events.plotted, [session], figures, **LIGHT)
    told = {**heavy, **EACH}
    return [
        filled["spotting"].click(events.spotted, [parts.armed, *hand], **told),
        filled["instrument"].choose(events.transformed, [session, parts.desk], **told),
    ] + [
        trigger(handler, given, **heavy)
        for trigger, handler, given in (
            *((each.input, events.retoned, knobs) for each in (parts.method, *parts.knobs)),
            (reset.then, events.retoned, knobs),
            (filled["spots"].submit, events.marked, hand),
            (parts.patch.input, events.marked, hand),
            (parts.undo.click, events.undone, hand),
            (parts.clear.click, events.unmarked, [session, parts.desk]),
        )
    ]


def _stopped(desk: LesionDesk):
    desk.stop()
    return gr.Button(interactive=False)
