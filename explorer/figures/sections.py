"""The sections that a report can have: pure functions from results to text, charts and tables."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from explorer.fairness.analysis import Analysis
from explorer.fairness.compare import Comparison
from explorer.fairness.confidence import ConfidenceTest, from_decided
from explorer.fairness.curves import calibration_curves, precision_recall_curves, roc_curves
from explorer.fairness.gaps import GroupReport
from explorer.fairness.metrics import METRICS
from explorer.fairness.models import ModelRow
from explorer.fairness.postprocess import PostProcessing
from explorer.fairness.power import WORSE_IS_HIGHER, PowerAnalysis
from explorer.fairness.statement import CLASSES, power_of
from explorer.figures.compare import differences_chart, differences_table, models_table
from explorer.figures.confidence import confidence_chart, confidence_table
from explorer.figures.curves import area_chart, calibration_table, curve_table
from explorer.figures.gaps import gap_chart, gaps_table, spreads_table
from explorer.figures.pairs import chance_sentences, pairs_chart, pairs_table, tests_table
from explorer.figures.planning import shrunk_chart, units_table
from explorer.figures.postprocess import (
    frontier_table,
    post_processing_chart,
    post_processing_notes,
    thresholds_table,
)
from explorer.figures.power import power_table
from explorer.figures.rates import metric_chart, metrics_table
from explorer.figures.section import Section, Table
from explorer.study.claims import STATUSES, AuditCard, audit_cards
from explorer.study.claims.card import card_json
from explorer.study.experiments import model_table
from explorer.util.errors import ExplorerError
from explorer.util.plain import plain


def inner_report(report) -> GroupReport:
    """The group report of an Analysis, or the report itself."""
    return getattr(report, "report", report)


def group_section(report: GroupReport | Analysis) -> Section:
    """Rates and gaps of one grouping: a chart per metric, one of the gaps, and their tables."""
    inner = inner_report(report)
    metrics = tuple(getattr(report, "metrics", METRICS))
    headers, rows = metrics_table(inner, metrics)
    headers, *rows = map(list, zip(headers, *rows))  # a column per group is narrower
    charts = (gap_chart(inner), *(metric_chart(inner, metric) for metric in metrics))
    return Section(
        f"By {inner.label}",
        (),
        charts,
        (
            Table("Gaps: largest minus smallest group rate", *gaps_table(inner)),
            Table("All metrics: value [95 % interval] and denominator n", headers, rows),
        ),
        narrow=True,
        data=report.to_json(),
        parts=tuple(pair_section(inner, metric) for metric in CLASSES),
    )


def pair_section(report: GroupReport, metric: str) -> Section:
    """One rate: the test over all groups, every pair, and what patients change."""
    label = METRICS[metric].label.lower()
    tables = [
        Table("Tests over all groups", *tests_table(report)),
        Table(f"Pairs of groups, {label}", *pairs_table(report, metric)),
        Table(
            f"{METRICS[metric].label}: image by image and by patient", *units_table(report, metric)
        ),
    ]
    return Section(
        f"Which groups differ: {label}",
        tuple(chance_sentences(report, metric)),
        (pairs_chart(report, metric), shrunk_chart(report, metric)),
        tuple(table for table in tables if table.rows),
        narrow=True,
    )


def confidence_section(tests: Mapping[str, Sequence[ConfidenceTest]]) -> Section:
    """Tests of equal confidence, as of :func:`explorer.fairness.confidence.from_decided`."""
    every = [test for pair in tests.values() for test in pair]
    return Section(
        "Tests of equal confidence",
        (
            "Mean malignant score of malignant images by group. A large p-value does not show that "
            "confidence is equal: with few images only a large difference can be seen. Eta squared "
            "is the share of variance between groups; it is positive by chance alone.",
        ),
        tuple(confidence_chart(test) for test in every),
        (Table("One-way analysis of variance and Kruskal-Wallis", *confidence_table(every)),),
        narrow=True,
        data=plain(tests),
    )


def models_section(
    rows: Sequence[ModelRow],
    measures: Sequence[str] = (
        "recall",
        "false_positive_rate",
        "balanced_accuracy",
        "f1",
        "demographic_parity_difference",
        "equal_opportunity_difference",
    ),
) -> Section:
    """The table of all models."""
    headers, cells = models_table(rows, tuple(measures))
    return Section(
        "All models",
        ("Gaps of the report's models have no interval: it gives figures only.",),
        tables=(Table("Models, with 95 % intervals where there are any", headers, cells),),
        data={"models": plain(rows)},
    )


def comparison_section(comparison: Comparison) -> Section:
    """Two sources side by side."""
    kind = "paired, image by image" if comparison.paired else "not paired"
    return Section(
        f"{comparison.second} against {comparison.first}",
        (f"n = {comparison.n:,} images, {kind}.", *comparison.notes),
        (differences_chart(comparison),),
        (Table("Second minus first", *differences_table(comparison)),),
        data=plain(comparison),
    )


def audit_section(cards: Sequence[AuditCard]) -> Section:
    """The audit cards, one part each."""
    return Section(
        "The study's claims, checked",
        (
            "The study published its code, weights, metadata and predictions, which is what makes "
            "these checks possible.",
        ),
        parts=tuple(
            Section(
                card.title,
                (
                    f"Claim: {card.claim}",
                    f"Published: {card.published_figure.rstrip('.')}.",
                    f"Recomputed: {card.recomputed_figure.rstrip('.')}.",
                    card.verdict,
                    f"Uncertainty: {card.uncertainty}",
                    f"What would change the verdict: {card.would_change}",
                    f"Command: {card.command}",
                    f"Code and data: {card.path}.",
                    f"Source: {card.source}",
                ),
                (card.chart,),
                (Table("Figures", *card.table),),
                status=STATUSES[card.status],
                data=card_json(card),
            )
            for card in cards
        ),
    )


def all_powers(analysis: Analysis) -> tuple[PowerAnalysis, ...]:
    """What each gap's test would miss; without metrics that fewer than two groups have."""
    found = []
    for metric in WORSE_IS_HIGHER:
        try:
            found.append(power_of(analysis.report, metric))
        except ExplorerError:
            continue
    return tuple(found)


