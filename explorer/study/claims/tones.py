"""Cards on skin tone: what the tones mean, dark skin, and the figures by the definition's tones."""

import numpy as np

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.gaps import group_metrics
from explorer.fairness.metrics import Counts
from explorer.image.colour import GROUP_NAMES, TONE_BOUNDS, TONE_NAMES
from explorer.rules import rules
from explorer.rules.rules import TRAINING_COUNTS
from explorer.study import tables
from explorer.study.claims.card import ROWS, AuditCard, gap_text, named, submitted
from explorer.study.claims.multiverse import (
    ALL,
    DEFINED,
    FALSE,
    MERGED,
    PUBLISHED,
    RECALL,
    choices,
    groupings,
)
from explorer.study.rows import ImageTones, cells_of, image_tones, validation_rows

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
        "defined for CIELAB with L* in 0..100 and b* in its own units. The code applies them to "
        "OpenCV's 8-bit encoding (L* times 2.55, b* plus 128), whose angles for skin lie between "
        'about 0 and 62 degrees. So the same names mean other colours: "light" as published is '
        'mostly "very light" by the definition, and "intermediate" holds every tone.',
        uncertainty="A count of all images: no sampling error. Both angles rest on an estimate of "
        "the skin colour from a dermoscopic picture, whose light and white balance are not known.",
        would_change="Skin colour measured on the patient.",
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


def dark_patients(tones: ImageTones) -> tuple[int, int, int]:
    """Patients with a dark image by float CIELAB, with dark images only, with a dark median."""
    order = np.argsort(tones.patient, kind="stable")
    angles = np.split(tones.angle[order], np.cumsum(np.bincount(tones.patient))[:-1])
    top, bottom, middle = (
        np.array([of(own) for own in angles]) for of in (np.max, np.min, np.median)
    )
    return tuple(int((each <= TONE_BOUNDS[-1]).sum()) for each in (bottom, top, middle))


def dark_skin() -> AuditCard:
    """ "No dark skin in the data", and where the dark colours went."""
    counts = crosstab()
    dark = counts[:, TONE_NAMES.index("dark")]
    as_published = int(counts[TONE_NAMES.index("dark")].sum())
    total, lightest = int(dark.sum()), int(dark[0])
    some, only, middle = dark_patients(image_tones())
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
        f"dark by float CIELAB; {lightest} of them were filed under very light. They are of "
        f"{some:,} patients, of whom {only or 'none'} has only dark images and {middle} have a "
        "dark median",
        path=f"sums of {CROSSTAB}; {named(image_tones)}",
        status="qualified",
        verdict="The 8-bit angle cannot become negative, so it can never report dark skin, "
        f"whatever is in the data. By the definition {total} images have a dark colour. {lightest} "
        'of them are in the published group "very light": their 8-bit lightness is below 50, and '
        "subtracting 50 from it in 8-bit arithmetic wraps around to about 255. As to people the "
        "claim may well hold: nearly every patient with a dark image has mostly lighter ones, as "
        "a dark picture, a vignette or a large lesion would give.",
        uncertainty="A count of all images: no sampling error. But the colour is an estimate. No "
        "image is confirmed as Fitzpatrick V or VI, so this does not show that such skin is "
        "represented.",
        would_change="Images of patients whose skin type is known.",
        source=f"{METADATA}.",
        chart=chart,
        table=_crosstab_table(counts),
        values={
            "dark": total,
            "dark_as_published": as_published,
            "dark_in_very_light": lightest,
            "patients": some,
            "only_dark": only,
            "dark_median": middle,
        },
    )


def regrouped() -> AuditCard:
    """Recall and false positive rate with the tones of the definition, four groups with four."""
    rows, (labels, names, _) = validation_rows(), groupings()[MERGED]
    groups, _ = group_metrics(Counts(names, *cells_of(labels, names).sum(axis=0)))
    ((unclear,), _) = group_metrics(
        Counts(
            ("b* not above 0: no angle",),
            *cells_of(labels, names, ~rows.defined).sum(axis=(0, 2))[:, None],
        )
    )
    found = {(c.gap, c.grouping): c.by_patient for c in choices() if c.labels == ALL}
    false, recall = found[FALSE, MERGED], found[RECALL, MERGED]
    old, old_recall = found[FALSE, PUBLISHED], found[RECALL, PUBLISHED]
    defined = found[FALSE, DEFINED]
    chart = Chart(
        "Submitted model by four groups of float-CIELAB tone",
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
            for g in (*groups, unclear)
        ),
    )
    return AuditCard(
        key="regrouped",
        title="The same predictions by the definition's tones",
        claim="Performance by tone group is as in the report's tables.",
        published_figure="recall gap {equal_opportunity_difference:.3f}, false positive rate gap "
        "{fpr_difference:.3f} between the four published groups".format(**submitted()),
        recomputed_figure=f"false positive rate gap {gap_text(false)} between the same four "
        f"groups by float CIELAB, {gap_text(old)} as published; recall gap {gap_text(recall)} "
        f"and {gap_text(old_recall)}. Where b* is above 0, so that the angle is defined, the "
        f"false positive rate gap is {gap_text(defined)}",
        path=f"{named(choices)} on {ROWS}",
        status="qualified",
        verdict="Four groups compared with four, the gap in the false positive rate is about as "
        "large by the definition's tones as by the published ones, and beyond chance by either "
        '(see "What other choices would have concluded"). Who has the high rate changes: as '
        "published the rate rises from light to tan, by the definition it is low for very light "
        "images alone. Recall cannot be ranked by either. "
        f"{unclear.count:,} images have b* not above 0 and no angle; they are shown apart, and "
        "they count as very light or, where L* is below 50, as dark.",
        uncertainty="Groups: Wilson 95 % intervals, images as units. Gaps: by patient, "
        "square-and-add of all pairs, below by the studentised range.",
        would_change="Skin colour measured on the patient, and more malignant images of tan to "
        "dark skin.",
        source="The study's report, tables per tone group; predictions of the submitted model.",
        chart=chart,
        table=chart.table(),
        values={
            "gap_cielab": false.value,
            "gap_published": old.value,
            "undefined": unclear.count,
            **{f"recall {g.name}": g.recall.value for g in groups},
            **{f"false positive rate {g.name}": g.false_positive_rate.value for g in groups},
        },
    )
