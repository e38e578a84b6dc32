"""Cards on the data: the white frame, and the patients of the split."""

from types import MappingProxyType

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.metrics import wilson
from explorer.skin.corners import WHITE_CORNERS, white_corners
from explorer.study import tables
from explorer.study.claims.card import COUNTS, ROWS, AuditCard, named, p_words
from explorer.study.counts import group_report
from explorer.study.rows import validation_rows
from explorer.util import lazy

stats = lazy.load("scipy.stats")


#: Images of the published group "very light" with a white circular frame, and all of them:
#: (with, all). Counted by this project on the images it could see, which are not carried (FACTS,
#: section 7).
FRAMED = MappingProxyType({"malignant": (23, 33), "benign": (12, 176)})
#: The same in all other published groups together.
FRAMED_OTHERS = (1, 4313)
#: Malignant very-light validation images: (detected, all), with and without a frame.
DETECTED = MappingProxyType({"with a frame": (13, 13), "without": (2, 4)})


def has_white_frame(rgb) -> bool:
    """True where at least 3 of the 4 corners of a picture are white.

    Parameters
    ----------
    rgb : uint8, shape (H, W, 3)
        The whole picture; it is reduced to 150 x 150 pixels and each corner patch of 10 x 10
        must lie above 235 in every channel.
    """
    return white_corners(rgb) >= WHITE_CORNERS


