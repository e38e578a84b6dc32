"""Threshold against ranking: do groups differ in where they are cut, or in how they are ordered?

Rates of two groups differ although their scores order images equally well, if one threshold cuts
them at different places; another threshold per group then helps. Or the scores themselves order
one group worse, and no threshold helps. Specificity at the same sensitivity tells them apart: each
group is cut where it reaches the sensitivity, wherever that is.

Interval of such a specificity (95 %): the threshold's own, by order statistics of the malignant
scores [1]_, and Wilson's at the threshold, added as squares (MOVER). Images count as independent.

References
----------
.. [1] Conover (1999), "Practical Nonparametric Statistics", 3rd ed., section 3.2.
"""

from dataclasses import dataclass

import numpy as np

from explorer.fairness.auroc import METHOD, auroc_rate
from explorer.fairness.decisions import Decided
from explorer.fairness.levels import has_meaning
from explorer.fairness.metrics import NOTHING, Rate, proportion, wilson
from explorer.util import lazy

stats = lazy.load("scipy.stats")

SENSITIVITIES = (0.8, 0.9, 0.95)
INTERVAL = (
    "95 %: order statistics of malignant scores and Wilson, combined by MOVER; images count as "
    "independent"
)


@dataclass(frozen=True)
class GroupRanking:
    """How one group is ordered, and where it is cut.

    Attributes
    ----------
    name : str
    malignant, benign : int
    auroc : Rate
    recall, specificity : Rate
        Of the decisions as they are, with Wilson's intervals.
    youden : float
        Their recall + specificity - 1.
    best_youden, best_threshold : float
        The largest that a threshold reaches on these very images, so it is optimistic.
    at : tuple of Rate
        Specificity at each of :data:`SENSITIVITIES`.
    """

    name: str
    malignant: int
    benign: int
    auroc: Rate
    recall: Rate
    specificity: Rate
    youden: float
    best_youden: float
    best_threshold: float
    at: tuple[Rate, ...]


@dataclass(frozen=True)
class Ranking:
    """Every group with images of both classes, and how the intervals are made."""

    groups: tuple[GroupRanking, ...]
    sensitivities: tuple[float, ...] = SENSITIVITIES
    interval: str = INTERVAL
    auroc_interval: str = f"95 %: {METHOD}"


def ranking(decided: Decided) -> Ranking | None:
    """Threshold against ranking, by group; None without scores or with one group alone."""
    if decided.probability is None:
        return None
    groups = []
    for index, name in enumerate(decided.names):
        member = decided.group == index
        target, call = decided.target[member], decided.call[member]
        if has_meaning(name) and 0 < target.sum() < len(target):
            groups.append(_group(name, target, call, decided.probability[member]))
    return Ranking(tuple(groups)) if len(groups) > 1 else None


def _group(name: str, target: np.ndarray, call: np.ndarray, score: np.ndarray) -> GroupRanking:
    sick = target == 1
    recall = proportion(int(call[sick].sum()), int(sick.sum()))
    specificity = proportion(int((call[~sick] == 0).sum()), int((~sick).sum()))
    limits = np.unique(score)
    found = 1 - np.searchsorted(np.sort(score[sick]), limits) / sick.sum()
    clear = np.searchsorted(np.sort(score[~sick]), limits) / (~sick).sum()
    best = (found + clear).argmax()
    return GroupRanking(
        name,
        recall.n,
        specificity.n,
        auroc_rate(target, score),
        recall,
        specificity,
        recall.value + specificity.value - 1,
        float(found[best] + clear[best] - 1),
        float(limits[best]),
        tuple(specificity_at(score[sick], score[~sick], s) for s in SENSITIVITIES),
    )


def specificity_at(malignant: np.ndarray, benign: np.ndarray, sensitivity: float) -> Rate:
    """Share of benign scores below the highest threshold that finds so many malignant ones.

    Parameters
    ----------
    malignant, benign : float (N,)
        Scores; called is what reaches the threshold.
    sensitivity : float
        Share of malignant images to find, 0..1.
    """
    m, n = len(malignant), len(benign)
    if not (m and n):
        return NOTHING
    falling = np.r_[np.inf, np.sort(malignant)[::-1], -np.inf]  # the k-th finds k

    def clear(rank: int) -> int:
        return int((benign < falling[rank]).sum())

    at = clear(int(np.ceil(sensitivity * m - 1e-9)))
    ranks = stats.binom.ppf((0.025, 0.975), m, sensitivity).astype(int)
    ends = clear(min(ranks[1] + 1, m + 1)) / n, clear(ranks[0]) / n
    value, (low, high) = at / n, wilson(at, n)
    return Rate(
        value,
        float(max(0.0, value - np.hypot(value - ends[0], value - low))),
        float(min(1.0, value + np.hypot(ends[1] - value, high - value))),
        n,
    )
