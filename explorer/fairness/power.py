"""What a sample cannot show: the true gap that would be missed, given how many images there are.

A test that finds nothing says little if it could hardly have found anything. :func:`power_of_gap`
asks, for every group: if this group's true rate were worse than that of all others by X, how often
would the test over all groups (:mod:`explorer.fairness.heterogeneity`, at 5 %) not see it?
Answered by simulation: binomial counts with the groups' own denominators, all groups but one at
the rate measured overall. The critical chi-square is the one that chance alone reaches in 5 % of
samples of equal groups; since the test shuffles what was observed, it is taken at the rate of all
images together, which the worse group shifts. For two large groups this agrees with the textbook's
(z_0.975 + z_power) sqrt(p (1 - p) (1 / n1 + 1 / n2)) [1]_. Where patients are known, as many
independent images are taken as the design effect leaves (:mod:`explorer.fairness.units`).

References
----------
.. [1] Cohen (1988), "Statistical Power Analysis for the Behavioral Sciences", 2nd ed., chapter 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.fairness.levels import meaningful
from explorer.fairness.metrics import ALL_METRICS, Counts
from explorer.fairness.resampling import SEED
from explorer.util import lazy
from explorer.util.errors import ExplorerError
from explorer.util.plain import picked

stats = lazy.load("scipy.stats")

#: Metrics with a gap of their own, and whether the worse group's rate is the higher one.
WORSE_IS_HIGHER = {"recall": False, "false_positive_rate": True, "selection_rate": True}
DRAWS = 4_000
STEP = 0.005
#: Gaps in a row that are never missed, after which none is.
SURE = 3
#: Common rates at which the critical value is simulated; closer where it changes faster.
RATES = np.sin(np.linspace(0, np.pi / 2, 61)) ** 2


@dataclass(frozen=True)
class GroupPower:
    """Chance of missing a gap that one group alone makes.

    Attributes
    ----------
    name : str
    n : int
        Denominator of the rate in this group.
    independent : int
        Independent images that these are worth, at most ``n``.
    gaps : float64 (K,)
        True differences from the rate of the others, 0..1.
    missed : float64 (K,)
        Probability that the test does not see such a difference.
    detectable : float or None
        Smallest of ``gaps`` missed with at most the asked probability; None if there is none.
    """

    name: str
    n: int
    independent: int
    gaps: np.ndarray
    missed: np.ndarray
    detectable: float | None


@dataclass(frozen=True)
class PowerAnalysis:
    """Every group's :class:`GroupPower` for one metric.

    Attributes
    ----------
    metric : str
        Key of :data:`WORSE_IS_HIGHER`.
    rate : float
        Rate of all images together, assumed for all groups but one.
    missed, alpha : float
        Accepted probability of missing a gap, and level of the test.
    groups : tuple of GroupPower
    """

    metric: str
    rate: float
    missed: float
    alpha: float
    groups: tuple[GroupPower, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence per group, the least detectable first."""
        order = sorted(
            self.groups, key=lambda g: 2.0 if g.detectable is None else g.detectable, reverse=True
        )
        worse = "higher" if WORSE_IS_HIGHER[self.metric] else "lower"
        worse, sentences = f"{ALL_METRICS[self.metric].label.lower()} {worse}", []
        for group in order:
            what = f"{worse} in {group.name} (n = {group.n:,}) than in the others"
            sentences.append(
                f"With these counts even the largest possible gap, {group.gaps[-1]:.2f}, of a "
                f"{what} would be missed with probability {group.missed[-1]:.0%}."
                if group.detectable is None
                else f"With these counts a true gap smaller than {group.detectable:.2f}, of a "
                f"{what}, would be missed with probability over {self.missed:.0%}."
            )
        return tuple(sentences)

    def to_json(self) -> dict:
        """The detectable gap per group, and what it assumes."""
        return {
            "metric": self.metric,
            "rate": self.rate,
            "missed": self.missed,
            "alpha": self.alpha,
            "sentences": list(self.sentences),
            "groups": [picked(g, "name", "n", "independent", "detectable") for g in self.groups],
        }


