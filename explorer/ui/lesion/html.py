"""HTML fragments of the Lesion view: pure functions from results to text, nothing is computed."""

from collections.abc import Iterable

from markupsafe import Markup

from explorer.image.colour import GROUP_NAMES, tone_name
from explorer.lesion.lesion import Classification, OtherSkin, ToneResult
from explorer.rules.arithmetic import arithmetic
from explorer.rules.rules import DECISIONS, DEFAULT_RULE, RULES, Rule, joint_posterior
from explorer.skin.artefacts import Caution
from explorer.synthetic.examples import Example
from explorer.tone import estimators
from explorer.tone.hand import HandTone
from explorer.tone.interval import ToneInterval
from explorer.tone.study import STUDY
from explorer.transform.skinformer import SKIN_FORMER
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
HAND_IN_USE = "A tone picked by hand is in use: it feeds the conditional rule and transforms."


def heading(key: str) -> Markup:
    """Number and title of a chapter, what you see and why it matters."""
    number = list(CHAPTERS).index(key) + 1
    return render("lesion/heading.html", chapter=CHAPTERS[key], number=number)


def example_buttons(examples: tuple[Example, ...]) -> Markup:
    """A labelled button with a small picture for every example."""
    small = [jpeg_uri(each.path.with_name(each.thumbnail).read_bytes()) for each in examples]
    return render("lesion/examples.html", examples=zip(examples, small))


# The image and its tone


def picture(result: ToneResult) -> Markup:
    """The checked image with its size and what was changed on the way in."""
    height, width = result.image.rgb.shape[:2]
    return render(
        "lesion/picture.html",
        image=result.image,
        uri=data_uri(result.image.rgb),
        height=height,
        width=width,
        spots=() if result.hand is None else result.hand.patches,
    )


def steps(result: ToneResult) -> Markup:
    """The steps as a row of numbered cards that wraps, in the image's own proportions."""
    height, width = result.image.rgb.shape[:2]
    return render(
        "lesion/steps.html", steps=result.steps, height=height, width=width, uri=sharp_uri
    )


def summary(result: ToneResult, intervals: dict[str, ToneInterval]) -> Markup:
    """Both angles side by side, with their intervals by convention and what they rest on."""
    if result.tone is None:
        return problem(result.problem)
    return render(
        "lesion/tone.html",
        tone=result.tone,
        intervals=intervals,
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


# Other skin


def before_after(result: ToneResult, other: OtherSkin) -> Markup:
    """Two pictures under one range input: works with mouse, touch and keyboard."""
    return render(
        "lesion/before_after.html",
        name=result.image.name,
        before=data_uri(result.image.rgb),
        after=data_uri(other.changed.rgb),
    )


def reached(other: OtherSkin) -> Markup:
    """Target beside what was reached, by both conventions."""
    return render(
        "lesion/reached.html",
        published=other.transform == SKIN_FORMER.key,
        new=other.changed,
        again=other.reestimated,
        tone_name=tone_name,
    )


# Logits, rules, decision


def outputs(found: Classification) -> Markup:
    """The eight softmax values as labelled bars: a table, so that it reads without the bars."""
    return render(
        "lesion/outputs.html",
        label=found.weights.label,
        joint=joint_posterior(found.logits),
        names=GROUP_NAMES,
        words=DECISIONS,
    )


def logits_table(found: Classification, rule: Rule) -> Markup:
    """The 4 x 2 table: logits, joint posterior, and contributions under the rule."""
    return render(
        "lesion/logits.html",
        found=found,
        rule=rule,
        said=found.verdicts.get(rule.key),
        logits=found.logits.reshape(4, 2),
        joint=joint_posterior(found.logits),
        names=GROUP_NAMES,
    )


def sides(found: Classification, key: str, other: str) -> Markup:
    """The arithmetic of two rules beside one another, and whether they agree."""
    rules = [RULES[each] for each in dict.fromkeys((key, other))]
    shown = [(rule, arithmetic(rule, found.logits, found.group)) for rule in rules]
    said = [each.verdict.word for _, each in shown if each is not None]
    return render("lesion/sides.html", shown=shown, said=said, words=DECISIONS, number=_number)


def _number(value: float) -> str:
    """Four significant digits where small, fewer where large."""
    size = abs(value)
    digits = 0 if size >= 1000 else 1 if size >= 100 else 3 if size >= 0.1 else 4
    if 0 < size < 0.00005:
        return "<0.0001" if value > 0 else "−<0.0001"
    return f"{value:,.{digits}f}".replace("-", "−")


def rule_text(rule: Rule) -> str:
    """Markdown of what the rule does, with its formula on short lines that fit a phone."""
    lines = rule.formula.replace(r", \quad ", r" \\[6pt] ")
    return f"{rule.explanation}\n\n$$ \\begin{{gathered}} {lines} \\end{{gathered}} $$"


def verdict(found: Classification, rule: Rule, title: str) -> Markup:
    """One rule's decision, labelled with the weights and the rule that gave it."""
    said = found.verdicts.get(rule.key)
    if said is None:
        return problem(
            f"{title}: the rule '{rule.name}' needs the tone group, which could not be estimated."
        )
    low, high = found.ranges[rule.key]
    return render(
        "lesion/verdict.html", title=title, found=found, rule=rule, said=said, low=low, high=high
    )


def rules_table(found: Classification, other: OtherSkin | None) -> Markup:
    """All rules side by side, and the two slips of the study's scripts, labelled as such."""
    shown = [found] if other is None else [found, other.classification]
    return render("lesion/rules.html", shown=shown, rules=RULES.values(), default=DEFAULT_RULE)
