"""Could chance alone make it? One test of a rate over all groups at once.

The largest-minus-smallest gap looks at two groups and forgets the others, so a test of it sees
little. Pearson's chi-square sums over all groups how far each is from the common rate, weighted by
how well it is known. Its p-value comes from shuffles that keep all margins of the table (the
groups' images and the number of calls), so it is exact for any counts, up to the number of
shuffles, and needs no large expected count [1]_ [2]_.

References
----------
.. [1] Agresti (2002), "Categorical Data Analysis", 2nd ed., sections 3.2 and 3.5.
.. [2] Phipson, Smyth (2010), "Permutation p-values should never be zero", Stat. Appl. Genet. Mol.
   Biol. 9(1), article 39.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Heterogeneity:
    """A test that a rate is the same in all groups.

    Attributes
    ----------
    statistic : float
        Pearson's chi-square.
    p_value : float
        Share of shuffles with at least this statistic, (1 + hits) / (1 + shuffles).
    p_holm : float
        The same, corrected by Holm for all rates that are tested together.
    shuffles : int
    """

    statistic: float
    p_value: float
    p_holm: float
    shuffles: int


def chi_square(calls, images) -> np.ndarray:
    """Pearson's chi-square of groups by calls, for many tables at once.

    Parameters
    ----------
    calls, images : (..., groups)
        Calls, and the images that they are out of; groups without an image count nothing.

    Returns
    -------
    float64 (...)
        0 where nothing, or everything, is called.
    """
    calls, images = np.asarray(calls, float), np.asarray(images, float)
    total = images.sum(axis=-1, keepdims=True)
    common = calls.sum(axis=-1, keepdims=True) / np.maximum(total, 1)
    expected = images * common
    spread = expected * (1 - common)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(spread > 0, (calls - expected) ** 2 / spread, 0.0)
    return terms.sum(axis=-1)


def heterogeneity(calls, images, shuffled) -> Heterogeneity:
    """The test, given shuffles of the same table.

    Parameters
    ----------
    calls, images : int (groups,)
        Observed.
    shuffled : tuple of int (shuffles, groups)
        Calls and images in each shuffle.
    """
    observed, null = float(chi_square(calls, images)), chi_square(*shuffled)
    # equal tables must count as equal
    p_value = share_at_least(null, observed)
    return Heterogeneity(observed, p_value, p_value, len(null))


def share_at_least(null: np.ndarray, observed: float) -> float:
    """p-value: how often a shuffle gives at least what was observed; never 0."""
    hits = np.count_nonzero(null >= observed - 1e-9 * max(1.0, abs(observed)))
    return (1 + int(hits)) / (1 + null.size)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected so that 5 % is the chance of any false finding among them all.

    References
    ----------
    Holm (1979), "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6.
    """
    p_values = np.asarray(p_values, float)
    order = np.argsort(p_values, kind="stable")
    steps = np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1))
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(steps, 1)
    return corrected.tolist()


def corrected(tests: Mapping[str, Heterogeneity]) -> dict[str, Heterogeneity]:
    """The same tests by name, with Holm's correction over all of them."""
    p_values = holm([test.p_value for test in tests.values()])
    return {name: replace(test, p_holm=p) for (name, test), p in zip(tests.items(), p_values)}
