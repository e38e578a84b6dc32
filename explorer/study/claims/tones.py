"""Cards on skin tone: how images were sorted, and what the skin-former reaches."""

from types import MappingProxyType

import numpy as np

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.text import p_text
from explorer.image.colour import GROUP_NAMES, TONE_NAMES, ita_cielab
from explorer.rules.rules import TRAINING_COUNTS
from explorer.study import tables
from explorer.study.claims.card import NULL, AuditCard
from explorer.study.claims.performance import COUNTS, submitted
from explorer.study.counts import group_report
from explorer.transform.skinformer import LIGHTNESS_PER_DEGREE, TRAINING_TARGETS, YELLOW_PER_DEGREE

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
        MappingProxyType({"measured": "same tone by float CIELAB"}),
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
        "sizes",
        "Group sizes and what the tones mean",
        "Images are sorted into tone groups by the individual typology angle (ITA) with the "
        "limits of Del Bino and Bernerd.",
        "; ".join(f"{name} {n:,.0f}" for name, n in zip(GROUP_NAMES, TRAINING_COUNTS.sum(axis=1)))
        + " training images, from the code",
        "; ".join(f"{name} {n:,}" for name, n in zip(GROUP_NAMES, groups))
        + f" images in all. By float CIELAB {same:,} of {total:,} images ({same / total:.1%}) "
        "keep their tone.",
        f"sums of {CROSSTAB}; explorer.rules.rules.TRAINING_COUNTS",
        "qualified",
        "The published groups are exactly what the study's code makes of its colours"
        + (f"; one count differs by one ({'; '.join(odd)})" if odd else "")
        + ". The limits were "
        "defined for CIELAB with L* in 0..100 and b* around 0. The code applies them to OpenCV's "
        "8-bit encoding (L* times 2.55, b* plus 128), which squeezes all skin into about 0 to 62 "
        'degrees. "Light" as published is mostly "very light" by the definition, and '
        '"intermediate" holds every tone.',
        "A count of all images: no sampling error. Both angles rest on an estimate of the skin "
        "colour from a dermoscopic picture, whose light and white balance are not known.",
        f"{METADATA}; the study's training code.",
        chart,
        _crosstab_table(counts),
        MappingProxyType({"same": same, "total": total, **dict(zip(GROUP_NAMES, groups.tolist()))}),
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
        MappingProxyType(
            {
                "measured": "dark by float CIELAB (ITA of −30° or less)",
                "quoted": "dark as published",
            }
        ),
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
        "dark-skin",
        "No dark skin in the data",
        "The data hold no image of dark skin, so the darkest group is tan and brown.",
        f"{as_published} dark images of {counts.sum():,}",
        f"{total} of {counts.sum():,} images ({total / counts.sum():.1%}) are dark by float "
        f"CIELAB; {lightest} of them were filed under very light",
        f"sums of {CROSSTAB}",
        "differs",
        "The 8-bit angle cannot become negative, so it can never report dark skin, whatever is in "
        f"the data. By the definition {total} images have a dark colour. {lightest} of them are "
        'in the published group "very light": their 8-bit lightness is below 50, and '
        "subtracting 50 from it in 8-bit arithmetic wraps around to about 255.",
        "A count of all images: no sampling error. But the colour is an estimate: a dark "
        "vignette, a large lesion or under-exposure also makes it dark. No image is confirmed as "
        "Fitzpatrick V or VI, so this does not show that such skin is represented.",
        f"{METADATA}.",
        chart,
        _crosstab_table(counts),
        MappingProxyType(
            {"dark": total, "dark_as_published": as_published, "dark_in_very_light": lightest}
        ),
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
        MappingProxyType(
            {
                "measured": "recall, with 95 % interval",
                "second": "false positive rate, with 95 % interval",
            }
        ),
        tuple(
            Row(
                g.name,
                f"{g.true_positives} of {g.positives} malignant, "
                f"{g.false_positives:,} of {g.count - g.positives:,} benign called malignant",
                (
                    Mark("measured", g.recall.value, g.recall.low, g.recall.high),
                    Mark(
                        "second",
                        g.false_positive_rate.value,
                        g.false_positive_rate.low,
                        g.false_positive_rate.high,
                    ),
                ),
            )
            for g in after.groups
        ),
    )
    old = before.gaps["false_positive_rate_difference"]
    return AuditCard(
        "regrouped",
        "The same predictions by the definition's tones",
        "Performance by tone group is as in the report's tables.",
        "recall gap {equal_opportunity_difference:.3f}, false positive rate gap "
        "{fpr_difference:.3f} between published groups".format(**_submitted()),
        f"by float CIELAB: recall gap {recall.value:.3f} [{recall.low:.2f}, {recall.high:.2f}] "
        f"({recall.largest} minus {recall.smallest}, {p_text(recall.p_value)}), false positive "
        f"rate gap {false.value:.3f} [{false.low:.2f}, {false.high:.2f}] ({false.largest} minus "
        f"{false.smallest}, {p_text(false.p_value)})",
        f"explorer.study.counts.group_report('cielab') on {COUNTS}",
        "differs",
        f"With the tones of the definition, {false.largest} images are called malignant wrongly "
        f"more often than {false.smallest} ones by {false.value:.3f}; between published groups "
        f"the gap is {old.value:.3f}. Sorting by the 8-bit angle therefore hides part of the "
        "difference. Recall by tone stays too uncertain to rank.",
        f"Wilson intervals per tone; gaps: stratified bootstrap. {NULL} {recall.note}",
        "The study's report, tables per tone group; predictions of the submitted model.",
        chart,
        chart.table(),
        MappingProxyType(
            {f"recall {g.name}": g.recall.value for g in after.groups if g.recall.n}
            | {f"false positive rate {g.name}": g.false_positive_rate.value for g in after.groups}
        ),
    )


