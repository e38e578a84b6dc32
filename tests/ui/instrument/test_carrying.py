"""What was said of the instrument is said again; a handler that says nothing changes nothing."""

import gradio as gr

from explorer.ui.instrument.carrying import carrying


class Handlers:
    filled = {"instrument": "i", "session": "s", "stop": "t"}  # noqa: RUF012

    @carrying
    def speaks(self):
        yield {"t": 1}
        yield {"i": {"table": "a", "pictures": "p"}}
        yield {"t": 2}
        yield {"i": {"table": "b"}, "t": 3}

    @carrying
    def is_silent(self):
        yield from ()


def test_every_later_stop_repeats_the_instrument():
    assert list(Handlers().speaks()) == [
        {"t": 1},
        {"i": {"table": "a", "pictures": "p"}},
        {"t": 2, "i": {"table": "a", "pictures": "p"}},
        {"i": {"table": "b", "pictures": "p"}, "t": 3},
    ]


def test_a_silent_handler_leaves_the_page_as_it_is():
    assert list(Handlers().is_silent()) == [{"s": gr.skip()}]
