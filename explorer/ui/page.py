"""The whole page: header, weights banner, and the views."""

import gradio as gr

from explorer.ui import about, skins
from explorer.ui import audit as audit_view
from explorer.ui.evaluate import view as evaluate_view
from explorer.ui.groups import view as groups_view
from explorer.ui.groups.state import GroupsChoice
from explorer.ui.groups.subtabs import TabChoice
from explorer.ui.lesion import view as lesion_view
from explorer.ui.lesion.state import ImageChoice, LesionChoice, ReadingChoice
from explorer.ui.locale import catalogues
from explorer.ui.parts import address, banner, notes
from explorer.ui.parts.options import QUIET
from explorer.ui.server import api, cache
from explorer.ui.server.weights_loader import WeightsLoader
from explorer.util.errors import ExplorerError
from explorer.util.templates import render

TITLE = "Melanoma fairness explorer"
PURPOSE = (
    "Open up a published skin-lesion classifier: see how it reads skin tone, what darker skin does "
    "to its decision, and how the inference rule changes the answer."
)
#: What a link can ask for, part by part.
LINKED = (
    address.ViewChoice,
    ImageChoice,
    LesionChoice,
    ReadingChoice,
    skins.SkinsChoice,
    GroupsChoice,
    TabChoice,
    audit_view.CardChoice,
)


def build_page(loader: WeightsLoader) -> gr.Blocks:
    """The page as Gradio Blocks.

    Parameters
    ----------
    loader : WeightsLoader
        Of the weights that classify here; it starts when the page is first opened, or before.
    """
    kept = (cache.EVERY, cache.AGE)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=kept) as page:
        texts = {"title": TITLE, "purpose": PURPOSE, "disclaimer": notes.DISCLAIMER}
        gr.HTML(render("parts/header.html", languages=catalogues.languages(), **texts))
        weights = gr.HTML(banner.pending("Getting weights ready"), elem_id="banner")
        with gr.Tabs(elem_id="views") as views:
            with gr.Tab("Lesion", id="lesion"):
                lesion_view.build(loader, page)
            with gr.Tab("All skins", id="skins"):
                skins.build(page)
            with gr.Tab("Groups", id="groups"):
                groups = groups_view.build(page)
            with gr.Tab("Evaluate", id="evaluate") as evaluate:
                evaluate_view.build(loader, groups, views, evaluate)
            with gr.Tab("Audit", id="audit") as audit:
                audit_view.build(audit)
            with gr.Tab("About", id="about"):
                about.build()
        api.build(loader)
        address.build(page, views, LINKED)
        address.follow(page, audit_view.CardChoice, {})

        def tell():
            try:
                for fraction, text in loader.wait():
                    yield banner.pending(text, fraction)
                yield banner.answering(loader.classifier.weights)
            except ExplorerError as error:
                yield notes.problem(str(error))

        page.load(tell, None, weights, **QUIET)
    return page
