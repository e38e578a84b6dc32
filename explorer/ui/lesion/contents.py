"""What the components of Explore hold, by name, for a session."""

import json

import gradio as gr

from explorer.charts.label import sourced
from explorer.evaluate.cutoffs import offered
from explorer.figures import lesion as plots
from explorer.figures.tone import tone_plane
from explorer.image.colour import CONVENTIONS
from explorer.lesion.instrument_table import pictures_json, table_json
from explorer.lesion.stored import FIRST_TABLE, first_table
from explorer.skin.artefacts import find_cautions
from explorer.synthetic.examples import FIRST
from explorer.tone.camera import camera_interval
from explorer.tone.interval import tone_interval
from explorer.tone.study import STUDY
from explorer.ui.lesion import html
from explorer.ui.lesion.state import ImageChoice, LesionDesk, Session
from explorer.ui.parts import address
from explorer.ui.parts.pictures import jpeg_uri

#: What is emptied when a new image comes.
EMPTY = dict.fromkeys(("problem", "fetching", "waiting", "rules", "spots"), "")


def opening() -> tuple[str, dict]:
    """The instrument's table and pictures before any handler has run: its first example's."""
    uri = jpeg_uri(FIRST.path.read_bytes())
    return FIRST_TABLE.read_text("utf-8"), {
        "id": first_table()["id"],
        "picture": uri,
        "mask": None,
        "frames": None,
    }


def begun(session: Session) -> dict:
    """A picture that the instrument has not shown before, with the answers that there are."""
    pictures = pictures_json(session.instrument)
    if session.example is not None:  # a file of its own that is smaller
        pictures["picture"] = jpeg_uri(session.example.path.read_bytes())
    return {"session": session, "instrument": gr.update(table=_table(session), pictures=pictures)}


def answered(session: Session) -> dict:
    """More answers for the picture that the instrument shows."""
    return {"session": session, "instrument": gr.update(table=_table(session))}


def _table(session: Session) -> str:
    """As text: Gradio looks through every number of a dictionary, at each of its stops."""
    weights = session.instrument.weights
    cutoffs, problem = offered(weights) if weights else (None, "")
    table = table_json(
        session.instrument,
        cutoffs=cutoffs,
        problem=problem,
        caption="" if session.example is None else session.example.title,
        owned=session.link is None,
        stored=session.quoted,
    )
    return json.dumps(table, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def by_tone(session: Session, desk: LesionDesk) -> dict:
    """The steps from the image to its tone."""
    result, tone = session.result, session.result.tone
    intervals = {key: tone_interval(tone, convention=key) for key in CONVENTIONS if tone}
    cameras = {key: camera_interval(tone, key, interval) for key, interval in intervals.items()}
    return {
        "picture": (
            html.picture(result) + session.credit + address.fragment(ImageChoice, session.link)
        ),
        "skin": html.skin(result),
        "steps": html.steps(result),
        "summary": html.summary(result, intervals, cameras),
        "cautions": html.cautions(find_cautions(result.image.rgb, result.segmentation)),
        "spotting": html.spotting(result),
        "hand": "" if result.hand is None else html.hand(result.hand),
        "figures": gr.Accordion(open=False),
        **dict.fromkeys(("plane", "curve", "shares")),
    }


def by_rules(session: Session) -> dict:
    """Every rule's decision on the picture as it is, and the study's slips."""
    return {"rules": html.rules_table(session.found)}


def tone_figures(session: Session) -> dict:
    """Where the skin's colour lies, and how it was told from the rest."""
    tone = session.result.tone
    if tone is None:
        return {}
    clustered, name = session.result.method == STUDY, session.result.image.name
    figures = {
        "plane": tone_plane(tone, tone_interval(tone)),
        "curve": plots.compactness_curve(tone) if clustered else None,
        "shares": plots.cluster_shares(tone) if clustered else None,
    }
    return {key: sourced(figure, name, name) for key, figure in figures.items()} | {
        "clusters": gr.Column(visible=clustered)
    }