def power_of_gap(
    counts: Counts,
    metric: str = "recall",
    missed: float = 0.2,
    alpha: float = 0.05,
    minimum: int = 1,
    draws: int = DRAWS,
    seed: int = SEED,
    effects: Sequence[float] | None = None,
) -> PowerAnalysis:
    """The gaps that would be missed with these denominators.

    Parameters
    ----------
    counts : Counts
        Groups without a meaning are left out.
    metric : str
        Key of :data:`WORSE_IS_HIGHER`.
    missed : float
        Accepted probability of missing, in (0, 1).
    alpha : float
        Level of the test, in (0, 1).
    minimum : int
        Groups with a smaller denominator are left out.
    draws, seed : int
        Of the simulation.
    effects : sequence of float, optional
        Design effect of every group, at least 1; by default all images are independent.

    Raises
    ------
    ExplorerError
        If the metric has no gap, or fewer than two groups have it.
    """
    if metric not in WORSE_IS_HIGHER:
        raise ExplorerError(f"no power for {metric!r}: choose one of {', '.join(WORSE_IS_HIGHER)}")
    if not (0 < missed < 1 and 0 < alpha < 1):
        raise ExplorerError("probabilities of missing and of false alarm must be between 0 and 1")
    (fraction,) = ALL_METRICS[metric].fractions
    part, total = fraction.count(counts.cells)
    kept = np.flatnonzero((total >= max(minimum, 1)) & meaningful(counts.names))
    if len(kept) < 2:
        raise ExplorerError(
            f"power needs two groups with {ALL_METRICS[metric].denominator}: choose another "
            "grouping"
        )
    rate, images = float(part[kept].sum() / total[kept].sum()), total[kept]
    if (1 - rate if WORSE_IS_HIGHER[metric] else rate) < STEP:
        raise ExplorerError(
            f"the {ALL_METRICS[metric].label.lower()} is {rate:.2f} already, so no "
            "group can be worse: power cannot be computed"
        )
    worth = np.ones(len(total)) if effects is None else np.asarray(effects, float)
    total = np.maximum(np.rint(images / np.maximum(worth[kept], 1)), 1).astype(int)
    rng = np.random.default_rng(seed)
    critical = _critical(rng.random((draws, len(total))), total, alpha)
    chance = rng.random((draws, len(total)))  # the same for every gap, so the curve is smooth
    base = np.stack([_binomial(chance[:, i], n, rate) for i, n in enumerate(total)], axis=1)
    found = []
    for index, of in enumerate(kept):
        gaps, missed_at = _missed(index, base, chance[:, index], total, rate, metric, critical)
        enough = np.flatnonzero(missed_at <= missed)
        least = float(gaps[enough[0]]) if enough.size else None
        sizes = int(images[index]), int(total[index])
        found.append(GroupPower(counts.names[of], *sizes, gaps, missed_at, least))
    return PowerAnalysis(metric, rate, missed, alpha, tuple(found))


def _critical(chance: np.ndarray, total: np.ndarray, alpha: float) -> np.ndarray:
    """Smallest chi-square that chance reaches in at most ``alpha`` of samples, at each of RATES."""
    critical = []
    for rate in RATES:
        calls = [_binomial(c, n, rate) for c, n in zip(chance.T, total)]
        null = np.sort(_chi_square(*_sums(calls, total), total.sum()))
        values = np.unique(null)
        few = values[1 - np.searchsorted(null, values - 1e-9) / len(null) <= alpha]
        critical.append(few[0] if few.size else np.inf)
    return np.array(critical)


def _binomial(chance: np.ndarray, n: int, rate: float) -> np.ndarray:
    """Binomial counts by inversion: the same chance gives more the higher the rate."""
    reach = 9 * np.sqrt(n * rate * (1 - rate)) + 9  # nothing is drawn outside
    first, last = max(0, int(n * rate - reach)), min(n, int(n * rate + reach))
    return first + np.searchsorted(stats.binom.cdf(np.arange(first, last), n, rate), chance)


def _missed(index, base, chance, total, rate, metric, critical) -> tuple[np.ndarray, np.ndarray]:
    """True gaps of one group, and the probability of missing each."""
    n = int(total[index])
    room, sign = (1 - rate, 1) if WORSE_IS_HIGHER[metric] else (rate, -1)
    gaps = np.arange(1, int(room / STEP + 1e-9) + 1) * STEP
    others = _sums(np.delete(base, index, axis=1).T, np.delete(total, index))
    missed = np.zeros(len(gaps))
    for k, gap in enumerate(gaps):
        own = _binomial(chance, n, min(max(rate + sign * gap, 0.0), 1.0))
        together = rate + sign * gap * n / total.sum()
        limit = critical[np.argmin(abs(RATES - together))]
        both = (a + b for a, b in zip(others, _sums([own], [n])))
        missed[k] = 1 - (_chi_square(*both, total.sum()) >= limit - 1e-9).mean()
        if k >= SURE and not missed[k - SURE : k + 1].any():  # nor is any larger one
            break
    return gaps, missed


def _sums(calls, total) -> tuple[np.ndarray, np.ndarray]:
    """What a chi-square is made of, group by group: squares over images, and calls."""
    return sum(c * c / n for c, n in zip(calls, total)), sum(calls)


def _chi_square(squares: np.ndarray, calls: np.ndarray, images: int) -> np.ndarray:
    """As :func:`explorer.fairness.heterogeneity.chi_square`, from :func:`_sums`."""
    common = calls / images
    spread = common * (1 - common)
    excess = squares - calls * common
    return np.divide(excess, spread, out=np.zeros(len(calls)), where=spread > 0)
