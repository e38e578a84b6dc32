"""Coverage and false alarms where patients have several images: part of ``coverage``.

Patients are the study's: who has how many benign images in which tone group. Calls are
beta-binomial, so that each patient has a rate of their own, as alike as the study's false positives
are within a patient (intraclass correlation 0.29).
"""

from collections.abc import Iterator

import numpy as np
from scipy import stats

from explorer.data.groupings import GROUPINGS
from explorer.fairness.heterogeneity import chi_square, share_at_least
from explorer.fairness.limits import gap_limits, wilson_limits
from explorer.fairness.units import clustered, exchanged, shuffles
from explorer.study.rows import patient_cells

#: Correlation of false positives within a patient, in the study.
ALIKE = 0.29
#: False positive rate of all benign images.
RATE = 0.104
SHUFFLES = 300


def benign(by: str) -> np.ndarray:
    """Benign images of the study's patients in every group with a meaning, (patients, groups)."""
    cells = patient_cells(by)
    images = cells[:, 1] + cells[:, 3]
    images = images[:, images.sum(axis=0) >= 20]
    return images[images.sum(axis=1) > 0]


class Patients:
    """Draws calls of the study's patients; a patient's propensity shifts all their groups alike.

    Parameters
    ----------
    images : int (patients, groups)
    rate : float (groups,)
        True rates. The propensity is uniform by rank, so every group's rate is what it should be.
    """

    def __init__(self, images: np.ndarray, rate: np.ndarray):
        weight = (1 - ALIKE) / ALIKE
        self.images, self.rate = images, np.asarray(rate, float)
        self.ranks = np.linspace(0, 1, 8_001)
        self.quantiles = [stats.beta.ppf(self.ranks, p * weight, (1 - p) * weight) for p in rate]

    def calls(self, rng) -> np.ndarray:
        """One sample, int64 (patients, groups)."""
        rank = rng.random(len(self.images))
        own = [np.interp(rank, self.ranks, quantiles) for quantiles in self.quantiles]
        return rng.binomial(self.images, np.stack(own, axis=1))


def lines(trials: int, rng) -> Iterator[tuple]:
    """Fields of :class:`explorer.benchmarks.coverage.Line`."""
    images = benign("published")
    for gap in (0.0, 0.10):
        truth = f"false positive rate, true gap {gap:.2f}, images of a patient alike"
        rate = RATE + gap * (np.arange(images.shape[1]) / (images.shape[1] - 1) - 0.5)
        (own, image), (both, apart) = _covered(images, rate, trials, rng)
        yield "rate of a group by patient", truth, own, "0.95", trials, image
        yield "largest minus smallest by patient", truth, both, "0.95", trials, apart
    for by in ("published", "sex"):
        images = benign(by)
        what = f"all groups at once by patient ({exchanged(images)})"
        truth = (
            f"false positive rate by {GROUPINGS[by].label}, all equal, images of a patient alike"
        )
        found, image = _alarms(images, trials, rng)
        yield what, truth, found, "at most 0.05", trials, image


def _covered(images: np.ndarray, rate: np.ndarray, trials: int, rng) -> np.ndarray:
    """Share of samples whose intervals hold the truth: of the worst group's rate and of the gap.

    Returns
    -------
    float64 (2, 2)
        Rate and gap; by patient, and with images taken as independent.
    """
    patients, total, gap = Patients(images, rate), images.sum(axis=0), np.ptp(rate)
    rates, gaps = np.zeros((2, len(total))), np.zeros(2)
    for _ in range(trials):
        found = clustered(patients.calls(rng), images)
        ends = (found.low, found.high), wilson_limits(found.value, total)
        for kind, (low, high) in enumerate(ends):
            rates[kind] += (low <= rate) & (rate <= high)
            below, above = gap_limits(found.value, low, high, None if kind else found.correlation)
            gaps[kind] += below <= gap + 1e-12 and gap - 1e-12 <= above
    return np.array([rates.min(axis=1), gaps]) / trials


def _alarms(images: np.ndarray, trials: int, rng) -> tuple[float, float]:
    """Share of samples of equal groups in which chi-square is below 5 %: by patient, by image."""
    patients, total = Patients(images, np.full(images.shape[1], RATE)), images.sum(axis=0)
    seen = np.zeros(2)
    for _ in range(trials):
        part = patients.calls(rng)
        calls = part.sum(axis=0)
        own = float(chi_square(calls, total))
        null = rng.multivariate_hypergeometric(total, int(calls.sum()), SHUFFLES)
        drawn = shuffles(part, images, SHUFFLES, rng)
        seen += [share_at_least(chi_square(*x), own) <= 0.05 for x in (drawn, (null, total))]
    return tuple(seen / trials)
