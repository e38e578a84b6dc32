"""The workbench's whole answer for one source, one grouping and one operating point.

:func:`analyse_predictions` returns an :class:`Analysis`: the group report (rates, named gaps with
interval and null band), the measures of scores, and for every metric how far groups are apart.

Two kinds of comparison, on purpose. The four named *gaps* take every group whose rate is defined,
as fairlearn and the study do, and say in a note which extremes rest on few images. A *spread*
compares only groups with at least ``small`` images in the denominator, and it alone names a worst
group.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from explorer.data.predictions import Predictions
from explorer.fairness import resampling, scores
from explorer.fairness.decisions import AS_GIVEN, Decided, Operating, decide
from explorer.fairness.gaps import INTERVAL, SMALL, GroupReport, analyse
from explorer.fairness.metrics import ALL_METRICS
from explorer.fairness.statement import Statement, statement_of
from explorer.util.errors import ExplorerError
from explorer.util.plain import plain

#: Resamples of patients; drawing them costs more than drawing counts.
PATIENT_RESAMPLES = 2_000

PATIENT_INTERVAL = INTERVAL.replace(
    "Gaps: percentiles of a bootstrap stratified by group and class;",
    "Gaps: percentiles of a bootstrap over patients;",
).replace(
    "Images are taken as independent, although some share a patient.",
    "Rates' own intervals and the null take images as independent.",
)


@dataclass(frozen=True)
class Spread:
    """How far the groups' values of one metric are apart; None where fewer than two enter.

    Attributes
    ----------
    metric : str
        Key of :data:`explorer.fairness.metrics.ALL_METRICS`.
    difference, difference_low, difference_high : float or None
        Largest minus smallest group value, with its interval as :class:`explorer.fairness.gaps.Gap`
        has it.
    ratio, ratio_low, ratio_high : float or None
        Smallest divided by largest, 0..1; None where the largest is 0. Its interval is None where
        resampling cannot vary it (a smallest rate of 0, say).
    largest, smallest : str or None
        Groups at either end: the direction of the difference.
    worst : str or None
        The end that is worse for the metric; None where neither direction is.
    left_out : tuple of str
        Groups with too few images for a comparison.
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
    image_intervals : mapping of str to tuple of float
        Every defined gap's interval by the image bootstrap, stratified by group and class; the
        same as in ``report`` unless patients are known.
    """

    decided: Decided
    report: GroupReport
    spreads: Mapping[str, Spread]
    image_intervals: Mapping[str, tuple[float, float]]

    @cached_property
    def statement(self) -> Statement:
        """The answer in one paragraph."""
        return statement_of(self)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metrics that the source has: all of them with probabilities, else those of counts."""
        return tuple(self.spreads)

    def to_json(self) -> dict:
        """The group report's JSON; ``statement``, ``small``, ``spreads``, ``image_intervals``,
        ``data``.
        """
        predictions = self.decided.predictions
        return self.report.to_json() | {
            "statement": self.statement.to_json(),
            "small": self.report.small,
            "spreads": plain(self.spreads),
            "image_intervals": plain(self.image_intervals),
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
        Of the gaps' image bootstrap and null. Patients are drawn at most
        :data:`PATIENT_RESAMPLES` times.
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
    counts, cells, patients = decided.counts, decided.patient_cells, None
    draws = resampling.bootstrap(counts.cells, resamples, np.random.default_rng(seed))
    if cells is not None:
        rng = np.random.default_rng(seed)
        patients = resampling.cluster_bootstrap(cells, min(resamples, PATIENT_RESAMPLES), rng)
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
    # without patients, analyse() draws the same: it has the same seed
    report = _report(decided, counts, patients, table, minimum, resamples, seed)
    samples = count_metrics(draws if patients is None else patients)
    if table is not None:
        samples |= {name: table.draws[:, 1:, i] for i, name in enumerate(scores.MEASURES)}
    spreads = {key: _spread(key, report, samples[key]) for key in ALL_METRICS if key in samples}
    intervals = _image_intervals(report, draws)
    return Analysis(decided, report, MappingProxyType(spreads), MappingProxyType(intervals))


def _image_intervals(report: GroupReport, draws: np.ndarray) -> dict[str, tuple[float, float]]:
    rates, found = {group.name: group for group in report.groups}, {}
    for name, sample in resampling.gaps(draws).items():
        if not np.isnan(sample).any():
            gap = report.gaps[name]
            ends = (rates[end].rate(gap.metric) for end in (gap.largest, gap.smallest))
            found[name] = resampling.steady(*ends, *_percentiles(sample))
    return found


def _report(decided, counts, draws, table, minimum, resamples, seed) -> GroupReport:
    predictions, patients = decided.predictions, decided.predictions.has_patients
    interval = PATIENT_INTERVAL if patients else INTERVAL
    if table is not None:
        interval += scores.interval_text(patients)
    report = analyse(
        counts,
        ",".join(decided.by),
        decided.label,
        source=predictions.source,
        rule=decided.rule,
        weights=predictions.weights,
        warnings=predictions.warnings + decided.warnings,
        resamples=resamples,
        seed=seed,
        small=minimum,
        draws=draws,
        interval=interval,
    )
    measures = [None] * (1 + len(counts.names)) if table is None else table.rates
    overall, *groups = map(scores.scored_group, (report.overall, *report.groups), measures)
    return replace(report, overall=overall, groups=tuple(groups))


# Differences and ratios


def count_metrics(draws: np.ndarray) -> dict[str, np.ndarray]:
    """Every metric of confusion counts in every resample, (R, groups), NaN where undefined."""
    return {key: metric.value(draws) for key, metric in ALL_METRICS.items() if metric.fractions}


def _spread(metric: str, report: GroupReport, sample: np.ndarray) -> Spread:
    rates = [group.rate(metric) for group in report.groups]
    # of a mean of two rates, the images that the weaker one rests on
    sizes = [
        min(g.positives, g.count - g.positives) if metric == "balanced_accuracy" else rate.n
        for g, rate in zip(report.groups, rates)
    ]
    kept = [i for i, size in enumerate(sizes) if size >= report.small]
    left_out = tuple(g.name for i, g in enumerate(report.groups) if i not in kept)
    if len(kept) < 2:
        return Spread(metric, left_out=left_out)
    ordered = sorted(kept, key=lambda i: rates[i].value)
    lowest, highest = rates[ordered[0]], rates[ordered[-1]]
    low, high = lowest.value, highest.value
    smallest, largest = report.groups[ordered[0]].name, report.groups[ordered[-1]].name
    better = ALL_METRICS[metric].higher_is_better
    worst = None if better is None or low == high else smallest if better else largest
    least, most = resampling.extremes(sample[:, kept])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = _percentiles(least / most)
    if ratio[0] == ratio[1]:
        ratio = None, None
    return Spread(
        metric,
        high - low,
        *resampling.steady(highest, lowest, *_percentiles(most - least)),
        *((low / high, *ratio) if high else (None, None, None)),
        largest,
        smallest,
        worst,
        left_out,
    )


def _percentiles(values: np.ndarray) -> tuple[float | None, float | None]:
    values = values[np.isfinite(values)]
    if not values.size:
        return None, None
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)
