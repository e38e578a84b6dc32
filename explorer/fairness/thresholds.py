"""Thresholds per group that equalise rates: fairlearn's optimiser, as array arithmetic.

The same solution as ``fairlearn.postprocessing.ThresholdOptimizer`` with the objective balanced
accuracy (the tests compare), some hundred times as fast, so that it can be fitted on many splits;
with two more things. A gap may be *allowed*: rates then need to agree only to within it. And the
decisions stay shares: where fairlearn decides at random between two thresholds [1]_, the expected
number of images called malignant is counted, without a draw.

Of a group only the upper hull of its ROC curve is needed. Selection rate and balanced accuracy are
linear in both rates of the curve, so the hull is the same whichever rate is equalised.

References
----------
.. [1] Hardt, Price, Srebro (2016), "Equality of opportunity in supervised learning", NeurIPS,
   arXiv 1610.02413.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Steps of the rate that is equalised, as fairlearn's.
GRID = np.linspace(0, 1, 1_001)


@dataclass(frozen=True)
class Scored:
    """Images of one group by falling score: float64 (N,) and bool (N,), True for malignant."""

    score: np.ndarray
    malignant: np.ndarray

    def part(self, kept: np.ndarray) -> "Scored":
        """Those of a mask, bool (N,)."""
        return Scored(self.score[kept], self.malignant[kept])


@dataclass(frozen=True)
class Hull:
    """Upper hull of a ROC curve, from (0, 0) to (1, 1), float64 (K,).

    Called is what scores above ``threshold``, falling from infinity (nobody) to minus infinity
    (everybody). ``malignant`` and ``benign`` are the images behind it.
    """

    false_positive_rate: np.ndarray
    recall: np.ndarray
    threshold: np.ndarray
    malignant: int
    benign: int

    @property
    def selection_rate(self) -> np.ndarray:
        """Share called malignant at every vertex."""
        called = self.recall * self.malignant + self.false_positive_rate * self.benign
        return called / (self.malignant + self.benign)

    @property
    def balanced_accuracy(self) -> np.ndarray:
        """Mean of recall and specificity at every vertex."""
        return (self.recall + 1 - self.false_positive_rate) / 2


@dataclass(frozen=True)
class Decision:
    """How a group is decided: ``ignored`` of the images by ``constant``, a share called malignant
    whatever the score; of the rest ``share`` by ``thresholds[1]``, the others by ``thresholds[0]``.
    """

    thresholds: tuple[float, float]
    share: float
    ignored: float = 0.0
    constant: float = 0.0

    @property
    def main(self) -> float:
        """The threshold that decides more images."""
        return self.thresholds[int(self.share > 0.5)]

    @property
    def is_random(self) -> bool:
        """Whether two images of one score may be decided differently."""
        return self.ignored > 1e-9 or 1e-9 < self.share < 1 - 1e-9

    def cells(self, images: Scored) -> np.ndarray:
        """Expected TP, FP, FN and TN of images, float64 (4,)."""
        called = np.searchsorted(-images.score, -np.array(self.thresholds))  # above a threshold
        sums = np.r_[0, np.cumsum(images.malignant)]
        malignant = sums[-1]
        both = np.stack([sums[called], called - sums[called]])  # malignant, benign by threshold
        sizes = np.array([malignant, len(images.score) - malignant])
        found = both @ [1 - self.share, self.share] * (1 - self.ignored)
        found += self.ignored * self.constant * sizes
        return np.r_[found, sizes - found]


def hull_of(images: Scored) -> Hull:
    """The upper hull of a group's ROC curve; it needs an image of both classes."""
    last = np.r_[images.score[1:] != images.score[:-1], True]  # images of one score go together
    ends = np.flatnonzero(last)
    found = np.cumsum(images.malignant)[ends]
    false = ends + 1 - found
    limits = np.r_[(images.score[ends[:-1]] + images.score[ends[:-1] + 1]) / 2, -np.inf]
    # a vertex has the fewest benign images of its recall, and the most malignant of its rate
    first = np.r_[True, found[1:] > found[:-1]] & np.r_[false[1:] > false[:-1], True]
    first[-1] = True
    points = [(0, 0, np.inf), *zip(false[first].tolist(), found[first].tolist(), limits[first])]
    chain: list[tuple] = []
    for x, y, limit in points:
        while len(chain) > 1 and _is_below(chain[-2], chain[-1], (x, y)):
            chain.pop()
        chain.append((x, y, limit))
    x, y, limit = map(np.array, zip(*chain))
    return Hull(x / false[-1], y / found[-1], limit, int(found[-1]), int(false[-1]))


