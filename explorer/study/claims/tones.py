"""Cards on skin tone: what the tones mean, dark skin, and the figures by the definition's tones."""

import numpy as np

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.text import p_text
from explorer.image.colour import GROUP_NAMES, TONE_NAMES
from explorer.rules import rules
from explorer.rules.rules import TRAINING_COUNTS
from explorer.study import tables
from explorer.study.claims.card import COUNTS, NULL, AuditCard, named, submitted
from explorer.study.counts import group_report

CROSSTAB = "assets/published/tone_crosstab.csv"
METADATA = "The study's public metadata (published colour, angle and group of every image)"


def crosstab() -> np.ndarray:
    """Images by published tone (rows) and float-CIELAB tone (columns), int64 (6, 6)."""
    table = tables.load("tone_crosstab")
    counts = np.zeros((6, 6), np.int64)
    for row in table.rows():
        counts[TONE_NAMES.index(row["tone_published"]), TONE_NAMES.index(row["tone_cielab"])] += (
            row["count"]
        )
    return counts


def _crosstab_table(counts: np.ndarray) -> tuple[list[str], list[list[str]]]:
    headers = ["published tone", *(f"float CIELAB: {name}" for name in TONE_NAMES), "all"]
    rows = [
        [name, *(f"{x:,}" for x in counts[i]), f"{counts[i].sum():,}"]
        for i, name in enumerate(TONE_NAMES)
    ]
    return headers, rows + [["all", *(f"{x:,}" for x in counts.sum(axis=0)), f"{counts.sum():,}"]]


def sizes() -> AuditCard:
    """Group sizes and the cross-table of both conventions."""
    counts = crosstab()
    groups = np.array([*counts[:3].sum(axis=1), counts[3:].sum()])
    train = training_counts()
    odd = [
        f"{GROUP_NAMES[d]} {('benign', 'malignant')[y]}: {train[d, y]:,} in the metadata, "
        f"{TRAINING_COUNTS[d, y]:,.0f} in the code"
        for d, y in zip(*np.nonzero(train != TRAINING_COUNTS))
    ]
    same, total = int(np.trace(counts)), int(counts.sum())
    chart = Chart(
        "Images whose tone is the same by float CIELAB",
        "share of the published group, 0 to 1",
        {"measured": "same tone by float CIELAB"},
        tuple(
            Row(
                f"published: {name}",
                f"{counts[i, i]:,} of {counts[i].sum():,} images",
                (Mark("measured", counts[i, i] / counts[i].sum()),),
            )
            for i, name in enumerate(TONE_NAMES)
            if counts[i].sum()
        ),
        digits=3,
    )
    return AuditCard(
        key="sizes",
        title="Group sizes and what the tones mean",
        claim="Images are sorted into tone groups by the individual typology angle (ITA) with the "
        "limits of Del Bino and Bernerd.",
        published_figure="; ".join(
            f"{name} {n:,.0f}" for name, n in zip(GROUP_NAMES, TRAINING_COUNTS.sum(axis=1))
        )
        + " training images, from the code",
        recomputed_figure="; ".join(f"{name} {n:,}" for name, n in zip(GROUP_NAMES, groups))
        + f" images in all. By float CIELAB {same:,} of {total:,} images ({same / total:.1%}) "
        "keep their tone.",
        path=f"sums of {CROSSTAB}; {rules.__name__}.TRAINING_COUNTS",
        status="qualified",
        verdict="The published groups are exactly what the study's code makes of its colours"
        + (f"; one count differs by one ({'; '.join(odd)})" if odd else "")
        + ". The limits were "
        "defined for CIELAB with L* in 0..100 and b* around 0. The code applies them to OpenCV's "
        "8-bit encoding (L* times 2.55, b* plus 128), which squeezes all skin into about 0 to 62 "
        'degrees. "Light" as published is mostly "very light" by the definition, and '
        '"intermediate" holds every tone.',
        uncertainty="A count of all images: no sampling error. Both angles rest on an estimate of "
        "the skin colour from a dermoscopic picture, whose light and white balance are not known.",
        source=f"{METADATA}; the study's training code.",
        chart=chart,
        table=_crosstab_table(counts),
        values={"same": same, "total": total, **dict(zip(GROUP_NAMES, groups.tolist()))},
    )


def training_counts() -> np.ndarray:
    """Training images by published group and label from the metadata, int64 (4, 2)."""
    table, counts = tables.load("tone_crosstab"), np.zeros((4, 2), np.int64)
    for row in table.rows():
        if row["split"] == "train":
            group = min(TONE_NAMES.index(row["tone_published"]), 3)
            counts[group, row["target"]] += row["count"]
    return counts


