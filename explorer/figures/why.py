"""Why is there a gap? Charts and tables of a difference between two groups."""

from collections.abc import Sequence
from math import ceil, floor

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.decomposition import PARTS, Decomposition
from explorer.fairness.diagnoses import KINDS, Diagnoses
from explorer.fairness.gaps import SMALL
from explorer.fairness.metrics import ALL_METRICS, Rate
from explorer.fairness.standardised import Adjusted
from explorer.fairness.why import CAUTION, Why
from explorer.figures.sections import Section, Table
from explorer.figures.why_scores import (
    benefit_table,
    calibration_chart,
    ranking_chart,
    ranking_table,
)


def decomposition_chart(found: Decomposition) -> Chart:
    """The difference in selection rate, and the three parts that add up to it."""
    first, second = found.first, found.second
    rows = [
        Row(
            "The whole difference in selection rate",
            _against(first.selection_rate, second.selection_rate),
            (Mark.of("measured", found.total),),
        )
    ]
    rows += [
        Row(
            f"From {PARTS[part.key]}",
            _against(getattr(first, part.key), getattr(second, part.key)),
            (Mark.of("second", part),),
        )
        for part in found.parts
    ]
    return Chart(
        f"Parts of the difference in selection rate: {first.name} minus {second.name}",
        "difference in selection rate, first minus second",
        {"measured": f"the whole; {found.interval}", "second": "its parts (Kitagawa)"},
        tuple(rows),
        _span([found.total, *found.parts]),
        3,
        name="Kitagawa",
        basis=f"n = {first.images:,} and {second.images:,} images",
    )


def _against(first: Rate, second: Rate) -> str:
    return f"{first.value:.3f} (n = {first.n:,}) against {second.value:.3f} (n = {second.n:,})"


def standardised_chart(found: Sequence[Adjusted], pair: str, interval: str) -> Chart:
    """Plain and standardised differences, for both classes."""
    return Chart(
        f"Among images of like age, site and sex: {pair}",
        "difference of rates, first minus second",
        {"measured": f"{interval}; hollow: too few for an interval"},
        tuple(
            Row(
                f"{ALL_METRICS[row.metric].label}, "
                + (f"standardised over {', '.join(row.by)}" if row.by else "as it is"),
                f"n = {row.n:,}, {row.share:.0%} of the images, {row.strata} strata"
                if row.by
                else f"n = {row.n:,}",
                (Mark("measured", row.difference, row.low, row.high, row.low is None),),
            )
            for row in found
        ),
        _span(found, "difference"),
        3,
        name="Standardised",
    )


def diagnoses_chart(found: Diagnoses) -> Chart:
    """False positive rate of named and of unknown benign images, by group."""
    series = dict(zip(KINDS, ("measured", "second")))
    groups = dict.fromkeys(rate.group for rate in found.rates)
    rows = []
    for group in groups:
        own = [each for each in found.rates if each.group == group]
        rows.append(
            Row(
                group,
                "; ".join(f"{each.kind}: n = {each.rate.n:,}" for each in own),
                tuple(Mark.of(series[each.kind], each.rate, each.rate.n < SMALL) for each in own),
            )
        )
    return Chart(
        "False positive rate of benign images with a named and with an unknown diagnosis",
        "false positive rate, 0 to 1",
        {
            "measured": f"named diagnosis; {found.interval}; hollow: n below {SMALL}",
            "second": "diagnosis unknown",
        },
        tuple(rows),
        digits=3,
        name="By diagnosis",
    )


def missed_table(found: Diagnoses) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text: the difference if a share of the unknown were melanomas."""
    headers = [
        "share of unknown benign images that are missed melanomas, in both groups",
        f"false positive rate of {found.first} minus {found.second}",
    ]
    return headers, [[f"{row.share:.1%}", f"{row.difference:.3f}"] for row in found.missed]


def why_charts(found: Why) -> list[Chart]:
    """Every chart that there is."""
    charts = [
        decomposition_chart(found.decomposition),
        standardised_chart(
            found.standardised, f"{found.first} minus {found.second}", found.standardised_interval
        ),
    ]
    charts += [diagnoses_chart(found.diagnoses)] if found.diagnoses else []
    charts += [ranking_chart(found.ranking)] if found.ranking else []
    return charts + ([calibration_chart(found.calibration)] if found.calibration else [])


def why_section(found: Why) -> Section:
    """The section of a report."""
    tables, text = (), (CAUTION,)
    if found.diagnoses:
        text += (found.diagnoses.sentence,)
        tables = (Table("If some of the unknown were melanomas", *missed_table(found.diagnoses)),)
    if found.ranking:
        tables += (Table("Where each group is cut", *ranking_table(found.ranking)),)
    tables += (Table("Net benefit", *benefit_table(found.net_benefit)),)
    title = f"Why is there a gap? {found.first} and {found.second}"
    return Section(title, text, tuple(why_charts(found)), tables, data=found.to_json())


def _span(items, key: str = "value") -> tuple[float, float]:
    """Round ends that hold every value, its interval, and 0."""
    every = [x for i in items for x in (getattr(i, key), i.low, i.high) if x is not None]
    low, high = min([0.0, *every]), max([0.0, *every])
    return floor(low * 20) / 20, ceil(high * 20) / 20 or 0.05
