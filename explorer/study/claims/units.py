"""Cards on whose figures they are: images or patients, and whether a tone is a patient's."""

import numpy as np

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.text import p_text, rate_text
from explorer.image.colour import (
    GROUP_NAMES,
    decode_srgb,
    encode_srgb,
    ita_cielab,
    rgb_to_cielab,
    tone_index,
)
from explorer.study import tables
from explorer.study.claims.card import COUNTS, GROUP_TABLES, ROWS, AuditCard, gap_text, named
from explorer.study.claims.multiverse import ALL, FALSE, MERGED, RECALL, choices
from explorer.study.counts import group_report
from explorer.study.rows import ImageTones, image_tones, validation_rows
from explorer.tone.camera import BALANCE, EXPOSURE

#: Times that all tones are redrawn.
REDRAWS, SEED = 200, 11
TONES = "assets/published/tone_rows.csv"


def unit_of_analysis() -> AuditCard:
    """False positive rates with images and with patients as units."""
    report = group_report("published")
    patients, gap = report.by_patient, report.gaps[FALSE]
    members = ((report.overall, patients.overall), *zip(report.groups, patients.groups))
    pairs = [(group, own.rates["false_positive_rate"], own) for group, own in members]
    chart = Chart(
        "False positive rate with images and with patients as units",
        "false positive rate, 0 to 1",
        {
            "measured": "images as units, with 95 % interval",
            "second": "patients as units, with 95 % interval",
        },
        tuple(
            Row(
                group.name,
                f"n = {rate.n:,} benign images of {rate.patients:,} patients; design effect "
                f"{rate.design_effect:.1f}",
                (Mark.of("measured", group.false_positive_rate), Mark.of("second", rate)),
            )
            for group, rate, _ in pairs
        ),
        (0.0, 0.4),
        3,
    )
    overall, by = pairs[0][1], gap.by_patient
    return AuditCard(
        key="units",
        title="Images or patients",
        claim="The validation split holds 6,562 images, and every figure is a share of images.",
        published_figure="shares of images; no interval is published",
        recomputed_figure=f"false positive rate {rate_text(report.overall.false_positive_rate)} "
        f"with images as units and {rate_text(overall)} with patients: {overall.n:,} benign images "
        f"of {overall.patients:,} patients are worth {overall.n / overall.design_effect:,.0f} "
        "independent ones. By chance alone the gap "
        f"between tone groups is {gap.null_mean:.3f} on average when labels are shuffled among "
        f"images, and {by.null_mean:.3f} when they are shuffled within patients; observed "
        f"{gap.value:.3f}",
        path=f"{named(group_report)}('published').by_patient on {COUNTS} and {ROWS}",
        status="qualified",
        verdict="The rates are as published; they are less sure than their number of images "
        "suggests, because images of one patient are called alike (correlation "
        f"{overall.intraclass:.2f}). A good part of the gap in the false positive rate is what "
        "differs between patients rather than between tones. What is left is still beyond chance: "
        "chi-square over the four groups, shuffled within patients, "
        f"{p_text(by.heterogeneity.p_holm)} after correction for three rates.",
        uncertainty="Wilson intervals with the images divided by the design effect (variance "
        "between patients, linearised). 2,000 shuffles, so no p-value below 0.0005 can be told.",
        would_change="Another split by patient, or predictions on patients of another source.",
        source=f"{GROUP_TABLES[0].upper()}{GROUP_TABLES[1:]}; the study's public metadata.",
        chart=chart,
        table=chart.table(),
        values={
            "design_effect": overall.design_effect,
            "intraclass": overall.intraclass,
            "null_mean_by_image": gap.null_mean,
            "null_mean_by_patient": by.null_mean,
            "null_p95_by_patient": by.null_p95,
            "p_by_patient": by.p_value,
        },
    )


