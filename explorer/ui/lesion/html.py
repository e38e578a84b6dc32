"""HTML fragments of the Lesion view: pure functions from results to text, nothing is computed."""

from html import escape

from explorer.image.colour import GROUP_NAMES, tone_name
from explorer.lesion.lesion import Classification, OtherSkin, ToneResult
from explorer.model.weights import Weights
from explorer.rules.rules import DEFAULT_RULE, RULES, Rule, joint_posterior
from explorer.tone.story import Step
from explorer.ui.parts.examples import Example
from explorer.ui.parts.notes import notes, problem
from explorer.ui.parts.pictures import data_uri, jpeg_uri, sharp_uri


def weights_banner(weights: Weights) -> str:
    """Which weights answer on this page, and why."""
    facts = [f"{weights.size / 1e6:.1f} MB", f"SHA-256 {weights.sha256[:12]}"]
    if weights.revision:
        facts.insert(0, f"commit {weights.revision[:10]}")
    title = f'<b title="SHA-256 {weights.sha256}">Weights that classify lesions here: {escape(weights.label)}.</b>'
    if weights.is_demo:
        warning = (
            "This is <b>not</b> the published model: it is a small stand-in, so that the page "
            "works without a network. Its model card is in the About view."
        )
        title = f"{title} <span>{warning}</span>"
    return (
        f'<div class="banner {"demo" if weights.is_demo else ""}" role="status">{title} '
        f"<span>{escape(weights.reason)}</span> <small>{escape(', '.join(facts))}</small></div>"
    )


def weights_pending(fraction: float, text: str) -> str:
    """The banner while weights are being fetched or loaded."""
    done = f" ({fraction:.0%})" if fraction else ""
    return f'<div class="banner" role="status">{escape(text)}{done} …</div>'


def example_buttons(items: tuple[Example, ...]) -> str:
    """A labelled button with a small picture for every example."""
    buttons = "".join(
        f'<button type="button" data-index="{index}" title="{escape(item.caption)}">'
        f'<img src="{jpeg_uri(item.thumbnail)}" alt="" width="160" height="160"><span>{escape(item.title)}</span>'
        "</button>"
        for index, item in enumerate(items)
    )
    return f'<p class="small">Or pick a synthetic example</p><div class="examples">{buttons}</div>'


def picture(result: ToneResult) -> str:
    """The checked image with its size and what was changed on the way in."""
    image = result.image
    height, width = image.rgb.shape[:2]
    changes = f"; {'; '.join(image.notes)}" if image.notes else ""
    spots = (
        ""
        if result.hand is None
        else "".join(
            f'<i class="spot" style="left:{100 * spot.x / width:.2f}%;top:{100 * spot.y / height:.2f}%">'
            "</i>"
            for spot in result.hand.patches
        )
    )
    return (
        f'<figure class="lesion"><div style="width:min(100%, {420 * width / height:.0f}px)"><img src="{data_uri(image.rgb)}" alt="The lesion as it is '
        f'analysed, {width} by {height} pixels">{spots}</div>'
        f"<figcaption>{escape(image.name)}: {width} x {height} px, {image.format}"
        f"{escape(changes)}</figcaption></figure>"
    )


def steps(result: ToneResult) -> str:
    """The steps as a row of numbered cards that wraps, in the image's own proportions."""
    height, width = result.image.rgb.shape[:2]
    cards = "".join(_card(number, step) for number, step in enumerate(result.steps, 1))
    return f'<ol class="steps" style="--shape:{width} / {height}">{cards}</ol>'


def _card(number: int, step: Step) -> str:
    numbers = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>"
        for label, value in step.numbers
    )
    return (
        f'<li class="step" data-step="{step.key}"><h3><span>{number}</span> {escape(step.title)}'
        f'</h3><img src="{sharp_uri(step.picture)}" alt="{escape(step.title)}">'
        f"<p>{escape(step.explanation)}</p><dl>{numbers}</dl></li>"
    )


