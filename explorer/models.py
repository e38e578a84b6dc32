"""All models in one table: the report's 24 experiments, the recounted one, and what is loaded.

The report gives figures only, but they determine its confusion counts: recall fixes the true
positives, selection rate the false positives (:func:`recover_counts`), so that even the
experiments get intervals.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Iterable, Mapping

import numpy as np

from explorer import published
from explorer.fairness import GAPS, METRICS, GroupReport, group_report
from explorer.rates import ALL_METRICS, Counts, GroupMetrics, group_metrics
from explorer.util.errors import ExplorerError

#: Columns of ``experiments.csv`` under the explorer's names.
EXPERIMENT_COLUMNS = MappingProxyType({
    "accuracy": "accuracy", "balanced_accuracy": "balanced_accuracy", "f1": "f1",
    "recall": "recall", "selection_rate": "selection_rate", "fnr": "false_negative_rate",
    "fpr": "false_positive_rate",
    "demographic_parity_difference": "demographic_parity_difference",
    "equal_opportunity_difference": "equal_opportunity_difference",
    "fpr_difference": "false_positive_rate_difference",
})

#: Everything that a model can be drawn by in the trade-off scatter: name to label.
MEASURES: Mapping[str, str] = MappingProxyType(
    {key: metric.label for key, metric in ALL_METRICS.items()}
    | {key: label for key, (label, _) in GAPS.items()})

#: Measures for which less is better, and those that are neither good nor bad in themselves.
LOWER_IS_BETTER = frozenset(GAPS) | {
    key for key, metric in ALL_METRICS.items() if metric.higher_is_better is False}
NEUTRAL = frozenset(
    key for key, metric in ALL_METRICS.items() if metric.higher_is_better is None)

KINDS = MappingProxyType({
    "report": "report, figures only",
    "recounted": "recounted here",
    "demo": "demo model",
    "user": "your predictions",
})


@dataclass(frozen=True)
class ModelRow:
    """One model in the table of all models.

    Attributes
    ----------
    name : str
    kind : str
        Key of :data:`KINDS`.
    values : mapping of str to float or None
        By the keys of :data:`MEASURES`; missing or None where there is no figure.
    low, high : mapping of str to float
        95 % intervals, for the measures that have one.
    n, positives : int
        Images and malignant images.
    note : str
        How the figures came about; may be empty.
    """

    name: str
    kind: str
    values: Mapping[str, float | None]
    low: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    high: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    n: int = 0
    positives: int = 0
    note: str = ""

    def to_json(self) -> dict:
        """Plain dictionaries and numbers."""
        return {"name": self.name, "kind": self.kind, "n": self.n, "positives": self.positives,
                "values": dict(self.values), "low": dict(self.low), "high": dict(self.high),
                "note": self.note}


@dataclass(frozen=True)
class RecoveredCounts:
    """Confusion counts that the report's figures of one experiment determine.

    Attributes
    ----------
    true_positives, false_positives, false_negatives, true_negatives : int
    certain : bool
        Exactly one pair of counts has the published recall and selection rate.
    off : mapping of str to float
        Published figures that these counts do not round to, with the distance.
    """

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    certain: bool
    off: Mapping[str, float]

    @property
    def metrics(self) -> GroupMetrics:
        """Rates with Wilson intervals."""
        cells = (self.true_positives, self.false_positives, self.false_negatives,
                 self.true_negatives)
        return group_metrics(Counts(("all images",), *(np.array([cell]) for cell in cells)))[1]


def recover_counts(row: Mapping, positives: int, negatives: int) -> RecoveredCounts:
    """Confusion counts from a row of ``experiments.csv``.

    Parameters
    ----------
    row : mapping
        Needs ``recall`` (3 decimals) and ``selection_rate`` (4); the other rates are checked.
    positives, negatives : int
        Images of the validation split, 137 and 6,425.
    """
    total = positives + negatives
    true = _whole(row["recall"], positives, 5e-4)
    calls = _whole(row["selection_rate"], total, 5e-5)
    if not true or not calls:
        raise ExplorerError("no counts have this recall and selection rate: check the table")
    tp = min(true, key=lambda k: abs(k / positives - row["recall"]))
    fp = min(calls, key=lambda k: abs(k / total - row["selection_rate"])) - tp
    fn, tn = positives - tp, negatives - fp
    figures = {
        "accuracy": (tp + tn) / total, "f1": 2 * tp / (2 * tp + fp + fn), "fpr": fp / negatives,
        "balanced_accuracy": (tp / positives + tn / negatives) / 2, "fnr": fn / positives}
    off = {key: abs(value - row[key]) for key, value in figures.items()
           if abs(value - row[key]) > 5e-4 + 1e-9}
    return RecoveredCounts(
        tp, fp, fn, tn, len(true) == len(calls) == 1, MappingProxyType(off))


def _whole(rate: float, total: int, half: float) -> list[int]:
    """Whole numbers k with k / total within ``half`` of ``rate``."""
    low, high = np.ceil((rate - half) * total - 1e-9), np.floor((rate + half) * total + 1e-9)
    return list(range(int(low), int(high) + 1))


def experiment_names() -> tuple[str, ...]:
    """Names of the report's 24 experiments, in the order of :func:`experiment_rows`."""
    return tuple(row["experiment"] for row in published.load("experiments").rows())


