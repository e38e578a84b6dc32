"""What nobody foresaw: one sentence with a reference number, and the details in the log.

The log names the kind of error and the places in the code, and nothing else: messages of libraries
hold names of files and what stands in them, and nothing of a visitor is logged.
"""

import logging
import secrets
import traceback

from explorer.util.errors import ExplorerError

log = logging.getLogger("explorer")


class Failed(ExplorerError):
    """An error of ours that was logged.

    Attributes
    ----------
    reference : str
        Eight hexadecimal digits, by which the log has it.
    """

    #: Seconds that the page shows it where no handler has a better place for it.
    SHOWN = 30

    def __init__(self, reference: str):
        super().__init__(
            f"Something went wrong here, reference {reference}: try again or with another file, "
            "and tell the number to whoever runs this page."
        )
        self.reference = reference


def explained(error: Exception) -> ExplorerError:
    """What a person is told about an error: itself, or :class:`Failed` after it was logged."""
    if isinstance(error, ExplorerError):
        return error
    reference = secrets.token_hex(4)
    log.error("reference %s: %s", reference, " <- ".join(_chain(error)))
    return Failed(reference)


def _chain(error: BaseException | None) -> list[str]:
    """Kinds of an error and of what caused it, each with the lines that led there."""
    found: list[str] = []
    while error is not None and len(found) < 10:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
        found.append(f"{type(error).__name__} at {' > '.join(lines)}")
        error = error.__cause__ or error.__context__
    return found
