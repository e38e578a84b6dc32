"""Several answers, or several true labels, for one image: compared, and told which is used."""

import numpy as np

from explorer.data.columns import plain_name
from explorer.data.findings import JoinFinding
from explorer.data.names import TARGET, named
from explorer.data.values import looks_like, read_labels
from explorer.rules.rules import DEFAULT_RULE, RULES

#: Names of true labels: a second such column is compared with the first, and makes no groups.
TRUTHS = (*TARGET, "benign_malignant", "label", "malignant")
#: What a prediction's array is read from.
ROLE_OF = {"probability": "score", "label": "prediction"}


def compare_predictions(table, places: dict, values: dict, findings: list) -> None:
    """Answers given in several ways are told where they disagree, and which of them is used."""
    names = {key: plain_name(places[role][0]) for key, role in ROLE_OF.items() if role in places}
    calls = {}
    if "logits" in values:
        calls["logits"] = RULES[DEFAULT_RULE](values["logits"]).decision == 1
    if "probability" in values:
        calls["probability"] = values["probability"] >= 0.5
    if "label" in values:
        calls["label"] = values["label"] == 1
    first = next(iter(calls))
    for other in [key for key in calls if key != first]:
        differ = calls[first] != calls[other]
        if count := int(differ.sum()):
            text = _disagreement(count, first, other, names)
            examples = tuple(table.index[differ][:5])
            findings.append(
                JoinFinding("prediction_conflict", count, examples, text, left_out=False)
            )


def _disagreement(count: int, first: str, other: str, names: dict[str, str]) -> str:
    """What is said of images of which two columns say different things."""
    if first == "logits":
        return (
            f"{count:,} images have a {other} in {names[other]} that is not what the published rule"
            " makes of their logits: the logits decide, by the rule that is chosen."
        )
    label, score = names["label"], names["probability"]
    return (
        f"{count:,} images have a label in {label} that is not what a probability of 0.5 or "
        f"more in {score} says: {label} decides until a threshold is chosen, {score} then."
    )


def compare_truths(table, truth: str, used: set, target: np.ndarray, findings: list) -> None:
    """Another column of true labels is compared, and told where it disagrees."""
    names = {column: plain_name(column) for column in table.columns if column not in used}
    truths = set(named(names.values(), TRUTHS))
    for column in (column for column, name in names.items() if name in truths):
        if looks_like(table[column]) != "labels":
            continue
        other = read_labels(table[column])
        differ = ~np.isnan(other) & (other != target)
        if count := int(differ.sum()):
            name, examples = plain_name(truth), tuple(table.index[differ][:5])
            text = (
                f"{count:,} images have another label in {plain_name(column)} than in {name}: "
                f"{name} is used."
            )
            findings.append(JoinFinding("label_conflict", count, examples, text, left_out=False))
