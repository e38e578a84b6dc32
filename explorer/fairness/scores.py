"""Measures that need a probability per image: AUROC, average precision, calibration error.

Values agree with scikit-learn's. Intervals (95 %):

AUROC
    The wider, at each end, of logit-DeLong and Newcombe's score interval, see
    :mod:`explorer.fairness.auroc`; where patients are known, by patient beside it.
average precision, calibration error
    Percentiles of a bootstrap, stratified by group and class, or over patients where they are
    known. The calibration error is a mean of absolute differences, so it is positive even for a
    perfectly calibrated model, and more so in small groups.

The bootstrap draws how often each image is in a resample and reads all three measures off running
sums of those numbers in the order of the score, for many resamples at once.

References
----------
.. [1] Guo, Pleiss, Sun, Weinberger (2017), "On calibration of modern neural networks", ICML,
   arXiv 1706.04599: the calibration error in equal-width bins.
"""

from dataclasses import dataclass

import numpy as np

from explorer.fairness.auroc import METHOD, METHOD_BY_PATIENT, auroc_rate
from explorer.fairness.gaps import GroupMetrics
from explorer.fairness.metrics import EXTRA_METRICS, NOTHING, Rate, wilson
from explorer.fairness.resampling import HELD, SEED, multiplicities

#: Equal-width bins of the calibration error and of the reliability plot.
BINS = 10
RESAMPLES = 400
#: Above so many images fewer of :data:`RESAMPLES` are drawn, to answer within seconds.
FEWER = ((50_000, 200), (200_000, 100))
MEASURES = ("auroc", "average_precision", "calibration_error")


def interval_text(patients: bool) -> str:
    """How the intervals of scores are made, for a report that does or does not know patients."""
    how = "over patients" if patients else "stratified by group and class"
    area = f"AUROC: {METHOD}"
    area += f"; by patient: {METHOD_BY_PATIENT}" if patients else ""
    return f" {area}. Average precision and calibration error: percentiles of a bootstrap {how}."


@dataclass(frozen=True)
class ScoredGroup(GroupMetrics):
    """A group's rates and, where there is a probability per image, those of its scores."""

    negative_predictive_value: Rate = NOTHING
    auroc: Rate = NOTHING
    auroc_by_patient: Rate = NOTHING
    average_precision: Rate = NOTHING
    calibration_error: Rate = NOTHING


def scored_group(group: GroupMetrics, measures: dict[str, Rate] | None = None) -> ScoredGroup:
    """``group`` with its negative predictive value and, if given, the measures of its scores."""
    value = EXTRA_METRICS["negative_predictive_value"].rate(group.cells)
    return ScoredGroup(**vars(group), negative_predictive_value=value, **(measures or {}))


# Values


def bin_index(probability: np.ndarray) -> np.ndarray:
    """Calibration bin 0..9 of probabilities; each bin holds its lower end, the last one also 1."""
    return np.minimum((np.asarray(probability) * BINS).astype(int), BINS - 1)


