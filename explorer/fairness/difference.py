"""The difference between two sources in one measure, and in a gap."""

from dataclasses import dataclass

import numpy as np

from explorer.fairness.limits import gap_limits, wilson_limits
from explorer.fairness.metrics import METRICS
from explorer.fairness.resampling import GAPS, ODDS, PARTS

BOTH_GAPS = "between the intervals of both gaps, which hold at once"


@dataclass(frozen=True)
class Difference:
    """``second`` minus ``first`` of one measure.

    Attributes
    ----------
    measure : str
        Key of :data:`MEASURES`.
    first, second, value : float or None
        None where undefined.
    low, high : float or None
        95 % interval of the difference; None where none can be given.
    p_value : float or None
        McNemar's exact test; None for measures that are not a share of fixed images.
    n : int or None
        Images that the measure rests on; None if the two rest on different ones.
    only_first, only_second : int or None
        Of those, images that only one of the two called malignant.
    method : str
    """

    measure: str
    first: float | None
    second: float | None
    value: float | None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    n: int | None = None
    only_first: int | None = None
    only_second: int | None = None
    method: str = ""


@dataclass(frozen=True)
class Comparison:
    """Two sources side by side; ``paired`` where both decided on the same images."""

    first: str
    second: str
    paired: bool
    n: int
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    def __getitem__(self, measure: str) -> Difference:
        return next(d for d in self.differences if d.measure == measure)


def gaps_apart(name: str, observed, cells: np.ndarray) -> Difference:
    """Two sources' gaps on the same images, and what lies between the intervals of both.

    An estimated gap lies above the true one, by an unknown amount, so neither percentiles of a
    bootstrap nor square-and-add cover the difference of two. The ends of two intervals do that
    hold at once.

    Parameters
    ----------
    name : str
        Key of :data:`explorer.fairness.resampling.GAPS`.
    observed : float (2,)
        Gaps of the first and the second source; NaN where undefined.
    cells : int (4, 2, groups)
        TP, FP, FN and TN of both.
    """
    first, second = (None if np.isnan(x) else float(x) for x in observed)
    if first is None or second is None:
        return Difference(name, first, second, None, method="undefined")
    parts, ends = PARTS if name == ODDS else (name,), []
    for part in parts:
        calls, images = METRICS[GAPS[part][1]].fractions[0].count(cells)
        kept = images[0] > 0  # both sources have the same images
        rate = calls[:, kept] / images[:, kept]
        limits = wilson_limits(rate, images[:, kept])
        ends.append(gap_limits(rate, *limits, gaps=2 * len(parts)))
    low, high = np.max(ends, axis=0)
    apart = float(low[1] - high[0]), float(high[1] - low[0])
    return Difference(name, first, second, second - first, *apart, method=BOTH_GAPS)
