"""Net benefit per group: what the decisions are worth, by what a false alarm costs.

One who would excise at a risk of t takes 1 missed melanoma to be worth (1 - t) / t excisions of
benign lesions. In units of melanomas found per image, the decisions are worth [1]_

    TP / n - FP / n * t / (1 - t),

calling nobody 0, and calling everybody follows from the base rate. The decisions are as they are
at every t: t is a price, no threshold on the score, so it needs no calibrated probability.

Interval (95 %): normal, the worth being a mean over images (over patients where they are known).

References
----------
.. [1] Vickers, Elkin (2006), "Decision curve analysis: a novel method for evaluating prediction
   models", Medical Decision Making 26(6).
"""

from dataclasses import dataclass

import numpy as np

from explorer.fairness.decisions import Decided
from explorer.fairness.levels import has_meaning
from explorer.fairness.limits import Z

#: Prices: risks from which one would excise.
PRICES = tuple(round(0.01 * i, 2) for i in range(1, 21))
#: Those in the table.
TOLD = (0.02, 0.05, 0.1, 0.2)
INTERVAL = "95 %: normal, mean worth per image"
BY_PATIENT = ", over patients"


@dataclass(frozen=True)
class Worth:
    """At one price: net benefit per image with its interval, and that of calling everybody."""

    price: float
    value: float
    low: float
    high: float
    everybody: float


@dataclass(frozen=True)
class GroupBenefit:
    """One group's images, malignant images, and what its decisions are worth by price."""

    name: str
    count: int
    malignant: int
    worths: tuple[Worth, ...]


@dataclass(frozen=True)
class NetBenefit:
    """Every group with a meaning, and how the intervals are made."""

    groups: tuple[GroupBenefit, ...]
    interval: str


def net_benefit(decided: Decided, prices=PRICES) -> NetBenefit:
    """Net benefit of the decisions by group.

    Parameters
    ----------
    decided : Decided
    prices : sequence of float
        Risks from which one would excise, below 1.
    """
    patient = decided.patient_index
    groups = []
    for index, name in enumerate(decided.names):
        member = decided.group == index
        if has_meaning(name):
            target, call = decided.target[member], decided.call[member]
            unit = np.arange(len(call)) if patient is None else patient[member]
            unit = np.unique(unit, return_inverse=True)[1]
            worths = tuple(_worth(target, call, unit, price) for price in prices)
            groups.append(GroupBenefit(name, len(call), int(target.sum()), worths))
    return NetBenefit(tuple(groups), INTERVAL + BY_PATIENT * (patient is not None))


def _worth(target: np.ndarray, call: np.ndarray, unit: np.ndarray, price: float) -> Worth:
    odds, n, base = price / (1 - price), len(call), target.mean()
    each = call * np.where(target == 1, 1.0, -odds)
    value = float(each.mean())
    sums = np.bincount(unit, each - value)
    units = len(sums)
    error = np.sqrt((sums @ sums) * units / max(units - 1, 1)) / n
    return Worth(
        price,
        value,
        float(value - Z * error),
        float(value + Z * error),
        float(base - (1 - base) * odds),
    )
