"""Cards on the report's performance and fairness figures."""

from types import MappingProxyType

import numpy as np

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.gaps import GAPS
from explorer.fairness.metrics import METRICS
from explorer.fairness.resampling import sample_gaps
from explorer.fairness.text import p_cell, p_text, rate_text
from explorer.study import tables
from explorer.study.anova import detected_sizes
from explorer.study.claims.card import NULL, AuditCard
from explorer.study.counts import group_report, published_counts
from explorer.study.experiments import recover_counts

COUNTS = "assets/published/validation_counts.csv"
REPORT_TABLE = "The study's report, table of 24 experiments (assets/published/experiments.csv)"
GROUP_TABLES = "the study's report, tables per tone group (assets/published/group_metrics.csv)"
BOTH = MappingProxyType({"measured": "recomputed here, with 95 % interval", "quoted": "published"})


#: Experiments in the plot of :func:`experiments`; its table has all.
SHOWN = 6


def submitted() -> dict:
    """The report's row of the submitted model."""
    rows = tables.load("experiments").rows()
    return next(row for row in rows if row["experiment"] == tables.SUBMITTED_EXPERIMENT)


def _rate_mark(rate) -> Mark:
    return Mark("measured", rate.value, rate.low, rate.high)


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
                (_rate_mark(g.recall), Mark("quoted", value)),
            )
            for g, value in everyone
        ),
    )
    agree = all(abs(g.recall.value - value) <= 0.0051 for g, value in everyone)
    overall = report.overall.recall
    return AuditCard(
        "recall",
        "Recall, overall and by tone group",
        "The submitted model detects 72 % of malignant images, and between 62 and 88 % in each "
        "tone group.",
        f"{row['recall']:.3f} overall; by group {', '.join(f'{x:.2f}' for x in per_group)}",
        f"{rate_text(overall)} overall, n = {overall.n}; by group "
        + ", ".join(f"{rate_text(g.recall)} (n = {g.recall.n})" for g in report.groups),
        f"explorer.study.counts.group_report('published') on {COUNTS}",
        "reproduced" if agree else "differs",
        "All five figures come out of the published predictions as reported. The group figures "
        "rest on 16 to 58 malignant images, so their intervals overlap.",
        "Wilson 95 % intervals; images count as independent, although some share a patient.",
        f"{REPORT_TABLE}; {GROUP_TABLES}.",
        chart,
        chart.table(),
        MappingProxyType({g.name: g.recall.value for g, _ in everyone}),
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
                    _rate_mark(one.metrics.balanced_accuracy),
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
        "experiments",
        "The 24 experiments' figures fit together",
        "Seven overall figures are given for each of 24 models on the same validation split.",
        f"{len(rows)} rows of accuracy, balanced accuracy, F1, recall, selection rate, false "
        "negative and false positive rate",
        f"recall and selection rate fix the confusion counts of {certain} of {len(rows)} models; "
        f"{checked - len(off)} of the {checked} other figures are exactly what these counts give, "
        f"the other {len(off)} are off by at most {largest:.5f}",
        f"explorer.study.experiments.recover_counts on assets/published/experiments.csv, with {positives} "
        f"malignant and {negatives:,} benign images from {COUNTS}",
        "reproduced" if certain == len(rows) and largest < 0.001 else "qualified",
        "The report's arithmetic holds. Its figures therefore determine every model's confusion "
        "counts, which is what gives the experiments their intervals here.",
        "No sampling in this check: whole numbers either fit the rounded figures or do not. The "
        "intervals drawn are Wilson intervals, combined by square-and-add.",
        f"{REPORT_TABLE}.",
        chart,
        (headers, table),
        MappingProxyType(
            {"models": certain, "figures": checked, "off": len(off), "largest": largest}
        ),
    )


