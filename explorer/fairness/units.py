"""The unit is the patient: intervals and shuffles that know whose image is whose.

Images of one patient look alike and are called alike. Counting them as independent makes
intervals too narrow and small p-values too frequent. Two remedies, both on counts per patient:

Rates. The variance of a rate between patients, by linearisation [1]_, divided by that of as many
independent images is the *design effect* (1 + (m - 1) times the intraclass correlation, if
patients of any number of images m were alike). The interval is Wilson's with the images divided by
it (and by the ratio of the t quantiles, for few patients) [2]_ [3]_. A rate of exactly 0 or 1
shows no variance; its design effect follows from the intraclass correlation of all groups together.

Shuffles. Where groups differ between patients (sex), the groups of whole patients are exchanged.
Where they differ within patients (tone, as it is estimated from the image), they are exchanged
among each patient's own images, so that what differs between patients cannot make a gap.

References
----------
.. [1] Taylor linearisation of a ratio: Cochran (1977), "Sampling Techniques", 3rd ed., section
   9A.3.
.. [2] Korn, Graubard (1998), "Confidence intervals for proportions with small expected number of
   positive counts estimated from survey data", Survey Methodology 24(2).
.. [3] Saha, Miller, Wang (2016), "A comparison of some approximate confidence intervals for a
   single proportion for clustered binary outcome data", Int. J. Biostatistics 12(2).
.. [4] Good (2005), "Permutation, Parametric and Bootstrap Tests of Hypotheses", chapter 3.
"""

from dataclasses import dataclass

import numpy as np

from explorer.fairness.limits import wilson_limits
from explorer.fairness.metrics import NOTHING, Rate
from explorer.util import lazy

special = lazy.load("scipy.special")

#: Groups are exchanged within patients where at least this share of images is of patients who
#: have images in several groups.
VARIES = 0.25
WITHIN, BETWEEN = "groups within each patient", "groups of whole patients"
#: Largest correlation between groups that is believed, of however few patients.
MOST_ALIKE = 0.9
#: Largest number of shuffled values held at once.
HELD = 4_000_000


