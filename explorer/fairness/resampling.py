"""Chance and gaps: resampling of counts, not of rows.

A *gap* is the largest minus the smallest group rate. Two questions need resampling:

How precisely is the gap known? :func:`bootstrap` draws, within every group and class, as many
images as there are, with replacement [1]_. Of n images with k calls, the number of calls in such
a resample is binomial (n, k / n), so one binomial draw replaces n row draws.

How large a gap would chance alone give? :func:`permute` shuffles the group labels within each
class, so that given its label an image's call has nothing to do with its group [2]_. The calls
that land in each group are then multivariate hypergeometric, so one draw replaces a shuffle.

Both draw exactly what the row-level procedure draws, which makes 20,000 resamples of the
study's 6,562 validation images a matter of milliseconds.

A largest-minus-smallest gap is never negative, and is positive in nearly every sample even when
all groups are equal: noise alone spreads the groups. A bootstrap resample adds noise to
rates that already hold some, so its gaps lie above the observed one on average, and the
percentile interval is not centred on the observed gap. Nor can it say whether the gap is zero:
its lower end is practically never 0. For that question read the gap beside the permutation null.

Those draws treat images as independent. Images of one patient are not, so the intervals and the
null band are, if anything, too narrow. Where patients are known, :func:`cluster_bootstrap` draws
patients instead of images [4]_; again only counts (per patient) are resampled, not rows.

References
----------
.. [1] Efron, Tibshirani (1993), "An Introduction to the Bootstrap", chapters 8 and 13.
.. [2] Good (2005), "Permutation, Parametric and Bootstrap Tests of Hypotheses", chapter 3.
.. [3] Phipson, Smyth (2010), "Permutation p-values should never be zero", Stat. Appl. Genet.
   Mol. Biol. 9(1), article 39: the +1 correction.
.. [4] Davison, Hinkley (1997), "Bootstrap Methods and their Application", section 3.8.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from explorer.fairness.metrics import METRICS, Rate

#: Each gap under fairlearn's name: its plain label and the rate whose largest-minus-smallest value
#: it is; None: the larger of the recall and the false-positive-rate gap.
GAPS: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        "demographic_parity_difference": ("Demographic parity difference", "selection_rate"),
        "equal_opportunity_difference": ("Equal opportunity difference", "recall"),
        "false_positive_rate_difference": ("False positive rate difference", "false_positive_rate"),
        "equalized_odds_difference": ("Equalized odds difference", None),
    }
)
RESAMPLES = 20_000
SEED = 20_240_229


@dataclass(frozen=True)
class GapSample:
    """Interval and null of one gap; every field is None where the gap is undefined.

    ``low`` and ``high`` are the 2.5th and 97.5th bootstrap percentiles (None too where no resample
    has the gap), ``null_mean`` and
    ``null_p95`` the mean and the 95th percentile under the permutation null, ``p_value`` the
    share of null gaps at least as large as the observed one, (1 + hits) / (1 + resamples).
    """

    low: float | None = None
    high: float | None = None
    null_mean: float | None = None
    null_p95: float | None = None
    p_value: float | None = None


def gaps(cells, minimum: int = 1) -> dict[str, np.ndarray]:
    """Largest minus smallest group rate, for every name in :data:`GAPS`.

    Parameters
    ----------
    cells : int, shape (4, ..., groups)
        TP, FP, FN and TN, as one array or four that broadcast.
    minimum : int
        A group enters a gap only if its rate has at least this denominator. 1 leaves out
        undefined rates and nothing else.

    Returns
    -------
    dict of str to float64, shape (...)
        In 0..1; NaN where fewer than two groups enter. The equalized odds difference is the
        larger of the recall and the false-positive-rate gap, as fairlearn defines it.
    """
    spreads = {}
    for metric in filter(None, (metric for _, metric in GAPS.values())):
        least, most = extremes(METRICS[metric].value(cells, minimum))
        spreads[metric] = most - least
    larger = np.maximum(spreads["recall"], spreads["false_positive_rate"])
    return {name: spreads[metric] if metric else larger for name, (_, metric) in GAPS.items()}


def bootstrap(cells: np.ndarray, resamples: int, rng) -> np.ndarray:
    """Stratified bootstrap of the calls, int64 (4, resamples, groups), of counts (4, groups)."""
    return _redrawn(
        cells, lambda calls, n: rng.binomial(n, calls / np.maximum(n, 1), (resamples, len(n)))
    )


def permute(cells: np.ndarray, resamples: int, rng) -> np.ndarray:
    """Group labels shuffled within each class, int64 (4, resamples, groups)."""
    return _redrawn(
        cells, lambda calls, n: rng.multivariate_hypergeometric(n, int(calls.sum()), resamples)
    )


def _redrawn(cells: np.ndarray, draw: Callable) -> np.ndarray:
    """New calls in each class by ``draw(calls, images)``; the images per group and class stay."""
    tp, fp, fn, tn = cells
    true_positives, false_positives = draw(tp, tp + fn), draw(fp, fp + tn)
    return np.stack(
        [true_positives, false_positives, tp + fn - true_positives, fp + tn - false_positives]
    )


def cluster_bootstrap(cells: np.ndarray, resamples: int, rng) -> np.ndarray:
    """Bootstrap of whole clusters (patients): as many as there are, with replacement.

    A group's number of images then varies from resample to resample, as it does between samples
    of patients.

    Parameters
    ----------
    cells : int, shape (clusters, 4, groups)
        TP, FP, FN and TN of each cluster in each group.

    Returns
    -------
    int64, shape (4, resamples, groups)
    """
    clusters, _, groups = cells.shape
    flat = cells.reshape(clusters, -1).astype(np.float32)  # sums stay exact below 2**24
    if clusters > MANY:
        kinds, times = np.unique(flat, axis=0, return_counts=True)
        if len(kinds) <= FEW_KINDS:  # equal clusters need not be told apart
            total = rng.multinomial(clusters, times / clusters, resamples) @ kinds.astype(np.int64)
            return np.moveaxis(total.reshape(resamples, 4, groups), 1, 0)
    total = np.empty((resamples, flat.shape[1]), np.int64)
    step = max(1, HELD // max(clusters, 1))
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        total[start : start + rows] = multiplicities(clusters, rows, rng) @ flat
    return np.moveaxis(total.reshape(resamples, 4, groups), 1, 0)


#: Largest number of multiplicities held at once.
HELD = 4_000_000
#: Of more clusters than this, of at most so many different ones, it is drawn how many of each kind
#: a resample has: the same distribution, in a hundredth of the time.
MANY, FEW_KINDS = 20_000, 1_000


def multiplicities(count: int, resamples: int, rng) -> np.ndarray:
    """How often each of ``count`` items is in each resample, float32 (resamples, count)."""
    drawn = rng.integers(0, count, (resamples, count), dtype=np.int64)
    drawn += np.arange(resamples)[:, None] * count
    times = np.bincount(drawn.ravel(), minlength=resamples * count)
    return times.reshape(resamples, count).astype(np.float32)


def sample_gaps(
    cells: np.ndarray,
    minimum: int = 1,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    draws: np.ndarray | None = None,
) -> dict[str, GapSample]:
    """Interval, null band and p-value of every gap, all from the same resamples.

    Parameters
    ----------
    cells : int, shape (4, groups)
    minimum
        As for :func:`gaps`.
    resamples : int
        Draws of the bootstrap and, again, of the null.
    seed : int
        The same seed gives the same answer.
    draws : int, shape (4, resamples, groups), optional
        For the intervals, in place of the stratified bootstrap.
    """
    rng = np.random.default_rng(seed)
    draws = bootstrap(cells, resamples, rng) if draws is None else draws
    null = permute(cells, resamples, rng)
    observed, spread, null = (gaps(each, minimum) for each in (cells, draws, null))
    return {name: _summary(observed[name], spread[name], null[name]) for name in GAPS}


def _summary(observed: float, spread: np.ndarray, null: np.ndarray) -> GapSample:
    if np.isnan(observed):
        return GapSample()
    spread = spread[~np.isnan(spread)]  # a resample of patients may hold too few of a group
    low, high = np.percentile(spread, (2.5, 97.5)) if spread.size else (None, None)
    hits = np.count_nonzero(null >= observed - 1e-12)  # equal gaps must count as equal
    return GapSample(
        low if low is None else float(low),
        high if high is None else float(high),
        float(null.mean()),
        float(np.percentile(null, 95)),
        (1 + int(hits)) / (1 + null.size),
    )


def extremes(rate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest over the last axis without NaN; NaN for fewer than two."""
    missing = np.isnan(rate)
    few = (~missing).sum(axis=-1) < 2
    least = np.where(missing, np.inf, rate).min(axis=-1)
    most = np.where(missing, -np.inf, rate).max(axis=-1)
    return np.where(few, np.nan, least), np.where(few, np.nan, most)


def newcombe(most: Rate, least: Rate) -> tuple[float, float]:
    """95 % interval of ``most`` minus ``least`` by square-and-add of their own intervals, in 0..1.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17(8), method 10.
    """
    difference = most.value - least.value
    below = np.hypot(most.value - most.low, least.high - least.value)
    above = np.hypot(most.high - most.value, least.value - least.low)
    return float(max(0.0, difference - below)), float(min(1.0, difference + above))


def steady(
    most: Rate, least: Rate, low: float | None, high: float | None
) -> tuple[float | None, float | None]:
    """A resampled interval, or :func:`newcombe`'s where an end is one that resampling cannot vary.

    That is a rate of exactly 0 or 1, or images that are all alike (of a single patient, say).
    """
    varies = low is not None and high > low and not {most.value, least.value} & {0, 1}
    return (low, high) if varies or most.low is None or least.low is None else newcombe(most, least)
