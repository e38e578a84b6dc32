"""Curves per group, with the operating point: ROC, precision and recall, calibration.

Points come from scikit-learn; a curve of a group with few images is drawn, and marked as such.
"""

from dataclasses import dataclass

import numpy as np

from explorer.fairness.analysis import Analysis
from explorer.fairness.metrics import NOTHING, Rate, proportion
from explorer.fairness.scores import BINS, bin_index
from explorer.util import lazy
from explorer.util.errors import ExplorerError

sk = lazy.load("sklearn.metrics")

#: More points than this are thinned for drawing; the ends stay.
MOST_POINTS = 400


@dataclass(frozen=True)
class GroupCurve:
    """One group's curve; arrays (K,), in 0..1.

    Attributes
    ----------
    name : str
        Group, or ``all images``.
    x, y : float64 (K,)
        ROC: false positive rate and recall. Precision-recall: recall and precision.
    area : Rate
        AUROC, or average precision, with its interval.
    point : tuple of float or None
        (x, y) where the group is operated; None if a coordinate is undefined.
    count, positives : int
    is_small : bool
        True where a class has fewer images than ``report.small``.
    area_by_patient : Rate
        AUROC with patients as the units, where they are known; undefined else.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    area: Rate
    point: tuple[float, float] | None
    count: int
    positives: int
    is_small: bool
    area_by_patient: Rate = NOTHING


def roc_curves(analysis: Analysis) -> tuple[GroupCurve, ...]:
    """ROC of all images, then of every group that has both classes."""
    return _curves(analysis, sk.roc_curve, "auroc", ("false_positive_rate", "recall"))


def precision_recall_curves(analysis: Analysis) -> tuple[GroupCurve, ...]:
    """Precision against recall, of all images and of every group that has both classes.

    The curve of a group starts at recall 1, where precision is the share of malignant images.
    Precision depends on that share, so curves of groups with different shares differ even for
    equal ROC curves.
    """

    def points(target, score):
        precision, recall, thresholds = sk.precision_recall_curve(target, score)
        return recall, precision, thresholds

    return _curves(analysis, points, "average_precision", ("recall", "precision"))


def _curves(analysis: Analysis, points, area: str, axes: tuple[str, str]) -> tuple:
    curves, overall = [], analysis.report.overall
    if overall.positives in (0, overall.count):
        raise ExplorerError("a curve needs benign and malignant images: this source has one kind")
    for group, target, score in _parts(analysis):
        negatives = group.count - group.positives
        if not (group.positives and negatives):
            continue
        x, y, _ = points(target, score)
        if len(x) > MOST_POINTS:
            kept = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(int))
            x, y = x[kept], y[kept]
        at = tuple(group.rate(axis).value for axis in axes)
        at = None if None in at else at
        few = min(group.positives, negatives) < analysis.report.small
        curves.append(
            GroupCurve(
                group.name,
                x,
                y,
                group.rate(area),
                at,
                group.count,
                group.positives,
                few,
                getattr(group, f"{area}_by_patient", NOTHING),
            )
        )
    return tuple(curves)


def _parts(analysis: Analysis):
    """All images, then every group: its metrics, labels and probabilities."""
    decided = analysis.decided
    if decided.probability is None:
        raise ExplorerError(
            "a curve needs a probability or logits per image: this source has labels only"
        )
    yield analysis.report.overall, decided.target, decided.probability
    for index, group in enumerate(analysis.report.groups):
        member = decided.group == index
        yield group, decided.target[member], decided.probability[member]


@dataclass(frozen=True)
class Bin:
    """Images with a probability from ``low`` to ``high``: what was predicted, what was found.

    ``observed`` is the share of malignant images with its Wilson interval; its ``n`` is the
    number of images. ``predicted`` is their mean probability.
    """

    low: float
    high: float
    predicted: float
    observed: Rate


@dataclass(frozen=True)
class Reliability:
    """Calibration of one group: its non-empty bins, and the calibration error over them."""

    name: str
    bins: tuple[Bin, ...]
    error: Rate
    count: int
    is_small: bool


def calibration_curves(analysis: Analysis) -> tuple[Reliability, ...]:
    """Reliability of all images, then of every group, in 10 equal-width bins.

    A rule that divides the class priors out (the published one) or equal-cost training moves
    probabilities up on purpose: they then lie far above observed frequencies.
    """
    curves = []
    for group, target, score in _parts(analysis):
        index = bin_index(score)
        bins = []
        for i in np.unique(index).tolist():
            found = target[index == i]
            observed = proportion(int(found.sum()), len(found))
            bins.append(Bin(i / BINS, (i + 1) / BINS, float(score[index == i].mean()), observed))
        error, few = group.rate("calibration_error"), group.count < analysis.report.small
        curves.append(Reliability(group.name, tuple(bins), error, group.count, few))
    return tuple(curves)
