"""Rates of confusion counts: one table, their values on arrays of any shape, and 95 % intervals.

Every rate follows from :data:`ALL_METRICS`; fairlearn and scikit-learn give the same values to the
last digits (the tests compare). A rate whose denominator is 0 (the libraries answer 0.0) is None
here, or NaN in an array: nothing was measured.

Intervals:

proportions
    Wilson score interval [1]_ (``scipy.stats.binomtest``).
F1
    F1 = 2 J / (1 + J) with the Jaccard proportion J = TP / (TP + FP + FN). The map is monotone,
    so the Wilson interval of J, mapped, is an interval of F1. It takes TP + FP + FN as given.
balanced accuracy
    Mean of recall and specificity: their Wilson intervals combined by square-and-add [2]_ [3]_.

References
----------
.. [1] Wilson (1927), "Probable inference, the law of succession, and statistical inference",
   J. American Statistical Association 22(158).
.. [2] Newcombe (1998), "Interval estimation for the difference between independent proportions",
   Statistics in Medicine 17(8), method 10.
.. [3] Zou, Donner (2008), "Construction of confidence limits about effect measures: a general
   approach", Statistics in Medicine 27(10) (MOVER).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from explorer.util import lazy
from explorer.util.errors import ExplorerError

stats = lazy.load("scipy.stats")

#: Confusion cells as (target, call), in the order of every array of counts: malignant is positive.
CELLS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "true positives": (1, 1),
        "false positives": (0, 1),
        "false negatives": (1, 0),
        "true negatives": (0, 0),
    }
)


@dataclass(frozen=True)
class Rate:
    """A rate in 0..1 with its 95 % interval and its denominator ``n``.

    With nothing to count, ``n`` is 0 and the other three are None.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


NOTHING = Rate(None, None, None, 0)


@dataclass(frozen=True, eq=False)
class Fraction:
    """``numerator`` over ``denominator``, int (4,): how often TP, FP, FN and TN count in each."""

    numerator: np.ndarray
    denominator: np.ndarray

    def count(self, cells) -> tuple[np.ndarray, np.ndarray]:
        """Numerator and denominator, as :meth:`value` takes cells."""
        return _total(self.numerator, cells), _total(self.denominator, cells)

    def value(self, cells, minimum: int = 1) -> np.ndarray:
        """As :meth:`Metric.value`."""
        part, whole = self.count(cells)
        enough = _total(self.denominator > 0, cells) >= max(minimum, 1)
        return np.where(enough, part / np.where(enough, whole, 1), np.nan)

    def rate(self, cells) -> Rate:
        """Value and interval of four counts."""
        part, total = (int((x > 0) @ cells) for x in (self.numerator, self.denominator))
        if total == 0:
            return NOTHING
        times = int(self.numerator.max())  # 2 in F1, of which the part is then J
        low, high = (times * j / (1 + (times - 1) * j) for j in wilson(part, total))
        return Rate(float(self.value(cells)), low, high, total)


def _total(times: np.ndarray, cells) -> np.ndarray:
    return sum(n * cell for n, cell in zip(times, cells) if n)


@dataclass(frozen=True, eq=False)
class Metric:
    """What a rate is called, and what it is made of.

    Attributes
    ----------
    label, definition : str
        ``definition`` completes "<label> is the ...".
    denominator : str
        The images in the denominator, in words.
    fractions : tuple of Fraction
        The rate is their mean; none where :mod:`explorer.fairness.scores` makes it of scores.
    higher_is_better : bool or None
        None where neither direction is good in itself.
    """

    label: str
    definition: str
    denominator: str
    fractions: tuple[Fraction, ...] = ()
    higher_is_better: bool | None = True

    @property
    def basis(self) -> tuple[str, ...]:
        """Cells in the denominator, keys of :data:`CELLS`."""
        times = sum(fraction.denominator for fraction in self.fractions)
        return tuple(cell for cell, n in zip(CELLS, times) if n) if self.fractions else ()

    def value(self, cells, minimum: int = 1) -> np.ndarray:
        """The rate of many counts at once.

        Parameters
        ----------
        cells : int (4, ...)
            TP, FP, FN and TN, as one array or four that broadcast.
        minimum : int
            Smallest denominator, at least 1.

        Returns
        -------
        float64 (...)
            In 0..1; NaN where the denominator (of any of the fractions) is smaller.
        """
        values = [fraction.value(cells, minimum) for fraction in self.fractions]
        return sum(values) / len(values)

    def rate(self, cells) -> Rate:
        """Value, interval and denominator of four counts."""
        parts = [fraction.rate(cells) for fraction in self.fractions]
        if len(parts) == 1:
            return parts[0]
        if NOTHING in parts:
            return NOTHING
        value = float(self.value(cells))
        below = np.sqrt(sum((part.value - part.low) ** 2 for part in parts)) / len(parts)
        above = np.sqrt(sum((part.high - part.value) ** 2 for part in parts)) / len(parts)
        return Rate(value, float(value - below), float(value + above), sum(p.n for p in parts))


