"""Rates per group from confusion counts: values from fairlearn, 95 % intervals beside them.

Values come from fairlearn's MetricFrame with the counts as sample weights. A rate whose
denominator is 0 (the libraries answer 0.0) is None here: nothing was measured.

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

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np

from explorer.fairness.resampling import Margins
from explorer.util import lazy
from explorer.util.errors import ExplorerError

fair = lazy.load("fairlearn.metrics")
pd = lazy.load("pandas")
sk = lazy.load("sklearn.metrics")
stats = lazy.load("scipy.stats")


@dataclass(frozen=True)
class Metric:
    """How a rate is named: ``definition`` completes "<label> is the ...".

    ``higher_is_better`` is None where neither direction is good in itself.
    """

    label: str
    definition: str
    denominator: str
    higher_is_better: bool | None = True


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "recall": Metric(
            "Recall", "share of malignant images called malignant", "malignant images"
        ),
        "false_positive_rate": Metric(
            "False positive rate", "share of benign images called malignant", "benign images", False
        ),
        "false_negative_rate": Metric(
            "False negative rate",
            "share of malignant images called benign",
            "malignant images",
            False,
        ),
        "precision": Metric(
            "Precision", "share of images called malignant that are", "images called malignant"
        ),
        "f1": Metric(
            "F1", "harmonic mean of recall and precision", "images malignant or called so"
        ),
        "accuracy": Metric("Accuracy", "share of images called correctly", "images"),
        "balanced_accuracy": Metric(
            "Balanced accuracy", "mean of recall and specificity", "images"
        ),
        "selection_rate": Metric(
            "Selection rate", "share of images called malignant", "images", None
        ),
    }
)

#: Rates beyond :data:`METRICS`; those from scores are made in :mod:`explorer.fairness.scores`.
EXTRA_METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "negative_predictive_value": Metric(
            "Negative predictive value",
            "share of images called benign that are",
            "images called benign",
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
            False,
        ),
    }
)
ALL_METRICS: Mapping[str, Metric] = MappingProxyType({**METRICS, **EXTRA_METRICS})


@dataclass(frozen=True)
class Rate:
    """A rate in 0..1 with its 95 % interval and its denominator ``n``.

    With nothing to count, ``n`` is 0 and the other three are None.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Counts:
    """Confusion counts per group, int64, shape (groups,): malignant is the positive class."""

    names: tuple[str, ...]
    true_positives: np.ndarray
    false_positives: np.ndarray
    false_negatives: np.ndarray
    true_negatives: np.ndarray

    @property
    def margins(self) -> Margins:
        return Margins(
            self.true_positives + self.false_negatives, self.false_positives + self.true_negatives
        )

    @property
    def cells(self) -> np.ndarray:
        """TP, FP, FN, TN as one array, shape (4, groups)."""
        return np.stack(
            [self.true_positives, self.false_positives, self.false_negatives, self.true_negatives]
        )


@dataclass(frozen=True)
class GroupMetrics:
    """Counts and rates of one group (or of all images); :data:`METRICS` says what each rate is."""

    name: str
    count: int
    positives: int
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    recall: Rate
    false_positive_rate: Rate
    false_negative_rate: Rate
    precision: Rate
    f1: Rate
    accuracy: Rate
    balanced_accuracy: Rate
    selection_rate: Rate

    def rate(self, metric: str) -> Rate:
        """The rate of this name, a key of :data:`ALL_METRICS`.

        Undefined (``n`` 0) for one of :data:`EXTRA_METRICS` that was not computed.
        """
        check_metric(metric)
        return getattr(self, metric, Rate(None, None, None, 0))


def check_metric(metric: str) -> None:
    """Raise ExplorerError unless ``metric`` is a key of :data:`ALL_METRICS`."""
    if metric not in ALL_METRICS:
        raise ExplorerError(f"unknown metric {metric!r}: choose one of {', '.join(ALL_METRICS)}")


# Values, from fairlearn