def several_groups(tones: ImageTones) -> tuple[int, int]:
    """Patients with images in more than one published group, and all patients."""
    seen = np.zeros((tones.patient.max() + 1, 4), bool)
    seen[tones.patient, tones.published] = True
    return int((seen.sum(axis=1) > 1).sum()), len(seen)


def spread(tones: ImageTones) -> tuple[float, float]:
    """Standard deviation of the angle within a patient, and the intraclass correlation.

    One-way analysis of variance of the angle by float CIELAB, patients as groups.

    References
    ----------
    Shrout, Fleiss (1979), "Intraclass correlations", Psychological Bulletin 86(2), ICC(1).
    """
    count, total = np.bincount(tones.patient), len(tones.angle)
    mean = np.bincount(tones.patient, tones.angle) / count
    within = ((tones.angle - mean[tones.patient]) ** 2).sum() / (total - len(count))
    between = (count * (mean - tones.angle.mean()) ** 2).sum() / (len(count) - 1)
    size = (total - (count**2).sum() / total) / (len(count) - 1)
    return float(np.sqrt(within)), float((between - within) / (between + (size - 1) * within))


def tone_of_images() -> AuditCard:
    """Whether a tone group is a group of people."""
    tones = image_tones()
    (several, patients), (deviation, intraclass) = several_groups(tones), spread(tones)
    undefined = int((~tones.defined).sum())
    total = len(tones.angle)
    chart = Chart(
        "Tone as a property of images",
        "share, 0 to 1",
        {"measured": "share of the study's data"},
        tuple(
            Row(name, f"{part:,} of {all_of:,}", (Mark("measured", part / all_of),))
            for name, part, all_of in (
                ("patients with images in several published groups", several, patients),
                ("images whose b* is not above 0", undefined, total),
            )
        ),
        digits=3,
    )
    return AuditCard(
        key="tone-of-images",
        title="A tone group is a group of images",
        claim="The model is fair across skin tones, which are read off each image.",
        published_figure="one tone per image; patients are not mentioned",
        recomputed_figure=f"{several:,} of {patients:,} patients ({several / patients:.0%}) have "
        "images in more than one published group. Within a patient the float-CIELAB angle has a "
        f"standard deviation of {deviation:.0f} degrees, intraclass correlation {intraclass:.2f}. "
        f"In {undefined:,} of {total:,} images ({undefined / total:.0%}) b* is not above 0, where "
        "the angle is not defined",
        path=f"{named(several_groups)} and {named(spread)} on {TONES}",
        status="qualified",
        verdict="An angle read off a dermoscopic picture depends on its light, white balance, "
        "pressure and framing as well as on the skin, and dermoscopic colour correlates poorly "
        "with colorimetry of the same skin (npj Digital Medicine 2025, PubMed 41429926). So the "
        "groups compare pictures that look light or dark, and most patients are part of several. "
        "That is a fair question to ask of a model that sees pictures; it is not yet how the "
        "model treats people with light or dark skin.",
        uncertainty="Counts of all images and patients: no sampling error. How much of the spread "
        "within a patient is body site or sun, and how much the camera, cannot be told from these "
        "tables.",
        would_change="Skin colour measured on the patient, by colorimeter or Fitzpatrick type.",
        source="The study's report, and its public metadata (colour and angle of every image).",
        chart=chart,
        table=chart.table(),
        values={
            "several": several,
            "patients": patients,
            "deviation": deviation,
            "intraclass": intraclass,
            "undefined": undefined,
        },
    )