TP, FP, FN, TN = np.eye(4, dtype=np.int64)
EVERY = TP + FP + FN + TN
RECALL, SPECIFICITY = Fraction(TP, TP + FN), Fraction(TN, FP + TN)

METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "recall": Metric(
            "Recall", "share of malignant images called malignant", "malignant images", (RECALL,)
        ),
        "false_positive_rate": Metric(
            "False positive rate",
            "share of benign images called malignant",
            "benign images",
            (Fraction(FP, FP + TN),),
            False,
        ),
        "false_negative_rate": Metric(
            "False negative rate",
            "share of malignant images called benign",
            "malignant images",
            (Fraction(FN, TP + FN),),
            False,
        ),
        "precision": Metric(
            "Precision",
            "share of images called malignant that are",
            "images called malignant",
            (Fraction(TP, TP + FP),),
        ),
        "f1": Metric(
            "F1",
            "harmonic mean of recall and precision",
            "images malignant or called so",
            (Fraction(2 * TP, 2 * TP + FP + FN),),
        ),
        "accuracy": Metric(
            "Accuracy", "share of images called correctly", "images", (Fraction(TP + TN, EVERY),)
        ),
        "balanced_accuracy": Metric(
            "Balanced accuracy", "mean of recall and specificity", "images", (RECALL, SPECIFICITY)
        ),
        "selection_rate": Metric(
            "Selection rate",
            "share of images called malignant",
            "images",
            (Fraction(TP + FP, EVERY),),
            None,
        ),
    }
)

#: Rates beyond :data:`METRICS`; :mod:`explorer.fairness.scores` makes those without fractions.
EXTRA_METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "negative_predictive_value": Metric(
            "Negative predictive value",
            "share of images called benign that are",
            "images called benign",
            (Fraction(TN, FN + TN),),
        ),
        "auroc": Metric(
            "AUROC",
            "probability that a malignant image scores above a benign one, ties half",
            "images of the rarer class",
        ),
        "average_precision": Metric(
            "Average precision",
            "mean precision over the malignant images, by falling score",
            "malignant images",
        ),
        "calibration_error": Metric(
            "Calibration error",
            "mean distance of predicted from observed frequency, in 10 bins",
            "images",
            higher_is_better=False,
        ),
    }
)
ALL_METRICS: Mapping[str, Metric] = MappingProxyType({**METRICS, **EXTRA_METRICS})


def check_metric(metric: str) -> None:
    """Raise ExplorerError unless ``metric`` is a key of :data:`ALL_METRICS`."""
    if metric not in ALL_METRICS:
        raise ExplorerError(f"unknown metric {metric!r}: choose one of {', '.join(ALL_METRICS)}")


def wilson(part: int, total: int) -> tuple[float, float]:
    """Wilson 95 % score interval of ``part`` out of ``total``; (nan, nan) if ``total`` is 0."""
    if total == 0:
        return np.nan, np.nan
    interval = stats.binomtest(part, total).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


def proportion(part: int, total: int) -> Rate:
    """``part`` out of ``total`` with its Wilson interval."""
    return Rate(part / total, *wilson(part, total), total) if total else NOTHING


@dataclass(frozen=True)
class Counts:
    """Confusion counts per group, int64, shape (groups,)."""

    names: tuple[str, ...]
    true_positives: np.ndarray
    false_positives: np.ndarray
    false_negatives: np.ndarray
    true_negatives: np.ndarray

    @property
    def cells(self) -> np.ndarray:
        """TP, FP, FN, TN as one array, shape (4, groups)."""
        return np.stack([getattr(self, cell.replace(" ", "_")) for cell in CELLS])

    @property
    def positives(self) -> np.ndarray:
        """Malignant images per group, shape (groups,)."""
        return self.true_positives + self.false_negatives
