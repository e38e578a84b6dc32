"""The report's 24 experiments, with the confusion counts that their figures determine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np

from explorer.fairness.gaps import GroupMetrics, metrics_of
from explorer.fairness.metrics import METRICS
from explorer.fairness.models import ModelRow, row_from_report
from explorer.study import tables
from explorer.study.counts import group_report
from explorer.util.errors import ExplorerError

#: Columns of ``experiments.csv`` under the explorer's names.
EXPERIMENT_COLUMNS = MappingProxyType(
    {
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced_accuracy",
        "f1": "f1",
        "recall": "recall",
        "selection_rate": "selection_rate",
        "fnr": "false_negative_rate",
        "fpr": "false_positive_rate",
        "demographic_parity_difference": "demographic_parity_difference",
        "equal_opportunity_difference": "equal_opportunity_difference",
        "fpr_difference": "false_positive_rate_difference",
    }
)


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
        return metrics_of(
            "all images",
            (self.true_positives, self.false_positives, self.false_negatives, self.true_negatives),
        )


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
    cells = tp, fp, positives - tp, negatives - fp
    rates = {
        column: float(METRICS[name].value(cells))
        for column, name in EXPERIMENT_COLUMNS.items()
        if name in METRICS
    }
    off = {
        column: abs(value - row[column])
        for column, value in rates.items()
        if abs(value - row[column]) > 5e-4 + 1e-9
    }
    return RecoveredCounts(*cells, len(true) == len(calls) == 1, MappingProxyType(off))


def _whole(rate: float, total: int, half: float) -> list[int]:
    """Whole numbers k with k / total within ``half`` of ``rate``."""
    low, high = np.ceil((rate - half) * total - 1e-9), np.floor((rate + half) * total + 1e-9)
    return list(range(int(low), int(high) + 1))


def experiment_names() -> tuple[str, ...]:
    """Names of the report's 24 experiments, in the order of :func:`experiment_rows`."""
    return tuple(row["experiment"] for row in tables.load("experiments").rows())


@cache
def experiment_rows() -> tuple[ModelRow, ...]:
    """The report's 24 experiments: published values, intervals from the recovered counts."""
    counts = tables.validation_counts()
    positives = int(counts.count[counts.target == 1].sum())
    rows = []
    for row in tables.load("experiments").rows():
        found = recover_counts(row, positives, counts.total - positives)
        values = {name: row[column] for column, name in EXPERIMENT_COLUMNS.items()}
        # by definition the larger of the two; the report does not list it
        values["equalized_odds_difference"] = max(
            values["equal_opportunity_difference"], values["false_positive_rate_difference"]
        )
        values["precision"] = found.metrics.precision.value
        rates = {key: found.metrics.rate(key) for key in METRICS}
        low, high = (
            MappingProxyType({key: getattr(rate, end) for key, rate in rates.items() if rate.n})
            for end in ("low", "high")
        )
        about = (
            "Figures from the report; precision and intervals from the confusion counts "
            "that its recall and selection rate determine. No interval for the gaps."
        )
        size, values = (counts.total, positives), MappingProxyType(values)
        rows.append(ModelRow(row["experiment"], "report", *size, values, low, high, about))
    return tuple(rows)


def published_row() -> ModelRow:
    """The submitted model, recounted from the output of the study's predict.py."""
    return row_from_report(
        f"{tables.SUBMITTED_EXPERIMENT} (predict.py)",
        "recounted",
        group_report("published"),
        tables.VALIDATION_RULE,
    )


def model_table(others: Iterable[ModelRow] = ()) -> tuple[ModelRow, ...]:
    """The 24 experiments, the recounted published model, then ``others`` in their order."""
    return (*experiment_rows(), published_row(), *others)
