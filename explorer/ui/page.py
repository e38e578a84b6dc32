"""The whole page: header, the line about the weights, four places, and a footer."""

import gradio as gr

from explorer.ui import about, skins
from explorer.ui.audit import view as audit_view
from explorer.ui.groups import view as groups_view
from explorer.ui.groups.state import GroupsChoice
from explorer.ui.groups.subtabs import TabChoice
from explorer.ui.lesion import view as lesion_view
from explorer.ui.lesion.state import ImageChoice, LesionChoice, ReadingChoice
from explorer.ui.locale import catalogues
from explorer.ui.own import view as own_view
from explorer.ui.parts import address, banner, notes
from explorer.ui.parts.options import QUIET
from explorer.ui.server import api, cache
from explorer.ui.server.steady import Page
from explorer.ui.server.weights_loader import WeightsLoader
from explorer.util.templates import render

TITLE = "Melanoma fairness explorer"
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
    loader.before(skins.prepare)
    with Page(loader.prepare, title=TITLE, analytics_enabled=False, delete_cache=kept) as page:
        texts = {"title": TITLE, "places": address.PLACES, "languages": catalogues.languages()}
        gr.HTML(render("parts/header.html", **texts))
        weights = gr.HTML(banner.waiting("Getting weights ready"), elem_id="banner")
        with gr.Tabs(elem_id="views") as views:
            with _place("explore"):
                lesion_view.build(loader, page)
            with _place("fair"):
                groups = groups_view.build(page)
                loader.before(groups.events.prepare)
                with gr.Column(elem_id="skins"):
                    skins.build(page)
            with _place("own") as own:
                own_view.build(loader, groups, views, own)
            with _place("study") as study:
                audit_view.build(study)
        about.build()
        api.build(loader)
        address.build(page, views, LINKED)
        address.follow(page, audit_view.CardChoice, {})

        def tell():
            try:
                for fraction, text in loader.wait():
                    yield banner.waiting(text, fraction)
                yield banner.answering(loader.classifier.weights)
            except Exception as error:
                yield notes.problem(notes.sentence(error))

        page.load(tell, None, weights, **QUIET)
    return page


def _place(key: str) -> gr.Tab:
    return gr.Tab(address.PLACES[key], id=key, elem_id=key)
