"""Group metrics with intervals, and the gaps between groups.

One function, :func:`group_report`, answers for the published model; :func:`analyse` does the
same for any table of counts. A report holds, per group and overall, the confusion counts and
eight rates with 95 % intervals, and four gaps with an interval, a null band and a p-value. A gap
is a measured difference between two named groups; it proves nothing about its cause.

Rates and their intervals are made in :mod:`explorer.fairness.metrics`, the gaps' intervals and
nulls in :mod:`explorer.fairness.resampling`. The gaps are those of fairlearn's functions of the
same names, with one guard: a group whose rate is undefined (no malignant image, so no recall) is
left out of that gap, and the gap's note says so. fairlearn would count such a recall as 0, and
report the other group's recall as the gap.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from explorer.fairness import resampling
from explorer.fairness.metrics import CELLS, METRICS, NOTHING, Counts, Rate, check_metric
from explorer.fairness.resampling import GAPS
from explorer.util.errors import ExplorerError
from explorer.util.plain import plain

#: A rate with a smaller denominator is marked in plots, tables and warnings.
SMALL = 20

INTERVAL = (
    "95 %. Proportions: Wilson score. F1: Wilson of TP / (TP + FP + FN), transformed. Balanced "
    "accuracy: Wilson of recall and of specificity, square-and-add. Gaps: percentiles of a "
    "bootstrap stratified by group and class; where resampling cannot vary an end (a rate of "
    "exactly 0 or 1), Newcombe from both groups' Wilson intervals. Null: group labels shuffled "
    "within each class, so each group keeps its number of malignant and of benign images. Images "
    "are taken as independent, although some share a patient."
)


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


@dataclass(frozen=True)
class Gap:
    """Largest minus smallest group rate, 0..1; the numbers are None where fewer than two groups
    have the rate.

    Attributes
    ----------
    name, metric : str
        fairlearn's name for the gap, and the rate it compares.
    value, low, high : float or None
        The gap and its bootstrap percentile interval (not centred on it, see
        :mod:`explorer.fairness.resampling`); where an end cannot vary, Newcombe's.
    null_mean, null_p95, p_value : float or None
        The gap that chance alone gives, and how often it gives at least this one.
    largest, smallest : str or None
        The groups with the largest and the smallest rate: the gap's direction.
    note : str
        Groups that were left out, and extremes that rest on few images; may be empty.
    """

    name: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    null_mean: float | None
    null_p95: float | None
    p_value: float | None
    largest: str | None
    smallest: str | None
    note: str


@dataclass(frozen=True)
class GroupReport:
    """Everything the Groups view and ``python -m explorer groups`` show.

    ``by`` is the grouping's key and ``label`` its name; ``source``, ``rule`` and ``weights`` say
    what was counted, ``interval`` how the uncertainty was computed, ``warnings`` what to bear in
    mind, one sentence or two each. A rate with a denominator below ``small`` is marked.
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

    def to_json(self) -> dict:
        """Plain dictionaries, lists and numbers for ``json.dumps``; undefined numbers are None."""
        keys = ("by", "source", "rule", "weights", "interval", "overall", "groups")
        gaps = plain(self.gaps)
        for gap in gaps.values():
            del gap["name"]
            gap["between"] = {end: gap.pop(end) for end in ("largest", "smallest")}
        facts = {key: plain(getattr(self, key)) for key in keys}
        return facts | {"gaps": gaps, "warnings": list(self.warnings)}


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
    draws: np.ndarray | None = None,
    interval: str = INTERVAL,
) -> GroupReport:
    """The report of any confusion counts; the texts are passed through.

    ``small`` is the denominator below which a rate is marked. ``draws``, int (4, resamples,
    groups), replace the stratified bootstrap behind the gaps' intervals, for example by one over
    patients; ``interval`` then says so.
    """
    if not counts.names:
        raise ExplorerError("there is nothing to compare: give at least one group with an image")
    groups, overall = group_metrics(counts)
    sample = resampling.sample_gaps(counts.cells, minimum, resamples, seed, draws)
    gaps = _gaps(groups, minimum, small, sample)
    warnings += _small_warnings(groups, gaps, small)
    return GroupReport(
        by, label, overall, groups, gaps, source, rule, weights, interval, warnings, small
    )