def weighted_rows(counts: Counts, kept: np.ndarray) -> dict:
    """Non-empty cells as keyword arguments of fairlearn's functions.

    ``kept``: bool, shape (groups,). The sensitive feature is the group's index, the sample
    weight the cell's count.
    """
    cells = counts.cells * kept
    cell, group = np.nonzero(cells)
    return {
        "y_true": np.array([1, 0, 1, 0])[cell],
        "y_pred": np.array([1, 1, 0, 0])[cell],
        "sensitive_features": group,
        "sample_weight": cells[cell, group],
    }


def group_metrics(counts: Counts) -> tuple[tuple[GroupMetrics, ...], GroupMetrics]:
    """Metrics of every group, in the order of ``counts.names``, and of all images together.

    Every group must hold at least one image.
    """

    rows = weighted_rows(counts, np.ones(len(counts.names), bool))
    weights = {"sample_weight": rows.pop("sample_weight")}
    rows["sensitive_features"] = pd.Series(rows["sensitive_features"])  # an array of one is refused
    functions = _functions()
    with warnings.catch_warnings():  # one-class groups; their undefined rates are dropped below
        warnings.simplefilter("ignore", UserWarning)
        frame = fair.MetricFrame(
            metrics=functions, sample_params=dict.fromkeys(functions, weights), **rows
        )
    groups = tuple(
        _group(name, counts.cells[:, i], frame.by_group.loc[i])
        for i, name in enumerate(counts.names)
    )
    return groups, _group("all images", counts.cells.sum(axis=1), frame.overall)


def _functions() -> dict:
    """The library function behind every key of :data:`METRICS`."""

    return {
        "recall": fair.true_positive_rate,
        "false_positive_rate": fair.false_positive_rate,
        "false_negative_rate": fair.false_negative_rate,
        "precision": partial(sk.precision_score, zero_division=0),
        "f1": partial(sk.f1_score, zero_division=0),
        "accuracy": sk.accuracy_score,
        "balanced_accuracy": sk.balanced_accuracy_score,
        "selection_rate": fair.selection_rate,
    }


def _group(name: str, cells: np.ndarray, values: Mapping[str, float]) -> GroupMetrics:
    tp, fp, fn, tn = (int(cell) for cell in cells)
    parts = {
        "recall": (tp, tp + fn),
        "false_positive_rate": (fp, fp + tn),
        "false_negative_rate": (fn, tp + fn),
        "precision": (tp, tp + fp),
        "accuracy": (tp + tn, tp + fp + fn + tn),
        "selection_rate": (tp + fp, tp + fp + fn + tn),
    }
    rates = {
        metric: _rate(values[metric], *wilson(*part), part[1]) for metric, part in parts.items()
    }
    jaccard = wilson(tp, tp + fp + fn)
    rates["f1"] = _rate(values["f1"], *(2 * j / (1 + j) for j in jaccard), tp + fp + fn)
    rates["balanced_accuracy"] = _balanced(
        float(values["balanced_accuracy"]), (tp, tp + fn), (tn, tn + fp)
    )
    return GroupMetrics(name, tp + fp + fn + tn, tp + fn, tp, fp, fn, tn, **rates)


# Intervals


def wilson(part: int, total: int) -> tuple[float, float]:
    """Wilson 95 % score interval of ``part`` out of ``total``; (nan, nan) if ``total`` is 0."""

    if total == 0:
        return np.nan, np.nan
    interval = stats.binomtest(part, total).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


def _rate(value: float, low: float, high: float, n: int) -> Rate:
    return Rate(float(value), low, high, n) if n else Rate(None, None, None, 0)


def _balanced(value: float, recall: tuple[int, int], specificity: tuple[int, int]) -> Rate:
    """Balanced accuracy with its square-and-add interval, from (part, total) pairs."""
    if not (recall[1] and specificity[1]):
        return Rate(None, None, None, 0)
    pairs = [(part / total, *wilson(part, total)) for part, total in (recall, specificity)]
    below = np.sqrt(sum((rate - low) ** 2 for rate, low, _ in pairs)) / 2
    above = np.sqrt(sum((high - rate) ** 2 for rate, _, high in pairs)) / 2
    return Rate(value, float(value - below), float(value + above), recall[1] + specificity[1])
