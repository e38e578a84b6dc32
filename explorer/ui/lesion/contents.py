"""What the components of the Lesion view hold, by name, for a session and its choices."""

import gradio as gr
from markupsafe import Markup

from explorer.figures import lesion as plots
from explorer.figures.domains import contributions
from explorer.figures.tone import tone_plane
from explorer.image.colour import CONVENTIONS
from explorer.rules.rules import RULES
from explorer.skin.artefacts import find_cautions
from explorer.tone.interval import tone_interval
from explorer.tone.study import STUDY
from explorer.ui.lesion import html
from explorer.ui.lesion.glance import glance
from explorer.ui.lesion.state import ImageChoice, LesionChoice, Session
from explorer.ui.parts import address

#: What is empty while a new image is analysed.
EMPTY = dict.fromkeys(
    (
        "problem",
        "fetching",
        "compare",
        "reached",
        "other_verdict",
        "verdict",
        "outputs",
        "logits",
        "arithmetic",
        "rules",
        "hand",
    ),
    "",
) | {"spots": "", "contributions": None, "points": None}
#: What changes with the rule alone.
BY_RULE = (
    "glance",
    "verdict",
    "explanation",
    "arithmetic",
    "contributions",
    "logits",
    "other_verdict",
)


def by_tone(session: Session, choice: LesionChoice) -> dict:
    """The image and its tone."""
    result, tone = session.result, session.result.tone
    intervals = {key: tone_interval(tone, convention=key) for key in CONVENTIONS if tone}
    clustered = tone is not None and result.method == STUDY
    return {
        "session": session,
        "glance": glance(session, RULES[choice.rule]),
        "picture": (
            html.picture(result) + session.credit + address.fragment(ImageChoice, session.link)
        ),
        "summary": html.summary(result, intervals),
        "steps": html.steps(result),
        "cautions": html.cautions(find_cautions(result.image.rgb, result.segmentation)),
        "plane": None if tone is None else tone_plane(tone, intervals["cielab"]),
        "clusters": gr.update(visible=clustered),
        "curve": plots.compactness_curve(tone) if clustered else None,
        "shares": plots.cluster_shares(tone) if clustered else None,
    }


def by_decision(session: Session, choice: LesionChoice) -> dict:
    """What the network answered, and what all rules make of it."""
    other = session.other and session.other.classification
    return {
        **by_rule(session, choice),
        "outputs": html.outputs(session.found),
        "points": plots.rule_points(session.found, other),
        "rules": html.rules_table(session.found, session.other),
    }


def by_rule(session: Session, choice: LesionChoice) -> dict:
    """What the chosen rule makes of it: :data:`BY_RULE`."""
    rule, found, other = RULES[choice.rule], session.found, session.other
    said = found.verdicts.get(rule.key)
    after = other and html.verdict(other.classification, rule, "On other skin")
    return {
        "glance": glance(session, rule),
        "verdict": html.verdict(found, rule, "This image"),
        "arithmetic": html.sides(found, rule.key, choice.beside),
        "explanation": html.rule_text(rule),
        "contributions": None if said is None else contributions(said),
        "logits": html.logits_table(found, rule),
        "other_verdict": after or "",
    }


def stored_verdict(session: Session, choice: LesionChoice) -> Markup:
    """The stored answer where there is one, under its own name."""
    if session.found is None:
        return Markup()
    return html.verdict(session.found, RULES[choice.rule], "This image, stored answer")