def before_after(result: ToneResult, other: OtherSkin) -> str:
    """Two pictures under one range input: works with mouse, touch and keyboard."""
    before, after = data_uri(result.image.rgb), data_uri(other.changed.rgb)
    return (
        f'<div class="compare" data-image="{escape(result.image.name)}" style="--cut:50%">'
        f'<img src="{after}" alt="The lesion on other skin">'
        f'<img class="top" src="{before}" alt="The lesion before">'
        '<span class="tag left">before</span><span class="tag right">after</span>'
        '<span class="line"></span>'
        '<input type="range" min="0" max="100" value="50" aria-label="Share of the picture that '
        'shows the lesion before the transform" '
        "oninput=\"this.parentNode.style.setProperty('--cut', this.value + '%')\"></div>"
    )


def reached(other: OtherSkin) -> str:
    """Target beside what was reached, by both conventions."""
    asked = f"{other.changed.target:.1f}°"
    published = other.transform == "published"
    rows = f"<tr><th scope=row>target</th><td>{asked if published else '–'}</td>"
    rows += f"<td>{'–' if published else asked}</td></tr>"
    if not published:
        rows += _angles(
            "reached by the skin colour",
            other.changed.reached_published,
            other.changed.reached_cielab,
        )
    again = other.reestimated
    if again is None:
        rows += "<tr><th scope=row>re-estimated</th><td colspan=2>too little skin is left</td></tr>"
    else:
        rows += _angles("re-estimated", again.published.ita, again.cielab.ita)
    return (
        '<table class="grid"><caption>Asked for and reached</caption><thead><tr><td></td>'
        "<th scope=col>as published (8-bit)</th><th scope=col>float CIELAB</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>" + (_former(other) if published else _melanin(other))
    )


def _angles(name: str, published: float, cielab: float) -> str:
    return (
        f"<tr><th scope=row>{name}</th><td>{published:.1f}° ({tone_name(published)})</td>"
        f"<td>{cielab:.1f}° ({tone_name(cielab)})</td></tr>"
    )


def _former(other: OtherSkin) -> str:
    dark = other.changed
    return (
        f'<p class="small">delta = {dark.start.ita:.1f}° − {dark.target:.1f}° = {dark.delta:.1f}°: '
        f"inside the skin mask ({dark.mask.mean():.0%} of {dark.mask.size:,} px) b* moves by "
        f"{0.5 * dark.delta:+.1f} and L by {-0.12 * dark.delta:+.1f} of 255. b* moves four times as "
        "far as L, so the target is in general not reached, and no delta reaches tan or dark skin. "
        "The submitted model was trained without this transform.</p>" + _ended(dark.saturated)
    )


def _melanin(other: OtherSkin) -> str:
    new = other.changed
    direction = "more" if new.melanin > 0 else "less"
    where = "the whole image" if new.scope == "image" else "the skin, with a feathered edge"
    return (
        f'<p class="small">In linear light every channel is multiplied by exp(−m e), e = 1, 1.41, '
        f"2.47 for red, green, blue; m = {new.melanin:.3f} ({direction} melanin) on {where}. One "
        "root in m takes the skin colour to the target. It changes absorption alone, not how a "
        "lesion would grow or be photographed on other skin. Not the study's method.</p>"
        + _ended(new.clipped)
    )


def _ended(share: float) -> str:
    text = f"{share:.0%} of the changed pixels came to the end of a channel."
    return notes([text]) if share >= 0.005 else ""


def verdict(found: Classification, rule: Rule, title: str) -> str:
    """One rule's decision, labelled with the weights and the rule that gave it."""
    said = found.verdicts.get(rule.key)
    if said is None:
        return problem(
            f"{title}: the rule '{rule.name}' needs the tone group, which could not be estimated."
        )
    value, (low, high) = float(said.probability_malignant), found.ranges[rule.key]
    shape = "▲" if said.word == "malignant" else "●"
    return (
        f'<div class="verdict {said.word}" data-decision="{said.word}"><small>{escape(title)}'
        f"</small><b>{shape} {said.word}</b>"
        f"<span>P(malignant) = {value:.3f} [{low:.3f}, {high:.3f}]</span>"
        f"<small>{escape(found.weights.label)} · {escape(rule.name)} · n = 1 image; in brackets "
        "the range over its 8 rotations and mirrorings, not a confidence interval</small></div>"
    )


