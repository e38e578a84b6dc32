"""A lesion of the ISIC archive by its id: the field, the wait, and the credit below the picture."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import gradio as gr

from explorer.image.isic import EXAMPLE_ID, ArchiveLesion, fetch_lesion
from explorer.util.errors import ExplorerError

#: Waiting for another server must not hold up those whose analysis only needs this one.
SLOTS = {"concurrency_limit": 4, "concurrency_id": "archive"}
#: The archive's licences; their full texts are links, opened only by a click.
LICENCES = {
    "CC-0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-NC": "https://creativecommons.org/licenses/by-nc/4.0/",
}


@dataclass(frozen=True)
class IsicField:
    """Where an id is typed; ``fetching`` tells what is going on, or what went wrong."""

    text: gr.Textbox
    fetching: gr.HTML


def build() -> IsicField:
    """Lay out the field in the current context."""
    text = gr.Textbox(
        label="Or fetch a lesion of the ISIC archive by its id",
        placeholder=EXAMPLE_ID,
        max_lines=1,
        max_length=40,
        submit_btn="Fetch",
        elem_id="isic-id",
    )
    return IsicField(text, gr.HTML(elem_id="isic-fetching"))


def listen(field: IsicField, handler, desk: gr.State, shared: dict):
    """Enter or the button call ``handler(isic_id, desk)``; returns the event."""
    return field.text.submit(handler, [field.text, desk], **{**shared, **SLOTS})


class Fetching:
    """One lesion on its way, in a thread of its own: a visitor may go on to something else."""

    def __init__(self, isic_id: str):
        self.lesion: ArchiveLesion | None = None
        self._isic_id, self._text, self._error = isic_id, "Asking the ISIC archive", None

    def texts(self, every: float = 0.25) -> Iterator[str]:
        """What is going on, as HTML, until the lesion is there; ExplorerError if it never is."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        while thread.is_alive():
            yield f'<div class="note" role="status">{escape(self._text)} ...</div>'
            thread.join(every)
        if self._error is not None:
            raise self._error

    @property
    def problem(self) -> str:
        """What went wrong, for the eye beside the field; it is read out where problems stand."""
        if self._error is None:
            return ""
        return f'<div class="note bad" aria-hidden="true">{escape(str(self._error))}</div>'

    def _run(self) -> None:
        try:
            self.lesion = fetch_lesion(self._isic_id, self._tell)
        except ExplorerError as error:
            self._error = error
        except Exception:  # told to the visitor as one sentence, to the operator in full
            self._error = ExplorerError("The lesion could not be fetched; see the server's log.")
            raise

    def _tell(self, text: str) -> None:
        self._text = text


def credit(found: ArchiveLesion) -> str:
    """Whose picture this is, under which licence, and what the archive calls it."""
    licence = escape(found.licence)
    if found.licence in LICENCES:
        address = LICENCES[found.licence]
        licence = f'<a href="{address}" target="_blank" rel="noopener noreferrer">{licence}</a>'
    label = f"<b>{found.label or 'not stated as benign or malignant'}</b>"
    diagnosis = f" ({escape(found.diagnosis)})" if found.diagnosis else ""
    return (
        f'<div class="small" id="credit" data-isic="{escape(found.isic_id)}" '
        'style="margin-top:.5rem">'
        f"<b>{escape(found.isic_id)}</b>, ISIC archive. Attribution: {escape(found.attribution)}"
        f"<br>Licence: {licence}<br>Label from the ISIC archive: {label}{diagnosis}. The published "
        "model may have been trained on this image.</div>"
    )
