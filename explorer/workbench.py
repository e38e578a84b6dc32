"""The workbench's further results as sections of a report: what the page shows, on paper."""

from types import MappingProxyType

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.analysis import Analysis
from explorer.fairness.curves import calibration_curves, precision_recall_curves, roc_curves
from explorer.fairness.postprocess import PostProcessing
from explorer.fairness.power import WORSE_IS_HIGHER, Power, power_of_gap
from explorer.plots import workbench as plots
from explorer.report_sections import Section, Table
from explorer.util.errors import ExplorerError


def all_powers(analysis: Analysis) -> tuple[Power, ...]:
    """What each gap's test would miss; without metrics that fewer than two groups have."""
    found = []
    for metric in WORSE_IS_HIGHER:
        try:
            found.append(power_of_gap(analysis.decided.counts, metric))
        except ExplorerError:
            continue
    return tuple(found)


def report_sections(
    analysis: Analysis, powers: tuple[Power, ...] = (), after: PostProcessing | None = None,
) -> tuple[Section, ...]:
    """Data, spreads, curves (where there are scores), power and post-processing, in this order."""
    sections = [join_section(analysis), spread_section(analysis)]
    overall = analysis.report.overall
    if analysis.decided.probability is not None and 0 < overall.positives < overall.count:
        sections.append(curve_section(analysis))
    sections += [power_section(powers)] if powers else []
    sections += [post_processing_section(after)] if after else []
    return tuple(sections)


def join_section(analysis: Analysis) -> Section:
    """What was read and what was left out."""
    join = analysis.decided.predictions.join
    return Section("Data", join.sentences, data=MappingProxyType(join.to_json()))


def spread_section(analysis: Analysis) -> Section:
    """Difference, ratio and worst group of every metric."""
    small = analysis.report.small
    return Section(
        "Differences, ratios and worst groups",
        (f"Only groups with at least {small} images in a rate's denominator are compared here. "
         "Intervals are bootstrap percentiles; a difference is positive, and a ratio below 1, even "
         "where groups are treated alike.",),
        tables=(Table("Every metric", *plots.spreads_table(analysis)),))


def curve_section(analysis: Analysis) -> Section:
    """ROC, precision-recall and calibration as tables, and the areas as a chart."""
    roc, recall = roc_curves(analysis), precision_recall_curves(analysis)
    tables = [Table("ROC, with the operating point", *plots.curve_table(roc, "roc")),
              Table("Precision and recall, with the operating point",
                    *plots.curve_table(recall, "precision_recall")),
              Table("Calibration", *plots.calibration_table(calibration_curves(analysis)))]
    return Section("Curves", charts=(area_chart(roc, "AUROC"), area_chart(
        recall, "Average precision")), tables=tuple(tables), narrow=True)


def area_chart(curves, name: str) -> Chart:
    """Areas under curves with their intervals, a row per group."""
    rows = tuple(
        Row(c.name, f"{c.positives:,} malignant of {c.count:,} images",
            (Mark("measured", c.area.value, c.area.low, c.area.high),)) for c in curves)
    return Chart(f"{name} by group", f"{name}, 0 to 1", {"measured": "with 95 % interval"}, rows)


def power_section(powers: tuple[Power, ...]) -> Section:
    """True gaps that would be missed."""
    return Section(
        "What these counts cannot show",
        tuple(sentence for power in powers for sentence in power.sentences[:1]),
        tables=tuple(Table(f"Power: {power.metric.replace('_', ' ')}", *plots.power_table(power))
                     for power in powers),
        data=MappingProxyType({power.metric: power.to_json() for power in powers}))


def post_processing_section(result: PostProcessing) -> Section:
    """Before and after, and the thresholds."""
    left_out = (f"Left out, for want of both classes in both halves: {', '.join(result.left_out)}."
                if result.left_out else "")
    return Section(
        "Post-processing", tuple(x for x in (result.held_out, left_out) if x),
        charts=(plots.post_processing_chart(result),),
        tables=(Table("Thresholds", *plots.thresholds_table(result)),),
        data=MappingProxyType(result.to_json()))
