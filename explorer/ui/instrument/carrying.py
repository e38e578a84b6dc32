"""No property of the instrument is lost on the way to the page."""

from functools import wraps

import gradio as gr


def carrying(handler):
    """Let every stop of a handler repeat what it said of the instrument before.

    Gradio's client (6.31) applies a later stop to the very object of an earlier one, which may not
    have been looked at yet; properties that the later one leaves out would then be lost. What is
    repeated costs nothing, since only differences are sent. A handler that says nothing at all
    leaves the page as it is; Gradio would empty all its outputs.

    Parameters
    ----------
    handler : method that yields dictionaries
        Of a class with a dictionary ``filled`` of components, ``instrument`` and ``session`` among
        them.
    """

    @wraps(handler)
    def repeated(self, *args, **options):
        held, said, instrument = {}, False, self.filled["instrument"]
        for update in handler(self, *args, **options):
            held, said = {**held, **update.get(instrument, {})}, True
            yield update | ({instrument: held} if held else {})
        if not said:
            yield {self.filled["session"]: gr.skip()}

    return repeated
