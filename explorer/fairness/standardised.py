"""Two groups compared among people of like age, site and sex.

Groups differ in more than their name, and a rate may differ because of that. Within every stratum
(an age band, a site, a combination) the two groups are compared with each other, and the
differences are averaged with the weights of Mantel and Haenszel, which stay sound where most
strata are small. The variance is Sato's [1]_, consistent with few large and with many small
strata, times the design effect of patients where they are known. What remains when strata are
accounted for is not thereby caused by the group: only what was recorded can be.

References
----------
.. [1] Sato (1989), "On the variance estimator for the Mantel-Haenszel risk difference",
   Biometrics 45(4); Greenland, Robins (1985), "Estimation of a common effect parameter from sparse
   follow-up data", Biometrics 41(1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.fairness.decisions import Decided
from explorer.fairness.limits import Z
from explorer.fairness.units import clustered

#: What is accounted for, one by one and together, where it is known.
COVARIATES = ("age", "site", "sex")
#: The class that a rate is about.
CLASSES = {"false_positive_rate": 0, "recall": 1}
FEW = 5
INTERVAL = "95 %: Mantel-Haenszel difference with Sato's variance"
BY_PATIENT = ", times the design effect of patients"


@dataclass(frozen=True)
class Adjusted:
    """First minus second in one rate among images of like values.

    Attributes
    ----------
    metric : str
        Key of :data:`CLASSES`.
    by : tuple of str
        Names of what is accounted for; empty: nothing, the plain difference.
    difference : float
        -1..1.
    low, high : float or None
        Its 95 % interval; None where a group has fewer than :data:`FEW` images called malignant,
        or benign: it is a normal one.
    n : int
        Images of both groups in strata that hold both.
    share : float
        Those among all images of both groups, 0..1.
    strata : int
        That hold both groups.
    """

    metric: str
    by: tuple[str, ...]
    difference: float
    low: float | None
    high: float | None
    n: int
    share: float
    strata: int


def standardise(
    decided: Decided, pair: tuple[int, int], covariates: Sequence[str] = COVARIATES
) -> tuple[Adjusted, ...]:
    """The plain difference, by each covariate that is known, and by all of them, for both rates.

    Covariates that the groups themselves are made of are left out. Where no stratum holds both
    groups, there is no row.
    """
    known = [key for key in covariates if key in decided.predictions.metadata]
    known = [key for key in known if key not in decided.by]
    sets = [(), *((key,) for key in known), *([tuple(known)] if len(known) > 1 else [])]
    found = []
    for metric, label in CLASSES.items():
        kept = (decided.target == label) & np.isin(decided.group, pair)
        first, call = decided.group[kept] == pair[0], decided.call[kept]
        effect = _design_effect(decided, kept, first)
        for keys in sets:
            columns = [decided.predictions.column(key)[kept] for key in keys]
            row = _adjusted(first, call, _strata(columns, len(call)), effect)
            if row:
                names = tuple(map(decided.predictions.name_of, keys))
                found.append(Adjusted(metric, names, *row))
    return tuple(found)


def _strata(columns: list[np.ndarray], size: int) -> np.ndarray:
    index = np.zeros(size, np.int64)
    for column in columns:
        labels, own = np.unique(column, return_inverse=True)
        index = index * len(labels) + own
    return np.unique(index, return_inverse=True)[1]


def _adjusted(first: np.ndarray, call: np.ndarray, stratum: np.ndarray, effect: float):
    m, a, n, b = (
        np.bincount(stratum[member], weights, minlength=int(stratum.max()) + 1)
        for member in (first, ~first)
        for weights in (None, call[member])
    )
    both = (m > 0) & (n > 0)
    if not both.any():
        return None
    m, a, n, b = (x[both] for x in (m, a, n, b))
    value, low, high = mantel_haenszel(a, m, b, n, effect)
    if min(a.sum(), b.sum(), (m - a).sum(), (n - b).sum()) < FEW:
        low = high = None
    images = int((m + n).sum())
    return value, low, high, images, images / len(call), int(both.sum())


def mantel_haenszel(a, m, b, n, effect: float = 1.0) -> tuple[float, float, float]:
    """Difference of two rates over strata, and its 95 % interval.

    Parameters
    ----------
    a, m, b, n : float (strata,)
        Calls and images of the first group, then of the second; at least one image of each.
    effect : float
        Multiplies the variance.
    """
    both = m + n
    weight = (m * n / both).sum()
    value = ((a * n - b * m) / both).sum() / weight
    common = ((m**2 * b - n**2 * a + m * n * (n - m) / 2) / both**2).sum()
    own = ((a * (n - b) + b * (m - a)) / (2 * both)).sum()
    reach = Z * np.sqrt(max(0.0, (value * common + own) * effect)) / weight
    return float(value), float(max(-1, value - reach)), float(min(1, value + reach))


def _design_effect(decided: Decided, kept: np.ndarray, first: np.ndarray) -> float:
    """Of the plain difference: its variance between patients over that of independent images."""
    patient = decided.patient_index
    if patient is None:
        return 1.0
    patient = np.unique(patient[kept], return_inverse=True)[1]
    place = 2 * patient + ~first
    size = 2 * (int(patient.max()) + 1)
    total = np.bincount(place, minlength=size).reshape(-1, 2)
    part = np.bincount(place, decided.call[kept], size).reshape(-1, 2).astype(np.int64)
    found = clustered(part, total)
    variance = found.value * (1 - found.value) / found.n
    if not variance.sum():
        return float(found.design_effect.max())
    robust = variance * found.design_effect
    shared = 2 * found.correlation[0, 1] * np.sqrt(robust.prod())
    return float(max(1.0, (robust.sum() - shared) / variance.sum()))
