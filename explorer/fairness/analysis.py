"""The workbench's whole answer for one source, one grouping and one operating point.

:func:`analyse_predictions` returns an :class:`Analysis`: the group report (rates, named gaps with
interval and null band), the measures of scores, and for every metric how far groups are apart.

Two kinds of comparison, on purpose. The four named *gaps* take every group whose rate is defined,
as fairlearn and the study do, and say in a note which extremes rest on few images. A *spread*
compares only groups with at least ``small`` images in the denominator, and it alone names a worst
group. Levels without a meaning take part in neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from explorer.data.predictions import Predictions
from explorer.fairness import resampling, scores
from explorer.fairness.decisions import AS_GIVEN, Decided, Operating, decide
from explorer.fairness.gaps import INTERVAL, SMALL, GroupReport, analyse
from explorer.fairness.limits import columns, gap_limits, ratio_limits
from explorer.fairness.metrics import ALL_METRICS, NOTHING, Rate
from explorer.fairness.statement import Statement, statement_of
from explorer.util.errors import ExplorerError
from explorer.util.plain import plain


@dataclass(frozen=True)
class Spread:
    """How far the groups' values of one metric are apart; None where fewer than two enter.

    Attributes
    ----------
    metric : str
        Key of :data:`explorer.fairness.metrics.ALL_METRICS`.
    difference, difference_low, difference_high : float or None
        Largest minus smallest group value, with the interval of
        :func:`explorer.fairness.limits.gap_limits`; with patients as units where they are known.
    ratio, ratio_low, ratio_high : float or None
        Smallest divided by largest, 0..1; None where the largest is 0.
    largest, smallest : str or None
        Groups at either end: the direction of the difference.
    worst : str or None
        The end that is worse for the metric; None where neither direction is.
    left_out : tuple of str
        Groups with too few images for a comparison, and those without a meaning.
    """

    metric: str
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    largest: str | None = None
    smallest: str | None = None
    worst: str | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Analysis:
    """Everything of one source at one operating point.

    Attributes
    ----------
    decided : Decided
        Groups and decisions per image.
    report : GroupReport
        Its groups are :class:`~explorer.fairness.scores.ScoredGroup`; its plots and tables work.
    spreads : mapping of str to Spread
        For every metric that the source has.
    """

    decided: Decided
    report: GroupReport
    spreads: Mapping[str, Spread]

    @cached_property
    def statement(self) -> Statement:
        """The answer in one paragraph."""
        return statement_of(self)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metrics that the source has: all of them with probabilities, else those of counts."""
        return tuple(self.spreads)

    def to_json(self) -> dict:
        """The group report's JSON; ``statement``, ``small``, ``spreads``, ``same_sensitivity``
        (as :class:`explorer.fairness.cutoffs.Cutoffs`, or null), ``data``."""
        predictions = self.decided.predictions
        return self.report.to_json() | {
            "statement": self.statement.to_json(),
            "small": self.report.small,
            "spreads": plain(self.spreads),
            "same_sensitivity": plain(self.decided.cutoffs),
            "data": {
                "name": predictions.name,
                "images": len(predictions),
                "sha256": predictions.sha256,
                "join": plain(predictions.join),
            },
        }


def analyse_predictions(
    predictions: Predictions,
    by: str | tuple[str, ...] = "published",
    operating: Operating = AS_GIVEN,
    minimum: int = SMALL,
    resamples: int = resampling.RESAMPLES,
    seed: int = resampling.SEED,
    score_resamples: int = scores.RESAMPLES,
) -> Analysis:
    """Group metrics, gaps and spreads of per-image predictions.

    Parameters
    ----------
    predictions : Predictions
    by : str or tuple of str
        One or two grouping columns, see :func:`explorer.fairness.decisions.decide`.
    operating : Operating
    minimum : int
        A rate with a smaller denominator is marked and kept out of spreads. At least 1.
    resamples, seed : int
        Of the gaps' nulls and tests.
    score_resamples : int
        Of the measures of scores.
    """
    if minimum < 1:
        raise ExplorerError(f"the smallest denominator must be at least 1, not {minimum}")
    decided = decide(predictions, by, operating)
    return analyse_decided(decided, minimum, resamples, seed, score_resamples)


def analyse_decided(
    decided: Decided,
    minimum: int = SMALL,
    resamples: int = resampling.RESAMPLES,
    seed: int = resampling.SEED,
    score_resamples: int = scores.RESAMPLES,
) -> Analysis:
    """As :func:`analyse_predictions`, for decisions already made (by post-processing, say)."""
    table = None
    if decided.probability is not None:
        table = scores.score_table(
            decided.target,
            decided.probability,
            decided.group,
            len(decided.names),
            decided.patient_index,
            score_resamples,
            seed,
        )
    report = _report(decided, table, minimum, resamples, seed)
    metrics = [key for key, metric in ALL_METRICS.items() if metric.fractions or table is not None]
    return Analysis(
        decided, report, MappingProxyType({key: _spread(key, report) for key in metrics})
    )


def _report(decided, table, minimum, resamples, seed) -> GroupReport:
    predictions = decided.predictions
    interval = INTERVAL
    if table is not None:
        interval += scores.interval_text(predictions.has_patients)
    report = analyse(
        decided.counts,
        ",".join(decided.by),
        decided.label,
        source=predictions.source,
        rule=decided.rule,
        weights=predictions.weights,
        warnings=predictions.warnings + decided.warnings,
        resamples=resamples,
        seed=seed,
        small=minimum,
        patients=decided.patient_cells,
        interval=interval,
    )
    measures = [None] * (1 + len(decided.names)) if table is None else table.rates
    overall, *groups = map(scores.scored_group, (report.overall, *report.groups), measures)
    return replace(report, overall=overall, groups=tuple(groups))


# Differences and ratios


def _spread(metric: str, report: GroupReport) -> Spread:
    rates = {group.name: _known(report, group, metric) for group in report.groups}
    # of a mean of two rates, the images that the weaker one rests on
    sizes = {
        group.name: min(group.positives, group.count - group.positives)
        if metric == "balanced_accuracy"
        else rates[group.name].n
        for group in report.groups
    }
    kept = [group.name for group in report.compared if sizes[group.name] >= report.small]
    left_out = tuple(name for name in rates if name not in kept)
    if len(kept) < 2:
        return Spread(metric, left_out=left_out)
    smallest, *_, largest = sorted(kept, key=lambda name: rates[name].value)
    low, high = rates[smallest].value, rates[largest].value
    better = ALL_METRICS[metric].higher_is_better
    worst = None if better is None or low == high else smallest if better else largest
    ends = columns([rates[name] for name in kept])
    ratio = (None, None, None)
    if high:
        ratio = (low / high, *ratio_limits(*ends))
    return Spread(
        metric,
        high - low,
        *map(float, gap_limits(*ends)),
        *ratio,
        largest,
        smallest,
        worst,
        left_out,
    )


def _known(report: GroupReport, group, metric: str) -> Rate:
    """A rate with patients as units where they are known."""
    if report.by_patient and ALL_METRICS[metric].fractions:
        return report.by_patient.rate(group.name, metric)
    again = getattr(group, f"{metric}_by_patient", NOTHING)
    return again if again.n else group.rate(metric)
