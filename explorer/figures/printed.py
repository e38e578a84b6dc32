"""Figures of the study's report as it prints them: there is nothing per image in them."""

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.metrics import ALL_METRICS
from explorer.image.colour import GROUP_NAMES
from explorer.study import tables
from explorer.study.sources import REPORT_METRICS, report_figures


def printed_chart(metric: str) -> Chart:
    """The submitted model's groups as the report prints them, without intervals.

    Parameters
    ----------
    metric : str
        Key of :data:`explorer.study.sources.REPORT_METRICS`.
    """
    rows = tuple(
        Row(GROUP_NAMES[row["group"]], "", (Mark("quoted", row[REPORT_METRICS[metric]]),))
        for row in report_figures().groups.rows()
        if row["model"] == tables.SUBMITTED_MODEL
    )
    label = ALL_METRICS[metric].label
    return Chart(
        f"{label} of the submitted model, as the report prints it",
        f"{label}, 0 to 1",
        {
            "quoted": f"{label.lower()} of the submitted model, as the report prints it "
            "(figures only, no interval)"
        },
        rows,
        name=f"{label} as printed",
        origin="report",
        basis="The report gives no n with these figures",
        source="The study's report, tables per tone group (assets/published/group_metrics.csv)",
    )
