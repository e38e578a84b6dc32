"""HTML of the eight probabilities and of the rules' arithmetic, side by side."""

from html import escape

import numpy as np

from explorer.image.colour import GROUP_NAMES
from explorer.lesion.arithmetic import Arithmetic, arithmetic
from explorer.lesion.lesion import Classification
from explorer.rules.rules import DECISIONS, RULES, joint_posterior


def outputs(found: Classification) -> str:
    """The eight softmax values as labelled bars: a table, so that it reads without the bars."""
    joint = joint_posterior(found.logits)
    rows = "".join(
        f"<tr><th scope=row>{d}: {name}</th>"
        + "".join(f"<td>{_bar(joint[d, y], y)}{joint[d, y]:.4f}</td>" for y in (0, 1))
        + "</tr>"
        for d, name in enumerate(GROUP_NAMES)
    )
    return (
        f'<table class="bars"><caption>p(y, d | x) by {escape(found.weights.label)}: the eight sum '
        f"to 1</caption><thead><tr><th scope=col>tone group d</th>{_heads()}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def sides(found: Classification, key: str, other: str) -> str:
    """The arithmetic of two rules beside one another, and whether they agree."""
    shown = [arithmetic(found, each) for each in dict.fromkeys((key, other))]
    columns = "".join(
        _side(each) if each else _unavailable(name)
        for each, name in zip(shown, dict.fromkeys((key, other)))
    )
    return f'<div class="sums">{columns}</div>{_agreement(shown)}'


def _agreement(shown: list[Arithmetic | None]) -> str:
    if len(shown) < 2 or None in shown:
        return ""
    words = [each.verdict.word for each in shown]
    text = (
        f"Both rules say {words[0]}."
        if words[0] == words[1]
        else f"Same image, same eight numbers: {words[0]} by the rule on the left or above, {words[1]} "
        "by the other. Only the rule differs."
    )
    return f'<p class="agreement" data-agree="{words[0] == words[1]}"><b>{text}</b></p>'


def _unavailable(key: str) -> str:
    return (
        f'<section class="sum"><h3>{escape(RULES[key].name)}</h3><p>Needs the tone group, which '
        "could not be estimated.</p></section>"
    )


def _side(sum_: Arithmetic) -> str:
    """One rule: a row per tone group and class, the two sums, the verdict."""
    parts = sum_.verdict.contributions
    start, end = np.abs(sum_.terms).max(), max(np.abs(parts).max(), 1e-12)
    rows = "".join(_row(sum_, d, y, start, end) for y in (0, 1) for d in range(len(GROUP_NAMES)))
    term = "logit z" if sum_.is_logits else "p(y, d | x)"
    return (
        f'<section class="sum" data-rule="{sum_.rule.key}"><h3>{escape(sum_.rule.name)}</h3>'
        f'<p class="small">{escape(sum_.rule.explanation)}</p><table class="bars">'
        f"<thead><tr><th scope=col>d, class</th><th scope=col>{term}</th>"
        "<th scope=col>× weight</th><th scope=col>= adds</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>{_result(sum_)}</section>"
    )


def _row(sum_: Arithmetic, d: int, y: int, start: float, end: float) -> str:
    term, factor = sum_.terms[d, y], sum_.factors[d, y]
    part = sum_.verdict.contributions[d, y]
    last = (
        f'<tr class="sum"><th scope="row" colspan="2">sum, {DECISIONS[y]}</th><td colspan="2">'
        f"{_sum(sum_, y)}</td></tr>"
    )
    return (
        f'<tr class="{DECISIONS[y]}"><th scope=row>{d} {DECISIONS[y]}</th>'
        f"<td>{_bar(abs(term) / start, y)}{_number(term)}</td><td>× {_number(factor)}</td>"
        f"<td>{_bar(abs(part) / end, y, abs(term) / start)}{_number(part)}</td></tr>"
        + (last if d == len(GROUP_NAMES) - 1 else "")
    )


def _sum(sum_: Arithmetic, y: int) -> str:
    return f"{'z' if sum_.is_logits else 's'}<sub>{y}</sub> = {_number(sum_.verdict.scores[y])}"


def _result(sum_: Arithmetic) -> str:
    verdict, letter = sum_.verdict, "z" if sum_.is_logits else "s"
    shape = "▲" if verdict.word == "malignant" else "●"
    benign, malignant = (_number(score) for score in verdict.scores)
    sign = ">" if verdict.decision else "≥"
    larger, smaller = (malignant, benign) if verdict.decision else (benign, malignant)
    y, other = int(verdict.decision), 1 - int(verdict.decision)
    return (
        f'<p class="result {verdict.word}">{letter}<sub>{y}</sub> = {larger} {sign} '
        f"{letter}<sub>{other}</sub> = {smaller}<br><b>{shape} {verdict.word}</b>, "
        f"P(malignant) = {float(verdict.probability_malignant):.3f}</p>"
    )


def _bar(share: float, y: int, before: float | None = None) -> str:
    """A bar of a share in 0..1; it grows from the share ``before`` where motion is welcome."""
    width = 100 * float(np.clip(share, 0, 1))
    grows = "" if before is None else f";--from:{100 * before:.1f}%"
    moves = "" if before is None else " moves"
    return f'<i class="bar {DECISIONS[y]}{moves}" style="width:{width:.1f}%{grows}"></i>'


def _number(value: float) -> str:
    """Four significant digits where small, fewer where large."""
    size = abs(value)
    digits = 0 if size >= 1000 else 1 if size >= 100 else 3 if size >= 0.1 else 4
    if 0 < size < 0.00005:
        return "<0.0001" if value > 0 else "−<0.0001"
    return f"{value:,.{digits}f}".replace("-", "−")


def _heads() -> str:
    return "".join(f"<th scope=col>{word}</th>" for word in DECISIONS)
