"""Cards on the submitted model's performance, and on the report's table of experiments."""

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.metrics import METRICS
from explorer.fairness.text import rate_text
from explorer.rules.slips import predict_py_decision
from explorer.study import tables
from explorer.study.claims.card import (
    BOTH,
    COUNTS,
    GROUP_TABLES,
    REPORT_TABLE,
    AuditCard,
    named,
    submitted,
)
from explorer.study.counts import group_report
from explorer.study.experiments import recover_counts

#: Experiments in the plot of :func:`experiments`; its table has all.
SHOWN = 6


def recall() -> AuditCard:
    """Overall and per-group recall of the submitted model."""
    report, row, table = group_report("published"), submitted(), tables.load("group_metrics")
    per_group = table["recall"][table["model"] == tables.SUBMITTED_MODEL]
    everyone = [(report.overall, row["recall"]), *zip(report.groups, per_group.tolist())]
    chart = Chart(
        "Recall of the submitted model",
        "recall, 0 to 1 (share of malignant images detected)",
        BOTH,
        tuple(
            Row(
                g.name,
                f"{g.true_positives} of {g.positives} malignant images",
                (Mark.of("measured", g.recall), Mark("quoted", value)),
            )
            for g, value in everyone
        ),
    )
    agree = all(abs(g.recall.value - value) <= 0.0051 for g, value in everyone)
    overall = report.overall.recall
    return AuditCard(
        key="recall",
        title="Recall, overall and by tone group",
        claim="The submitted model detects 72 % of malignant images, and between 62 and 88 % in "
        "each tone group.",
        published_figure=f"{row['recall']:.3f} overall; by group "
        f"{', '.join(f'{x:.2f}' for x in per_group)}",
        recomputed_figure=f"{rate_text(overall)} overall, n = {overall.n}; by group "
        + ", ".join(f"{rate_text(g.recall)} (n = {g.recall.n})" for g in report.groups),
        path=f"{named(group_report)}('published') on {COUNTS}",
        status="reproduced" if agree else "differs",
        verdict="All five figures come out of the published predictions as reported. The group "
        "figures rest on 16 to 58 malignant images, so their intervals overlap.",
        uncertainty="Wilson 95 % intervals; images count as independent, although some share a "
        "patient.",
        would_change="Predictions on more malignant images, above all of very light and of tan to "
        "dark skin.",
        source=f"{REPORT_TABLE}; {GROUP_TABLES}.",
        chart=chart,
        table=chart.table(),
        values={g.name: g.recall.value for g, _ in everyone},
    )


def experiments() -> AuditCard:
    """Whether the report's 24 rows fit together."""
    counts = tables.validation_counts()
    positives = int(counts.count[counts.target == 1].sum())
    negatives = counts.total - positives
    rows = tables.load("experiments").rows()
    found = [recover_counts(row, positives, negatives) for row in rows]
    off = [
        (row["experiment"], key, value)
        for row, one in zip(rows, found)
        for key, value in one.off.items()
    ]
    checked, certain = 5 * len(rows), sum(one.certain for one in found)
    largest = max((value for *_, value in off), default=0.0)
    best = sorted(zip(rows, found), key=lambda pair: -pair[0]["balanced_accuracy"])[:SHOWN]
    chart = Chart(
        f"Balanced accuracy of the {SHOWN} best of the report's 24 experiments",
        "balanced accuracy, 0 to 1",
        BOTH,
        tuple(
            Row(
                row["experiment"],
                f"TP {one.true_positives}, FP {one.false_positives:,}",
                (
                    Mark.of("measured", one.metrics.balanced_accuracy),
                    Mark("quoted", row["balanced_accuracy"]),
                ),
            )
            for row, one in best
        ),
        digits=3,
    )
    headers = ["experiment", "TP", "FP", "FN", "TN", "figures that do not round to these counts"]
    table = [
        [
            row["experiment"],
            *(
                f"{x:,}"
                for x in (
                    one.true_positives,
                    one.false_positives,
                    one.false_negatives,
                    one.true_negatives,
                )
            ),
            ", ".join(f"{key} (off by {value:.5f})" for key, value in one.off.items()) or "none",
        ]
        for row, one in zip(rows, found)
    ]
    return AuditCard(
        key="experiments",
        title="The 24 experiments' figures fit together",
        claim="Seven overall figures are given for each of 24 models on the same validation split.",
        published_figure=f"{len(rows)} rows of accuracy, balanced accuracy, F1, recall, selection "
        "rate, false negative and false positive rate",
        recomputed_figure=f"recall and selection rate fix the confusion counts of {certain} of "
        f"{len(rows)} models; {checked - len(off)} of the {checked} other figures are exactly what "
        f"these counts give, the other {len(off)} are off by at most {largest:.5f}",
        path=f"{named(recover_counts)} on assets/published/experiments.csv, with {positives} "
        f"malignant and {negatives:,} benign images from {COUNTS}",
        status="reproduced" if certain == len(rows) and largest < 0.001 else "qualified",
        verdict="The report's arithmetic holds. Its figures therefore determine every model's "
        "confusion counts, which is what gives the experiments their intervals here.",
        uncertainty="No sampling in this check: whole numbers either fit the rounded figures or do "
        "not. The intervals drawn are Wilson intervals, combined by square-and-add.",
        would_change="The models' predictions, image by image.",
        source=f"{REPORT_TABLE}.",
        chart=chart,
        table=(headers, table),
        values={"models": certain, "figures": checked, "off": len(off), "largest": largest},
    )


