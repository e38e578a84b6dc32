"""Benign images whose diagnosis is not known: what the false positive rate makes of them.

A label is "benign" for two reasons: a diagnosis was made, or none was and nobody looked further.
The two may differ between groups, in how often they occur and in how the classifier calls them,
and among the latter a melanoma may have been missed. So the rate is counted for both apart, and it
is asked how many missed melanomas it would take to explain a difference.
"""

from dataclasses import dataclass

import numpy as np

from explorer.fairness.decisions import Decided
from explorer.fairness.levels import has_meaning
from explorer.fairness.metrics import Rate, proportion
from explorer.fairness.units import clustered

COLUMN = "diagnosis"
KINDS = ("named", "unknown")
#: Shares of the benign images of unknown diagnosis that may be missed melanomas.
MISSED = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05)


@dataclass(frozen=True)
class BenignRate:
    """False positive rate of one group's benign images, of one of :data:`KINDS`."""

    group: str
    kind: str
    rate: Rate


@dataclass(frozen=True)
class Missed:
    """The difference in false positive rate if this share of the unknown were melanomas.

    The same share in both groups, each found as often as the group's other malignant images.
    """

    share: float
    difference: float


@dataclass(frozen=True)
class Diagnoses:
    """What the false positive rate rests on.

    Attributes
    ----------
    rates : tuple of BenignRate
        Every group, named diagnoses first.
    first, second : str
        The pair; ``first`` has the larger false positive rate.
    called : int
        Benign images of the first of unknown diagnosis that are called malignant.
    needed : float
        How many of them would have to be melanomas for both rates to be equal.
    missed : tuple of Missed
    interval : str
    """

    rates: tuple[BenignRate, ...]
    first: str
    second: str
    called: int
    needed: float
    missed: tuple[Missed, ...]
    interval: str

    @property
    def sentence(self) -> str:
        """The tipping point in words."""
        start = (
            f"{self.called:,} benign images of unknown diagnosis are called malignant in "
            f"{self.first}."
        )
        if self.needed > self.called:
            return (
                f"{start} Even if all of them were missed melanomas, its false positive rate would "
                f"stay above that of {self.second}."
            )
        return (
            f"{start} If {np.ceil(self.needed):.0f} of them ({self.needed / self.called:.0%}) were "
            f"missed melanomas and no other image was, its false positive rate would equal that "
            f"of {self.second}."
        )


def diagnoses(decided: Decided, pair: tuple[int, int]) -> Diagnoses | None:
    """Rates by kind of diagnosis and the tipping point; None where diagnoses are not known.

    Parameters
    ----------
    decided : Decided
        Its predictions have a column ``diagnosis``, with blank or "unknown" where there is none.
    pair : tuple of int
        Groups with benign and malignant images.
    """
    if COLUMN not in decided.predictions.metadata or COLUMN in decided.by:
        return None
    column = decided.predictions.column(COLUMN)
    levels, index = np.unique(column, return_inverse=True)
    known = np.array([has_meaning(level) for level in levels.tolist()])[index]
    benign = decided.target == 0
    if known[benign].all() or not known[benign].any():
        return None
    rates = tuple(
        BenignRate(name, kind, rate)
        for kind, member in zip(KINDS, (known, ~known))
        for name, rate in zip(decided.names, _rates(decided, benign & member))
    )
    tp, fp, fn, tn = decided.counts.cells[:, list(pair)].astype(float)
    order = np.argsort(-(fp / (fp + tn)), kind="stable")
    first, second = (pair[i] for i in order)
    called = decided.call == 1
    unknown = np.array([(benign & ~known & (decided.group == g)).sum() for g in (first, second)])
    false, clear, recall = fp[order], (fp + tn)[order], (tp / (tp + fn))[order]
    base = false[1] / clear[1]
    return Diagnoses(
        rates,
        decided.names[first],
        decided.names[second],
        int((benign & ~known & called & (decided.group == first)).sum()),
        float((false[0] - base * clear[0]) / (1 - base)) if base < 1 else 0.0,
        tuple(Missed(q, _difference(false, clear, recall, q * unknown)) for q in MISSED),
        "95 %: Wilson"
        + ", images divided by the design effect of patients" * (decided.patient_index is not None),
    )


def _difference(false, clear, recall, melanomas) -> float:
    """Of false positive rates, when so many benign images turn out to be melanomas."""
    left = np.maximum(false - recall * melanomas, 0) / (clear - melanomas)
    return float(left[0] - left[1])


def _rates(decided: Decided, kept: np.ndarray) -> list[Rate]:
    groups, patient = len(decided.names), decided.patient_index
    if patient is None:
        n = np.bincount(decided.group[kept], minlength=groups)
        part = np.bincount(decided.group[kept & (decided.call == 1)], minlength=groups)
        return [proportion(int(x), int(size)) for x, size in zip(part, n)]
    place, size = patient * groups + decided.group, (int(patient.max()) + 1) * groups
    total = np.bincount(place[kept], minlength=size).reshape(-1, groups)
    part = np.bincount(place[kept & (decided.call == 1)], minlength=size).reshape(-1, groups)
    return clustered(part, total).rates
