"""Named pairs of groups: which differs from which, by how much, and how sure that is.

For each pair Newcombe's interval of the difference (:mod:`explorer.fairness.limits`) and a
p-value: Fisher's exact test where images count as independent [1]_; with patients, the level at
which the interval would just reach 0. Holm's correction holds over all pairs of all rates.

References
----------
.. [1] Fisher (1935), "The logic of inductive inference", J. Royal Statistical Society 98(1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from explorer.fairness.heterogeneity import holm
from explorer.fairness.limits import Z, differences
from explorer.util import lazy

special = lazy.load("scipy.special")


@dataclass(frozen=True)
class Pair:
    """One rate of two named groups.

    Attributes
    ----------
    first, second : str
        Groups.
    difference : float
        The first's rate minus the second's, -1..1.
    low, high : float
        Its 95 % interval (Newcombe), not corrected for the number of pairs.
    p_value, p_holm : float
        Without and with Holm's correction.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    p_value: float
    p_holm: float


def pairs_of(
    names: Sequence[str], columns: np.ndarray, counts=None, correlation=None
) -> tuple[Pair, ...]:
    """All pairs of some groups.

    Parameters
    ----------
    names : sequence of str
    columns : float (3, groups)
        Rates and the ends of their 95 % intervals.
    counts : tuple of int (groups,), optional
        Calls and images, for Fisher's test; without them p is that of the interval.
    correlation : float (groups, groups), optional
        Of the groups' estimates.
    """
    difference, below, above = differences(*columns, correlation)
    found = []
    for i, j in combinations(range(len(names)), 2):
        gap, down, up = (float(x[i, j]) for x in (difference, below, above))
        if counts is None:
            reach = down if gap > 0 else up
            p_value = float(2 * special.ndtr(-Z * abs(gap) / reach)) if gap else 1.0
        else:
            calls, images = counts
            p_value = fisher(calls[i], images[i], calls[j], images[j])
        ends = max(-1.0, gap - down), min(1.0, gap + up)
        found.append(Pair(names[i], names[j], gap, *ends, p_value, p_value))
    return tuple(found)


def fisher(part: int, total: int, other: int, other_total: int) -> float:
    """Two-sided p-value of Fisher's exact test: as ``scipy.stats.fisher_exact``, a hundred times
    as fast, which sixty groups with 1,770 pairs need."""
    called = int(part + other)
    k = np.arange(max(0, called - int(other_total)), min(called, int(total)) + 1)
    log = -special.betaln(total - k + 1, k + 1) - special.betaln(
        other_total - called + k + 1, called - k + 1
    )
    chance = np.exp(log - log.max())
    own = chance[int(part) - k[0]]
    return float(min(1.0, chance[chance <= own * (1 + 1e-7)].sum() / chance.sum()))


def corrected(pairs: Mapping[str, Sequence[Pair]]) -> dict[str, tuple[Pair, ...]]:
    """The same pairs by rate, with Holm's correction over all of them together."""
    p_values = iter(holm([pair.p_value for each in pairs.values() for pair in each]))
    return {
        name: tuple(replace(pair, p_holm=next(p_values)) for pair in each)
        for name, each in pairs.items()
    }
