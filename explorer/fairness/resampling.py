"""Chance and gaps: shuffles of counts, not of rows.

A *gap* is the largest minus the smallest group rate. How large a gap would chance alone give?
:func:`explorer.fairness.shuffling.permute` shuffles the group labels within each class, so that
given its label an image's call has nothing to do with its group [1]_: 20,000 shuffles of the
study's 6,562 validation images are a matter of milliseconds.

A gap over all groups is described, not tested alone: it is positive in nearly every sample even
when all groups are equal, and it forgets all groups but two. So beside it stand its null, an
interval that covers (:mod:`explorer.fairness.limits`), a test over all groups
(:mod:`explorer.fairness.heterogeneity`) and the named pairs (:mod:`explorer.fairness.pairs`).

These shuffles take images as independent. Where patients are known,
:mod:`explorer.fairness.by_patient` makes the same again with patients as units.

References
----------
.. [1] Good (2005), "Permutation, Parametric and Bootstrap Tests of Hypotheses", chapter 3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from explorer.fairness import heterogeneity, pairs
from explorer.fairness.heterogeneity import Heterogeneity, chi_square, share_at_least
from explorer.fairness.limits import gap_limits, wilson_limits
from explorer.fairness.metrics import METRICS
from explorer.fairness.pairs import Pair
from explorer.fairness.shuffling import deal, permute

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
#: The two gaps of which equalized odds is the larger.
PARTS = ("equal_opportunity_difference", "false_positive_rate_difference")
ODDS = "equalized_odds_difference"
RESAMPLES = 20_000
SEED = 20_240_229


@dataclass(frozen=True, kw_only=True)
class GapSample:
    """What is known of one gap with images, or with patients, as units.

    Every number is None, and there is no pair, where the gap is undefined.

    Attributes
    ----------
    value, low, high : float or None
        The gap and its 95 % interval (:func:`explorer.fairness.limits.gap_limits`).
    null_mean, null_p95 : float or None
        Mean and 95th percentile of the gaps that the shuffles give.
    p_value : float or None
        Share of shuffles with at least this gap, (1 + hits) / (1 + shuffles).
    heterogeneity : Heterogeneity or None
        One test over all groups; of equalized odds, of both its rates together.
    pairs : tuple of Pair
        Every pair of groups; none of equalized odds, whose two parts have them.
    shuffled : str
        What was exchanged.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    null_mean: float | None = None
    null_p95: float | None = None
    p_value: float | None = None
    heterogeneity: Heterogeneity | None = None
    pairs: tuple[Pair, ...] = ()
    shuffled: str = ""


@dataclass(frozen=True)
class Table:
    """One rate of the groups that are compared, and what shuffles make of it.

    Attributes
    ----------
    kept : int64 (K,)
        Indices of the groups that have the rate.
    calls, images : int64 (K,)
    columns : float64 (3, K)
        Rates and the ends of their 95 % intervals.
    shuffled : tuple of int (R, groups)
        Calls and images, conditional on the margins of this very table.
    null : tuple of int (R, groups)
        Calls and images when groups are shuffled within each class.
    correlation : float64 (K, K) or None
    how : str
        What was exchanged.
    """

    kept: np.ndarray
    calls: np.ndarray
    images: np.ndarray
    columns: np.ndarray
    shuffled: tuple
    null: tuple
    correlation: np.ndarray | None = None
    how: str = "groups within each class"


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
        rate = METRICS[metric].value(cells, minimum)
        missing = np.isnan(rate)
        most = np.where(missing, -np.inf, rate).max(axis=-1)
        least = np.where(missing, np.inf, rate).min(axis=-1)
        few = (~missing).sum(axis=-1) < 2
        spreads[metric] = np.where(few, np.nan, np.where(few, 0, most) - np.where(few, 0, least))
    larger = np.maximum(spreads["recall"], spreads["false_positive_rate"])
    return {name: spreads[metric] if metric else larger for name, (_, metric) in GAPS.items()}