def _gaps(groups: tuple, minimum: int, small: int, sample: dict) -> Mapping:
    gaps = {}
    for name, (_, metric) in GAPS.items():
        if not metric:
            continue
        kept = [group for group in groups if group.rate(metric).n >= max(minimum, 1)]
        kept.sort(key=lambda group: group.rate(metric).value)
        note = _note(metric, [group for group in groups if group not in kept], kept, small)
        value, largest, smallest = None, None, None
        chance = vars(sample[name])
        if len(kept) >= 2:
            most, least = kept[-1].rate(metric), kept[0].rate(metric)
            value, largest, smallest = most.value - least.value, kept[-1].name, kept[0].name
            chance = _sampled(sample[name], most, least)
        gaps[name] = Gap(
            name, metric, value, **chance, largest=largest, smallest=smallest, note=note
        )
    # fairlearn's definition: the larger of the recall and the false-positive-rate gap
    name = "equalized_odds_difference"
    parts = gaps["equal_opportunity_difference"], gaps["false_positive_rate_difference"]
    undefined = next((part for part in parts if part.value is None), None)
    larger = undefined or max(parts, key=lambda gap: gap.value)
    facts = {}
    if not undefined:
        rates = {group.name: group.rate(larger.metric) for group in groups}
        facts = _sampled(sample[name], rates[larger.largest], rates[larger.smallest])
    gaps[name] = replace(larger, name=name, **facts)
    return MappingProxyType({name: gaps[name] for name in GAPS})


def _sampled(sample: resampling.GapSample, most: Rate, least: Rate) -> dict:
    """A gap's interval and null as fields, with an interval that can be trusted to have a width."""
    low, high = resampling.steady(most, least, sample.low, sample.high)
    return {**vars(sample), "low": low, "high": high}


def widest(
    groups: Iterable[GroupMetrics], metric: str, minimum: int
) -> tuple[float, GroupMetrics, GroupMetrics] | None:
    """Gap, highest and lowest group among those with at least ``minimum`` in the denominator.

    None where there are fewer than two.
    """
    kept = [group for group in groups if group.rate(metric).n >= max(minimum, 1)]
    if len(kept) < 2:
        return None
    kept.sort(key=lambda group: group.rate(metric).value)
    return kept[-1].rate(metric).value - kept[0].rate(metric).value, kept[-1], kept[0]


def _note(metric: str, out: list, members: list, small: int) -> str:
    """Who was left out of a gap, and what is doubtful about its extremes.

    ``members`` are sorted by the rate.
    """
    what, parts = METRICS[metric].denominator, []
    if out:
        parts.append(f"Left out for too few {what}: {_with_n(out, metric)}.")
    if len(members) < 2:
        return " ".join([*parts, "Fewer than two groups have this rate."])
    extremes = members[-1], members[0]
    few = [group for group in extremes if group.rate(metric).n < small]
    if few:
        parts.append(f"Rests on fewer than {small} {what}: {_with_n(few, metric)}.")
    if few and (wide := widest(members, metric, small)):
        gap, most, least = wide
        parts.append(
            f"Among groups with at least {small} it is {gap:.3f} ({most.name} minus {least.name})."
        )
    fixed = [group.name for group in extremes if group.rate(metric).value in (0, 1)]
    if fixed:
        parts.append(
            f"Resampling cannot vary a rate of exactly 0 or 1 ({', '.join(fixed)}), so the "
            "interval is made of the two groups' own (Newcombe)."
        )
    return " ".join(parts)


def _with_n(groups: list, metric: str) -> str:
    return ", ".join(f"{group.name} (n = {group.rate(metric).n})" for group in groups)


def _small_warnings(groups: tuple, gaps: Mapping[str, Gap], small: int) -> tuple[str, ...]:
    none = [group.name for group in groups if group.positives == 0]
    few = [f"{g.name} ({g.positives})" for g in groups if 0 < g.positives < small]
    texts = []
    if none:
        texts.append(
            f"No malignant image in: {', '.join(none)}. Recall, false negative rate and "
            "balanced accuracy are undefined there and do not enter the gaps."
        )
    if few:
        texts.append(
            f"Fewer than {small} malignant images in: {', '.join(few)}. "
            "Their recall is known only roughly."
        )
    if any(gap.value is not None for gap in gaps.values()):
        texts.append(
            "A largest-minus-smallest gap is positive even if all groups are treated "
            "alike. Read each gap beside what chance alone gives."
        )
    return tuple(texts)