def rule_text(rule: Rule) -> str:
    """Markdown of what the rule does, with its formula on short lines that fit a phone."""
    lines = rule.formula.replace(r", \quad ", r" \\[6pt] ")
    return f"{rule.explanation}\n\n$$ \\begin{{gathered}} {lines} \\end{{gathered}} $$"


def logits_table(found: Classification, rule: Rule) -> str:
    """The 4 x 2 table: logits, joint posterior, and contributions under the rule."""

    joint, z = joint_posterior(found.logits), found.logits.reshape(4, 2)
    said = found.verdicts.get(rule.key)
    rows = ""
    for d, name in enumerate(GROUP_NAMES):
        parts = ["–", "–"] if said is None else [f"{v:.4f}" for v in said.contributions[d]]
        cells = [f"{z[d, 0]:.3f}", f"{z[d, 1]:.3f}", f"{joint[d, 0]:.4f}", f"{joint[d, 1]:.4f}"]
        rows += f"<tr><th scope=row>{d}: {name}</th>{_cells(cells + parts)}</tr>"
    sums = ["–", "–"] if said is None else [f"{v:.4f}" for v in said.scores]
    rows += f"<tr class=sum><th scope=row>sum</th>{'<td></td>' * 4}{_cells(sums)}</tr>"
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Logits and contributions">'
        '<table class="grid"><caption>'
        f"{escape(found.weights.label)}: 8 logits, joint posterior, and contributions to the two "
        f"scores under the rule {escape(rule.name)}</caption><thead><tr>"
        "<th scope=col rowspan=2>tone group d</th><th scope=colgroup colspan=2>logit z</th>"
        "<th scope=colgroup colspan=2>p(y, d | x)</th><th scope=colgroup colspan=2>contribution"
        "</th></tr><tr>"
        + "<th scope=col>benign</th><th scope=col>malignant</th>"
        * 3
        + "</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _cells(texts) -> str:
    return "".join(f"<td>{text}</td>" for text in texts)


def rules_table(found: Classification, other: OtherSkin | None) -> str:
    """All rules side by side, and the two slips of the study's scripts, labelled as such."""
    rows = "".join(_rule_row(rule, found, other) for rule in RULES.values())
    slips = _slip_row("Slip: predict.py (argmax of 8, never summed)", found, other, "predict_py")
    slips += _slip_row("Slip: doubled softmax (not a probability)", found, other, "doubled_softmax")
    after = "" if other is None else "<th scope=col>on other skin</th>"
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="All rules"><table class="grid">'
        f"<caption>{escape(found.weights.label)}: P(malignant) [range over 8 orientations] and "
        f"decision by rule, n = 1 image</caption><thead><tr><th scope=col>rule</th>"
        f"<th scope=col>this image</th>{after}"
        f"</tr></thead><tbody>{rows}{slips}</tbody></table></div>"
    )


def _rule_row(rule: Rule, found: Classification, other: OtherSkin | None) -> str:
    cells = [_rule_cell(found, rule.key)]
    if other is not None:
        cells.append(_rule_cell(other.classification, rule.key))
    mark = " <b>(default)</b>" if rule.key == DEFAULT_RULE else ""
    return f"<tr><th scope=row>{escape(rule.name)}{mark}</th>{_cells(cells)}</tr>"


def _rule_cell(found: Classification, key: str) -> str:
    said = found.verdicts.get(key)
    if said is None:
        return "needs the tone group"
    low, high = found.ranges[key]
    return f"{float(said.probability_malignant):.3f} [{low:.3f}, {high:.3f}], {said.word}"


def _slip_row(name: str, found: Classification, other: OtherSkin | None, attribute: str) -> str:
    values = [getattr(found, attribute)]
    if other is not None:
        values.append(getattr(other.classification, attribute))
    texts = [value if isinstance(value, str) else f"{value:.3f}" for value in values]
    return f'<tr class="slip"><th scope=row>{name}</th>{_cells(texts)}</tr>'
