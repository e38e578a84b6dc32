"""No property of the instrument is lost on the way to the page."""

from functools import wraps


def carrying(handler):
    """Let every stop of a handler repeat what it said of the instrument before.

    Gradio's client (6.31) applies a later stop to the very object of an earlier one, which may not
    have been looked at yet; properties that the later one leaves out would then be lost. What is
    repeated costs nothing, since only differences are sent.
    """

    @wraps(handler)
    def repeated(self, *args, **options):
        held, instrument = {}, self.filled["instrument"]
        for update in handler(self, *args, **options):
            held = {**held, **update.get(instrument, {})}
            yield update | ({instrument: held} if held else {})

    return repeated