def demographic_parity() -> AuditCard:
    """The demographic parity difference, with the other gaps beside it."""
    report, row = group_report("published"), submitted()
    columns = {
        "demographic_parity_difference": "demographic_parity_difference",
        "equal_opportunity_difference": "equal_opportunity_difference",
        "false_positive_rate_difference": "fpr_difference",
    }
    gaps = [(report.gaps[name], row[column]) for name, column in columns.items()]
    chart = Chart(
        "Gaps between tone groups as published",
        "largest minus smallest group rate, 0 to 1",
        MappingProxyType({**BOTH, "chance": "chance alone: mean to 95th percentile"}),
        tuple(
            Row(
                GAPS[gap.name][0],
                f"{METRICS[gap.metric].label.lower()}: {gap.largest} minus "
                f"{gap.smallest}; {p_text(gap.p_value)}",
                (
                    Mark("measured", gap.value, gap.low, gap.high),
                    Mark("quoted", value),
                    Mark("chance", low=gap.null_mean, high=gap.null_p95),
                ),
            )
            for gap, value in gaps
        ),
        (0.0, 0.6),
        digits=3,
    )
    parity = gaps[0][0]
    return AuditCard(
        "demographic-parity",
        "Demographic parity difference",
        "The share of images called malignant differs by 0.19 between tone groups.",
        f"{gaps[0][1]:.4f}",
        f"{parity.value:.4f} [{parity.low:.3f}, {parity.high:.3f}], {parity.largest} minus "
        f"{parity.smallest}, n = {report.overall.count:,}; chance alone gives a mean of "
        f"{parity.null_mean:.3f}",
        f"explorer.study.counts.group_report('published') on {COUNTS}",
        "qualified",
        "Reproduced to 0.003; the small difference is that of the two inference rules (see "
        '"The summed rule and predict.py"). Demographic parity compares groups as they are: '
        "part of this gap is that malignant images are rarer in some groups than in others, and "
        "part is the gap in the false positive rate, which is far above chance.",
        "95 % percentiles of a bootstrap stratified by group and class. " + NULL,
        f"{REPORT_TABLE}.",
        chart,
        chart.table(),
        MappingProxyType({gap.name: gap.value for gap, _ in gaps}),
    )


def fairest() -> AuditCard:
    """The submitted model as the fairest: its gaps beside those of the others, and chance."""
    table, report = tables.load("group_metrics"), group_report("published")
    models = tuple(dict.fromkeys(table["model"].tolist()))
    samples = [(model, *_opportunity_gap(model)) for model in models]
    rows = tables.load("experiments").rows()
    rank = {
        key: _rank(rows, key)
        for key in (
            "equal_opportunity_difference",
            "demographic_parity_difference",
            "fpr_difference",
        )
    }
    best = _rank(rows, "balanced_accuracy", largest=True)
    false_positive = report.gaps["false_positive_rate_difference"]
    chart = Chart(
        "Equal opportunity difference of five models",
        "recall gap between tone groups, 0 to 1",
        MappingProxyType(
            {
                "measured": "from the published recalls, with 95 % interval",
                "chance": "chance alone: mean to 95th percentile",
            }
        ),
        tuple(
            Row(
                model,
                p_text(sample.p_value),
                (
                    Mark("measured", value, sample.low, sample.high),
                    Mark("chance", low=sample.null_mean, high=sample.null_p95),
                ),
            )
            for model, value, sample in samples
        ),
    )
    name, value, sample = next(x for x in samples if x[0] == tables.SUBMITTED_MODEL)
    smallest = min(samples, key=lambda x: x[1])[0] == name
    return AuditCard(
        "fairest",
        "Fairest and most consistent across groups",
        "The submitted model is the fairest of those trained, and the most consistent across tone "
        "groups.",
        f"equal opportunity difference {submitted()['equal_opportunity_difference']:.3f}",
        f"{value:.3f} [{sample.low:.2f}, {sample.high:.2f}], {sum(malignant()):,} malignant "
        f"images; chance alone gives {sample.null_mean:.3f} on average and up to "
        f"{sample.null_p95:.3f} in 95 of 100 cases, {p_text(sample.p_value)}. Of 24 models its "
        f"recall gap ranks {rank['equal_opportunity_difference']}, its selection-rate gap "
        f"{rank['demographic_parity_difference']}, its false-positive-rate gap "
        f"{rank['fpr_difference']} (1 is the smallest).",
        "explorer.fairness.resampling.sample_gaps on detected images per group, which the published "
        f"recalls (two decimals) and the group sizes of {COUNTS} determine",
        "qualified",
        f"Its recall gap is the {'smallest' if smallest else 'not the smallest'} of the five "
        f"models with group tables, and its balanced accuracy ranks {best} of 24. The intervals "
        "of the five recall gaps overlap widely, though, and a gap of this size would be no "
        "surprise if all groups were detected alike: these data can neither show that recall is "
        "equal nor that it is not. What does stand out is the false positive rate: it differs by "
        f"{false_positive.value:.3f} ({false_positive.largest} minus {false_positive.smallest}; "
        f"chance: below {false_positive.null_p95:.3f} in 95 of 100 cases).",
        "Percentile bootstrap, stratified by group. " + NULL + " The five p-values are not "
        "corrected for looking five times.",
        f"{REPORT_TABLE}; {GROUP_TABLES}.",
        chart,
        _fairest_table(samples),
        MappingProxyType(
            {
                "value": value,
                "null_mean": sample.null_mean,
                "null_p95": sample.null_p95,
                "p_value": sample.p_value,
                **{f"rank {key}": place for key, place in rank.items()},
            }
        ),
    )