def redrawn_gaps() -> dict[str, np.ndarray]:
    """The gaps between four float-CIELAB groups when every image's tone is read in other light.

    Returns
    -------
    dict of str to float64 (REDRAWS,)
        By the gap's name, and under ``moved`` the share of images that change their group. Each
        image's colour gets an exposure and a white balance of its own,
        uniform within :data:`explorer.tone.camera.EXPOSURE` and ``BALANCE``.
    """
    table, rows = tables.load("validation_rows"), validation_rows()
    linear = decode_srgb(np.stack([table[f"color_{c}"] for c in "rgb"], axis=-1) / 255)
    rng, found = np.random.default_rng(SEED), {FALSE: [], RECALL: [], "moved": []}
    darkest = len(GROUP_NAMES) - 1
    as_read = np.minimum(tone_index(rows.angle), darkest)
    for _ in range(REDRAWS):
        factors = 1 + rng.uniform(-BALANCE, BALANCE, linear.shape) * [1, 0, 1]
        factors *= 2 ** rng.uniform(-EXPOSURE, EXPOSURE, (len(linear), 1))
        angle = ita_cielab(rgb_to_cielab(encode_srgb(linear * factors)))
        group = np.minimum(tone_index(angle), darkest)
        found["moved"].append(np.mean(group != as_read))
        for name, target in ((FALSE, 0), (RECALL, 1)):
            kept = rows.target == target
            calls = np.bincount(group[kept], rows.prediction[kept], len(GROUP_NAMES))
            found[name].append(np.ptp(calls / np.bincount(group[kept], minlength=len(GROUP_NAMES))))
    return {name: np.array(values) for name, values in found.items()}


def redrawn() -> AuditCard:
    """How the gaps move when tones are redrawn within what another picture would have read."""
    drawn = redrawn_gaps()
    moved = float(drawn.pop("moved").mean())
    read = {c.gap: c.by_patient for c in choices() if (c.grouping, c.labels) == (MERGED, ALL)}
    ends = {name: np.percentile(values, (2.5, 50, 97.5)) for name, values in drawn.items()}
    names = {FALSE: "false positive rate", RECALL: "recall"}
    chart = Chart(
        "Gaps between four groups when tones are redrawn",
        "largest minus smallest group rate, 0 to 1",
        {
            "measured": "as read, with 95 % interval by patient",
            "second": f"{REDRAWS} redraws: median and middle 95 %",
        },
        tuple(
            Row(
                names[name],
                f"n = {np.sum(validation_rows().target == (name == RECALL)):,} images",
                (
                    Mark.of("measured", read[name]),
                    Mark("second", middle, low, high, draws=tuple(drawn[name].tolist())),
                ),
            )
            for name, (low, middle, high) in ends.items()
        ),
        digits=3,
    )
    told = "; ".join(
        f"{names[name]} gap {gap_text(read[name])} as read, {middle:.3f} [{low:.3f}, {high:.3f}] "
        "when redrawn"
        for name, (low, middle, high) in ends.items()
    )
    return AuditCard(
        key="redrawn",
        title="The gaps when tones are redrawn",
        claim="Each image has one tone.",
        published_figure="one tone per image, without uncertainty",
        recomputed_figure=f"{told}; {moved:.0%} of images change their group",
        path=f"{named(redrawn_gaps)} on {ROWS}",
        status="qualified",
        verdict=f"An exposure up to {EXPOSURE:g} stops and a white balance up to {BALANCE:.0%} off "
        f"move {moved:.0%} of the images to another group. Read in such light, each image by "
        "chance, the gap in the false positive rate stays of the same order, and that in recall "
        "says as little as before. Random errors "
        "of tone mix the groups, so that they hide differences rather than make them; errors that "
        "go one way for a clinic or a camera could do either.",
        uncertainty="The middle 95 % of the redraws is what light alone moves, on the same images; "
        "the interval by patient (square-and-add of all pairs, below by the studentised range) is "
        "what other patients would. Neither holds the other.",
        would_change="Skin colour measured on the patient, or pictures with a colour chart.",
        source="The study's public metadata (colour of every image).",
        chart=chart,
        table=chart.table(),
        values={"moved": moved}
        | {
            f"{names[name]} {key}": float(value)
            for name, values in ends.items()
            for key, value in zip(("low", "median", "high"), values)
        },
    )