def _is_below(left: tuple, middle: tuple, right: tuple) -> bool:
    across = (middle[1] - left[1]) * (right[0] - left[0])
    return across <= (right[1] - left[1]) * (middle[0] - left[0])


def equalised(hulls: Sequence[Hull], constraint: str, allowed: float = 0.0) -> tuple[Decision, ...]:
    """The best decisions whose rates agree between groups to within ``allowed``.

    Parameters
    ----------
    hulls : sequence of Hull
        One per group.
    constraint : str
        ``demographic_parity``, ``true_positive_rate_parity`` (the mean over images of their groups'
        balanced accuracies is maximised) or ``equalized_odds`` (the balanced accuracy of all
        images together; with a gap allowed the solution keeps to it, others may be better).
    allowed : float
        Largest difference between groups, 0..1, to a thousandth.
    """
    steps = min(round(allowed * (len(GRID) - 1)), len(GRID) - 1)
    if constraint == "equalized_odds":
        return _equal_odds(hulls, steps)
    rate = "selection_rate" if constraint == "demographic_parity" else "recall"
    places = [_place(getattr(hull, rate)) for hull in hulls]
    values = [_at(hull.balanced_accuracy, *place) for hull, place in zip(hulls, places)]
    sizes = np.array([hull.malignant + hull.benign for hull in hulls])
    chosen = _windows([value.argmax() for value in values], steps)
    total = sum(n * value[at] for n, value, at in zip(sizes, values, chosen))
    at = chosen[:, total.argmax()]
    return tuple(_mixed(hull, *place, i) for hull, place, i in zip(hulls, places, at))


def _equal_odds(hulls: Sequence[Hull], steps: int) -> tuple[Decision, ...]:
    """One false positive rate, and the recall of the group that reaches least of it."""
    places = [_place(hull.false_positive_rate) for hull in hulls]
    recalls = np.stack([_at(hull.recall, *place) for hull, place in zip(hulls, places)])
    chosen = _windows((recalls - GRID).argmax(axis=1), steps)
    reached = np.take_along_axis(recalls, chosen, axis=1)
    recall = np.minimum(reached, reached.min(axis=0) + GRID[steps])
    sizes = np.array([(hull.malignant, hull.benign) for hull in hulls]).T
    parts = sizes / sizes.sum(axis=1, keepdims=True)
    best = (parts[0] @ recall + 1 - parts[1] @ GRID[chosen]).argmax()
    decisions = []
    for hull, place, i, most, wanted in zip(
        hulls, places, chosen[:, best], reached[:, best], recall[:, best]
    ):
        rate = GRID[i]
        ignored = (most - wanted) / (most - rate) if most > rate else 0.0
        decisions.append(_mixed(hull, *place, i, float(ignored), float(rate)))
    return tuple(decisions)


def _windows(best: Sequence[int], steps: int) -> np.ndarray:
    """Nearest places to each group's own best in every window of ``steps``, int (G, windows).

    What is maximised is concave in the rate, so in a window nothing is better than the nearest.
    """
    low = np.arange(len(GRID) - steps)
    return np.clip(np.asarray(best)[:, None], low, low + steps)


def _place(rate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left vertex of every step of the grid, and the share of the way to the next."""
    left = np.clip(np.searchsorted(rate, GRID, side="right") - 1, 0, len(rate) - 2)
    wide = rate[left + 1] - rate[left]
    share = np.divide(GRID - rate[left], wide, out=np.zeros_like(GRID), where=wide > 0)
    return left, np.clip(share, 0, 1)


def _at(value: np.ndarray, left: np.ndarray, share: np.ndarray) -> np.ndarray:
    return value[left] * (1 - share) + value[left + 1] * share


def _mixed(hull: Hull, left, share, i: int, ignored: float = 0.0, constant: float = 0.0):
    limits = hull.threshold[left[i]], hull.threshold[left[i] + 1]
    return Decision(tuple(map(float, limits)), float(share[i]), ignored, constant)


def common(hull: Hull) -> Decision:
    """One threshold, that of the largest balanced accuracy of everybody's hull."""
    limit = float(hull.threshold[hull.balanced_accuracy.argmax()])
    return Decision((limit, limit), 0.0)