def malignant() -> np.ndarray:
    """Malignant validation images per published tone group."""
    return published_counts("published").positives


def _opportunity_gap(model: str) -> tuple:
    """Recall gap of one of the five models, and its interval and null."""
    found, total = detected_sizes(model), malignant()
    none = np.zeros_like(found)
    sample = sample_gaps(np.stack([found, none, total - found, none + 1]))
    rates = found / total
    return float(np.ptp(rates)), sample["equal_opportunity_difference"]


def _rank(rows: list[dict], key: str, largest: bool = False) -> int:
    own = submitted()[key]
    return 1 + sum(row[key] > own if largest else row[key] < own for row in rows)


def _fairest_table(samples) -> tuple[list[str], list[list[str]]]:
    headers = [
        "model",
        "detected by group",
        "recall gap [95 %]",
        "chance: mean",
        "chance: 95 % below",
        "p",
    ]
    return headers, [
        [
            model,
            ", ".join(f"{k}/{n}" for k, n in zip(detected_sizes(model), malignant())),
            f"{value:.3f} [{s.low:.3f}, {s.high:.3f}]",
            f"{s.null_mean:.3f}",
            f"{s.null_p95:.3f}",
            p_cell(s.p_value),
        ]
        for model, value, s in samples
    ]


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
        MappingProxyType(
            {
                "measured": "counted from predict.py's output, with 95 % interval",
                "quoted": "report, by the summed rule",
            }
        ),
        tuple(
            Row(
                METRICS[name].label,
                f"n = {overall.rate(name).n:,}",
                (_rate_mark(overall.rate(name)), Mark("quoted", row[column])),
            )
            for name, column in columns.items()
        ),
        digits=3,
    )
    return AuditCard(
        "predict-py",
        "The summed rule and predict.py",
        "The class with the larger prior-shifted score, summed over tone domains, is predicted.",
        "recall {recall:.3f}, false positive rate {fpr:.3f}, F1 {f1:.3f}, balanced accuracy "
        "{balanced_accuracy:.3f}".format(**row),
        f"recall {overall.recall.value:.3f}, false positive rate "
        f"{overall.false_positive_rate.value:.3f}, F1 {overall.f1.value:.3f}, balanced accuracy "
        f"{overall.balanced_accuracy.value:.3f} from predict.py's output, n = {overall.count:,}",
        f"explorer.study.counts.group_report('published') on {COUNTS}; "
        "explorer.study.experiments.recover_counts on the report's row; "
        "explorer.rules.slips.predict_py_decision",
        "qualified",
        "The study's predict.py takes the largest of the eight weighted values and never sums "
        f"them over domains. On this split it detects {overall.true_positives} malignant images "
        f"and calls {overall.false_positives:,} benign ones malignant; the report's figures "
        f"correspond to {summed.true_positives} and {summed.false_positives:,}. The slip moves "
        f"{abs(more)} calls net, all on benign images.",
        "No sampling between the two: both are counts on the same images. Which images differ "
        "cannot be told from the published data. Intervals: Wilson; F1 and balanced accuracy "
        "derived from it.",
        f"{REPORT_TABLE}; the study's predict.py and its output.",
        chart,
        chart.table(),
        MappingProxyType(
            {
                "true_positives": overall.true_positives,
                "false_positives": overall.false_positives,
                "report_true_positives": summed.true_positives,
                "report_false_positives": summed.false_positives,
            }
        ),
    )