def fisher(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Two-sided p of Fisher's exact test for two (part, all) pairs."""
    table = [[part, total - part] for part, total in (first, second)]
    return float(stats.fisher_exact(table).pvalue)


def white_frame() -> AuditCard:
    """The frame behind the very-light group's recall."""
    shares = {f"very light, {key}: has a frame": part for key, part in FRAMED.items()}
    shares["all other groups: has a frame"] = FRAMED_OTHERS
    shares |= {f"malignant, validation, {key}: detected": part for key, part in DETECTED.items()}
    chart = Chart(
        "White circular frames in the very-light group",
        "share of images, 0 to 1",
        {"measured": "share, with 95 % interval"},
        tuple(
            Row(name, f"{k:,} of {n:,} images", (Mark("measured", k / n, *wilson(k, n)),))
            for name, (k, n) in shares.items()
        ),
    )
    group, metrics = group_report("published").groups[0], tables.load("group_metrics")
    own = (metrics["model"] == tables.SUBMITTED_MODEL) & (metrics["group"] == 0)
    published_recall = metrics["recall"][own][0]
    p_frame, p_detected = fisher(*FRAMED.values()), fisher(*DETECTED.values())
    (with_k, with_n), (without_k, without_n) = DETECTED.values()
    low, high = wilson(without_k, without_n)
    fits = (with_k + without_k, with_n + without_n) == (group.true_positives, group.positives)
    return AuditCard(
        key="white-frame",
        title="A white frame behind the very-light group's recall",
        claim="The submitted model detects most malignant images of the very-light group.",
        published_figure=f"{group.name}: {published_recall:.2f}",
        recomputed_figure=f"{group.true_positives} of {group.positives} detected; {with_k} of "
        f"{with_n} with a white frame, {without_k} of {without_n} without "
        f"({without_k / without_n:.2f} [{low:.2f}, {high:.2f}]), Fisher's exact "
        f"{p_words(p_detected)}. A frame is in {FRAMED['malignant'][0]} of "
        f"{FRAMED['malignant'][1]} malignant and {FRAMED['benign'][0]} of {FRAMED['benign'][1]} "
        f"benign very-light images ({p_words(p_frame)}) and in {FRAMED_OTHERS[0]} of "
        f"{FRAMED_OTHERS[1]:,} others.",
        path="Recomputed here: the group's counts from "
        + COUNTS
        + ", intervals (Wilson) and Fisher's "
        "exact tests (scipy.stats.fisher_exact). The counts of frames are this project's own, "
        "from pictures that cannot be carried (its facts file, section 7; rule: "
        f"{named(has_white_frame)})",
        status="qualified",
        verdict="The recall is as "
        f"reported{'' if fits else ', though the frame counts do not add up'}. Most malignant "
        "images of this group carry a white circular frame, and few benign ones do, so that a "
        "classifier can score here by recognising the frame. The estimated tone of such an image "
        "is the frame's: the group is partly a group of framed pictures, not of very light skin. "
        "Its recall should not be read as that of very light skin.",
        uncertainty=f"Wilson 95 % intervals. Only {without_n} malignant validation images of the "
        "group have no frame, so how well the model does without it is nearly unknown. An "
        "association: whether the model uses the frame would have to be tested by removing it.",
        would_change="The model's answers on the same images without the frame.",
        source="The study's report, tables per tone group; pictures of ISIC 2020 seen by this "
        "project.",
        chart=chart,
        table=chart.table(),
        values={"p_frame": p_frame, "p_detected": p_detected, "consistent": float(fits)},
    )


def patients() -> AuditCard:
    """Patients on both sides of the split."""
    shared, every = tables.VALIDATION_PATIENTS_IN_TRAIN, tables.VALIDATION_PATIENTS
    table = tables.validation_counts()
    new = table.patient_in_train == "no"
    images, malignant, false = (
        int(table.count[new & kept].sum())
        for kept in (new, table.target == 1, (table.target == 0) & (table.prediction == 1))
    )
    leaked = _by_leakage()
    shares = {
        "patients who also have images in training": (shared, every),
        "images whose patient is also in training": (table.total - images, table.total),
    }
    chart = Chart(
        "Validation and training share patients",
        "share, 0 to 1",
        {"measured": "share of the validation split", "second": "rate, with 95 % interval"},
        tuple(
            Row(name, f"{k:,} of {n:,}", (Mark("measured", k / n),))
            for name, (k, n) in shares.items()
        )
        + tuple(
            Row(
                f"{name}, {words} malignant training image of the patient",
                f"{k:,} of {n:,} called malignant",
                (Mark("second", k / n, *wilson(k, n)),),
            )
            for name, pair in leaked.items()
            for words, (k, n) in zip(("with a", "without a"), pair)
        ),
        digits=3,
    )
    benign = images - malignant
    return AuditCard(
        key="patients",
        title="A split by patient",
        claim="Validation figures can be read as performance on people the model has not seen.",
        published_figure="no figure; the split is published image by image",
        recomputed_figure=f"{shared:,} of {every:,} validation patients ({shared / every:.1%}) "
        f"also have images in training. The rest are {images} images, {malignant} of them "
        "malignant. "
        + "; ".join(
            f"{name.capitalize()} {with_it / n:.3f} where the patient has a malignant image in "
            f"training (n = {n}) and {without / m:.3f} where not (n = {m:,})"
            for name, ((with_it, n), (without, m)) in leaked.items()
        ),
        path=f"{tables.__name__}.VALIDATION_PATIENTS and VALIDATION_PATIENTS_IN_TRAIN (counted "
        f"from the study's metadata); column patient_in_train of {COUNTS}; columns of {ROWS}",
        status="open",
        verdict="Nearly every validation patient was also seen in training, so the validation "
        "figures are as a rule optimistic; by how much cannot be told from them. A malignant "
        "training image of the same patient goes with no higher recall, and with more than twice "
        "the false positive rate: such patients' other lesions look alike, or the model knows the "
        "patient; these tables cannot tell which. Metrics on the "
        f"remaining {images} images are not possible: with {malignant} malignant images there is "
        f"no recall, and {false} of {benign} benign ones called malignant says next to nothing "
        f"(95 % interval {wilson(false, benign)[0]:.2f} to {wilson(false, benign)[1]:.2f}). "
        "A fair answer needs training anew on a split by patient, for which the study's public "
        "metadata hold all that is needed.",
        uncertainty="Counts of all patients and images: no sampling error in the shares. Rates: "
        "Wilson 95 % intervals in the figure, images as units.",
        would_change="A model trained on a split by patient, with the same recipe.",
        source="The study's public metadata and its split.",
        chart=chart,
        table=chart.table(),
        values={
            "shared": shared,
            "patients": every,
            "images": images,
            "malignant": malignant,
            "false_positives": false,
            **{
                f"{name} {key}": k / n
                for name, pair in leaked.items()
                for key, (k, n) in zip(("with", "without"), pair)
            },
        },
    )


def _by_leakage() -> dict[str, tuple[tuple[int, int], tuple[int, int]]]:
    """Calls and images with and without a malignant training image of the patient, by rate."""
    rows = validation_rows()
    leaked, found = rows.malignant_in_train > 0, {}
    for name, target in (("recall", 1), ("false positive rate", 0)):
        own = rows.target == target
        parts = (rows.prediction[own & kept] for kept in (leaked, ~leaked))
        found[name] = tuple((int(calls.sum()), len(calls)) for calls in parts)
    return found