def _submitted() -> dict:

    return submitted()


# The skin-former

#: The report's own example: ISIC_0081956, angle before and claimed after, degrees.
EXAMPLE = (47.69, 1.41)
#: Measured on that image (FACTS, section 5): 8-bit and float CIELAB angle afterwards.
EXAMPLE_REACHED = (40, 43)
#: b* of the start colours: from nearly grey to strongly yellow skin.
B_STAR = (5, 35)


def reachable(target: float) -> tuple[np.ndarray, np.ndarray]:
    """Angles after the published skin-former, from every colour that it is meant for.

    Start colours are all 8-bit Lab values that the published angle puts into very light or light
    without wrap-around, with b* in :data:`B_STAR` and a* = 10.

    Parameters
    ----------
    target : float
        Asked-for ITA, degrees.

    Returns
    -------
    (float, float) arrays of one shape
        Angle by the published formula, without its rounding, and by float CIELAB, degrees.
    """
    light, blue = np.meshgrid(np.arange(50, 256), np.arange(*B_STAR) + 128, indexing="ij")
    start = np.degrees(np.arctan2(light - 50, blue))
    kept = start > 41
    delta = (start - target)[kept]
    new_light = light[kept] - LIGHTNESS_PER_DEGREE * delta
    new_blue = blue[kept] + YELLOW_PER_DEGREE * delta
    eight_bit = np.degrees(np.arctan2(new_light - 50, new_blue))
    lab = np.stack([new_light / 2.55, np.full(len(delta), 10.0), new_blue - 128], axis=-1)
    return eight_bit, ita_cielab(lab)


def skin_former() -> AuditCard:
    """Whether the skin-former reaches its target."""
    low, high = TRAINING_TARGETS
    targets = (high, 10.0, EXAMPLE[1], low)
    found = {target: reachable(target) for target in targets}
    chart = Chart(
        "Angle after the skin-former",
        "ITA in degrees",
        MappingProxyType(
            {
                "quoted": "target",
                "range": "reached, 8-bit angle: all start colours",
                "second_range": "reached, float CIELAB: all start colours",
            }
        ),
        tuple(
            Row(
                f"target {target:g}°".replace("-", "−"),
                "",
                (
                    Mark("quoted", target),
                    Mark("range", low=eight.min(), high=eight.max()),
                    Mark("second_range", low=lab.min(), high=lab.max()),
                ),
            )
            for target, (eight, lab) in found.items()
        ),
        (-20.0, 90.0),
        0,
        "°",
    )
    eight, lab = found[low]
    reached = float((lab <= 28).mean())
    most = (62 - low) * LIGHTNESS_PER_DEGREE / 2.55
    example = _apply_to_example()
    return AuditCard(
        "skin-former",
        "The skin-former reaches its target",
        "The augmentation turns a light image into one of a chosen darker ITA between "
        f"{low:g} and {high:g} degrees.".replace("-", "−"),
        f"example ISIC_0081956: {EXAMPLE[0]:.2f} → {EXAMPLE[1]:.2f} degrees",
        f"from any start colour, the 8-bit angle stays at {eight.min():.0f} degrees or more and "
        f"the float-CIELAB angle at {lab.min():.0f} or more, at the darkest target. With the "
        f"example's numbers the 8-bit angle becomes {example[0]:.0f} to {example[1]:.0f}. "
        f"Measured on the picture (this project's facts file): {EXAMPLE_REACHED[0]} by 8-bit, "
        f"{EXAMPLE_REACHED[1]} by float CIELAB.",
        "explorer.study.claims.tones.reachable with the constants of explorer.transform.skinformer, on all 8-bit "
        f"Lab colours of the published groups very light and light with b* from {B_STAR[0]} to "
        f"{B_STAR[1] - 1}; the measured example is quoted, its picture is not carried",
        "differs",
        "The two constants move b* four times as far as L* in 8-bit units, and over the whole "
        f"range L* falls by at most {most:.0f} of 100: the picture becomes more yellow rather "
        "than darker. By the 8-bit angle no image leaves the light half of the scale; by float "
        f"CIELAB {reached:.0%} of the start colours come to read as tan at the darkest target, "
        "through yellowness, and none as brown or dark. The submitted model was trained without "
        "the skin-former. The idea of augmenting for missing skin is sound; the Lesion view "
        "shows a physical variant that reaches its target.",
        "The range is over colours, not over images: it holds colours that skin does not have, so "
        "it is wider than what happens on skin. Pixels differ, and rounding to 8 bits adds about "
        "half a degree.",
        "The study's report (its example) and augmentation code.",
        chart,
        chart.table(),
        MappingProxyType(
            {
                "smallest_8bit": float(eight.min()),
                "smallest_cielab": float(lab.min()),
                "share_tan_cielab": reached,
                "example_low": example[0],
                "example_high": example[1],
            }
        ),
    )


def _apply_to_example() -> tuple[float, float]:
    """8-bit angles that the example's delta gives over all b* of :data:`B_STAR`."""
    start, target = EXAMPLE
    blue = np.arange(*B_STAR) + 128
    light = 50 + blue * np.tan(np.radians(start))
    kept = light <= 255
    delta = start - target
    angle = np.degrees(
        np.arctan2(
            (light - 50 - LIGHTNESS_PER_DEGREE * delta)[kept],
            (blue + YELLOW_PER_DEGREE * delta)[kept],
        )
    )
    return float(angle.min()), float(angle.max())
