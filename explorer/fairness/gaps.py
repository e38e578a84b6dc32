"""Group metrics with intervals, and the gaps between groups.

One function, :func:`group_report`, answers for the published model; :func:`analyse` does the
same for any table of counts. A report holds, per group and overall, the confusion counts and
eight rates with 95 % intervals, and four gaps, each with an interval, a null band, one test over
all groups and the named pairs: image by image, and again with patients as units where they are
known. A gap is a measured difference between two named groups; it proves nothing about its cause.

The gaps are those of fairlearn's functions of the same names, with two guards. A group whose rate
is undefined (no malignant image, so no recall) is left out of that gap; fairlearn would count such
a recall as 0, and report the other group's recall as the gap. A level without a meaning
("unknown") is listed and compared with nothing (:mod:`explorer.fairness.levels`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from explorer.fairness import resampling
from explorer.fairness.by_patient import PatientReport, patient_report
from explorer.fairness.gap_notes import gap_note, group_warnings
from explorer.fairness.levels import meaningful
from explorer.fairness.limits import ALPHA
from explorer.fairness.metrics import CELLS, METRICS, NOTHING, Counts, Rate, check_metric
from explorer.fairness.resampling import GAPS, ODDS, PARTS, GapSample
from explorer.fairness.shrinkage import shrunk_rates
from explorer.util.errors import ExplorerError
from explorer.util.plain import plain

#: A rate with a smaller denominator is marked in plots, tables and warnings.
SMALL = 20

INTERVAL = (
    "95 %. Proportions: Wilson score. F1: Wilson of TP / (TP + FP + FN), transformed. Balanced "
    "accuracy: Wilson of recall and of specificity, square-and-add. Pairs: Newcombe. Gaps: "
    "square-and-add of all pairs of groups, below by the studentised range. Null: group labels "
    "shuffled within each class, so each group keeps its number of malignant and of benign images. "
    "Test: chi-square over all groups, shuffled. Holm's correction over the three rates, and over "
    "all pairs."
)
INDEPENDENT = "Images are taken as independent, although some may share a patient."


@dataclass(frozen=True)
class GroupMetrics:
    """Counts and rates of one group (or of all images); :data:`METRICS` says what each rate is."""

    name: str
    count: int
    positives: int
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    recall: Rate
    false_positive_rate: Rate
    false_negative_rate: Rate
    precision: Rate
    f1: Rate
    accuracy: Rate
    balanced_accuracy: Rate
    selection_rate: Rate

    @property
    def cells(self) -> tuple[int, int, int, int]:
        """TP, FP, FN, TN."""
        return tuple(getattr(self, cell.replace(" ", "_")) for cell in CELLS)

    def rate(self, metric: str) -> Rate:
        """The rate of this name, a key of :data:`ALL_METRICS`.

        Undefined (``n`` 0) for one of :data:`EXTRA_METRICS` that was not computed.
        """
        check_metric(metric)
        return getattr(self, metric, NOTHING)


def metrics_of(name: str, cells) -> GroupMetrics:
    """Metrics of one group from its four counts TP, FP, FN and TN."""
    tp, fp, fn, tn = cells = [int(cell) for cell in cells]
    rates = {key: metric.rate(cells) for key, metric in METRICS.items()}
    return GroupMetrics(name, tp + fp + fn + tn, tp + fn, *cells, **rates)


def group_metrics(counts: Counts) -> tuple[tuple[GroupMetrics, ...], GroupMetrics]:
    """Metrics of every group, in the order of ``counts.names``, and of all images together."""
    groups = tuple(metrics_of(name, cells) for name, cells in zip(counts.names, counts.cells.T))
    return groups, metrics_of("all images", counts.cells.sum(axis=1))


@dataclass(frozen=True, kw_only=True)
class Gap(GapSample):
    """Largest minus smallest group rate, 0..1, image by image; numbers are None where fewer than
    two groups have the rate.

    Attributes
    ----------
    name, metric : str
        fairlearn's name for the gap, and the rate it compares.
    by_patient : GapSample or None
        The same with patients as units; None where they are not known.
    left_out : tuple of str
        Groups that take no part: those without a meaning, and those with too few images.
    parts : tuple of str
        Of equalized odds: the two gaps of which it is the larger.
    largest, smallest : str or None
        The groups with the largest and the smallest rate: the gap's direction.
    note : str
        Groups that were left out, and extremes that rest on few images; may be empty.
    """

    name: str
    metric: str
    by_patient: GapSample | None = None
    left_out: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    largest: str | None = None
    smallest: str | None = None
    note: str = ""

    @property
    def decisive(self) -> GapSample:
        """What a verdict rests on: patients as units where they are known."""
        return self.by_patient or self

    @property
    def distinguishable(self) -> bool:
        """Whether the rate differs by more than chance gives, corrected for all that is tested."""
        test = self.decisive.heterogeneity
        return test is not None and test.p_holm < ALPHA


@dataclass(frozen=True)
class GroupReport:
    """Everything the Groups view and ``python -m explorer groups`` show.

    ``by`` is the grouping's key and ``label`` its name; ``source``, ``rule`` and ``weights`` say
    what was counted, ``interval`` how the uncertainty was computed, ``warnings`` what to bear in
    mind, one sentence or two each. A rate with a denominator below ``small`` is marked. Groups in
    ``left_out`` are listed and compared with nothing. ``by_patient`` is None where it is not known
    whose image is whose.
    """

    by: str
    label: str
    overall: GroupMetrics
    groups: tuple[GroupMetrics, ...]
    gaps: Mapping[str, Gap]
    source: str
    rule: str
    weights: str
    interval: str
    warnings: tuple[str, ...]
    small: int = SMALL
    left_out: tuple[str, ...] = ()
    by_patient: PatientReport | None = None

    @property
    def compared(self) -> tuple[GroupMetrics, ...]:
        """The groups that have a meaning."""
        return tuple(group for group in self.groups if group.name not in self.left_out)

    @property
    def _tested(self) -> tuple[Gap, ...]:
        """The gaps in one rate each."""
        return tuple(gap for name, gap in self.gaps.items() if name != ODDS)

    def to_json(self) -> dict:
        """Plain dictionaries, lists and numbers for ``json.dumps``; undefined numbers are None."""
        keys = ("by", "source", "rule", "weights", "interval", "overall", "groups")
        gaps = plain(self.gaps)
        for gap in gaps.values():
            del gap["name"]
            gap["between"] = {end: gap.pop(end) for end in ("largest", "smallest")}
        facts = {key: plain(getattr(self, key)) for key in keys}
        return facts | {
            "gaps": gaps,
            "left_out": list(self.left_out),
            "by_patient": self.by_patient and self.by_patient.to_json(),
            "shrunk": {gap.metric: plain(shrunk_rates(self, gap.metric)) for gap in self._tested},
            "warnings": list(self.warnings),
        }


def analyse(
    counts: Counts,
    by: str,
    label: str,
    *,
    source: str,
    rule: str,
    weights: str,
    warnings: tuple[str, ...] = (),
    minimum: int = 1,
    resamples: int = resampling.RESAMPLES,
    seed: int = resampling.SEED,
    small: int = SMALL,
    patients: np.ndarray | None = None,
    interval: str = INTERVAL,
) -> GroupReport:
    """The report of any confusion counts; the texts are passed through.

    ``small`` is the denominator below which a rate is marked. ``patients``, int (patients, 4,
    groups), are the same counts patient by patient.
    """
    if not counts.names:
        raise ExplorerError("there is nothing to compare: give at least one group with an image")
    groups, overall = group_metrics(counts)
    compared = meaningful(counts.names)
    members = tuple(group for group, kept in zip(groups, compared) if kept)
    names = [group.name for group in members]
    sample = resampling.sample_gaps(counts.cells[:, compared], minimum, resamples, seed, names)
    again = None
    if patients is not None:
        again = patient_report(patients, counts.names, compared, minimum, seed)
    gaps = _gaps(groups, members, minimum, small, sample, again)
    left_out = tuple(group.name for group in groups if group not in members)
    warnings += group_warnings(groups, members, gaps, small)
    interval = f"{interval} {again.interval if again else INDEPENDENT}"
    facts = (by, label, overall, groups, gaps, source, rule, weights, interval, warnings)
    return GroupReport(*facts, small, left_out, again)


def _gaps(groups, members, minimum, small, sample, again: PatientReport | None) -> Mapping:
    gaps = {}
    for name, (_, metric) in GAPS.items():
        if not metric:
            continue
        kept = [group for group in members if group.rate(metric).n >= max(minimum, 1)]
        kept.sort(key=lambda group: group.rate(metric).value)
        out = [group for group in groups if group not in kept]
        gaps[name] = Gap(
            **vars(sample[name]),
            name=name,
            metric=metric,
            by_patient=again and again.gaps[name],
            left_out=tuple(group.name for group in out),
            largest=kept[-1].name if len(kept) > 1 else None,
            smallest=kept[0].name if len(kept) > 1 else None,
            note=gap_note(metric, out, kept, small),
        )
    # fairlearn's definition: the larger of the recall and the false-positive-rate gap
    parts = [gaps[name] for name in PARTS]
    undefined = next((part for part in parts if part.value is None), None)
    larger = undefined or max(parts, key=lambda gap: gap.value)
    own = {**vars(sample[ODDS]), "by_patient": again and again.gaps[ODDS]}
    left_out = tuple(dict.fromkeys(name for part in parts for name in part.left_out))
    gaps[ODDS] = replace(larger, name=ODDS, left_out=left_out, parts=PARTS, **own)
    return MappingProxyType({name: gaps[name] for name in GAPS})