def predict_py() -> AuditCard:
    """The summed rule of the report against the argmax of predict.py."""
    report, row = group_report("published"), submitted()
    overall = report.overall
    columns = {
        "recall": "recall",
        "false_positive_rate": "fpr",
        "f1": "f1",
        "balanced_accuracy": "balanced_accuracy",
        "selection_rate": "selection_rate",
    }
    summed = recover_counts(row, overall.positives, overall.count - overall.positives)
    more = summed.false_positives - overall.false_positives
    chart = Chart(
        "Submitted model, predict.py and report",
        "rate, 0 to 1",
        {
            "measured": "counted from predict.py's output, with 95 % interval",
            "quoted": "report, by the summed rule",
        },
        tuple(
            Row(
                METRICS[name].label,
                f"n = {overall.rate(name).n:,}",
                (Mark.of("measured", overall.rate(name)), Mark("quoted", row[column])),
            )
            for name, column in columns.items()
        ),
        digits=3,
    )
    return AuditCard(
        key="predict-py",
        title="The summed rule and predict.py",
        claim="The class with the larger prior-shifted score, summed over tone domains, is "
        "predicted.",
        published_figure="recall {recall:.3f}, false positive rate {fpr:.3f}, F1 {f1:.3f}, "
        "balanced accuracy "
        "{balanced_accuracy:.3f}".format(**row),
        recomputed_figure=f"recall {overall.recall.value:.3f}, false positive rate "
        f"{overall.false_positive_rate.value:.3f}, F1 {overall.f1.value:.3f}, balanced accuracy "
        f"{overall.balanced_accuracy.value:.3f} from predict.py's output, n = {overall.count:,}",
        path=f"{named(group_report)}('published') on {COUNTS}; "
        f"{named(recover_counts)} on the report's row; {named(predict_py_decision)}",
        status="qualified",
        verdict="The study's predict.py takes the largest of the eight weighted values and never "
        f"sums them over domains. On this split it detects {overall.true_positives} malignant "
        f"images and calls {overall.false_positives:,} benign ones malignant; the report's figures "
        f"correspond to {summed.true_positives} and {summed.false_positives:,}. The slip moves "
        f"{abs(more)} calls net, all on benign images.",
        uncertainty="No sampling between the two: both are counts on the same images. Which images "
        "differ cannot be told from the published data. Intervals: Wilson; F1 and balanced "
        "accuracy derived from it.",
        would_change="The output of the summed rule, image by image.",
        source=f"{REPORT_TABLE}; the study's predict.py and its output.",
        chart=chart,
        table=chart.table(),
        values={
            "true_positives": overall.true_positives,
            "false_positives": overall.false_positives,
            "report_true_positives": summed.true_positives,
            "report_false_positives": summed.false_positives,
        },
    )
