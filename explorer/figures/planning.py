"""What patients change, where chance has drawn rates apart, and how many images would settle it.

All functions are pure: result in; chart or table out.
"""

from explorer.charts import theme
from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.gaps import GroupReport
from explorer.fairness.metrics import METRICS
from explorer.fairness.planning import Plan
from explorer.fairness.shrinkage import shrunk_rates
from explorer.fairness.text import rate_text
from explorer.figures.rates import facts

UNITS_SAID = (
    "Same rates, other unit: the interval image by image, and with patients as units. The design "
    "effect is how many images are worth one independent image."
)


def units_table(report: GroupReport, metric: str) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: a rate's interval image by image and by patient, by group.

    Empty where patients are not known.
    """
    headers = [report.label, "image by image", "by patient", "images", "patients", "design effect"]
    if report.by_patient is None:
        return headers, []
    again, rows = report.by_patient, []
    groups = zip((report.overall, *report.groups), (again.overall, *again.groups))
    for group, known in groups:
        rate, own = group.rate(metric), known.rates[metric]
        effect = "" if own.design_effect is None else f"{own.design_effect:.2f}"
        row = [group.name, rate_text(rate), rate_text(own), f"{own.n:,}", f"{own.patients:,}"]
        rows.append([*row, effect])
    return headers, rows


def shrunk_chart(report: GroupReport, metric: str) -> Chart:
    """Every group's rate as measured, and where the other groups move it."""
    moved = {each.name: each for each in shrunk_rates(report, metric)}
    label = METRICS[metric].label
    rows = tuple(
        Row(
            group.name,
            f"n = {group.rate(metric).n:,}",
            (Mark("measured", moved[group.name].measured), Mark("second", moved[group.name].moved)),
        )
        for group in report.compared
        if group.name in moved
    )
    ends = [value for each in moved.values() for value in (each.measured, each.moved)]
    return Chart(
        f"{label} drawn together as far as chance drew it apart",
        f"{label}, 0 to 1",
        {"measured": "as measured", "second": "expected, given all groups (empirical Bayes)"},
        rows,
        (0.0, theme.ceiling(max(ends, default=1.0))),
        3,
        name=f"{label} drawn together",
        **facts(report),
    )


def arrows(drawing, chart: Chart):
    """The drawing of :func:`shrunk_chart` with an arrow from each rate to where it is moved."""
    measured, moved = (trace for trace in drawing.data if trace.mode == "markers")
    for x, y, end, lane in zip(measured.x, measured.y, moved.x, moved.y):
        drawing.add_annotation(
            x=end,
            y=lane,
            ax=x,
            ay=y,
            xref="x",
            yref="y",
            axref="x",
            ayref="y",
            text="",
            showarrow=True,
            arrowhead=2,
            arrowwidth=2,
            standoff=7,
            startstandoff=7,
            arrowcolor=theme.COLOURS["chance"],
        )
    return theme.described(drawing, chart.alt_text, chart.label)


def plan_table(plan: Plan) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: what each group has and needs."""
    headers = ["group", f"{plan.what} there", "needed", "more"]
    known = all(group.patients is not None for group in plan.groups)
    if known:
        headers.append("patients, about")
    return headers, [
        [group.name, f"{group.have:,}", f"{group.need:,}", f"{group.more:,}"]
        + ([f"{group.patients:,}"] if known else [])
        for group in plan.groups
    ]
