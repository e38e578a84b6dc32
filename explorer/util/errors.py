"""The exceptions that reach a person."""

#: Characters of a message; of a longer one, which repeats something long, so many stay at its
#: start (what is wrong) and at its end (what to do).
LONGEST, START, END = 300, 190, 105


class ExplorerError(ValueError):
    """Bad input or a missing resource, told in one sentence for the person who caused it.

    The message says what is wrong and what to do about it. The page shows it as it is; the
    command line prints it on one line of stderr and exits with code 2. It never holds a
    traceback, and nothing that a visitor uploaded. It is one line of at most :data:`LONGEST`
    characters that can be printed, whatever name or value it repeats.
    """

    def __init__(self, message: object = ""):
        text = one_line(str(message))
        if len(text) > LONGEST:
            text = f"{text[:START]} … {text[-END:]}"
        super().__init__(text)


class NotEnoughSkin(ExplorerError):
    """The image has too few usable skin pixels for a skin-tone estimate.

    Attributes
    ----------
    segmentation : explorer.skin.study.Segmentation
        What was found, so that the page can show why.
    """

    def __init__(self, message: str, segmentation):
        super().__init__(message)
        self.segmentation = segmentation


def one_line(text: str) -> str:
    """A text without line breaks and other characters that cannot be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
