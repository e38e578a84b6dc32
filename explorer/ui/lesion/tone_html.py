"""HTML fragments on skin tone: readings, interval, cautions, and the tone picked by hand."""

from html import escape

from explorer.image.colour import GROUP_NAMES
from explorer.lesion.lesion import METHODS, ToneResult
from explorer.skin.artefacts import Caution
from explorer.tone import estimators
from explorer.tone.hand import HandTone
from explorer.tone.interval import ToneInterval
from explorer.tone.reading import ToneReading
from explorer.ui.parts.notes import notes, problem
from explorer.ui.parts.pictures import sharp_uri

BASIS = {
    "published": (
        "The published estimator is randomised: two seeds of the original differ by up to 1.6° on "
        "one image; here the answer is always the same."
    ),
    "robust": "",
}


def summary(result: ToneResult, intervals: dict[str, ToneInterval]) -> str:
    """Both angles side by side, with their intervals by convention and what they rest on."""
    if result.tone is None:
        return problem(result.problem)
    tone = result.tone
    why = (
        '<details class="small"><summary>Why two angles?</summary>The study computes the angle on '
        "OpenCV's 8-bit encoding, in which L runs to 255 and b* is shifted by 128: "
        "arctan((L8 − 50) / b8) in place of arctan((L* − 50) / b*). That squeezes all skin into "
        "about 0° to 62°, so no skin can come out dark.</details>"
    )
    method = intervals["cielab"].method
    return (
        f'<div class="readings">{_swatch(tone.colour_rgb)}'
        f"{_both(tone.published, tone.cielab, intervals)}</div>"
        f'<p class="small">{METHODS[result.method]}, from n = {tone.skin_pixels:,} skin pixels '
        f"({tone.skin_fraction:.0%} of the working image). Intervals: {escape(method)} "
        f"{BASIS[result.method]}</p>"
        f"{why}{notes(estimators.notes(tone))}{_in_use(result)}"
    )


def _in_use(result: ToneResult) -> str:
    if result.hand is None:
        return ""
    return notes(["A tone picked by hand is in use: it feeds the conditional rule and transforms."])


def _both(published: ToneReading, cielab: ToneReading, intervals: dict | None = None) -> str:
    group = f"study's group {published.group}: {GROUP_NAMES[published.group]}"
    spans = {key: _span(interval) for key, interval in (intervals or {}).items()}
    return _reading("As published (8-bit)", published, spans.get("published", ""), group) + (
        _reading("Float CIELAB (D65)", cielab, spans.get("cielab", ""), "the definition of ITA")
    )


def _span(interval: ToneInterval) -> str:
    return f"95 %: {interval.low:.1f}° to {interval.high:.1f}°, n = {interval.n_patches} patches"


def _swatch(rgb: tuple[int, int, int]) -> str:
    red, green, blue = rgb
    return (
        f'<div class="swatch" style="background:rgb({red},{green},{blue})" role="img" '
        f'aria-label="Skin colour, RGB {red}, {green}, {blue}"></div>'
    )


def _reading(title: str, reading: ToneReading, *details: str) -> str:
    lines = "".join(f"<small>{escape(line)}</small>" for line in details if line)
    return (
        f'<div class="reading"><small>{title}</small><b>{reading.ita:.1f}°</b>'
        f"<span>{reading.name}</span>{lines}</div>"
    )


def hand(picked: HandTone) -> str:
    """The tone picked by hand, patch by patch."""
    rows = "".join(
        f"<tr><td>{spot.x}, {spot.y}</td><td>{spot.published.ita:.1f}° ({spot.published.name})</td>"
        f"<td>{spot.cielab.ita:.1f}° ({spot.cielab.name})</td></tr>"
        for spot in picked.patches
    )
    return (
        f'<div class="readings">{_swatch(picked.colour_rgb)}'
        f"{_both(picked.published, picked.cielab)}</div>"
        f'<table class="grid"><caption>Mean of n = {len(picked.patches)} patches of '
        f"{picked.size} x {picked.size} px</caption><thead><tr><th scope=col>x, y</th>"
        f"<th scope=col>as published</th><th scope=col>float CIELAB</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>{notes(picked.notes)}"
    )


def cautions(found: tuple[Caution, ...]) -> str:
    """Each named warning with its evidence."""
    return '<div class="cautions">' + "".join(map(_caution, found)) + "</div>" if found else ""


def _caution(item: Caution) -> str:
    evidence = (
        ""
        if item.evidence is None
        else (f'<img src="{sharp_uri(item.evidence)}" alt="Evidence: {escape(item.title)}">')
    )
    return (
        f'<div class="note caution" data-caution="{item.key}">{evidence}<div><b>'
        f"{escape(item.title)}</b><br>{escape(item.sentence)}</div></div>"
    )
