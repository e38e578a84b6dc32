"""The answer in words: one paragraph on what differs between groups, and what chance explains.

:func:`statement_of` writes it from a group report or an analysis, sentence by sentence; each
sentence keeps the numbers that it was made from. It takes a rate to differ *distinguishably* where
the permutation test of the largest-minus-smallest gap gives p below :data:`ALPHA`. One tiny group
makes large gaps common by chance and so hides those of all the others; where there is one, the
gap is tested again among the groups that are large enough. Nothing is ever called fair: what
cannot be distinguished from chance may still be there, so the gap that these counts would have
shown stands beside it (:mod:`explorer.fairness.power`).

    >>> from explorer.study.counts import group_report
    >>> statement_of(group_report("sex")).text
    'By sex, ...'

References
----------
Altman, Bland (1995), "Absence of evidence is not evidence of absence", BMJ 311:485.
Wasserstein, Lazar (2016), "The ASA statement on p-values", The American Statistician 70(2).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from explorer.fairness.gaps import Gap, GroupMetrics, GroupReport, widest
from explorer.fairness.metrics import METRICS, Counts
from explorer.fairness.power import power_of_gap
from explorer.fairness.resampling import sample_gaps
from explorer.fairness.text import p_text, rate_text
from explorer.util.errors import ExplorerError
from explorer.util.plain import plain

#: Level of every permutation test.
ALPHA = 0.05
#: Gaps that are tested, under fairlearn's names; equalized odds is the larger of the first two.
TESTED = (
    "equal_opportunity_difference",
    "false_positive_rate_difference",
    "demographic_parity_difference",
)
#: Most groups that one sentence names.
MOST_NAMED = 8

INDEPENDENT = (
    "Which images show the same patient is not known here: images count as independent, so "
    "intervals and chance bands may be too narrow."
)
CLUSTERED = (
    "Intervals of gaps draw whole patients; intervals of rates, chance bands and p count images as "
    "independent, so they may be too narrow."
)
CAUTION = (
    "The p-values are not corrected for the number of tests, and a gap proves nothing about its "
    "cause."
)
#: The metric that a class alone decides, and how many images of the class a group has.
CLASSES = {
    "recall": ("malignant", lambda group: group.positives),
    "false_positive_rate": ("benign", lambda group: group.count - group.positives),
}


@dataclass(frozen=True)
class Sentence:
    """One sentence: what it is about, its words, and the numbers it was made from."""

    key: str
    text: str
    made_from: Mapping = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Statement:
    """The paragraph.

    Attributes
    ----------
    sentences : tuple of Sentence
        The answer first. Keys: answer, images, a name of :data:`TESTED` per gap, undefined (groups
        without a class), small, power, patients, caution, source.
    distinguishable : tuple of str
        Metrics whose gap chance alone does not explain.
    among_large : tuple of str
        Those where it does not once groups with few images are left out.
    indistinguishable : tuple of str
        Those where it may.
    """

    sentences: tuple[Sentence, ...]
    distinguishable: tuple[str, ...]
    among_large: tuple[str, ...]
    indistinguishable: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole paragraph."""
        return " ".join(sentence.text for sentence in self.sentences)

    def of(self, key: str) -> str:
        """The sentences about one thing, joined; empty where there is none."""
        return " ".join(each.text for each in self.sentences if each.key == key)

    def to_json(self) -> dict:
        """Keys: text, and the fields; a sentence is key, text and made_from."""
        return {"text": self.text, **plain(self)}


@dataclass(frozen=True)
class _Large:
    """A gap among the groups with enough images, where that leaves any out."""

    value: float
    p_value: float
    largest: str
    smallest: str


def statement_of(result) -> Statement:
    """What a group report, or an analysis with one, lets one say.

    Parameters
    ----------
    result : GroupReport or Analysis
        Of an analysis it is known whether it has patients; a report alone counts images.
    """
    report: GroupReport = getattr(result, "report", result)
    decided = getattr(result, "decided", None)
    patients = decided is not None and decided.predictions.has_patients
    gaps, large = [report.gaps[name] for name in TESTED], _among_large(report)
    verdicts = {gap.metric: _verdict(gap, large) for gap in gaps if gap.value is not None}
    by_verdict = [tuple(m for m, found in verdicts.items() if found == kind) for kind in range(3)]
    sentences = (
        _answer(report, *by_verdict),
        _images(report),
        *(sentence for gap in gaps for sentence in _gap(report, gap, large.get(gap.name))),
        *_without(report),
        *_small(report),
        *_power(report, by_verdict[2]),
        Sentence("patients", CLUSTERED if patients else INDEPENDENT, {"patients": patients}),
        *([Sentence("caution", CAUTION, {"tests": len(verdicts)})] if verdicts else []),
        _source(report),
    )
    return Statement(sentences, *by_verdict)


def _verdict(gap: Gap, large: Mapping[str, _Large]) -> int:
    """Distinguishable, only among large groups, not distinguishable."""
    if gap.p_value < ALPHA:
        return 0
    return 1 if gap.name in large and large[gap.name].p_value < ALPHA else 2


def _among_large(report: GroupReport) -> dict[str, _Large]:
    """Every gap from which a group with few images can be left out, tested without such groups."""
    found = {}
    sample = None
    for name in TESTED:
        metric = report.gaps[name].metric
        few = any(0 < group.rate(metric).n < report.small for group in report.groups)
        wide = widest(report.groups, metric, report.small) if few else None
        if wide:
            sample = sample or sample_gaps(counts_of(report.groups).cells, report.small)
            value, most, least = wide
            found[name] = _Large(value, sample[name].p_value, most.name, least.name)
    return found


