"""The whole story in one strip: seven small panels, each a link to its step."""

from html import escape

import cv2
import numpy as np

from explorer.lesion.lesion import ToneResult
from explorer.rules.rules import DECISIONS, Rule, joint_posterior
from explorer.ui.lesion.state import Session
from explorer.ui.lesion.story import CHAPTERS
from explorer.ui.parts.pictures import data_uri

SIDE = 96  # px


def glance(session: Session, rule: Rule) -> str:
    """One panel per step; those whose result is not there yet say so and keep their place."""
    result, found, other = session.result, session.found, session.other
    waiting = '<span class="waiting">…</span>'
    panels = {
        "image": _picture(data_uri(result.image.rgb, SIDE * 2)),
        "skin": _picture(_skin(result)),
        "tone": _tone(result),
        "other-skin": waiting if other is None else _picture(data_uri(other.changed.rgb, SIDE * 2)),
        "logits": waiting if found is None else _bars(joint_posterior(found.logits)),
        "rule": f'<span class="rule-name">{escape(_short(rule))}</span>',
        "decision": waiting if found is None else _decision(session, rule),
    }
    items = "".join(
        f'<li><a href="#step-{key}"><span class="panel">{body}</span>'
        f"<small>{number} {CHAPTERS[key].short or CHAPTERS[key].title}</small></a></li>"
        for number, (key, body) in enumerate(panels.items(), 1)
    )
    return f'<ol class="glance" aria-label="The story at a glance">{items}</ol>'


def _picture(uri: str) -> str:
    return f'<img src="{uri}" alt="">'


def _skin(result: ToneResult) -> str:
    """The skin that was found, everything else dark; in the image's own proportions."""
    found = result.segmentation
    shown = np.where(found.skin[..., None], found.image, 32).astype(np.uint8)
    height, width = result.image.rgb.shape[:2]
    scale = 2 * SIDE / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return data_uri(cv2.resize(shown, size, interpolation=cv2.INTER_AREA))


def _tone(result: ToneResult) -> str:
    tone = result.chosen
    if tone is None:
        return '<span class="waiting">not estimated</span>'
    red, green, blue = tone.colour_rgb
    return (
        f'<span class="tone"><i style="background:rgb({red},{green},{blue})"></i>'
        f"<b>{tone.published.ita:.0f}°</b> {tone.published.name}, as published<br>"
        f"<b>{tone.cielab.ita:.0f}°</b> {tone.cielab.name}, CIELAB</span>"
    )


def _bars(joint: np.ndarray) -> str:
    bars = "".join(
        f'<i class="bar {DECISIONS[y]}" style="width:{100 * joint[d, y]:.1f}%"></i>'
        for d in range(len(joint))
        for y in (0, 1)
    )
    return f'<span class="eight">{bars}</span>'


def _short(rule: Rule) -> str:
    return rule.name.removeprefix("Domain-").capitalize()


def _decision(session: Session, rule: Rule) -> str:
    said = session.found.verdicts.get(rule.key)
    if said is None:
        return '<span class="waiting">needs the tone group</span>'
    after = None if session.other is None else (session.other.classification.verdicts.get(rule.key))
    after_too = (
        "" if after is None else (f'<span class="after">on other skin: {_said(after)}</span>')
    )
    label = escape(session.found.weights.label)
    return f'<span class="by">{label}</span><span class="word">{_said(said)}</span>{after_too}'


def _said(verdict) -> str:
    shape = "▲" if verdict.word == "malignant" else "●"
    return (
        f'<b class="{verdict.word}">{shape} {verdict.word}</b> '
        f"P = {float(verdict.probability_malignant):.2f}"
    )
