"""Where a difference in selection rate comes from: base rate, recall, false positive rate.

More images of one group are called malignant because more of them are malignant, because more of
the malignant ones are found, or because more of the benign ones are called so by mistake. With
base rate p, recall r and false positive rate f the selection rate is p r + (1 - p) f, and the
difference between two groups is, exactly and without an order [1]_,

    (p1 - p2) (mean r - mean f)  +  (r1 - r2) mean p  +  (f1 - f2) (1 - mean p).

Intervals (95 %): percentiles of Jeffreys draws, Beta(x + 1/2, n - x + 1/2) of each of the six
rates [2]_, with images divided by the design effect where patients are known. They cannot
collapse where a rate is 0 or 1. The tests simulate their coverage.

References
----------
.. [1] Kitagawa (1955), "Components of a difference between two rates", J. American Statistical
   Association 50(272).
.. [2] Brown, Cai, DasGupta (2001), "Interval estimation for a binomial proportion", Statistical
   Science 16(2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from explorer.fairness.decisions import Decided
from explorer.fairness.levels import meaningful
from explorer.fairness.metrics import METRICS, Rate, proportion
from explorer.fairness.resampling import SEED
from explorer.fairness.units import clustered
from explorer.util.errors import ExplorerError

DRAWS = 4_000
#: What a part of the difference comes from.
PARTS: Mapping[str, str] = MappingProxyType(
    {
        "base_rate": "the base rates: how many of the images are malignant",
        "recall": "recall: how many malignant images are found",
        "false_positive_rate": "the false positive rates: how many benign images are called so",
    }
)
INTERVAL = "95 %: percentiles of Jeffreys draws of both groups' three rates"
BY_PATIENT = ", images divided by the design effect of patients"


@dataclass(frozen=True)
class Part:
    """A part of a difference, or the whole, -1..1, with its 95 % interval."""

    key: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Side:
    """One of two groups; intervals of the rates are Wilson's, by patient where they are known."""

    name: str
    images: int
    base_rate: Rate
    recall: Rate
    false_positive_rate: Rate
    selection_rate: Rate


@dataclass(frozen=True)
class Decomposition:
    """First minus second in selection rate, and its three parts, which add up to it."""

    first: Side
    second: Side
    total: Part
    parts: tuple[Part, ...]
    interval: str


def comparable(decided: Decided) -> bool:
    """Whether there are two groups with a meaning and images of both classes."""
    return np.count_nonzero(_both(decided) & meaningful(decided.names)) > 1


def _both(decided: Decided) -> np.ndarray:
    tp, fp, fn, tn = decided.counts.cells
    return (tp + fn > 0) & (fp + tn > 0)


def pair_of(decided: Decided, first: str | None = None, second: str | None = None):
    """Indices of two groups: those named, else those of largest and smallest selection rate.

    Raises
    ------
    ExplorerError
        If a name is unknown or both are the same, or fewer than two groups have both classes.
    """
    cells, both = decided.counts.cells, _both(decided)
    usable = np.flatnonzero(both & meaningful(decided.names))
    if len(usable) < 2:
        raise ExplorerError("a gap to explain takes two groups with benign and malignant images")
    rate = METRICS["selection_rate"].value(cells)
    found = [usable[rate[usable].argmax()], usable[rate[usable].argmin()]]
    if found[0] == found[1]:  # all alike
        found = list(usable[:2])
    for place, name in enumerate((first, second)):
        if name is not None:
            decided.members(name)  # which says what there is
            found[place] = decided.names.index(name)
    if found[0] == found[1] and None in (first, second):
        place = 1 if second is None else 0
        found[place] = next(i for i in usable if i != found[1 - place])
    if found[0] == found[1]:
        raise ExplorerError("name two different groups to compare")
    if not both[found].all():
        bare = next(decided.names[i] for i in found if not both[i])
        raise ExplorerError(f"{bare} has images of one class only: choose another group")
    return int(found[0]), int(found[1])


def unit_counts(decided: Decided, pair) -> np.ndarray:
    """TP, FP, FN, TN per patient, or of all images together, int64 (4, units, 2)."""
    cells = decided.patient_cells
    if cells is None:
        return decided.counts.cells[:, None, list(pair)]
    return np.moveaxis(cells[:, :, list(pair)], 1, 0)


def decompose(decided: Decided, pair: tuple[int, int], seed: int = SEED) -> Decomposition:
    """The three parts of first minus second in selection rate.

    Parameters
    ----------
    decided : Decided
    pair : tuple of int
        As of :func:`pair_of`.
    seed : int
    """
    tp, fp, fn, tn = unit_counts(decided, pair)
    counts = {
        "base_rate": (tp + fn, tp + fp + fn + tn),
        "recall": (tp, tp + fn),
        "false_positive_rate": (fp, fp + tn),
        "selection_rate": (tp + fp, tp + fp + fn + tn),
    }
    patients = decided.patient_cells is not None
    rates = {key: _rates(*count, patients) for key, count in counts.items()}
    rng = np.random.default_rng(seed)
    values = np.array([[rate.value for rate in rates[key][0]] for key in PARTS])
    draws = np.array([_jeffreys(*rates[key], rng) for key in PARTS])
    ends = np.percentile(_parts(draws), (2.5, 97.5), axis=-1)
    whole = np.percentile(_parts(draws).sum(axis=0), (2.5, 97.5))
    parts = _parts(values)
    sides = [
        Side(
            decided.names[group],
            int((tp + fp + fn + tn).sum(axis=0)[i]),
            *(rates[key][0][i] for key in counts),
        )
        for i, group in enumerate(pair)
    ]
    return Decomposition(
        *sides,
        Part("total", float(parts.sum()), *map(float, whole)),
        tuple(
            Part(key, *map(float, numbers)) for key, *numbers in zip(PARTS, parts, ends[0], ends[1])
        ),
        INTERVAL + BY_PATIENT * patients,
    )


def _parts(rates: np.ndarray) -> np.ndarray:
    """Of base rate, recall and false positive rate, float (3, 2, ...); float64 (3, ...)."""
    (p, q), (r, s), (f, h) = rates
    mean = (p + q) / 2
    return np.stack([(p - q) * (r + s - f - h) / 2, (r - s) * mean, (f - h) * (1 - mean)])


def _rates(part: np.ndarray, total: np.ndarray, patients: bool) -> tuple[list[Rate], np.ndarray]:
    """Rates of both groups with their intervals, and the images one independent one is worth."""
    if not patients:
        return list(map(proportion, part[0].tolist(), total[0].tolist())), np.ones(2)
    found = clustered(part, total)
    return found.rates, found.design_effect


def _jeffreys(rates: list[Rate], effect: np.ndarray, rng) -> np.ndarray:
    value, n = np.array([rate.value for rate in rates]), np.array([rate.n for rate in rates])
    found, missed = value * n / effect, (1 - value) * n / effect
    return rng.beta(found[:, None] + 0.5, missed[:, None] + 0.5, (2, DRAWS))
