"""How many images, or patients, would settle it: numbers per group, and a short protocol.

Two wishes. *Power*: a difference of ``gap`` between two groups should be found with probability
``power`` among all pairs of groups, corrected for their number. *Width*: each group's rate should
be known within an interval no wider than ``width`` (Wilson). Both are numbers of independent
images with the label that the rate is about; images of patients are worth fewer, by the design
effect [2]_.

References
----------
.. [1] Fleiss, Levin, Paik (2003), "Statistical Methods for Rates and Proportions", 3rd ed.,
   section 4.2: sample sizes for two proportions.
.. [2] Donner, Klar (2000), "Design and Analysis of Cluster Randomization Trials in Health
   Research", chapter 5.
"""

from dataclasses import dataclass
from math import ceil, comb

import numpy as np

from explorer.fairness.gaps import GroupReport
from explorer.fairness.limits import ALPHA, wilson_limits
from explorer.fairness.metrics import ALL_METRICS
from explorer.fairness.power import WORSE_IS_HIGHER
from explorer.util import lazy
from explorer.util.errors import ExplorerError
from explorer.util.templates import render

stats = lazy.load("scipy.stats")

GAP, POWER, WIDTH = 0.1, 0.8, 0.1


@dataclass(frozen=True)
class PlannedGroup:
    """What one group has and needs.

    Attributes
    ----------
    name : str
    have : int
        Images with the label that the rate is about.
    need : int
        Images that both wishes take.
    more : int
        Of these, images that are not there yet.
    patients : int or None
        Patients that so many more images are of, at the images per patient of this group; None
        where patients are not known.
    """

    name: str
    have: int
    need: int
    more: int
    patients: int | None


@dataclass(frozen=True)
class Plan:
    """Numbers for a study that could tell.

    Attributes
    ----------
    metric : str
        Key of :data:`explorer.fairness.power.WORSE_IS_HIGHER`.
    rate : float
        Rate of all images, taken for all groups but one.
    gap, power, width : float
        The wishes.
    pairs : int
        Pairs of groups that are compared.
    for_power, for_width : int
        Independent images per group for either wish.
    design_effect : float
        By which images of patients are multiplied; 1 where patients are not known.
    groups : tuple of PlannedGroup
    label, what : str
        The grouping, and the images in words.
    """

    metric: str
    rate: float
    gap: float
    power: float
    width: float
    pairs: int
    for_power: int
    for_width: int
    design_effect: float
    groups: tuple[PlannedGroup, ...]
    label: str
    what: str

    @property
    def sentence(self) -> str:
        """The answer in words."""
        need = max(group.need for group in self.groups)
        short = [group for group in self.groups if group.more]
        missing = sum(group.more for group in short)
        rest = (
            f"{len(short)} of {len(self.groups)} groups lack {missing:,} together"
            if short
            else "every group has them"
        )
        return (
            f"To find a difference of {self.gap:g} in {ALL_METRICS[self.metric].label.lower()} "
            f"between two groups with a probability of {self.power:.0%}, and to know each rate "
            f"within {self.width:g}, it takes {need:,} {self.what} per group; {rest}."
        ).replace("%", " %")

    def protocol(self) -> str:
        """A short protocol, as plain text."""
        spec = ALL_METRICS[self.metric]
        return render("groups/protocol.txt", plan=self, spec=spec, alpha=ALPHA)


def plan(
    report: GroupReport,
    metric: str = "recall",
    gap: float = GAP,
    power: float = POWER,
    width: float = WIDTH,
) -> Plan:
    """How many images of each group would settle it.

    Parameters
    ----------
    report : GroupReport
        Its groups are those that will be compared.
    metric : str
        Key of :data:`explorer.fairness.power.WORSE_IS_HIGHER`.
    gap, power, width : float
        See the module; each in (0, 1).

    Raises
    ------
    ExplorerError
        If the metric has no gap, fewer than two groups are compared, or no rate can be so much
        worse than the common one.
    """
    if metric not in WORSE_IS_HIGHER:
        raise ExplorerError(f"no plan for {metric!r}: choose one of {', '.join(WORSE_IS_HIGHER)}")
    if not all(0 < wish < 1 for wish in (gap, power, width)):
        raise ExplorerError(
            "a difference, a power and a width are shares: give 0 to 1, without ends"
        )
    members = report.compared
    total = sum(group.rate(metric).n for group in members)
    if len(members) < 2 or not total:
        raise ExplorerError("a plan needs two groups with a meaning: choose another grouping")
    rate = sum((group.rate(metric).value or 0) * group.rate(metric).n for group in members) / total
    other = rate + gap if WORSE_IS_HIGHER[metric] else rate - gap
    if not 0 <= other <= 1:
        raise ExplorerError(
            f"the {ALL_METRICS[metric].label.lower()} is {rate:.2f}, so no group can be worse by "
            f"{gap:g}: wish for a smaller difference"
        )
    pairs = comb(len(members), 2)
    for_power, for_width = (
        images_for_power(rate, other, power, pairs),
        images_for_width(rate, width),
    )
    effect = report.by_patient.overall.rates[metric].design_effect if report.by_patient else 1.0
    need = ceil(max(for_power, for_width) * (effect or 1.0))
    groups = tuple(_planned(report, group, metric, need) for group in members)
    what = ALL_METRICS[metric].denominator
    sizes = (for_power, for_width, effect or 1.0)
    return Plan(metric, rate, gap, power, width, pairs, *sizes, groups, report.label, what)


def _planned(report: GroupReport, group, metric: str, need: int) -> PlannedGroup:
    have = group.rate(metric).n
    more, patients = max(0, need - have), None
    if report.by_patient:
        known = report.by_patient.rate(group.name, metric)
        per_patient = known.n / known.patients if known.patients else 1.0
        patients = ceil(more / per_patient)
    return PlannedGroup(group.name, have, need, more, patients)


def images_for_power(rate: float, other: float, power: float = POWER, pairs: int = 1) -> int:
    """Independent images per group to find one rate different from another.

    Parameters
    ----------
    rate, other : float
        The two true rates.
    power : float
    pairs : int
        Comparisons over which the level of 5 % is shared (Bonferroni, the first step of Holm).
    """
    level, reach = stats.norm.isf(ALPHA / pairs / 2), stats.norm.ppf(power)
    mean = (rate + other) / 2
    apart = np.sqrt(rate * (1 - rate) + other * (1 - other))
    together = np.sqrt(2 * mean * (1 - mean))
    return ceil(((level * together + reach * apart) / (rate - other)) ** 2)


def images_for_width(rate: float, width: float = WIDTH) -> int:
    """Independent images for a Wilson interval no wider than ``width`` around ``rate``."""
    few, enough = 1, 2
    while np.diff(wilson_limits(rate, enough), axis=0).item() > width:
        few, enough = enough, 2 * enough
    while enough - few > 1:
        middle = (few + enough) // 2
        if np.diff(wilson_limits(rate, middle), axis=0).item() > width:
            few = middle
        else:
            enough = middle
    return enough