def dark_skin() -> AuditCard:
    """ "No dark skin in the data", and where the dark colours went."""
    counts = crosstab()
    dark = counts[:, TONE_NAMES.index("dark")]
    as_published = int(counts[TONE_NAMES.index("dark")].sum())
    total, lightest = int(dark.sum()), int(dark[0])
    chart = Chart(
        "Images dark by float CIELAB, by their published tone",
        "images",
        {"measured": "dark by float CIELAB (ITA of −30° or less)", "quoted": "dark as published"},
        tuple(
            Row(
                f"published: {name}",
                "",
                (Mark("measured", int(n)),)
                + ((Mark("quoted", as_published),) if name == "dark" else ()),
            )
            for name, n in zip(TONE_NAMES, dark)
        ),
        (0, float(dark.max() * 1.1)),
        digits=0,
    )
    return AuditCard(
        key="dark-skin",
        title="No dark skin in the data",
        claim="The data hold no image of dark skin, so the darkest group is tan and brown.",
        published_figure=f"{as_published} dark images of {counts.sum():,}",
        recomputed_figure=f"{total} of {counts.sum():,} images ({total / counts.sum():.1%}) are "
        f"dark by float CIELAB; {lightest} of them were filed under very light",
        path=f"sums of {CROSSTAB}",
        status="differs",
        verdict="The 8-bit angle cannot become negative, so it can never report dark skin, "
        f"whatever is in the data. By the definition {total} images have a dark colour. {lightest} "
        "of them are "
        'in the published group "very light": their 8-bit lightness is below 50, and '
        "subtracting 50 from it in 8-bit arithmetic wraps around to about 255.",
        uncertainty="A count of all images: no sampling error. But the colour is an estimate: a "
        "dark vignette, a large lesion or under-exposure also makes it dark. No image is confirmed "
        "as Fitzpatrick V or VI, so this does not show that such skin is represented.",
        source=f"{METADATA}.",
        chart=chart,
        table=_crosstab_table(counts),
        values={"dark": total, "dark_as_published": as_published, "dark_in_very_light": lightest},
    )


def regrouped() -> AuditCard:
    """Recall and false positive rate with the tones of the definition."""
    before, after = group_report("published"), group_report("cielab")
    recall, false = (
        after.gaps[name]
        for name in ("equal_opportunity_difference", "false_positive_rate_difference")
    )
    chart = Chart(
        "Submitted model by float-CIELAB tone",
        "rate, 0 to 1",
        {
            "measured": "recall, with 95 % interval",
            "second": "false positive rate, with 95 % interval",
        },
        tuple(
            Row(
                g.name,
                f"{g.true_positives} of {g.positives} malignant, "
                f"{g.false_positives:,} of {g.count - g.positives:,} benign called malignant",
                (Mark.of("measured", g.recall), Mark.of("second", g.false_positive_rate)),
            )
            for g in after.groups
        ),
    )
    old = before.gaps["false_positive_rate_difference"]
    return AuditCard(
        key="regrouped",
        title="The same predictions by the definition's tones",
        claim="Performance by tone group is as in the report's tables.",
        published_figure="recall gap {equal_opportunity_difference:.3f}, false positive rate gap "
        "{fpr_difference:.3f} between published groups".format(**submitted()),
        recomputed_figure=f"by float CIELAB: recall gap {recall.value:.3f} [{recall.low:.2f}, "
        f"{recall.high:.2f}] ({recall.largest} minus {recall.smallest}, {p_text(recall.p_value)}), "
        f"false positive rate gap {false.value:.3f} [{false.low:.2f}, {false.high:.2f}] "
        f"({false.largest} minus {false.smallest}, {p_text(false.p_value)})",
        path=f"{named(group_report)}('cielab') on {COUNTS}",
        status="differs",
        verdict=f"With the tones of the definition, {false.largest} images are called malignant "
        f"wrongly more often than {false.smallest} ones by {false.value:.3f}; between published "
        f"groups the gap is {old.value:.3f}. Sorting by the 8-bit angle therefore hides part of "
        "the difference. Recall by tone stays too uncertain to rank.",
        uncertainty="Wilson intervals per tone; gaps: square-and-add of all pairs of tones. "
        f"{NULL} {recall.note}",
        source="The study's report, tables per tone group; predictions of the submitted model.",
        chart=chart,
        table=chart.table(),
        values={f"recall {g.name}": g.recall.value for g in after.groups if g.recall.n}
        | {f"false positive rate {g.name}": g.false_positive_rate.value for g in after.groups},
    )
