"""The study's images, a row each: whose they are, in which groups, and of which tone.

``validation_rows`` holds what ``validation_counts`` counts, with the patients that counts cannot
have. Groups are made of its columns as the counts' were; the tests compare the two. ``tone_rows``
holds the tones of all images, training included.
"""

from collections.abc import Mapping, Sequence
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
    malignant_in_train : int64
        Malignant training images of the patient.
    angle : float64
        ITA by float CIELAB in degrees.
    defined : bool
        Whether b* is above 0, so that the angle means what ITA means.
    diagnosis : str
        ``unknown`` where none is named.
    target, prediction : int64
        0 benign, 1 malignant.
    """

    patient: np.ndarray
    groups: Mapping[str, np.ndarray]
    patient_in_train: np.ndarray
    malignant_in_train: np.ndarray
    angle: np.ndarray
    defined: np.ndarray
    diagnosis: np.ndarray
    target: np.ndarray
    prediction: np.ndarray


@dataclass(frozen=True)
class ImageTones:
    """The tones of all images of the study; all arrays have shape (N,).

    Attributes
    ----------
    patient : int64
        Numbered from 0.
    published : int64
        Published group, 0..3.
    angle : float64
        ITA by float CIELAB in degrees.
    tone : int64
        Index into ``colour.TONE_NAMES``, by that angle.
    defined : bool
        Whether b* is above 0.
    """

    patient: np.ndarray
    published: np.ndarray
    angle: np.ndarray
    tone: np.ndarray
    defined: np.ndarray


@cache
def validation_rows() -> ValidationRows:
    """The rows, read once.

    Raises
    ------
    ExplorerError
        If the file is missing.
    """
    table = tables.load("validation_rows")
    angle, defined = _angles(table)
    years = table["age"]
    bands = np.array(GROUPINGS["age"].labels)[np.digitize(years, AGE_ENDS)]
    groups = {
        "published": np.array(GROUP_NAMES)[table["group_published"]],
        "cielab": np.array(TONE_NAMES)[tone_index(angle)],
        "sex": table["sex"],
        "age": np.where(np.isnan(years), UNKNOWN, bands),
        "site": table["site"],
    }
    return ValidationRows(
        np.unique(table["patient"], return_inverse=True)[1],
        MappingProxyType(groups),
        np.where(table["patient_train_images"] > 0, "yes", "no"),
        table["patient_train_malignant"],
        angle,
        defined,
        table["diagnosis"],
        table["target"],
        table["prediction"],
    )


@cache
def image_tones() -> ImageTones:
    """The tones of all images, read once.

    Raises
    ------
    ExplorerError
        If the file is missing.
    """
    table = tables.load("tone_rows")
    angle, defined = _angles(table)
    patient = np.unique(table["patient"], return_inverse=True)[1]
    return ImageTones(patient, table["group_published"], angle, tone_index(angle), defined)


def _angles(table: tables.CarriedTable) -> tuple[np.ndarray, np.ndarray]:
    """The angle by float CIELAB of a table's colours, and where b* is above 0."""
    colours = np.stack([table[f"color_{c}"] for c in "rgb"], axis=-1).astype(np.uint8)
    lab = rgb_to_cielab(colours)
    return ita_cielab(lab), lab[:, 2] > 0


@cache
def patient_cells(by: str) -> np.ndarray:
    """TP, FP, FN, TN of every patient in every group, int64 (patients, 4, groups).

    Groups are those of :func:`explorer.study.counts.published_counts`: without an image, none.
    """
    if by not in GROUPINGS:
        raise ExplorerError(f"unknown grouping {by!r}: choose one of {', '.join(GROUPINGS)}")
    labels = validation_rows().groups[by]
    return cells_of(labels, [label for label in GROUPINGS[by].labels if (labels == label).any()])


def cells_of(labels: np.ndarray, names: Sequence[str], kept=None) -> np.ndarray:
    """TP, FP, FN, TN of every patient by any labels, int64 (patients, 4, groups).

    Parameters
    ----------
    labels : str (N,)
        Of the validation images, each one of ``names``.
    kept : bool (N,), optional
        Images that count; by default all.
    """
    rows = validation_rows()
    kept = np.ones(len(labels), bool) if kept is None else kept
    cells = np.zeros((int(rows.patient.max()) + 1, len(CELLS), len(names)), np.int64)
    for index, (target, call) in enumerate(CELLS.values()):
        here = kept & (rows.target == target) & (rows.prediction == call)
        group = np.array([names.index(label) for label in labels[here].tolist()], int)
        np.add.at(cells, (rows.patient[here], index, group), 1)
    return cells
