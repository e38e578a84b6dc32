"""Limits of differences between rates, and of the largest-minus-smallest gap, that cover.

All are made of every group's own interval by square-and-add [1]_ [2]_, so they hold for any rate
that has one: a Wilson interval, one widened for patients, DeLong's.

*Two named groups.* Newcombe's hybrid score interval (his method 10) is square-and-add of two
Wilson intervals.

*Largest minus smallest.* Percentiles of a bootstrap do not work: the observed gap lies above the
true one, a resample adds to it, and where all groups are equal no such interval reaches 0. Here a
gap g is kept unless the pairs of groups contradict it:

- Below, g is too small if any pair is shown to differ by more. Which pair is largest was looked
  up in the data, so all pairs are held to account at once, by the quantile of the studentised
  range (Tukey, Kramer [3]_), with an error of 5 % where all groups are equal.
- Above, g is too large only if *every* pair is shown to differ by less, so the pair that is truly
  the largest decides and nothing need be corrected. Its error is what the lower limit leaves of
  5 % for that pair.

The interval holds its gap, reaches 0 where groups may be equal, and for two groups is Newcombe's.
``python -m explorer.benchmarks.coverage`` simulates how often it covers.

References
----------
.. [1] Newcombe (1998), "Interval estimation for the difference between independent proportions",
   Statistics in Medicine 17(8), method 10.
.. [2] Zou, Donner (2008), "Construction of confidence limits about effect measures: a general
   approach", Statistics in Medicine 27(10) (MOVER; with a correlation: its equation 7).
.. [3] Hayter (1984), "A proof of the conjecture that the Tukey-Kramer multiple comparisons
   procedure is conservative", Annals of Statistics 12(1).
.. [4] Donner, Zou (2012), "Closed-form confidence intervals for functions of the normal mean and
   standard deviation", Statistical Methods in Medical Research 21(4) (MOVER of a ratio).
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from explorer.fairness.metrics import Rate
from explorer.util import lazy

stats = lazy.load("scipy.stats")

#: Error of every interval.
ALPHA = 0.05
#: Standard normal quantile of a 95 % interval.
Z = 1.959963984540054


def wilson_limits(rate, n, z: float = Z) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score limits of rates (...) of ``n`` (...), which need not be whole numbers."""
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def differences(value, low, high, correlation=None) -> tuple[np.ndarray, ...]:
    """Every group minus every other, and how far its 95 % limits are below and above.

    Parameters
    ----------
    value, low, high : float (..., groups)
    correlation : float (groups, groups), optional
        Of the groups' estimates, which share patients; by default none.

    Returns
    -------
    difference, below, above : float64 (..., groups, groups)
        The first axis minus the second.
    """
    value, low, high = (np.asarray(x, float) for x in (value, low, high))
    under, over = value - low, high - value
    rho = 0.0 if correlation is None else correlation

    def added(first, second):
        first, second = first[..., :, None], second[..., None, :]
        return np.sqrt(np.maximum(first**2 - 2 * rho * first * second + second**2, 0))

    return value[..., :, None] - value[..., None, :], added(under, over), added(over, under)


@lru_cache(maxsize=256)
def critical(groups: int, gaps: int = 1) -> tuple[float, float]:
    """Multiples of the standard error below and above a largest-minus-smallest gap.

    Parameters
    ----------
    groups : int
        At least 2.
    gaps : int
        Of how many gaps the largest is taken: 2 for equalized odds.
    """
    below = stats.studentized_range.ppf(1 - ALPHA / gaps, groups, np.inf) / np.sqrt(2)
    return float(below), float(stats.norm.ppf(1 - ALPHA + gaps * stats.norm.sf(below)))


def gap_limits(value, low, high, correlation=None, gaps: int = 1) -> tuple:
    """95 % interval of the largest minus the smallest of the groups' true rates.

    Parameters
    ----------
    value, low, high : float (..., groups)
        Rates and their 95 % intervals, at least two.
    correlation, gaps
        As for :func:`differences` and :func:`critical`.

    Returns
    -------
    low, high : float64 (...)
        In 0..1.
    """
    difference, below, above = differences(value, low, high, correlation)
    under, over = critical(difference.shape[-1], gaps)
    pairs = ~np.eye(difference.shape[-1], dtype=bool)
    low = (difference - under / Z * below)[..., pairs].max(axis=-1)
    high = (difference + over / Z * above)[..., pairs].max(axis=-1)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def ratio_limits(value, low, high) -> tuple[float, float]:
    """95 % interval of the smallest divided by the largest of the groups' true rates, 0..1.

    By the same argument as :func:`gap_limits`, with MOVER of a ratio [4]_.
    """
    value, low, high = (np.asarray(x, float) for x in (value, low, high))
    under, over = critical(len(value))
    pairs = ~np.eye(len(value), dtype=bool)

    def ends(times: float):
        """What the limits are made of: of every group, and of every pair for either limit."""
        down, up = (np.maximum(value + times / Z * (x - value), 0) for x in (low, high))
        below, above = down * (2 * value - down), up * (2 * value - up)
        product = np.outer(value, value)
        roots = (
            np.sqrt(np.maximum(product**2 - np.outer(*x), 0))
            for x in ((below, above), (above, below))
        )
        return below, *(product + root for root in roots)

    with np.errstate(divide="ignore", invalid="ignore"):
        below, least, _ = ends(over)
        least = np.nan_to_num(below[:, None] / least)[pairs].min()
        below, _, most = ends(under)
        most = np.where(below > 0, most / below, np.inf)[pairs].min()
    return float(np.clip(least, 0, 1)), float(np.clip(most, 0, 1))


def newcombe(first: Rate, second: Rate) -> tuple[float, float]:
    """95 % interval of ``first`` minus ``second`` by square-and-add of their own, in -1..1."""
    rates = (first, second)
    value, low, high = ([getattr(rate, key) for rate in rates] for key in ("value", "low", "high"))
    difference, below, above = (x[0, 1] for x in differences(value, low, high))
    return float(max(-1.0, difference - below)), float(min(1.0, difference + above))


def columns(rates: Sequence[Rate]) -> np.ndarray:
    """Values, lower and upper ends of rates, float64 (3, groups)."""
    return np.array([[getattr(rate, key) for rate in rates] for key in ("value", "low", "high")])
