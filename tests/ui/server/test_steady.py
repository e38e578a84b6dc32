"""Events begin when what they need is whole."""

import asyncio
from concurrent.futures import Future

import gradio as gr

from explorer.ui.server.steady import Page
from explorer.ui.server.weights_loader import WeightsLoader
from support.coroutines import finish


def test_an_event_waits_until_libraries_are_there():
    prepared, ran = Future(), []
    with Page(lambda: prepared) as page:
        gr.Button().click(lambda: ran.append(len(ran)), api_name="press")

    async def press():
        event = asyncio.create_task(page.process_api(0, []))
        await asyncio.sleep(0.2)
        before = list(ran)
        prepared.set_result(None)
        await event
        return before

    assert finish(press()) == [] and ran == [0]


def test_a_callers_last_inputs_may_be_left_out():
    ready = Future()
    ready.set_result(None)
    with Page(lambda: ready) as page:
        given = [gr.Textbox("a"), gr.Number(), gr.Number(7)]
        gr.Button().click(lambda *found: repr(found), given, gr.Textbox(), api_name="echo")
    for sent, seen in (([], ("a", None, 7)), (["b"], ("b", None, 7)), (["b", 1, 2], ("b", 1, 2))):
        assert finish(page.process_api(0, sent))["data"] == [repr(seen)]


def test_what_fails_before_any_event_stops_nothing(caplog):
    """Torch has been imported, the rest is done once, in order, and the log names the failure."""
    loader, done = WeightsLoader("embedded"), []
    loader.before(lambda: 1 / 0)
    loader.before(lambda: done.append("second"))
    assert loader.prepare() is loader.prepare()
    loader.prepare().result(60)
    assert done == ["second"] and "ZeroDivisionError" in caplog.text
