"""The study's published numbers, carried in ``assets/published`` byte for byte.

Small tables, each with one sentence that says where its numbers come from. They hold no image, no
image name and no patient identifier: patients are numbered anew (:mod:`explorer.study.rows`).
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np

from explorer.util.errors import ExplorerError
from explorer.util.paths import ASSETS

FOLDER = ASSETS / "published"

#: Where each table's numbers come from.
SOURCES = MappingProxyType(
    {
        "validation_counts": (
            "Every image of the study's validation split, counted by tone group, sex, age band, "
            "body site, label and prediction, from the study's public metadata and the output file "
            "of its predict.py with the submitted model."
        ),
        "validation_rows": (
            "Every image of the study's validation split, a row each without its name, from the "
            "study's public metadata and the output file of its predict.py with the submitted "
            "model; patients are numbered anew."
        ),
        "tone_rows": (
            "All 32,701 images of the study's public metadata, a row each without its name: "
            "patient numbered anew, split, published group, colour and angle, label, diagnosis."
        ),
        "experiments": (
            "The study's report, its table of 24 experiments on the validation split: figures "
            "only, no prediction per image."
        ),
        "group_metrics": (
            "The study's report, its tables per published tone group of five models, to two "
            "decimals: figures only, no prediction per image."
        ),
        "anova": (
            "The study's report, its one-way analysis of variance of the malignant score across "
            "published tone groups, three models: figures only."
        ),
        "tone_crosstab": (
            "All 32,701 images of the study's public metadata, counted by split, tone as published "
            "(8-bit CIELAB), tone by float CIELAB, and label."
        ),
        "ita_histogram": (
            "All 32,701 images of the study's public metadata, counted by split, label and "
            "1-degree bin of the typology angle, for both angle conventions."
        ),
    }
)

#: What made the predictions that ``validation_counts`` counts.
VALIDATION_RULE = (
    "predict.py of the study: argmax over the eight prior-shifted values w[d, y] p(y, d | x), "
    "never summed over the domains. The report sums first, so its figures differ slightly."
)
VALIDATION_WEIGHTS = "Mhara/melanoma_classification, best_model_domain_discriminative (submitted)"

#: The submitted model's name in ``group_metrics`` and in ``experiments``.
SUBMITTED_MODEL = "ConvNeXt-tiny + domain discriminative"
SUBMITTED_EXPERIMENT = "ConvNeXt Tiny + IFW + domain discriminative"

#: Patients of the validation split, and those of them with images in training as well.
VALIDATION_PATIENTS = 1691
VALIDATION_PATIENTS_IN_TRAIN = 1689


@dataclass(frozen=True)
class CarriedTable:
    """One carried table.

    Attributes
    ----------
    name, source : str
        Key of :data:`SOURCES` and its sentence.
    columns : mapping of str to read-only array, shape (rows,)
        int64 where every cell is a whole number, else float64 where every cell is a number or
        empty (NaN), else str.
    """

    name: str
    source: str
    columns: Mapping[str, np.ndarray]

    def __getitem__(self, column: str) -> np.ndarray:
        return self.columns[column]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def rows(self) -> list[dict]:
        """The rows as dictionaries of plain Python values, in file order."""
        lists = {name: column.tolist() for name, column in self.columns.items()}
        return [dict(zip(lists, row)) for row in zip(*lists.values())]


@dataclass(frozen=True)
class ValidationCounts:
    """Validation images of the study, counted; every array is read-only with shape (rows,).

    Attributes
    ----------
    group_published : int64
        0..3, index into ``colour.GROUP_NAMES``.
    tone_cielab, sex, age_band, site, patient_in_train : str
        One of ``colour.TONE_NAMES``; female, male, unknown; years; body site; yes or no.
    target, prediction : int64
        0 benign, 1 malignant.
    count : int64
        Images with these values, at least 1.
    source : str
    """

    group_published: np.ndarray
    tone_cielab: np.ndarray
    sex: np.ndarray
    age_band: np.ndarray
    site: np.ndarray
    patient_in_train: np.ndarray
    target: np.ndarray
    prediction: np.ndarray
    count: np.ndarray
    source: str

    @property
    def total(self) -> int:
        """Number of images."""
        return int(self.count.sum())


@cache
def load(name: str) -> CarriedTable:
    """One carried table by its key in :data:`SOURCES`.

    Raises
    ------
    ExplorerError
        If the name is unknown or its file is missing.
    """
    if name not in SOURCES:
        raise ExplorerError(f"no published table {name!r}: choose one of {', '.join(SOURCES)}")
    path = FOLDER / f"{name}.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
    except OSError as error:
        raise ExplorerError(f"cannot read {path}: restore it from the repository") from error
    columns = {key: _array(cells) for key, cells in zip(header, zip(*rows), strict=True)}
    return CarriedTable(name, SOURCES[name], MappingProxyType(columns))


@cache
def validation_counts() -> ValidationCounts:
    """The validation counts, the source of every group metric of the published model."""
    table = load("validation_counts")
    return ValidationCounts(**table.columns, source=table.source)


def _array(cells: tuple[str, ...]) -> np.ndarray:
    """Cells as int64, float64 or str, whichever fits all of them first; read-only.

    An empty cell is NaN among numbers.
    """
    text = np.array(cells)
    numbers = np.where(text == "", "nan", text)
    for column, kind in ((text, np.int64), (numbers, np.float64), (text, str)):
        try:
            column = column.astype(kind)
        except ValueError:
            continue
        column.setflags(write=False)
        return column
    raise AssertionError("str() takes anything")