#: Largest number of multiplicities held at once.
HELD = 4_000_000


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
    names: Sequence[str] | None = None,
) -> dict[str, GapSample]:
    """Interval, null, test and pairs of every gap, with images as units.

    Parameters
    ----------
    cells : int, shape (4, groups)
    minimum
        As for :func:`gaps`.
    resamples : int
        Shuffles.
    seed : int
        The same seed gives the same answer.
    names : sequence of str, optional
        Of the groups; by default their numbers.
    """
    rng = np.random.default_rng(seed)
    null, tables = permute(cells, resamples, rng), {}
    for metric in filter(None, (metric for _, metric in GAPS.values())):
        (fraction,) = METRICS[metric].fractions
        calls, images = (np.asarray(x) for x in fraction.count(cells))
        kept = np.flatnonzero(images >= max(minimum, 1))
        own = fraction.count(null)
        own = own[0], np.broadcast_to(own[1], own[0].shape)
        drawn = own
        if metric == "selection_rate":  # its table has both classes
            drawn = deal(images, int(calls.sum()), resamples, rng)
            drawn = drawn, np.broadcast_to(images, drawn.shape)
        calls, images = calls[kept], images[kept]
        rate = calls / np.maximum(images, 1)
        columns = np.array([rate, *wilson_limits(rate, images)])
        tables[metric] = Table(kept, calls, images, columns, drawn, own)
    return summaries(tables, names or list(map(str, range(cells.shape[1]))), True)


def summaries(
    tables: Mapping[str, Table], names: Sequence[str], independent: bool
) -> dict[str, GapSample]:
    """Every gap of the tables of recall, false positive rate and selection rate.

    ``independent`` images have Fisher's test for pairs.
    """
    defined = {metric: table for metric, table in tables.items() if len(table.kept) > 1}
    tests = {metric: _test(table) for metric, table in defined.items()}
    every = {
        metric: pairs.pairs_of(
            [names[i] for i in table.kept],
            table.columns,
            (table.calls, table.images) if independent else None,
            table.correlation,
        )
        for metric, table in defined.items()
    }
    tests, every = heterogeneity.corrected(tests), pairs.corrected(every)
    found = {
        name: _sample(defined[metric], tests[metric], every[metric])
        if metric in defined
        else GapSample()
        for name, (_, metric) in GAPS.items()
        if metric
    }
    parts = [GAPS[name][1] for name in PARTS]
    found[ODDS] = GapSample()
    if all(part in defined for part in parts):
        found[ODDS] = _odds([defined[part] for part in parts], [found[name] for name in PARTS])
    return {name: found[name] for name in GAPS}


def _test(table: Table) -> Heterogeneity:
    shuffled = tuple(each[:, table.kept] for each in table.shuffled)
    return heterogeneity.heterogeneity(table.calls, table.images, shuffled)


def _null(table: Table) -> np.ndarray:
    """The gaps of the shuffles, float64 (R,)."""
    calls, images = (each[:, table.kept] for each in table.null)
    return np.ptp(calls / images, axis=1)


def _sample(table: Table, test: Heterogeneity, every: tuple[Pair, ...]) -> GapSample:
    low, high = gap_limits(*table.columns, table.correlation)
    value = float(np.ptp(table.columns[0]))
    return GapSample(
        value=value,
        low=float(low),
        high=float(high),
        **_chance(value, _null(table)),
        heterogeneity=test,
        pairs=every,
        shuffled=table.how,
    )


def _odds(tables: Sequence[Table], parts: Sequence[GapSample]) -> GapSample:
    """The larger of two gaps. Both intervals hold at once, so the larger ends hold the larger."""
    value = max(part.value for part in parts)
    low, high = np.max([gap_limits(*t.columns, t.correlation, len(tables)) for t in tables], axis=0)
    chi = sum(chi_square(*(each[:, table.kept] for each in table.shuffled)) for table in tables)
    statistic = sum(part.heterogeneity.statistic for part in parts)
    p_value = share_at_least(chi, statistic)
    # rates differ in one of the two parts if and only if Holm finds them to in one of the two
    p_holm = min(part.heterogeneity.p_holm for part in parts)
    return GapSample(
        value=value,
        low=float(low),
        high=float(high),
        **_chance(value, np.maximum(*map(_null, tables))),
        heterogeneity=Heterogeneity(statistic, p_value, p_holm, len(chi)),
        shuffled=" and ".join(dict.fromkeys(part.shuffled for part in parts)),
    )


def _chance(value: float, null: np.ndarray) -> dict:
    return {
        "null_mean": float(null.mean()),
        "null_p95": float(np.percentile(null, 95)),
        "p_value": share_at_least(null, value),
    }
