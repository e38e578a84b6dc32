"""The exceptions that reach a person."""


class ExplorerError(ValueError):
    """Bad input or a missing resource, told in one sentence for the person who caused it.

    The message says what is wrong and what to do about it. The page shows it as it is; the
    command line prints it on one line of stderr and exits with code 2. It never holds a
    traceback, and nothing that a visitor uploaded.
    """


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
