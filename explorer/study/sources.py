"""What the workbench can show without a file of the user's, by key.

``published``
    The study's validation images, counted (no image names): one row per counted image.
``report``
    The report's 24 experiments and its group tables of five models: figures only.
``demo``
    The demo model's logits on the validation lesions that its card was measured on.

A user's own files come in through :func:`explorer.data.joining.read_predictions`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from explorer.data.findings import JoinReport
from explorer.data.joining import read_predictions
from explorer.data.predictions import Predictions
from explorer.fairness.cutoffs import CalibrationSet
from explorer.study import tables
from explorer.study.counts import published_warnings
from explorer.study.rows import validation_rows
from explorer.util.errors import ExplorerError
from explorer.util.paths import ASSETS

DEMO_LOGITS = ASSETS / "demo_logits.csv"
#: What was measured on them, and of which file.
DEMO_CARD = ASSETS / "demo_model_card.json"


@dataclass(frozen=True)
class Source:
    """One kind of data behind the workbench.

    Attributes
    ----------
    key, name : str
    has : str
        ``labels``, ``logits`` or ``figures``: what there is per image, or only figures.
    about : str
        One or two sentences: what it is and what it cannot answer.
    """

    key: str
    name: str
    has: str
    about: str


SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        source.key: source
        for source in (
            Source(
                "published",
                "published model",
                "labels",
                "6,562 validation images of the study, with numbers in place of the names of "
                "images and patients. There is no score per image, so no threshold can be moved "
                "and no rule switched.",
            ),
            Source(
                "report",
                "the report's experiments",
                "figures",
                "24 experiments, and per-group tables of five of the models, as the report prints "
                "them. There is no data per image, so nothing can be regrouped or recomputed.",
            ),
            Source(
                "demo",
                "demo model",
                "logits",
                "The small demo model's 8 logits on 124 validation lesions. Rules and thresholds "
                "can be tried; the figures say nothing about the published model.",
            ),
        )
    }
)

DEMO_WARNINGS = (
    "The demo model is not the published model: it is small, was trained on few images, and is "
    "here so that rules and thresholds can be tried on real logits.",
    "Its 124 validation lesions are not a random sample: malignant ones are far more frequent "
    "among them than in the study's data, so precision and selection rate do not carry over.",
    "Most groups have fewer than 20 malignant images. Tone is estimated from the image, and none "
    "of the lesions is confirmed as Fitzpatrick type V or VI.",
)

#: Metrics of the report's group tables, and their columns.
REPORT_METRICS = MappingProxyType(
    {
        "recall": "recall",
        "false_positive_rate": "fpr",
        "false_negative_rate": "fnr",
        "f1": "f1",
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced_accuracy",
        "selection_rate": "selection_rate",
    }
)


@dataclass(frozen=True)
class ReportFigures:
    """The report's figures: ``experiments`` (24 rows) and ``groups`` (5 models by 4 groups)."""

    experiments: tables.CarriedTable
    groups: tables.CarriedTable
    about: str

    def to_json(self) -> dict:
        """Keys: about, experiments, groups; a table is a list of its rows."""
        return {
            "about": self.about,
            "experiments": self.experiments.rows(),
            "groups": self.groups.rows(),
        }


def report_figures() -> ReportFigures:
    """The source ``report``."""
    return ReportFigures(
        tables.load("experiments"), tables.load("group_metrics"), SOURCES["report"].about
    )


def load_source(key: str) -> Predictions:
    """Per-image predictions of a source that has them: ``published`` or ``demo``.

    Raises
    ------
    ExplorerError
        If the key is unknown, the source has figures only, or its file is missing.
    """
    if key not in SOURCES:
        raise ExplorerError(f"unknown source {key!r}: choose one of {', '.join(SOURCES)}")
    if SOURCES[key].has == "figures":
        raise ExplorerError(
            "the report gives figures only, without data per image: choose published or demo, "
            "or give predictions of your own"
        )
    return published_predictions() if key == "published" else demo_predictions()


@cache
def published_predictions() -> Predictions:
    """The study's validation images, one row each, with running numbers for names.

    Every figure that depends on counts only is exactly that of ``validation_counts``.
    """
    rows = validation_rows()
    return Predictions(
        np.array([f"validation image {i + 1}" for i in range(len(rows.target))]),
        rows.target,
        MappingProxyType(
            {**rows.groups, "patient_in_train": rows.patient_in_train, "diagnosis": rows.diagnosis}
        ),
        label=rows.prediction,
        patient=np.char.mod("patient %04d", rows.patient),
        name=SOURCES["published"].name,
        weights=tables.VALIDATION_WEIGHTS,
        source=tables.SOURCES["validation_counts"],
        rule=tables.VALIDATION_RULE,
        join=JoinReport(len(rows.target), None, len(rows.target)),
        warnings=published_warnings("published"),
    )


@cache
def demo_predictions(path: Path = DEMO_LOGITS) -> Predictions:
    """The demo model's logits on the validation lesions.

    Raises
    ------
    ExplorerError
        If the file is not there.
    """
    if not Path(path).exists():
        raise ExplorerError(f"cannot read {path}: restore it from the repository")
    lesions = len(Path(path).read_text(encoding="utf-8").splitlines()) - 1
    return read_predictions(
        path,
        name=SOURCES["demo"].name,
        weights="embedded demo model (resnet10t)",
        source=f"{lesions} validation lesions of the study's split, logits of the demo model",
        warnings=DEMO_WARNINGS,
    )


@cache
def demo_calibration() -> CalibrationSet:
    """The demo model's calibration set: its validation lesions, on which it was never trained."""
    card = json.loads(DEMO_CARD.read_text(encoding="utf-8"))
    return CalibrationSet.of(
        demo_predictions(), "the demo model's validation lesions", card["model"]["sha256"]
    )
