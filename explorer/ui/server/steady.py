"""Gradio's classes (6.31) where one visitor's mistake would reach all others, or meet an error.

To be reported upstream: ``Queue.send_message`` raises KeyError where nobody holds the event's
messages any more. Where ``start_processing`` calls it, that ends the loop, and the queue is stopped
for everybody until the next start. It happens after a join with an empty ``session_hash`` (``push``
keeps the messages under "", the event says its own id), after 2,000 other sessions have pushed the
messages out, and where a page is closed while the queue tells its place.

The page's own script cancels an event also before the server has told its id, which is then null,
and is refused with 422: the event would run on.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future

import gradio as gr
import gradio.blocks
import gradio.data_classes
import gradio.queueing
import gradio.routes

from explorer.ui.parts.failures import Failed, explained
from explorer.ui.server.visits import LOST, Visitors

#: Sessions whose messages wait to be fetched; Gradio would forget the oldest of 2,000.
MOST_MESSAGES = 20_000


class Queue(gradio.queueing.Queue):
    """Gradio's queue, which drops a message that nobody waits for, and goes on."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.pending_messages_per_session.max_size = MOST_MESSAGES

    def send_message(self, event, event_message) -> None:
        if event.session_hash in self.pending_messages_per_session:
            super().send_message(event, event_message)


class Page(gr.Blocks):
    """Blocks that end no event in silence.

    Whatever is raised on the way of an event, by a handler or by Gradio around it, is told in one
    sentence with a reference number (:func:`explorer.ui.parts.failures.explained`). An event of a
    page that the server has forgotten is refused, so that it shows nothing of nobody.

    No event begins before ``prepare`` is done, which gives a ``concurrent.futures.Future``. A
    caller of a public endpoint may leave out its last inputs, as those who called it before it had
    them do: they are at their defaults.
    """

    def __init__(self, prepare: Callable[[], Future], **options):
        super().__init__(**options)
        self._prepare = prepare

    async def process_api(self, block_fn, inputs, state=None, request=None, *args, **options):
        function = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        session = options.get("session_hash")
        if function.api_visibility == "private" and session not in self.state_holder:
            raise gr.Error(LOST, print_exception=False)
        if function.api_visibility == "public":
            inputs = [*inputs, *(each.value for each in function.inputs[len(inputs) :])]
        await asyncio.wrap_future(self._prepare())
        try:
            return await super().process_api(block_fn, inputs, state, request, *args, **options)
        except gr.Error:
            raise
        except Exception as error:
            raise gr.Error(str(explained(error)), Failed.SHOWN, print_exception=False) from None


class Cancelled(gradio.data_classes.CancelBody):
    """What is to be cancelled; without an id, what the session runs of that function."""

    event_id: str | None = None


class Reset(gradio.data_classes.ResetBody):
    """Of no effect, with an id or without."""

    event_id: str | None = None


def install() -> None:
    """Let Gradio make its queue and its sessions from ours; before ``Blocks`` is made."""
    gradio.queueing.Queue = Queue
    gradio.routes.CancelBody, gradio.routes.ResetBody = Cancelled, Reset
    gradio.routes.StateHolder = Visitors
