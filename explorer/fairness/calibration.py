"""Calibration of a probability by group: slope, intercept, observed over expected.

*Slope*: of a logistic regression of the label on the logit of the probability; 1 is right, less
means too extreme. *Intercept*: of the same with the slope held at 1; 0 is right, below 0 the
probabilities are too high on average. *Observed / expected*: malignant images over the sum of
probabilities; 1 is right.

Intervals (95 %): normal, with the larger of the model's standard error and one that is robust
(over patients where they are known) [1]_; observed / expected: Wilson of the share of malignant
images, by patient where known, over the mean probability. None of slope and intercept with fewer
than :data:`FEW` images of a class.

A rule that divides the class priors out moves probabilities up on purpose: they are then not meant
to be calibrated, and what is seen here is by how much they are not.

References
----------
.. [1] Liang, Zeger (1986), "Longitudinal data analysis using generalized linear models",
   Biometrika 73(1). Van Calster et al. (2019), "Calibration: the Achilles heel of predictive
   analytics", BMC Medicine 17:230.
"""

from dataclasses import dataclass

import numpy as np

from explorer.fairness.decisions import Decided
from explorer.fairness.levels import has_meaning
from explorer.fairness.limits import Z
from explorer.fairness.metrics import proportion
from explorer.fairness.units import clustered

FEW = 10
#: Probabilities are kept this far from 0 and 1.
EDGE = 1e-6
STEPS, CLOSE = 50, 1e-9
INTERVAL = (
    "95 %: slope and intercept normal, with the larger of model and robust standard error; "
    "observed / expected Wilson"
)
BY_PATIENT = ", both over patients"


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; all None where there are too few images."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class GroupCalibration:
    """Of one group; ``observed`` and ``expected`` are numbers of malignant images."""

    name: str
    n: int
    observed: int
    expected: float
    slope: Estimate
    intercept: Estimate
    ratio: Estimate


@dataclass(frozen=True)
class Calibration:
    """Every group with a meaning, and how the intervals are made."""

    groups: tuple[GroupCalibration, ...]
    interval: str


def calibration(decided: Decided) -> Calibration | None:
    """Slope, intercept and observed / expected by group; None without a probability."""
    if decided.probability is None:
        return None
    patient = decided.patient_index
    groups = []
    for index, name in enumerate(decided.names):
        member = decided.group == index
        if has_meaning(name):
            own = None if patient is None else patient[member]
            groups.append(_group(name, decided.target[member], decided.probability[member], own))
    return Calibration(tuple(groups), INTERVAL + BY_PATIENT * (patient is not None))


def _group(name: str, target, probability, patient) -> GroupCalibration:
    n, sick, expected = len(target), int(target.sum()), float(probability.sum())
    share = proportion(sick, n)
    if patient is not None:
        numbers = np.unique(patient, return_inverse=True)[1]
        counts = (np.bincount(numbers, weights).astype(int) for weights in (target, None))
        (share,) = clustered(*(count[:, None] for count in counts)).rates
    ratio = Estimate(sick / expected, share.low * n / expected, share.high * n / expected)
    if min(sick, n - sick) < FEW:
        return GroupCalibration(name, n, sick, expected, Estimate(), Estimate(), ratio)
    return GroupCalibration(
        name, n, sick, expected, *recalibration(target, probability, patient), ratio
    )


def recalibration(target, probability, patient=None) -> tuple[Estimate, Estimate]:
    """Slope, and intercept with the slope held at 1.

    Parameters
    ----------
    target : int (N,)
    probability : float (N,)
    patient : int (N,), optional
    """
    safe = np.clip(probability, EDGE, 1 - EDGE)
    logit, one = np.log(safe / (1 - safe)), np.ones((len(target), 1))
    slope = _fitted(np.column_stack([one, logit]), target, 0.0, patient)
    return slope, _fitted(one, target, logit, patient)


def _fitted(design: np.ndarray, target, offset, patient) -> Estimate:
    """The last coefficient of a logistic regression; nothing where it has no solution."""
    weights = np.zeros(design.shape[1])
    for _ in range(STEPS):
        mean = 1 / (1 + np.exp(-np.clip(design @ weights + offset, -30, 30)))
        information = design.T @ (design * (mean * (1 - mean))[:, None])
        if np.linalg.cond(information) > 1e12:
            return Estimate()
        step = np.linalg.solve(information, design.T @ (target - mean))
        weights = weights + step
        if np.abs(step).max() < CLOSE:
            break
    else:
        return Estimate()
    inverse, parts = np.linalg.inv(information), design * (target - mean)[:, None]
    if patient is not None:
        numbers = np.unique(patient, return_inverse=True)[1]
        parts = np.column_stack([np.bincount(numbers, column) for column in parts.T])
    units = len(parts)
    robust = inverse @ parts.T @ parts @ inverse * units / max(units - 1, 1)
    reach = Z * np.sqrt(max(inverse[-1, -1], robust[-1, -1]))
    value = float(weights[-1])
    return Estimate(value, float(value - reach), float(value + reach))