@lru_cache(maxsize=None)
def experiment_rows() -> tuple[ModelRow, ...]:
    """The report's 24 experiments: published values, intervals from the recovered counts."""
    counts = published.validation_counts()
    positives = int(counts.count[counts.target == 1].sum())
    return tuple(_experiment(row, positives, counts.total - positives)
                 for row in published.load("experiments").rows())


def _experiment(row: dict, positives: int, negatives: int) -> ModelRow:
    found = recover_counts(row, positives, negatives)
    values = {name: row[column] for column, name in EXPERIMENT_COLUMNS.items()}
    # by definition the larger of the two; the report does not list it
    values["equalized_odds_difference"] = max(
        values["equal_opportunity_difference"], values["false_positive_rate_difference"])
    values["precision"] = found.metrics.precision.value
    ends = _intervals(found.metrics)
    return ModelRow(
        row["experiment"], "report", MappingProxyType(values), *ends, positives + negatives,
        positives, "Figures from the report; precision and intervals from the confusion counts "
        "that its recall and selection rate determine. No interval for the gaps.")


def _intervals(metrics: GroupMetrics) -> tuple[Mapping[str, float], Mapping[str, float]]:
    rates = {key: metrics.rate(key) for key in METRICS}
    return tuple(
        MappingProxyType({key: getattr(rate, end) for key, rate in rates.items() if rate.n})
        for end in ("low", "high"))


def row_from_report(name: str, kind: str, report: GroupReport, note: str = "") -> ModelRow:
    """A table row from any group report: its overall rates and its gaps, with intervals.

    Parameters
    ----------
    name : str
    kind : str
        Key of :data:`KINDS`.
    report : GroupReport
        The gaps are those of its grouping: compare rows of one grouping only.
    """
    if kind not in KINDS:
        raise ExplorerError(f"unknown kind {kind!r}: choose one of {', '.join(KINDS)}")
    rates = {key: report.overall.rate(key) for key in ALL_METRICS}
    every = {**rates, **report.gaps}
    ends = [{key: getattr(x, end) for key, x in every.items() if x.low is not None}
            for end in ("low", "high")]
    return ModelRow(
        name, kind, MappingProxyType({key: x.value for key, x in every.items()}),
        *map(MappingProxyType, ends), report.overall.count, report.overall.positives, note)


def published_row() -> ModelRow:
    """The submitted model, recounted from the output of the study's predict.py."""
    return row_from_report(
        f"{published.SUBMITTED_EXPERIMENT} (predict.py)", "recounted", group_report("published"),
        published.VALIDATION_RULE)


def model_table(others: Iterable[ModelRow] = ()) -> tuple[ModelRow, ...]:
    """The 24 experiments, the recounted published model, then ``others`` in their order."""
    return (*experiment_rows(), published_row(), *others)
