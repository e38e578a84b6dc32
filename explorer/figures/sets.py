"""All figures of a result, each with its source: what ``--figures`` writes."""

from collections.abc import Sequence

from explorer.charts.label import sourced
from explorer.fairness.analysis import Analysis
from explorer.fairness.confidence import from_decided
from explorer.fairness.counterfactual import Study
from explorer.fairness.curves import calibration_curves, precision_recall_curves, roc_curves
from explorer.fairness.gaps import GroupReport
from explorer.fairness.metrics import METRICS
from explorer.fairness.postprocess import PostProcessing
from explorer.fairness.power import PowerAnalysis
from explorer.fairness.statement import CLASSES
from explorer.fairness.why import Why
from explorer.figures import counterfactual, curves, domains, lesion, skins, tone
from explorer.figures.compare import tradeoff_scatter
from explorer.figures.confidence import confidence_chart
from explorer.figures.gaps import gap_plot
from explorer.figures.pairs import pairs_chart
from explorer.figures.postprocess import frontier_plot, post_processing_chart
from explorer.figures.power import power_plot
from explorer.figures.printed import printed_chart
from explorer.figures.rates import facts, metric_bars
from explorer.figures.why import why_charts
from explorer.figures.why_scores import benefit_plot
from explorer.lesion.counterfactual import Curve
from explorer.lesion.lesion import Classification
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.study.experiments import experiment_rows
from explorer.study.sources import REPORT_METRICS
from explorer.tone.interval import tone_interval
from explorer.tone.study import STUDY


def group_figures(
    found: GroupReport | Analysis,
    powers: Sequence[PowerAnalysis] = (),
    after: PostProcessing | None = None,
    because: Why | None = None,
) -> list:
    """The gaps, every metric, and what else an analysis can show.

    Parameters
    ----------
    found : GroupReport or Analysis
        Curves and the tests of equal confidence need an analysis with scores.
    powers : sequence of PowerAnalysis
    after : PostProcessing, optional
    because : Why, optional

    Returns
    -------
    list of Chart and plotly.graph_objects.Figure
        For :func:`explorer.charts.export.write_figures`.
    """
    report = getattr(found, "report", found)
    figures = [gap_plot(report)]
    figures += [pairs_chart(report, metric) for metric in CLASSES]
    figures += [metric_bars(report, metric) for metric in getattr(found, "metrics", METRICS)]
    scored = isinstance(found, Analysis) and found.decided.probability is not None
    if scored and 0 < report.overall.positives < report.overall.count:
        figures += [
            curves.curve_plot(roc_curves(found), "roc"),
            curves.curve_plot(precision_recall_curves(found), "precision_recall"),
            curves.calibration_plot(calibration_curves(found)),
        ]
        tests = from_decided(found.decided)["probability"]
        figures += [confidence_chart(test) for test in tests]
    figures += [power_plot(power) for power in powers]
    if after is not None:
        figures += [post_processing_chart(after), frontier_plot(after)]
    if because is not None:
        figures += [*why_charts(because), benefit_plot(because.net_benefit)]
    known = facts(report)
    return [sourced(figure, known["origin"], known["source"]) for figure in figures]


def printed_figures() -> list:
    """The 24 experiments of the report, and the submitted model's groups as it prints them."""
    across, upright = "equal_opportunity_difference", "balanced_accuracy"
    charts = [printed_chart(metric) for metric in REPORT_METRICS]
    return [tradeoff_scatter(experiment_rows(), across, upright), *charts]


def curve_figures(curve: Curve) -> list:
    """The curve by all its rules, and what each tone group adds under the published one."""
    rule = DEFAULT_RULE if DEFAULT_RULE in curve.rules else curve.rules[0]
    return [counterfactual.curve_plot(curve), domains.domain_plot(curve, rule)]


def study_figures(study: Study) -> list:
    """Whose decision flips, how far the probability moves, and what is called malignant."""
    rule = DEFAULT_RULE if DEFAULT_RULE in study.rules else study.rules[0]
    return [
        skins.flip_share_chart(study),
        skins.range_chart(study),
        skins.called_chart(study, rule),
    ]


def lesion_figures(name: str, result, found: Classification) -> list:
    """How a lesion's tone was read, and what every rule makes of the eight logits.

    Parameters
    ----------
    name : str
        Of the image.
    result : LesionTone
        As of :func:`explorer.lesion.lesion.read_tone`.
    found : Classification
    """
    read, figures = result.tone, []
    if read is not None:
        figures.append(tone.tone_plane(read, tone_interval(read)))
        if result.method == STUDY:
            figures += [lesion.compactness_curve(read), lesion.cluster_shares(read)]
    figures.append(lesion.rule_points(found))
    figures += [
        domains.contributions(found.verdicts[key]) for key in RULES if key in found.verdicts
    ]
    source = f"{name}; weights: {found.weights.label}"
    return [sourced(figure, name, source) for figure in figures]