def report_sections(
    analysis: Analysis,
    after: PostProcessing | None = None,
    powers: Sequence[PowerAnalysis] | None = None,
    confidence: bool = False,
    study: bool = False,
) -> tuple[Section, ...]:
    """What stands in a report below its groups, in this order.

    Parameters
    ----------
    analysis : Analysis
    after : PostProcessing, optional
    powers : sequence of PowerAnalysis, optional
        As :func:`all_powers` gives them, if they are there already.
    confidence : bool
        With the tests of equal confidence, where there are scores and malignant images.
    study : bool
        With the study's 24 experiments and the audit of its claims.
    """
    overall, scored = analysis.report.overall, analysis.decided.probability is not None
    powers = all_powers(analysis) if powers is None else powers
    sections = [join_section(analysis), spread_section(analysis)]
    if scored and 0 < overall.positives < overall.count:
        sections.append(curve_section(analysis))
    if powers:
        sections.append(power_section(powers))
    if after:
        sections.append(post_processing_section(after))
    if confidence and scored and overall.positives:
        sections.append(confidence_section(from_decided(analysis.decided)))
    if study:
        sections += [models_section(model_table()), audit_section(audit_cards())]
    return tuple(sections)


def join_section(analysis: Analysis) -> Section:
    """What was read and what was left out."""
    join = analysis.decided.predictions.join
    return Section("Data", join.sentences, data=MappingProxyType(plain(join)))


def spread_section(analysis: Analysis) -> Section:
    """Difference, ratio and worst group of every metric."""
    small = analysis.report.small
    return Section(
        "Differences, ratios and worst groups",
        (
            f"Only groups with at least {small} images in a rate's denominator are compared here. "
            "A difference is positive, and a ratio below 1, even where groups are treated alike; "
            "the interval of the one reaches 0 there, and that of the other 1.",
        ),
        tables=(Table("Every metric", *spreads_table(analysis)),),
    )


def curve_section(analysis: Analysis) -> Section:
    """ROC, precision-recall and calibration as tables, and the areas as a chart."""
    roc, recall = roc_curves(analysis), precision_recall_curves(analysis)
    tables = (
        Table("ROC, with the operating point", *curve_table(roc, "roc")),
        Table(
            "Precision and recall, with the operating point",
            *curve_table(recall, "precision_recall"),
        ),
        Table("Calibration", *calibration_table(calibration_curves(analysis))),
    )
    return Section(
        "Curves",
        charts=(area_chart(roc, "roc"), area_chart(recall, "precision_recall")),
        tables=tables,
        narrow=True,
    )


def power_section(powers: Sequence[PowerAnalysis]) -> Section:
    """True gaps that would be missed."""
    return Section(
        "What these counts cannot show",
        tuple(sentence for power in powers for sentence in power.sentences[:1]),
        tables=tuple(
            Table(f"Power: {power.metric.replace('_', ' ')}", *power_table(power))
            for power in powers
        ),
        data={power.metric: power.to_json() for power in powers},
    )


def post_processing_section(result: PostProcessing) -> Section:
    """Before and after over all splits, the frontier, and the thresholds."""
    return Section(
        "Post-processing",
        post_processing_notes(result),
        charts=(post_processing_chart(result),),
        tables=(
            Table("Frontier, on held-out images", *frontier_table(result)),
            Table("Thresholds", *thresholds_table(result)),
        ),
        data=result.to_json(),
    )
