"""What no text may say: that bias is proven, that something is significant uncorrected."""

import ast
import json
import re

import pytest

from explorer.study.claims import audit_cards, second_system_cards
from support import ROOT

#: Patterns that no text may hold, and what may stand in the same sentence and excuse them.
FORBIDDEN = {
    r"\bprove[sdn]?\b|\bproof\b": r"proves? nothing|no proof|improve",
    r"\bsignifican(t|ce|tly)\b": r"significant (digit|figure)s?|Holm|correct(ed|ion)",
    r"\bbias(ed)? (is|was|are|has been)? ?(shown|demonstrated|confirmed|established)\b": None,
    r"\b(racis\w+|guilt\w*|fraud\w*)\b": None,
    r"\bdiscriminates? against\b": None,
    r"\b(is|are) (unbiased|colour-?blind)\b": None,
    r"\bguarantee[sd]? (fair|equal)\w*": None,
    r"\b(accepts?|confirms?) the null\b|\bno difference exists\b": None,
}
#: How an interval may have been made.
METHODS = re.compile(
    r"Wilson|Newcombe|square-and-add|studentised|bootstrap|DeLong|t interval|order statistic"
)


def literals(path) -> list[str]:
    """The string constants of a module without its docstrings, joined where they stand together."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    plain = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
    }  # docstrings are expressions
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
            found.append("".join(parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [node.value] if id(node) not in plain else []
    return found


def texts() -> dict[str, list[str]]:
    """All that a visitor may read, by file."""
    found = {str(p.relative_to(ROOT)): literals(p) for p in (ROOT / "explorer").rglob("*.py")}
    for kind in ("html", "js", "md"):
        for folder in ("explorer", "assets/docs"):
            for path in (ROOT / folder).rglob(f"*.{kind}"):
                found[str(path.relative_to(ROOT))] = [path.read_text(encoding="utf-8")]
    found["README.md"] = [(ROOT / "README.md").read_text(encoding="utf-8")]
    lecture = json.loads((ROOT / "assets/lecture.json").read_text(encoding="utf-8"))
    found["assets/lecture.json"] = list(_strings(lecture))
    return found


def _strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?:;])\s+|\n\s*\n", text)


def offences(text: str) -> list[str]:
    """Sentences that say what none may."""
    return [
        sentence
        for sentence in sentences(text)
        for pattern, excuse in FORBIDDEN.items()
        if re.search(pattern, sentence, re.IGNORECASE)
        and not (excuse and re.search(excuse, sentence, re.IGNORECASE))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "This proves that the model is biased.",
        "The difference is significant (p = 0.03).",
        "Bias is shown here.",
        "The model discriminates against dark skin.",
        "Post-processing guarantees fairness.",
    ],
)
def test_the_rules_catch(text):
    assert offences(f"A gap alone proves nothing. {text}") == [text]


@pytest.mark.parametrize(
    "text",
    ["A gap alone proves nothing about its cause.", "Four significant digits.", "p, corrected"],
)
def test_the_rules_let_pass(text):
    assert offences(text) == []


def test_no_text_says_what_the_rules_forbid():
    every = texts()
    assert len(every) > 200 and sum(map(len, every.values())) > 2000
    found = {file: [o for text in own for o in offences(text)] for file, own in every.items()}
    assert {file: own for file, own in found.items() if own} == {}


def test_cards_name_the_method_of_an_interval_and_correct_what_a_verdict_rests_on():
    for card in (*audit_cards(), *second_system_cards()):
        shown = [*card.chart.legend.values(), card.recomputed_figure, card.uncertainty]
        if any("95 %" in text for text in shown):
            assert METHODS.search(card.uncertainty), card.key
        for sentence in sentences(card.verdict):
            if re.search(r"\bp [=<]", sentence):
                assert "correct" in sentence, sentence