@dataclass(frozen=True)
class Clustered:
    """Rates of groups with patients as units; all arrays (groups,), NaN where undefined.

    Attributes
    ----------
    value, low, high : float64
        Rate and its 95 % interval, 0..1.
    design_effect : float64
        At least 1: how many images are worth one independent image.
    intraclass : float64
        Correlation of calls within a patient, 0..1.
    n, patients : int64
        Images and patients in the denominator.
    correlation : float64 (groups, groups)
        Of the rates, since patients may have images in several groups.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    design_effect: np.ndarray
    intraclass: np.ndarray
    n: np.ndarray
    patients: np.ndarray
    correlation: np.ndarray

    @property
    def rates(self) -> list[Rate]:
        """Of every group, with its interval and images."""
        columns = zip(*(x.tolist() for x in (self.value, self.low, self.high, self.n)))
        return [Rate(*row) if row[-1] else NOTHING for row in columns]


def clustered(part: np.ndarray, total: np.ndarray) -> Clustered:
    """Cluster-robust intervals.

    Parameters
    ----------
    part, total : int (patients, groups)
        Calls, and the images that they are out of.
    """
    n, patients = total.sum(axis=0), np.count_nonzero(total, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = part.sum(axis=0) / np.where(n, n, np.nan)
        rest = np.nan_to_num(part - value * total)
        covariance = rest.T @ rest / np.outer(n, n)
        own = np.diag(covariance) * patients / (patients - 1)
        effect = own / (value * (1 - value) / n)
        size = (total.astype(float) ** 2).sum(axis=0) / n
        scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
        correlation = np.clip(np.nan_to_num(covariance / scale), -1, MOST_ALIKE)
        unseen = 1 + (size - 1) * _correlation_within(part, total)
        effect = np.maximum(np.where(np.isfinite(effect) & (effect > 0), effect, unseen), 1.0)
        few = (_t(n - 1) / _t(np.maximum(patients - 1, 1))) ** 2
        low, high = wilson_limits(value, np.maximum(n / effect * few, 0.1))
    np.fill_diagonal(correlation, 1)
    own = [_correlation_within(*each) for each in zip(part.T[..., None], total.T[..., None])]
    return Clustered(value, low, high, effect, np.array(own), n, patients, correlation)


def _t(degrees: np.ndarray) -> np.ndarray:
    return special.stdtrit(np.maximum(degrees, 1), 0.975)


def _correlation_within(part: np.ndarray, total: np.ndarray) -> float:
    """Intraclass correlation of calls, of all groups together, 0..1 (by analysis of variance)."""
    calls, images = part.sum(axis=1), total.sum(axis=1)
    calls, images = calls[images > 0].astype(float), images[images > 0].astype(float)
    n, patients = images.sum(), len(images)
    if patients < 2 or n <= patients:
        return 1.0  # nothing to learn it from: a patient is worth one image
    between = (images * (calls / images - calls.sum() / n) ** 2).sum() / (patients - 1)
    within = (calls * (images - calls) / images).sum() / (n - patients)
    size = (n - (images**2).sum() / n) / (patients - 1)
    spread = between + (size - 1) * within
    return float(np.clip((between - within) / spread, 0, 1)) if spread > 0 else 0.0


def exchanged(total: np.ndarray) -> str:
    """:data:`WITHIN` or :data:`BETWEEN`: what can be shuffled of images (patients, groups)."""
    several = np.count_nonzero(total, axis=1) > 1
    return WITHIN if total[several].sum() >= VARIES * max(total.sum(), 1) else BETWEEN


def shuffles(part: np.ndarray, total: np.ndarray, resamples: int, rng) -> tuple:
    """Calls and images per group when groups are exchanged as :func:`exchanged` says.

    Parameters
    ----------
    part, total : int (patients, groups)
        Calls, and the images that they are out of.

    Returns
    -------
    calls, images : int64 (resamples, groups)
    """
    shuffle = _within if exchanged(total) == WITHIN else _between
    return shuffle(part, total, resamples, rng)


def _within(part, total, resamples, rng) -> tuple:
    """A patient's calls fall on any of the patient's images: multivariate hypergeometric."""
    calls, images = part.sum(axis=1), total.sum(axis=1)
    moves = (calls > 0) & (calls < images) & (np.count_nonzero(total, axis=1) > 1)
    fixed = part[~moves].sum(axis=0)
    found = np.empty((resamples, total.shape[1]), np.int64)
    step = max(1, HELD // max(int(moves.sum()), 1))
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        left = np.broadcast_to(calls[moves], (rows, int(moves.sum())))
        rest = images[moves]
        for group, own in enumerate(total[moves].T):
            rest = rest - own
            drawn = rng.hypergeometric(own, rest, left)
            found[start : start + rows, group] = drawn.sum(axis=1)
            left = left - drawn
    return found + fixed, np.broadcast_to(total.sum(axis=0), found.shape)


def _between(part, total, resamples, rng) -> tuple:
    """What a patient has in one group is a block; the groups of blocks are exchanged.

    Blocks of equal calls and images need not be told apart, so it is drawn how many of each kind a
    group gets: multivariate hypergeometric, of what the groups before it have left.
    """
    block, group = np.nonzero(total)
    own = np.stack([part[block, group], total[block, group]], axis=1)
    kinds, times = np.unique(own, axis=0, return_counts=True)
    groups = total.shape[1]
    left = np.tile(times, (resamples, 1))
    found = np.empty((resamples, groups, 2), np.int64)
    for index, blocks in enumerate(np.bincount(group, minlength=groups)):
        rest, needed, drawn = left.sum(axis=1), np.full(resamples, blocks), np.empty_like(left)
        for kind in range(len(kinds)):
            rest = rest - left[:, kind]
            drawn[:, kind] = rng.hypergeometric(left[:, kind], rest, needed)
            needed = needed - drawn[:, kind]
        found[:, index], left = drawn @ kinds, left - drawn
    return found[..., 0], found[..., 1]
