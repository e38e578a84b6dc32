"""Sentences of the page: a problem, notes, the disclaimer."""

from collections.abc import Iterable

from markupsafe import Markup

from explorer.ui.parts.failures import explained
from explorer.util.templates import render

DISCLAIMER = (
    "Not a medical device. A research model's outputs on one image say nothing about a person's "
    "health: see a doctor about any lesion that worries you."
)


def problem(message: str) -> Markup:
    """One sentence that says what is wrong, announced to screen readers."""
    return render("parts/notes.html", texts=[message], kind="bad", role="alert")


def notes(texts: Iterable[str]) -> Markup:
    """A note per sentence."""
    return render("parts/notes.html", texts=texts, kind="", role="")


def status(text: str) -> Markup:
    """What is going on, announced politely."""
    return render("parts/notes.html", texts=[text], kind="", role="status")


def words(alt_text: str) -> Markup:
    """A figure's alternative text, for screen readers."""
    return render("parts/words.html", alt_text=alt_text)


def folded(summary: str, content: Markup) -> Markup:
    """A table twin that opens on demand."""
    return render("parts/folded.html", summary=summary, content=content)


def sentence(error: Exception) -> str:
    """An error as a sentence; a file's name at its beginning stays as it is.

    One that nobody foresaw is logged, and told by its reference number.
    """
    text = str(explained(error))
    if text.partition(" ")[0].isalpha():
        text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."
