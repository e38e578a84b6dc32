"""All models in one table: the report's 24 experiments, the recounted one, and what is loaded.

The report gives figures only, but they determine its confusion counts: recall fixes the true
positives, selection rate the false positives (:func:`recover_counts`), so that even the
experiments get intervals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from explorer.fairness.gaps import GAPS, GroupReport
from explorer.fairness.metrics import ALL_METRICS
from explorer.util.errors import ExplorerError

#: Everything that a model can be drawn by in the trade-off scatter: name to label.
MEASURES: Mapping[str, str] = MappingProxyType(
    {key: metric.label for key, metric in ALL_METRICS.items()}
    | {key: label for key, (label, _) in GAPS.items()}
)

#: Measures for which less is better, and those that are neither good nor bad in themselves.
LOWER_IS_BETTER = frozenset(GAPS) | {
    key for key, metric in ALL_METRICS.items() if metric.higher_is_better is False
}
NEUTRAL = frozenset(key for key, metric in ALL_METRICS.items() if metric.higher_is_better is None)

KINDS = MappingProxyType(
    {
        "report": "report, figures only",
        "recounted": "recounted here",
        "demo": "demo model",
        "user": "your predictions",
    }
)


@dataclass(frozen=True)
class ModelRow:
    """One model in the table of all models.

    Attributes
    ----------
    name : str
    kind : str
        Key of :data:`KINDS`.
    n, positives : int
        Images and malignant images.
    values : mapping of str to float or None
        By the keys of :data:`MEASURES`; missing or None where there is no figure.
    low, high : mapping of str to float
        95 % intervals, for the measures that have one.
    note : str
        How the figures came about; may be empty.
    """

    name: str
    kind: str
    n: int
    positives: int
    values: Mapping[str, float | None]
    low: Mapping[str, float]
    high: Mapping[str, float]
    note: str = ""


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
    ends = [
        {key: getattr(x, end) for key, x in every.items() if x.low is not None}
        for end in ("low", "high")
    ]
    return ModelRow(
        name,
        kind,
        report.overall.count,
        report.overall.positives,
        MappingProxyType({key: x.value for key, x in every.items()}),
        *map(MappingProxyType, ends),
        note,
    )
