"""Sentences of the page: a problem, notes, the disclaimer."""

from html import escape

from explorer.util.errors import ExplorerError

DISCLAIMER = (
    "Not a medical device. A research model's outputs on one image say nothing about a person's "
    "health: see a doctor about any lesion that worries you."
)


def problem(message: str) -> str:
    """One sentence that says what is wrong, announced to screen readers."""
    return f'<div class="note bad" role="alert">{escape(message)}</div>'


def notes(texts) -> str:
    """A note per sentence."""
    return "".join(f'<div class="note">{escape(text)}</div>' for text in texts)


def words(alt_text: str) -> str:
    """A figure's alternative text, for screen readers."""
    return f'<p class="alt">{escape(alt_text)}</p>'


def folded(summary: str, content: str) -> str:
    """A table twin that opens on demand."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def sentence(error: ExplorerError) -> str:
    """An error as a sentence; a file's name at its beginning stays as it is."""
    text = str(error)
    if text.partition(" ")[0].isalpha():
        text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."
