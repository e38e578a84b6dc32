"""The same figures with patients as units, where it is known whose image is whose.

:func:`patient_report` gives what stands beside the image-wise figures of a group report: every
rate's interval and design effect, and every gap's interval, null, test and pairs. Values are the
same; how sure they are is not (:mod:`explorer.fairness.units`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from explorer.fairness.metrics import ALL_METRICS, METRICS, NOTHING, Fraction, Metric, Rate
from explorer.fairness.resampling import GAPS, SEED, GapSample, Table, summaries
from explorer.fairness.units import Clustered, clustered, exchanged, shuffles
from explorer.util.plain import plain

#: Shuffles of patients, and of how many drawn numbers there are at most.
SHUFFLES, FEWEST, DRAWN = 2_000, 400, 6_000_000
INTERVAL = (
    "By patient: Wilson with the images divided by the design effect (variance between patients, "
    "linearised), gaps and pairs of these; p: groups exchanged within each patient where at least "
    "a quarter of the images are of patients with images in several groups, else between whole "
    "patients."
)


@dataclass(frozen=True)
class PatientRate(Rate):
    """A rate whose interval takes patients as units.

    ``n`` are images; ``patients`` have one of them; ``design_effect``, at least 1, is how many
    images are worth one independent image; ``intraclass``, 0..1, how alike the calls of one
    patient are. None where undefined.
    """

    patients: int
    design_effect: float | None
    intraclass: float | None


NO_RATE = PatientRate(**vars(NOTHING), patients=0, design_effect=None, intraclass=None)


@dataclass(frozen=True)
class PatientGroup:
    """A group's patients and rates of counts, by the keys of ``ALL_METRICS``."""

    name: str
    patients: int
    rates: Mapping[str, PatientRate]


@dataclass(frozen=True)
class PatientReport:
    """Every rate and every gap with patients as units.

    Attributes
    ----------
    patients : int
    overall : PatientGroup
    groups : tuple of PatientGroup
    gaps : mapping of str to GapSample
    interval : str
        How it was made.
    """

    patients: int
    overall: PatientGroup
    groups: tuple[PatientGroup, ...]
    gaps: Mapping[str, GapSample]
    interval: str = INTERVAL

    def rate(self, name: str, metric: str) -> PatientRate:
        """A rate of the group of this name."""
        return next(group.rates[metric] for group in self.groups if group.name == name)

    def to_json(self) -> dict:
        """Keys: patients, interval, overall, groups; a group is name, patients and its rates."""
        overall, *groups = (
            {"name": group.name, "patients": group.patients, **plain(group.rates)}
            for group in (self.overall, *self.groups)
        )
        facts = {"patients": self.patients, "interval": self.interval}
        return {**facts, "overall": overall, "groups": groups}


def patient_report(
    cells: np.ndarray,
    names: Sequence[str],
    compared: np.ndarray,
    minimum: int = 1,
    seed: int = SEED,
) -> PatientReport:
    """Rates and gaps of counts per patient.

    Parameters
    ----------
    cells : int, shape (patients, 4, groups)
        TP, FP, FN and TN of each patient in each group.
    names : sequence of str
        Of the groups.
    compared : bool (groups,)
        Groups that enter gaps, tests and pairs.
    minimum : int
        A group enters a gap only if its rate has at least this denominator.
    seed : int
    """
    by_cell = np.moveaxis(cells, 1, 0)  # (4, patients, groups)
    everyone = np.concatenate([by_cell.sum(axis=2, keepdims=True), by_cell], axis=2)
    rates = {key: _rates(spec, everyone) for key, spec in ALL_METRICS.items() if spec.fractions}
    patients = np.count_nonzero(everyone.sum(axis=0), axis=0)
    groups = tuple(
        PatientGroup(name, int(n), MappingProxyType({key: rates[key][i] for key in rates}))
        for i, (name, n) in enumerate(zip(("all images", *names), patients))
    )
    kept = np.flatnonzero(compared)
    gaps = _gaps(by_cell[..., kept], [names[i] for i in kept], minimum, seed)
    return PatientReport(int(patients[0]), groups[0], groups[1:], MappingProxyType(gaps))


# Rates


def _rates(metric: Metric, cells: np.ndarray) -> list[PatientRate]:
    """Of every group; the mean of two rates combines their intervals by square-and-add."""
    parts = [_fraction(fraction, cells) for fraction in metric.fractions]
    return list(map(_mean, *parts)) if len(parts) == 2 else parts[0]


def _fraction(fraction: Fraction, cells: np.ndarray) -> list[PatientRate]:
    part, total = (
        np.tensordot(times > 0, cells, 1) for times in (fraction.numerator, fraction.denominator)
    )
    found = clustered(part, total)
    times = int(fraction.numerator.max())  # 2 in F1, of which the part is then J
    return [_rate(found, i, times) if found.n[i] else NO_RATE for i in range(len(found.n))]


def _rate(found: Clustered, index: int, times: int) -> PatientRate:
    value, low, high = (
        float(times * x[index] / (1 + (times - 1) * x[index]))
        for x in (found.value, found.low, found.high)
    )
    n, patients = int(found.n[index]), int(found.patients[index])
    alike = float(found.design_effect[index]), float(found.intraclass[index])
    return PatientRate(value, low, high, n, patients, *alike)


def _mean(first: PatientRate, second: PatientRate) -> PatientRate:
    if not first.n or not second.n:
        return NO_RATE
    value = (first.value + second.value) / 2
    below = np.hypot(first.value - first.low, second.value - second.low) / 2
    above = np.hypot(first.high - first.value, second.high - second.value) / 2
    alike = (
        max(getattr(x, key) for x in (first, second)) for key in ("design_effect", "intraclass")
    )
    n, patients = first.n + second.n, max(first.patients, second.patients)
    return PatientRate(value, float(value - below), float(value + above), n, patients, *alike)


# Gaps


def _gaps(cells: np.ndarray, names: Sequence[str], minimum: int, seed: int) -> dict:
    rng = np.random.default_rng(seed)
    counts = {
        metric: METRICS[metric].fractions[0].count(cells)
        for metric in filter(None, (metric for _, metric in GAPS.values()))
    }
    if cells.shape[2] < 2:
        return {name: GapSample() for name in GAPS}
    times = _affordable(counts.values())
    drawn = {metric: shuffles(*count, times, rng) for metric, count in counts.items()}
    # within each class, as the image-wise null
    both = tuple(map(np.add, drawn["recall"], drawn["false_positive_rate"]))
    tables = {}
    for metric, (part, total) in counts.items():
        kept = np.flatnonzero(total.sum(axis=0) >= max(minimum, 1))
        found = clustered(part[:, kept], total[:, kept])
        tables[metric] = Table(
            kept,
            part.sum(axis=0)[kept],
            total.sum(axis=0)[kept],
            np.array([found.value, found.low, found.high]),
            drawn[metric],
            both if metric == "selection_rate" else drawn[metric],
            found.correlation,
            exchanged(total),
        )
    return summaries(tables, names, independent=False)


def _affordable(counts) -> int:
    """Shuffles that are drawn of so many patients and groups."""
    size = max(np.count_nonzero(part.sum(axis=1)) * part.shape[1] for part, _ in counts)
    return int(np.clip(DRAWN // max(size, 1), FEWEST, SHUFFLES))
