"""The group report as one JSON object, whole or for one metric, for programs that ask for it."""

from explorer.data.predictions import Predictions
from explorer.fairness.metrics import ALL_METRICS
from explorer.util.errors import ExplorerError


def groups_json(
    source: Predictions | str, by: tuple[str, ...] = (), metric: str | None = None,
    rule: str | None = None, threshold: float | None = None, minimum: int = 20,
) -> dict:
    """:meth:`explorer.fairness.analysis.Analysis.to_json`, for one metric where one is named.

    Parameters
    ----------
    source : Predictions or str
        A user's own, or a key of :data:`explorer.study.sources.SOURCES` with data per image.
    by : tuple of str
        One or two groupings; by default the first there is.
    metric : str, optional
        Groups keep their counts and this rate alone; gaps and spreads are those of this metric.
    rule, threshold
        See :class:`explorer.fairness.decisions.Operating`.
    minimum : int
        Smallest denominator of a rate that is compared.

    Raises
    ------
    ExplorerError
        If a name is unknown, or the source cannot be grouped or decided as asked.
    """
    from explorer.fairness.analysis import analyse_predictions
    from explorer.fairness.decisions import Operating
    from explorer.study.sources import load_source

    predictions = load_source(source) if isinstance(source, str) else source
    by = by or predictions.groupings()[:1]
    if not by:
        raise ExplorerError("There is no column to group by: give metadata with one, for example "
                            "group, sex or age_approx.")
    analysis = analyse_predictions(predictions, by, Operating(rule, threshold), minimum)
    if metric and metric not in analysis.metrics:
        raise ExplorerError(f"Unknown metric {metric!r}: choose one of "
                            f"{', '.join(analysis.metrics)}.")
    whole = analysis.to_json()
    return only(whole, metric) if metric else whole


def only(whole: dict, metric: str) -> dict:
    """A report without the other metrics."""
    others = set(ALL_METRICS) - {metric}
    kept = dict(whole)
    for group in ("overall", "groups"):
        rows = whole[group] if isinstance(whole[group], list) else [whole[group]]
        rows = [{key: value for key, value in row.items() if key not in others} for row in rows]
        kept[group] = rows if isinstance(whole[group], list) else rows[0]
    kept["gaps"] = {key: gap for key, gap in whole["gaps"].items() if gap["metric"] == metric}
    for part in ("spreads", "image_intervals"):
        kept[part] = {
            key: value for key, value in whole[part].items() if key == metric or key in kept["gaps"]
        }
    return kept


def figures_json() -> dict:
    """The report's printed tables, which cannot be regrouped: about, experiments, groups."""
    from explorer.study.sources import report_figures

    figures = report_figures()
    return {
        "about": figures.about,
        "experiments": figures.experiments.rows(),
        "groups": figures.groups.rows(),
    }
