"""HTML fragments of Explore: pure functions from results to text, nothing is computed."""

from collections.abc import Iterable

import numpy as np
from markupsafe import Markup

from explorer.image.colour import GROUP_NAMES
from explorer.image.resize import average
from explorer.lesion.instrument_file import GLOSSARY
from explorer.lesion.lesion import Classification, ToneResult
from explorer.model.classifier import shrink as network_square
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.skin.artefacts import Caution
from explorer.synthetic.examples import Example
from explorer.tone import estimators
from explorer.tone.camera import CameraInterval
from explorer.tone.hand import HandTone
from explorer.tone.interval import ToneInterval
from explorer.tone.study import STUDY
from explorer.ui.lesion.story import CHAPTERS
from explorer.ui.parts.notes import problem
from explorer.ui.parts.pictures import data_uri, jpeg_uri, sharp_uri
from explorer.util.templates import render

#: What an estimator's intervals leave out.
BASIS = {
    STUDY: (
        "The published estimator is randomised: two seeds of the original differ by up to 1.6° on "
        "one image; here the answer is always the same."
    )
}
#: Longest side of a step's picture, pixels.
SMALL = 224
HAND_IN_USE = "A tone picked by hand is in use: it feeds the conditional rule and transforms."


def heading(key: str) -> Markup:
    """Number and title of a chapter, what it says, and words that open their meaning."""
    number, chapter = list(CHAPTERS).index(key) + 1, CHAPTERS[key]
    words = [(name, word) for name, word, _ in GLOSSARY if name in chapter.words]
    return render("lesion/heading.html", chapter=chapter, number=number, words=words)


def example_buttons(examples: tuple[Example, ...]) -> Markup:
    """A labelled button with a small picture for every example."""
    small = [jpeg_uri(each.path.with_name(each.thumbnail).read_bytes()) for each in examples]
    return render("lesion/examples.html", examples=zip(examples, small))


# The image and its tone


def picture(result: ToneResult) -> Markup:
    """What came in, and the small square of it that the network gets."""
    height, width = result.image.size
    return render(
        "lesion/picture.html",
        image=result.image,
        uri=data_uri(result.image.small, SMALL),
        square=sharp_uri(network_square(result.image.stored, SMALL)),
        height=height,
        width=width,
    )


def skin(result: ToneResult) -> Markup:
    """The pixels that the tone is read from, everything else dark."""
    found, shown = result.segmentation.skin, result.segmentation.image
    height, width = result.image.size
    scale = SMALL / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    kept = average(np.where(found[..., None], shown, 32).astype(np.uint8), *size)
    return render("lesion/skin.html", uri=data_uri(kept), share=found.mean(), count=found.sum())


def spotting(result: ToneResult) -> Markup:
    """The small picture in which skin is picked by hand, with the spots that were."""
    height, width = result.image.size
    return render(
        "lesion/spotting.html",
        uri=data_uri(result.image.small, 320),
        height=height,
        width=width,
        spots=() if result.hand is None else result.hand.patches,
    )


def steps(result: ToneResult) -> Markup:
    """The steps as a row of numbered cards that wraps, in the image's own proportions."""
    height, width = result.image.size
    return render(
        "lesion/steps.html", steps=result.steps, height=height, width=width, uri=sharp_uri
    )


def summary(
    result: ToneResult, intervals: dict[str, ToneInterval], cameras: dict[str, CameraInterval]
) -> Markup:
    """Both angles side by side, with both intervals by convention and what they rest on."""
    if result.tone is None:
        return problem(result.problem)
    return render(
        "lesion/tone.html",
        tone=result.tone,
        intervals=intervals,
        cameras=cameras,
        names=GROUP_NAMES,
        method=estimators.ESTIMATORS[result.method].label,
        basis=BASIS.get(result.method, ""),
        notes=[*estimators.notes(result.tone), *([] if result.hand is None else [HAND_IN_USE])],
    )


def hand(picked: HandTone) -> Markup:
    """The tone picked by hand, patch by patch."""
    return render("lesion/hand.html", picked=picked, names=GROUP_NAMES)


def cautions(found: Iterable[Caution]) -> Markup:
    """Each named warning with its evidence."""
    return render("lesion/cautions.html", cautions=found, uri=sharp_uri)


def rule_formulas() -> str:
    """Markdown of what every rule does, its formula on short lines that fit a phone."""
    return "\n\n".join(
        f"**{rule.plain}**: {rule.in_a_sentence.rstrip('.')}. {rule.explanation}\n\n"
        f"$$ \\begin{{gathered}} {_short_lines(rule.formula)} \\end{{gathered}} $$"
        for rule in RULES.values()
    )


def _short_lines(formula: str) -> str:
    return formula.replace(r", \quad ", r" \\[6pt] ")


def rules_table(found: Classification) -> Markup:
    """All rules side by side, and the two slips of the study's scripts, labelled as such."""
    return render("lesion/rules.html", found=found, rules=RULES.values(), default=DEFAULT_RULE)