def measure(target: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """AUROC, average precision and calibration error for many weightings of the same images.

    Parameters
    ----------
    target : int (N,)
        0 or 1.
    score : float (N,)
        Probability of 1, falling.
    weights : float (R, N)
        How often each image counts, at least 0.

    Returns
    -------
    float64 (R, 3)
        In the order of :data:`MEASURES`; NaN where a class has no weight (calibration error:
        where nothing has).
    """
    tie = np.cumsum(np.r_[0, np.diff(score) != 0])  # images of one score count as one
    tied, first = np.unique(tie[target == 1], return_index=True)
    total = np.cumsum(weights, axis=1, dtype=np.float64)
    positive = weights[:, target == 1].astype(float)
    if not tied.size:
        positive, above = np.zeros((len(weights), 0)), np.zeros((len(weights), 0))
    else:
        positive = np.add.reduceat(positive, first, axis=1)
        above = np.cumsum(positive, axis=1)
    begin = np.searchsorted(tie, tied)
    called = total[:, np.searchsorted(tie, tied, side="right") - 1]  # weight at or above the score
    before = np.where(begin > 0, total[:, begin - 1], 0.0)
    positives = positive.sum(axis=1)
    negatives = total[:, -1] - positives
    below = negatives[:, None] - (called - above) + (called - before - positive) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        auroc = (positive * below).sum(axis=1) / (positives * negatives)
        precision = np.where(called > 0, above / called, 0.0)
        average = (positive * precision).sum(axis=1) / positives
        error = _calibration_error(target, score, weights) / total[:, -1]
    defined = (positives > 0) & (negatives > 0)  # without benign images precision is always 1
    return np.stack([auroc, np.where(defined, average, np.nan), error], axis=1)


def _calibration_error(target, score, weights) -> np.ndarray:
    """Times the total weight. Scores are sorted, so every bin is one stretch."""
    bins = bin_index(score)
    ends = np.r_[np.flatnonzero(np.diff(bins)) + 1, len(bins)]
    error, start = np.zeros(len(weights)), 0
    for end in ends:
        error += np.abs(weights[:, start:end] @ (score - target)[start:end])
        start = end
    return error


# Groups


@dataclass(frozen=True)
class ScoreTable:
    """Measures of all images together and of every group.

    Attributes
    ----------
    rates : tuple of dict of str to Rate
        All images first, then the groups; by :data:`MEASURES` and, where patients are known,
        ``auroc_by_patient``.
    """

    rates: tuple


def score_table(
    target: np.ndarray,
    score: np.ndarray,
    group: np.ndarray,
    groups: int,
    patient: np.ndarray | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> ScoreTable:
    """Measures with intervals, by group.

    Parameters
    ----------
    target, group : int (N,)
    score : float (N,)
    groups : int
        Groups are 0..groups - 1.
    patient : int (N,), optional
        Cluster of each image; with it the bootstrap draws clusters.
    """
    order = np.argsort(-score, kind="stable")
    members = [order, *(order[group[order] == g] for g in range(groups))]
    values = [measure(target[m], score[m], np.ones((1, len(m))))[0] for m in members]
    rng = np.random.default_rng(seed)
    resamples = min([resamples, *(most for images, most in FEWER if len(target) > images)])
    draws = np.empty((resamples, len(members), len(MEASURES)))
    step = max(1, HELD // max(len(target), 1))
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        weights = _weights(target, group, patient, rows, rng)
        for i, m in enumerate(members):
            draws[start : start + rows, i] = measure(target[m], score[m], weights[:, m])
    rates = tuple(
        _rates(target[m], score[m], None if patient is None else patient[m], value, draws[:, i])
        for i, (m, value) in enumerate(zip(members, values))
    )
    return ScoreTable(rates)


def _weights(target, group, patient, rows: int, rng) -> np.ndarray:
    if patient is not None:
        return multiplicities(int(patient.max()) + 1, rows, rng)[:, patient]
    weights = np.empty((rows, len(target)), np.float32)
    for stratum in np.unique(2 * group + target):
        members = 2 * group + target == stratum
        weights[:, members] = multiplicities(int(members.sum()), rows, rng)
    return weights


def _rates(target, score, patient, value: np.ndarray, draws: np.ndarray) -> dict[str, Rate]:
    positives = int(target.sum())
    rates = {"auroc": auroc_rate(target, score)}
    if patient is not None:
        rates["auroc_by_patient"] = auroc_rate(target, score, patient)
    for i, (name, n) in enumerate(zip(MEASURES[1:], (positives, len(target))), 1):
        if n == 0 or np.isnan(value[i]):
            rates[name] = NOTHING
            continue
        low, high = np.nanpercentile(draws[:, i], (2.5, 97.5))
        if low == high:  # all images alike, or one: of a mean within 0..1 this is wide enough
            low, high = wilson(round(value[i] * n), n)
            low, high = min(low, value[i]), max(high, value[i])
        rates[name] = Rate(float(value[i]), float(low), float(high), n)
    return rates
