"""Group rates drawn towards each other as far as chance has drawn them apart.

The extreme ones of many measured rates are extreme partly by chance, the more so the fewer images
they rest on. Empirical Bayes [1]_ [2]_ takes the groups' true rates as drawn from one beta
distribution, fits it to all groups at once (the largest beta-binomial likelihood), and moves every
rate to its expectation: (calls + s m) / (images + s), with m the common mean and s as many images
as the other groups are worth. Where the groups differ by no more than chance gives, s is large and
all rates meet; where they differ clearly, or a group is large, hardly anything moves.

References
----------
.. [1] Efron, Morris (1975), "Data analysis using Stein's estimator and its generalizations",
   J. American Statistical Association 70(350).
.. [2] Casella (1985), "An introduction to empirical Bayes data analysis", The American
   Statistician 39(2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.util import lazy

special = lazy.load("scipy.special")

#: Sums of the beta distribution's parameters that are tried, and means between the rates.
SUMS, MEANS = np.geomspace(0.5, 1e5, 160), 200


@dataclass(frozen=True)
class Shrunk:
    """One group's rate, and where it is moved to; both 0..1."""

    name: str
    measured: float
    moved: float


def shrink(names: Sequence[str], calls, images) -> tuple[Shrunk, ...]:
    """Rates of groups moved to their expectation.

    Parameters
    ----------
    names : sequence of str
    calls, images : float (groups,)
        Images of patients may be divided by their design effect. Groups without images are left
        out; with fewer than two others nothing moves.
    """
    calls, images = np.asarray(calls, float), np.asarray(images, float)
    kept = np.flatnonzero(images > 0)
    calls, images = calls[kept], images[kept]
    rates = calls / images
    moved = rates
    if len(kept) > 1:
        mean, worth = fit(calls, images)
        moved = (calls + worth * mean) / (images + worth)
    found = zip(kept, rates.tolist(), moved.tolist())
    return tuple(Shrunk(names[i], measured, value) for i, measured, value in found)


def shrunk_rates(report, metric: str) -> tuple[Shrunk, ...]:
    """The same of a group report: its groups with a meaning, patients as units where known.

    Parameters
    ----------
    report : GroupReport
    metric : str
        A rate that is one share: of :data:`explorer.fairness.resampling.GAPS`.
    """
    members = report.compared
    rates = [group.rate(metric) for group in members]
    images = np.array([rate.n for rate in rates], float)
    if report.by_patient:
        known = [report.by_patient.rate(group.name, metric) for group in members]
        images /= [rate.design_effect or 1.0 for rate in known]
    calls = images * [rate.value or 0.0 for rate in rates]
    return shrink([group.name for group in members], calls, images)


def fit(calls: np.ndarray, images: np.ndarray) -> tuple[float, float]:
    """Mean and sum of the parameters of the beta distribution with the largest likelihood."""
    rates = np.clip(calls / images, 1e-4, 1 - 1e-4)
    means = np.linspace(rates.min(), rates.max(), MEANS)[:, None, None]
    a, b = means * SUMS[:, None], (1 - means) * SUMS[:, None]
    likelihood = special.betaln(calls + a, images - calls + b) - special.betaln(a, b)
    mean, worth = np.unravel_index(likelihood.sum(axis=-1).argmax(), (MEANS, len(SUMS)))
    return float(means[mean, 0, 0]), float(SUMS[worth])
