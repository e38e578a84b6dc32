"""Post-processing, before and after, and the thresholds that it found."""

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.gaps import GAPS
from explorer.fairness.metrics import ALL_METRICS
from explorer.fairness.postprocess import CONSTRAINTS, PostProcessing


def post_processing_chart(result: PostProcessing) -> Chart:
    """The four gaps, then recall and false positive rate of every group, before and after.

    A ``Chart`` draws itself with ``chart.draw`` and has its own table and alt text.
    """
    before, after = result.before.report, result.after.report
    rows = [
        Row(
            GAPS[name][0] + (" (the aim)" if name == result.target_gap else ""),
            "",
            (Mark.of("second", before.gaps[name]), Mark.of("measured", after.gaps[name])),
        )
        for name in GAPS
    ]
    for metric in ("recall", "false_positive_rate"):
        for old, new in zip((before.overall, *before.groups), (after.overall, *after.groups)):
            rows.append(
                Row(
                    f"{ALL_METRICS[metric].label}, {old.name}",
                    f"n = {old.rate(metric).n:,}",
                    (Mark.of("second", old.rate(metric)), Mark.of("measured", new.rate(metric))),
                )
            )
    name = CONSTRAINTS[result.constraint][0].lower()
    return Chart(
        f"Post-processing for {name}, before and after, on held-out images",
        "share, 0 to 1, with 95 % interval",
        {"second": "before", "measured": "after"},
        tuple(rows),
    )


def thresholds_table(result: PostProcessing) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: how each half's fit decides each group."""
    rows = []
    for number, half in enumerate(result.thresholds, 1):
        for group in half:
            parts = []
            for limit, share in zip(group.thresholds, group.shares):
                what = "never" if limit > 1 else "always" if limit <= 0 else f"above {limit:.3f}"
                parts.append(what if share > 0.9995 else f"{what} in {share:.1%} of draws")
            constant = f"; {group.constant:.1%} whatever the score" if group.constant else ""
            rows.append([f"half {number}", group.group, ", ".join(parts) + constant])
    return ["fitted on", "group", "called malignant"], rows