def _answer(report: GroupReport, seen: tuple, large: tuple, unseen: tuple) -> Sentence:
    """The finding: which rates differ distinguishably, and which do not."""
    parts = []
    if seen:
        differ = "differs" if len(seen) == 1 else "differ"
        parts.append(f"{_both(seen)} {differ} between groups by more than chance alone gives")
    if large:
        parts.append(
            f"in {_both(large)} groups with at least {report.small} images differ by more than "
            "chance alone gives"
        )
    if unseen:
        differ = "the groups are treated alike" if not seen and not large else "there is none"
        parts.append(
            f"in {_both(unseen)} no difference can be distinguished from chance with these n, "
            f"which does not show that {differ}"
        )
    answer = "; ".join(parts) or "nothing can be compared: fewer than two groups have a rate"
    numbers = {"distinguishable": seen, "among_large": large, "indistinguishable": unseen}
    return Sentence("answer", f"By {report.label}: {answer}.", numbers)


def _both(metrics: Iterable[str]) -> str:
    *head, last = (METRICS[metric].label.lower() for metric in metrics)
    return f"{', '.join(head)} and {last}" if head else last


def _images(report: GroupReport) -> Sentence:
    listed = _listed(f"{g.name} {g.count:,} ({g.positives:,})" for g in report.groups)
    everyone = report.overall
    text = f"n = {everyone.count:,} images ({everyone.positives:,} malignant): {listed}."
    made_from = {g.name: {"n": g.count, "malignant": g.positives} for g in report.groups}
    return Sentence("images", text, made_from)


def _listed(items: Iterable[str]) -> str:
    """Semicolons between them, since names hold commas; the last ones only counted."""
    items = list(items)
    more = f"; and {len(items) - MOST_NAMED} more" if len(items) > MOST_NAMED else ""
    return "; ".join(items[:MOST_NAMED]) + more


def _gap(report: GroupReport, gap: Gap, large: _Large | None) -> list[Sentence]:
    """Both ends, the gap, and what chance alone gives; then the same without small groups."""
    spec = METRICS[gap.metric]
    if gap.value is None:
        text = f"{spec.label} cannot be compared: fewer than two groups have {spec.denominator}."
        return [Sentence(gap.name, text)]
    rates = {group.name: group.rate(gap.metric) for group in report.groups}
    most, least = rates[gap.largest], rates[gap.smallest]
    wider = ", more than this gap" if gap.null_p95 > gap.value else ""
    text = (
        f"{spec.label}: {rate_text(most)} in {gap.largest} (n = {most.n:,}), {rate_text(least)} in "
        f"{gap.smallest} (n = {least.n:,}), a gap of {gap.value:.3f} [{gap.low:.3f}, "
        f"{gap.high:.3f}], {p_text(gap.p_value)}; by chance 95 % below {gap.null_p95:.3f}{wider}."
    )
    found = [Sentence(gap.name, text, plain(gap) | {"n_largest": most.n, "n_smallest": least.n})]
    if large:
        text = (
            f"Among groups with at least {report.small} {spec.denominator} it is "
            f"{large.value:.3f} ({large.largest} minus {large.smallest}), {p_text(large.p_value)}."
        )
        found.append(Sentence(gap.name, text, plain(large) | {"minimum": report.small}))
    return found


def _without(report: GroupReport) -> list[Sentence]:
    """Groups without an image of a class, whose rate is undefined."""
    found = []
    for metric, (kind, size) in CLASSES.items():
        names = [group.name for group in report.groups if not size(group)]
        if names:
            text = (
                f"No {kind} image in: {_listed(names)}; {METRICS[metric].label.lower()} is "
                "undefined there and not compared."
            )
            found.append(Sentence("undefined", text, {"metric": metric, "groups": names}))
    return found


def _small(report: GroupReport) -> list[Sentence]:
    """Groups with too few images of a class for more than a rough rate."""
    found = []
    for metric, (kind, size) in CLASSES.items():
        few = {g.name: size(g) for g in report.groups if 0 < size(g) < report.small}
        if few:
            listed = _listed(f"{name} ({n})" for name, n in few.items())
            text = (
                f"Fewer than {report.small} {kind} images in: {listed}; "
                f"{METRICS[metric].label.lower()} is known only roughly there."
            )
            found.append(Sentence("small", text, {"metric": metric, "n": few}))
    return found


def _power(report: GroupReport, unseen: Iterable[str]) -> list[Sentence]:
    """How large a true gap would have to be, for the rates where none was seen."""
    found = []
    for metric in unseen:
        if metric not in CLASSES:  # a selection rate follows from these two
            continue
        try:
            power = power_of_gap(counts_of(report.groups), metric)
        except ExplorerError:  # no group can be worse
            continue
        sizes = [group.detectable for group in power.groups if group.detectable is not None]
        what = f"a true gap in {METRICS[metric].label.lower()}"
        text = (
            f"With these n {what} must reach {min(sizes):.2f} to be found four times in five."
            if sizes
            else f"With these n {what}, however large, is not found four times in five."
        )
        found.append(Sentence("power", text, power.to_json()))
    return found


def counts_of(groups: Iterable[GroupMetrics]) -> Counts:
    """The confusion counts that rates were made of."""
    groups = tuple(groups)
    columns = zip(*(group.cells for group in groups))
    return Counts(tuple(group.name for group in groups), *map(np.array, columns))


def _source(report: GroupReport) -> Sentence:
    facts = {key: getattr(report, key) for key in ("weights", "rule", "source")}
    weights, rule, source = (text.rstrip(".") for text in facts.values())
    rule = rule.partition(". ")[0]  # what more there is to say of it stands beside the figures
    return Sentence("source", f"Weights: {weights}. Rule: {rule}. Source: {source}.", facts)
