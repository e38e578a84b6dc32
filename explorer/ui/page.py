"""The whole page: header, weights banner, and the views."""

from pathlib import Path

import gradio as gr

from explorer.errors import ExplorerError
from explorer.plots import theme
from explorer.ui import about_view, audit_view, fragments, groups_view, lesion_view, study_view
from explorer.ui.weights_loader import WeightsLoader

ASSETS = Path(__file__).resolve().parents[2] / "assets"
TITLE = "Melanoma fairness explorer"
PURPOSE = (
    "Open up a published skin-lesion classifier: see how it reads skin tone, what darker skin does "
    "to its decision, and how the inference rule changes the answer."
)

#: Temporary files, if any are left, are looked for every 10 minutes and go after 30.
CACHE = (600, 1800)

def build_page(setting: str | None = None) -> gr.Blocks:
    """The page as Gradio Blocks; weights are fetched in the background once it is opened.

    Parameters
    ----------
    setting : str, optional
        Weights setting, see :mod:`explorer.weights`; by default ``$EXPLORER_WEIGHTS``.
    """
    loader = WeightsLoader(setting)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=CACHE) as page:
        gr.HTML(
            f"<header><h1>{TITLE}</h1><p>{PURPOSE}</p>"
            f'<p class="small"><b>{fragments.DISCLAIMER}</b></p></header>'
        )
        banner = gr.HTML(fragments.weights_pending(0, "Getting weights ready"), elem_id="banner")
        with gr.Tabs(elem_id="views"):
            with gr.Tab("Lesion", id="lesion"):
                lesion_view.build(loader, page)
            with gr.Tab("All skins", id="skins"):
                study_view.build(page)
            with gr.Tab("Groups", id="groups"):
                groups_view.build(page)
            with gr.Tab("Audit", id="audit") as audit:
                audit_view.build(audit)
            with gr.Tab("About", id="about"):
                about_view.build()
        page.load(
            lambda: (yield from _banner(loader)), None, banner, api_visibility="private",
            show_progress="hidden", concurrency_limit=20,
        )
    loader.start()
    return page


def _banner(loader: WeightsLoader):
    try:
        for fraction, text in loader.wait():
            yield fragments.weights_pending(fraction, text)
    except ExplorerError as error:
        yield fragments.problem(str(error))
        return
    yield fragments.weights_banner(loader.classifier.weights)


def launch_options() -> dict:
    """How the page is served: own look, no telemetry, bounded uploads, no extra files."""
    return {
        "theme": gr.themes.Default(
            primary_hue="emerald", neutral_hue="slate", font=theme.FONT.split(", ")[:1],
            font_mono=["ui-monospace", "monospace"],
        ),
        "css": theme.PAGE_CSS,
        "css_paths": ASSETS / "explorer.css",
        "js": (ASSETS / "explorer.js").read_text(encoding="utf-8"),
        "max_file_size": "32mb",
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
    }
