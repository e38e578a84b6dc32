"""The footer: what this is, where its numbers come from, licences, how to cite."""

import gradio as gr

from explorer.ui.parts import notes
from explorer.ui.server import documents
from explorer.util.templates import render


def build() -> None:
    """Lay out the footer in the current context."""
    texts = {"disclaimer": notes.DISCLAIMER, "documents": documents.listed()}
    gr.HTML(render("about/footer.html", **texts))
