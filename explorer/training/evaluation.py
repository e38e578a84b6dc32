"""The demo model on validation images: figures with intervals, for the model card."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from explorer.fairness.auroc import auroc_rate
from explorer.fairness.metrics import NOTHING, wilson
from explorer.image.read import read_image
from explorer.model.classifier import load_classifier
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.training import data

LESIONS = "lesions"
DISTINCT = "distinct"
NEW_PATIENTS = "new_patients"
#: What each set of validation images is, for the card.
SETS = {
    LESIONS: "split=valid of lesions.csv (512 px copies; identities certain)",
    DISTINCT: (
        "all distinct split=valid images of lesions.csv and lesions_300.csv (the 512 px copy where"
        " there is one; benign images of lesions_300 have inferred identities, about 0.5 % of"
        " them may be wrong)"
    ),
    NEW_PATIENTS: (
        "those of lesions.csv's validation images whose patient has no training image in"
        " lesions.csv (the patients of most lesions_300 training images are not known, so some"
        " of these patients may still have been seen)"
    ),
}


@dataclass(frozen=True)
class ValidationLogits:
    """Logits of validation images.

    Attributes
    ----------
    rows : DataFrame
        ``id``, ``table``, ``target``, ``group``, and of lesions.csv also ``sex``, ``age``,
        ``site``, ``new_patient``.
    logits : float32, shape (N, 8)
    """

    rows: pd.DataFrame
    logits: np.ndarray


def predict(weights: Path, shared: Path) -> ValidationLogits:
    """Run a weights file on every distinct validation image, as the explorer itself would."""
    tables = data.read_tables(shared)
    rows = data.isic2020(tables, "valid", prefer="lesions")
    large = tables["lesions"]
    seen = set(large.loc[large["split"] == "train", "patient_id"])
    facts = large.assign(new_patient=~large["patient_id"].isin(seen))
    rows = rows.merge(facts[["id", "sex", "age", "site", "new_patient"]], on="id", how="left")
    images = [read_image(path).stored for path in rows["path"]]
    return ValidationLogits(rows, load_classifier(str(weights)).logits(images))


def members(rows: pd.DataFrame, name: str) -> np.ndarray:
    """Which rows belong to a set of :data:`SETS`: bool, shape (N,)."""
    if name == DISTINCT:
        return np.ones(len(rows), bool)
    chosen = (rows["table"] == "lesions").to_numpy()
    return chosen & rows["new_patient"].eq(True).to_numpy() if name == NEW_PATIENTS else chosen


def auroc(score: np.ndarray, target: np.ndarray) -> dict:
    """AUROC with its 95 % interval (:data:`explorer.fairness.auroc.METHOD`).

    Returns
    -------
    dict
        ``value``, ``low``, ``high``, ``n``, ``positives``. The three first are None where a class
        has fewer than two images.
    """
    positives = int(np.sum(target))
    enough = min(positives, len(target) - positives) >= 2
    found = auroc_rate(target, score) if enough else NOTHING
    ends = {"value": found.value, "low": found.low, "high": found.high}
    return {**ends, "n": len(target), "positives": positives}


def rate(part: np.ndarray) -> dict:
    """Share of True with Wilson's 95 % interval: ``value``, ``low``, ``high``, ``n``."""
    n = len(part)
    if n == 0:
        return {"value": None, "low": None, "high": None, "n": 0}
    low, high = wilson(int(part.sum()), n)
    return {"value": float(part.mean()), "low": float(low), "high": float(high), "n": n}


def figures(logits: np.ndarray, target: np.ndarray, rule: str = DEFAULT_RULE) -> dict:
    """AUROC, recall, FPR and selection rate of one rule on one set of images."""
    verdict = RULES[rule](logits)
    called = verdict.decision == 1
    return {
        "auroc": auroc(verdict.probability_malignant, target),
        "recall": rate(called[target == 1]),
        "false_positive_rate": rate(called[target == 0]),
        "selection_rate": rate(called),
    }


def evaluate(predictions: ValidationLogits) -> dict:
    """All figures of the card: per set overall and by published group, and the other rules."""
    target = predictions.rows["target"].to_numpy()
    group = predictions.rows["group"].to_numpy()
    found = {}
    for name, words in SETS.items():
        chosen = members(predictions.rows, name)
        found[name] = {
            "what": words,
            "overall": figures(predictions.logits[chosen], target[chosen]),
            "groups": [
                figures(predictions.logits[chosen & (group == d)], target[chosen & (group == d)])
                for d in range(4)
            ],
        }
    chosen = members(predictions.rows, LESIONS)
    rules = [key for key, rule in RULES.items() if not rule.needs_domain]
    found[LESIONS]["rules"] = {
        key: figures(predictions.logits[chosen], target[chosen], key) for key in rules
    }
    return found


def logit_table(predictions: ValidationLogits) -> pd.DataFrame:
    """One row per validation image of lesions.csv, without patient ids."""
    chosen = members(predictions.rows, LESIONS)
    rows = predictions.rows[chosen].rename(columns={"id": "image", "group": "group_published"})
    table = rows[["image"]].reset_index(drop=True)
    for index in range(8):
        table[f"logit_{index}"] = predictions.logits[chosen, index].round(5)
    facts = rows[["target", "group_published", "sex", "age", "site"]].reset_index(drop=True)
    return pd.concat([table, facts], axis=1)
