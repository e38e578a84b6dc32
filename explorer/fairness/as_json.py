"""An analysis as plain dictionaries, whole or for one metric."""

from explorer.fairness.analysis import Analysis
from explorer.fairness.metrics import ALL_METRICS
from explorer.util.errors import ExplorerError


def groups_json(analysis: Analysis, metric: str | None = None) -> dict:
    """:meth:`explorer.fairness.analysis.Analysis.to_json`, for one metric where one is named.

    Groups keep their counts and this rate alone; gaps, spreads and intervals are those of it. The
    statement stays whole: it is about all that was tested.

    Raises
    ------
    ExplorerError
        If the source does not have the metric.
    """
    whole = analysis.to_json()
    if metric is None:
        return whole
    if metric not in analysis.metrics:
        raise ExplorerError(
            f"Unknown metric {metric!r}: choose one of {', '.join(analysis.metrics)}."
        )
    groups = [whole["overall"], *whole["groups"]]
    if whole["by_patient"]:
        groups += [whole["by_patient"]["overall"], *whole["by_patient"]["groups"]]
    for group in groups:
        for other in set(ALL_METRICS) - {metric}:
            group.pop(other, None)
            group.pop(f"{other}_by_patient", None)
    gaps = {key: gap for key, gap in whole["gaps"].items() if gap["metric"] == metric}
    shrunk = {key: found for key, found in whole["shrunk"].items() if key == metric}
    return whole | {"gaps": gaps, "shrunk": shrunk, "spreads": {metric: whole["spreads"][metric]}}
