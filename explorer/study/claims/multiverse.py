"""What other defensible choices would have concluded: every grouping, label and unit, a dot each.

References
----------
Steegen, Tuerlinckx, Gelman, Vanpaemel (2016), "Increasing transparency through a multiverse
analysis", Perspectives on Psychological Science 11(5).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.by_patient import patient_report
from explorer.fairness.heterogeneity import holm
from explorer.fairness.limits import ALPHA
from explorer.fairness.resampling import GapSample, sample_gaps
from explorer.fairness.text import p_cell, p_text
from explorer.image.colour import GROUP_NAMES, TONE_NAMES, group_index, tone_index
from explorer.study import tables
from explorer.study.claims.card import GROUP_TABLES, ROWS, AuditCard, gap_text, named
from explorer.study.rows import cells_of, validation_rows

FALSE, RECALL = "false_positive_rate_difference", "equal_opportunity_difference"
#: Benign labels that count, and groupings that other cards ask for.
ALL = "all labels"
PUBLISHED, MERGED, DEFINED = (
    "four groups as published",
    "four groups by float CIELAB",
    "the same, where b* is above 0",
)
#: Shuffles of images; a p-value near 0.05 is known to 0.006.
SHUFFLES = 5_000


@dataclass(frozen=True)
class Choice:
    """One way to ask whether a rate is the same on all tones.

    Attributes
    ----------
    gap : str
        :data:`FALSE` or :data:`RECALL`.
    grouping, labels : str
        What the groups are, and which benign images count.
    images : int
    by_image, by_patient : GapSample
        The gap, its interval, null and tests with either unit.
    """

    gap: str
    grouping: str
    labels: str
    images: int
    by_image: GapSample
    by_patient: GapSample

    @property
    def p_values(self) -> tuple[float, float, float, float]:
        """Largest-minus-smallest and chi-square, by image; the same by patient. Uncorrected."""
        units = self.by_image, self.by_patient
        return tuple(p for each in units for p in (each.p_value, each.heterogeneity.p_value))


def groupings() -> dict[str, tuple[np.ndarray, tuple[str, ...], np.ndarray]]:
    """Labels, their names and the images that have one, by what the groups are."""
    rows = validation_rows()
    every, four = np.ones(len(rows.patient), bool), np.array(GROUP_NAMES)
    merged = four[np.minimum(tone_index(rows.angle), len(four) - 1)]
    return {
        PUBLISHED: (rows.groups["published"], GROUP_NAMES, every),
        "six tones by float CIELAB": (rows.groups["cielab"], TONE_NAMES, every),
        MERGED: (merged, GROUP_NAMES, every),
        DEFINED: (merged, GROUP_NAMES, rows.defined),
        "the patient's median tone": (four[_median_groups()], GROUP_NAMES, every),
    }


def _median_groups() -> np.ndarray:
    """Group of each validation image by the median published angle of all its patient's images."""
    every, own = tables.load("tone_rows"), tables.load("validation_rows")["patient"]
    order = np.lexsort((every["ita_published"], every["patient"]))
    patients, start, count = np.unique(
        every["patient"][order], return_index=True, return_counts=True
    )
    angle = every["ita_published"][order]
    median = (angle[start + (count - 1) // 2] + angle[start + count // 2]) / 2
    return group_index(median[np.searchsorted(patients, own)])


@cache
def choices() -> tuple[Choice, ...]:
    """Every combination; recall has malignant images only, whose labels are all named."""
    rows = validation_rows()
    named_only = (rows.target == 1) | (rows.diagnosis != "unknown")
    found = []
    for labels, kept in ((ALL, None), ("named diagnoses", named_only)):
        for grouping, (group, names, known) in groupings().items():
            used = known if kept is None else known & kept
            cells = cells_of(group, names, used)
            present = cells.sum(axis=(0, 1)) > 0
            cells, names = cells[..., present], [n for n, here in zip(names, present) if here]
            by_image = sample_gaps(cells.sum(axis=0), 1, SHUFFLES, names=names)
            by_patient = patient_report(cells, names, np.ones(len(names), bool)).gaps
            for gap in (FALSE, RECALL) if kept is None else (FALSE,):
                images = int((used & (rows.target == (gap == RECALL))).sum())
                units = by_image[gap], by_patient[gap]
                found.append(Choice(gap, grouping, labels, images, *units))
    return tuple(sorted(found, key=lambda choice: choice.gap == RECALL))


def multiverse() -> AuditCard:
    """Which conclusions survive another grouping, another kind of label and another unit."""
    every = choices()
    sure = dict(zip(every, holm([choice.p_values[-1] for choice in every])))
    groups = {
        (gap, labels): [c for c in every if (c.gap, c.labels) == (gap, labels)]
        for gap, labels in dict.fromkeys((choice.gap, choice.labels) for choice in every)
    }
    beyond = {key: sum(sure[choice] < ALPHA for choice in own) for key, own in groups.items()}
    whole, known, recalls = (
        f"{beyond[key]} of {len(groups[key])}"
        for key in ((FALSE, ALL), (FALSE, "named diagnoses"), (RECALL, ALL))
    )
    series = {
        (FALSE, ALL): "measured",
        (FALSE, "named diagnoses"): "second",
        (RECALL, ALL): "third",
    }
    chart = Chart(
        "The gap between tones by fifteen defensible choices",
        "largest minus smallest group rate, 0 to 1",
        {
            "measured": "false positive rate, all benign labels, with 95 % interval by patient",
            "second": "false positive rate, benign images with a named diagnosis",
            "third": "recall, all malignant images",
        },
        tuple(
            Row(
                choice.grouping,
                f"{choice.images:,} images; {p_text(sure[choice])}, corrected",
                (Mark.of(series[choice.gap, choice.labels], choice.by_patient),),
            )
            for choice in every
        ),
    )
    return AuditCard(
        key="multiverse",
        title="What other choices would have concluded",
        claim="Performance by tone group is as in the report's tables.",
        published_figure="one grouping, all labels, images as units, no test of a rate",
        recomputed_figure=f"beyond chance after correction: false positive rate {whole} groupings "
        f"with all benign labels, {known} with named diagnoses only; recall {recalls}",
        path=f"{named(choices)} on {ROWS} and assets/published/tone_rows.csv",
        status="qualified",
        verdict="Whichever way tones are grouped, benign images are called malignant at different "
        "rates on different tones, and recall cannot be told apart. Among the benign images whose "
        "diagnosis is named, most groupings see no difference beyond chance: there are few of "
        "them, and they are other lesions. So the gap in the false positive rate is robust to the "
        "grouping and to the unit, and rests on benign images without a named diagnosis. Every "
        "choice shown is defensible; none was picked for its result.",
        uncertainty="Intervals by patient (Wilson by the design effect, square-and-add of all "
        "pairs, below by the studentised range). p: chi-square over all groups, by patient, with "
        f"Holm's correction over all {len(every)}; the table has all four tests without one.",
        would_change="Histology, or follow-up, of the benign images without a diagnosis.",
        source=f"{GROUP_TABLES[0].upper()}{GROUP_TABLES[1:]}; the study's public metadata.",
        chart=chart,
        table=_table(every, sure),
        values={f"{gap} {labels}": count for (gap, labels), count in beyond.items()},
    )


def _table(every, sure) -> tuple[list[str], list[list[str]]]:
    headers = ["rate", "groups", "benign labels", "images", "gap [95 % by patient]"]
    headers += ["p of the gap by image", "chi-square by image"]
    headers += ["p of the gap by patient", "chi-square by patient", "the last, corrected"]
    return headers, [
        [
            "recall" if choice.gap == RECALL else "false positive rate",
            choice.grouping,
            "none" if choice.gap == RECALL else choice.labels,
            f"{choice.images:,}",
            gap_text(choice.by_patient),
            *(p_cell(p) for p in (*choice.p_values, sure[choice])),
        ]
        for choice in every
    ]
