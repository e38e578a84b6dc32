"""A lesion of the ISIC archive by its id: the field, the wait, and the credit below the picture."""

from collections.abc import Iterator
from concurrent import futures

import gradio as gr
from markupsafe import Markup

from explorer.image.isic import EXAMPLE_ID, ArchiveLesion, fetch_lesion
from explorer.ui.parts import notes
from explorer.util.templates import render
from explorer.util.workers import in_background

#: Waiting for another server must not hold up those whose analysis only needs this one.
SLOTS = {"concurrency_limit": 4, "concurrency_id": "archive"}
#: The archive's licences; their full texts are links, opened only by a click.
LICENCES = {
    "CC-0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-NC": "https://creativecommons.org/licenses/by-nc/4.0/",
}


def build() -> tuple[gr.Textbox, gr.HTML]:
    """Lay out where an id is typed, and what tells what is going on, or what went wrong."""
    text = gr.Textbox(
        label="Or fetch a lesion of the ISIC archive by its id",
        placeholder=EXAMPLE_ID,
        max_lines=1,
        max_length=40,
        submit_btn="Fetch",
        elem_id="isic-id",
    )
    return text, gr.HTML(elem_id="isic-fetching")


class Fetching:
    """One lesion on its way, in a thread of its own: a visitor may go on to something else."""

    def __init__(self, isic_id: str):
        self.lesion: ArchiveLesion | None = None
        #: What went wrong, for the eye beside the field; it is read out where problems stand.
        self.problem = Markup()
        self._isic_id, self._text = isic_id, "Asking the ISIC archive"

    def texts(self, every: float = 0.25) -> Iterator[Markup]:
        """What is going on, as HTML, until the lesion is there; ExplorerError if it never is."""
        fetched = in_background(
            lambda: fetch_lesion(self._isic_id, self._tell),
            "The lesion could not be fetched; see the server's log.",
        )
        while not fetched.done():
            yield notes.status(f"{self._text} ...")
            futures.wait([fetched], every)
        if error := fetched.exception():
            self.problem = render("lesion/not_fetched.html", error=error)
            raise error
        self.lesion = fetched.result()

    def _tell(self, text: str) -> None:
        self._text = text


def credit(found: ArchiveLesion) -> Markup:
    """Whose picture this is, under which licence, and what the archive calls it."""
    return render("lesion/credit.html", found=found, address=LICENCES.get(found.licence))
