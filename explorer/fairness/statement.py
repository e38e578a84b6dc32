"""The answer in words: one paragraph on what differs between groups, and what chance explains.

:func:`statement_of` writes it from a group report or an analysis, sentence by sentence; each
sentence keeps the numbers that it was made from. It takes a rate to differ *distinguishably* where
the test over all groups (:mod:`explorer.fairness.heterogeneity`) gives p below 0.05 after
Holm's correction for the rates that are tested, with patients as units where they are known.
Nothing is ever called fair: what cannot be distinguished from chance may still be there, so the
gap that these counts would have shown stands beside it (:mod:`explorer.fairness.power`).

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

from explorer.fairness.cutoffs import SAME_IMAGES
from explorer.fairness.gaps import Gap, GroupMetrics, GroupReport
from explorer.fairness.metrics import METRICS, Counts
from explorer.fairness.power import DRAWS, PowerAnalysis, power_of_gap
from explorer.fairness.text import p_text, rate_text
from explorer.util.errors import ExplorerError
from explorer.util.plain import plain

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
    "What differs and what does not is told with patients as units; intervals and p of single "
    "figures count images as independent unless they say by patient."
)
CAUTION = (
    "The p-values over all groups are corrected for the rates tested (Holm), and a gap proves "
    "nothing about its cause."
)
#: Shuffles of the simulated power; the sentence gives two digits.
POWER_DRAWS = 1_500
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
        The answer first. Keys: answer, images, cutoff (at one sensitivity), a name of
        :data:`TESTED` per gap, left_out, undefined (groups without a class), small, power,
        patients, caution, source.
    distinguishable : tuple of str
        Metrics in which groups differ by more than chance alone gives.
    indistinguishable : tuple of str
        Those where it may.
    """

    sentences: tuple[Sentence, ...]
    distinguishable: tuple[str, ...]
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


def statement_of(result) -> Statement:
    """What a group report, or an analysis with one, lets one say.

    Parameters
    ----------
    result : GroupReport or Analysis
    """
    report: GroupReport = getattr(result, "report", result)
    gaps = [report.gaps[name] for name in TESTED]
    tested = [gap for gap in gaps if gap.value is not None]
    seen = tuple(gap.metric for gap in tested if gap.distinguishable)
    unseen = tuple(gap.metric for gap in tested if gap.metric not in seen)
    patients = report.by_patient is not None
    sentences = (
        _answer(report, seen, unseen),
        _images(report),
        *_cutoff(getattr(result, "decided", None)),
        *(_gap(report, gap) for gap in gaps),
        *_left_out(report),
        *_without(report),
        *_small(report),
        *_power(report, unseen),
        Sentence("patients", CLUSTERED if patients else INDEPENDENT, {"patients": patients}),
        *([Sentence("caution", CAUTION, {"tests": len(tested)})] if tested else []),
        _source(report),
    )
    return Statement(sentences, seen, unseen)


def _answer(report: GroupReport, seen: tuple, unseen: tuple) -> Sentence:
    """The finding: which rates differ distinguishably, and which do not."""
    parts = []
    if seen:
        differ = "differs" if len(seen) == 1 else "differ"
        parts.append(f"{_both(seen)} {differ} between groups by more than chance alone gives")
    if unseen:
        differ = "there is none" if seen else "the groups are treated alike"
        parts.append(
            f"in {_both(unseen)} no difference can be distinguished from chance with these n, "
            f"which does not show that {differ}"
        )
    answer = "; ".join(parts) or "nothing can be compared: fewer than two groups have a rate"
    numbers = {"distinguishable": seen, "indistinguishable": unseen}
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


def _cutoff(decided) -> list[Sentence]:
    """From where on images are called malignant, where one sensitivity was asked for."""
    if decided is None or decided.cutoffs is None:
        return []
    operating, cutoffs = decided.operating, decided.cutoffs
    text = f"Here called {cutoffs.text(operating.key)}."
    if operating.images is None:
        text += f" {SAME_IMAGES}"
    return [Sentence("cutoff", text, plain(cutoffs.of(operating.key)))]


def _listed(items: Iterable[str]) -> str:
    """Semicolons between them, since names hold commas; the last ones only counted."""
    items = list(items)
    more = f"; and {len(items) - MOST_NAMED} more" if len(items) > MOST_NAMED else ""
    return "; ".join(items[:MOST_NAMED]) + more


def _gap(report: GroupReport, gap: Gap) -> Sentence:
    """Both ends, the gap, what chance alone gives, and the test over all groups."""
    spec = METRICS[gap.metric]
    if gap.value is None:
        text = f"{spec.label} cannot be compared: fewer than two groups have {spec.denominator}."
        return Sentence(gap.name, text)
    rates = {group.name: group.rate(gap.metric) for group in report.groups}
    most, least = rates[gap.largest], rates[gap.smallest]
    wider = ", more than this gap" if gap.null_p95 > gap.value else ""
    by_patient = " by patient" if gap.by_patient else ""
    text = (
        f"{spec.label}: {rate_text(most)} in {gap.largest} (n = {most.n:,}), {rate_text(least)} in "
        f"{gap.smallest} (n = {least.n:,}), a gap of {gap.value:.3f} [{gap.low:.3f}, "
        f"{gap.high:.3f}]; by chance 95 % below {gap.null_p95:.3f}{wider}; over all groups"
        f"{by_patient} {p_text(gap.decisive.heterogeneity.p_holm)}."
    )
    return Sentence(gap.name, text, plain(gap) | {"n_largest": most.n, "n_smallest": least.n})


def _left_out(report: GroupReport) -> list[Sentence]:
    """Levels that are no group."""
    if not report.left_out:
        return []
    sizes = {g.name: g.count for g in report.groups if g.name in report.left_out}
    listed = _listed(f"{name} ({n:,})" for name, n in sizes.items())
    text = f"Listed, but compared with nothing, since it names no group: {listed}."
    return [Sentence("left_out", text, {"n": sizes})]


def _without(report: GroupReport) -> list[Sentence]:
    """Groups without an image of a class, whose rate is undefined."""
    found = []
    for metric, (kind, size) in CLASSES.items():
        names = [group.name for group in report.compared if not size(group)]
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
        few = {g.name: size(g) for g in report.compared if 0 < size(g) < report.small}
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
            power = power_of(report, metric, POWER_DRAWS)
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


def power_of(report: GroupReport, metric: str, draws: int = DRAWS) -> PowerAnalysis:
    """Power of the test over all groups; with patients as units where they are known.

    Raises
    ------
    ExplorerError
        As :func:`explorer.fairness.power.power_of_gap`.
    """
    effects = None
    if report.by_patient:
        rates = [report.by_patient.rate(group.name, metric) for group in report.groups]
        effects = [rate.design_effect or 1.0 for rate in rates]
    return power_of_gap(counts_of(report.groups), metric, draws=draws, effects=effects)


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
