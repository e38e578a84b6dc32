"""The study's validation images, a row each: whose they are, and in which groups.

``validation_rows`` holds what ``validation_counts`` counts, with the patients that counts cannot
have. Groups are made of its columns as the counts' were; the tests compare the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np

from explorer.data.attributes import AGE_ENDS
from explorer.data.groupings import GROUPINGS, UNKNOWN
from explorer.fairness.metrics import CELLS
from explorer.image.colour import GROUP_NAMES, TONE_NAMES, ita_cielab, rgb_to_cielab, tone_index
from explorer.study import tables
from explorer.util.errors import ExplorerError


@dataclass(frozen=True)
class ValidationRows:
    """The validation images of the study; all arrays have shape (N,).

    Attributes
    ----------
    patient : int64
        Numbered from 0.
    groups : mapping of str to str array
        Labels by the keys of :data:`explorer.data.groupings.GROUPINGS`.
    patient_in_train : str
        ``yes`` where the patient has images in training too, else ``no``.
    target, prediction : int64
        0 benign, 1 malignant.
    """

    patient: np.ndarray
    groups: Mapping[str, np.ndarray]
    patient_in_train: np.ndarray
    target: np.ndarray
    prediction: np.ndarray


@cache
def validation_rows() -> ValidationRows:
    """The rows, read once.

    Raises
    ------
    ExplorerError
        If the file is missing.
    """
    table = tables.load("validation_rows")
    colours = np.stack([table[f"color_{c}"] for c in "rgb"], axis=-1).astype(np.uint8)
    years = table["age"]
    bands = np.array(GROUPINGS["age"].labels)[np.digitize(years, AGE_ENDS)]
    groups = {
        "published": np.array(GROUP_NAMES)[table["group_published"]],
        "cielab": np.array(TONE_NAMES)[tone_index(ita_cielab(rgb_to_cielab(colours)))],
        "sex": table["sex"],
        "age": np.where(np.isnan(years), UNKNOWN, bands),
        "site": table["site"],
    }
    return ValidationRows(
        np.unique(table["patient"], return_inverse=True)[1],
        MappingProxyType(groups),
        np.where(table["patient_train_images"] > 0, "yes", "no"),
        table["target"],
        table["prediction"],
    )


@cache
def patient_cells(by: str) -> np.ndarray:
    """TP, FP, FN, TN of every patient in every group, int64 (patients, 4, groups).

    Groups are those of :func:`explorer.study.counts.published_counts`: without an image, none.
    """
    if by not in GROUPINGS:
        raise ExplorerError(f"unknown grouping {by!r}: choose one of {', '.join(GROUPINGS)}")
    rows = validation_rows()
    labels = rows.groups[by]
    names = [label for label in GROUPINGS[by].labels if (labels == label).any()]
    cells = np.zeros((int(rows.patient.max()) + 1, len(CELLS), len(names)), np.int64)
    for index, (target, call) in enumerate(CELLS.values()):
        kept = (rows.target == target) & (rows.prediction == call)
        group = np.array([names.index(label) for label in labels[kept].tolist()], int)
        np.add.at(cells, (rows.patient[kept], index, group), 1)
    return cells
