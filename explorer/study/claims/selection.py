"""Cards on how the model was chosen, and on what it is compared with."""

import numpy as np

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.metrics import wilson
from explorer.image.colour import GROUP_NAMES
from explorer.study import tables
from explorer.study.claims.card import REPORT_TABLE, ROWS, AuditCard, named, submitted
from explorer.study.experiments import recover_counts
from explorer.study.rows import validation_rows

#: Draws of all models' counts.
DRAWS, SEED = 20_000, 7


def confusion() -> np.ndarray:
    """TP, FP, malignant and benign images of the report's models, int64 (models, 4)."""
    counts = tables.validation_counts()
    positives = int(counts.count[counts.target == 1].sum())
    negatives = counts.total - positives
    found = [recover_counts(row, positives, negatives) for row in tables.load("experiments").rows()]
    return np.array(
        [(one.true_positives, one.false_positives, positives, negatives) for one in found]
    )


def optimism(cells: np.ndarray) -> np.ndarray:
    """How much the best of several models looks better than it is, (draws,).

    Every model's counts are drawn anew from its own rates; the one with the highest balanced
    accuracy is chosen, and what it shows is compared with its rates.

    Parameters
    ----------
    cells : int (models, 4)
        As :func:`confusion` gives them.
    """
    tp, fp, positives, negatives = cells.T
    rng = np.random.default_rng(SEED)
    recall = rng.binomial(positives, tp / positives, (DRAWS, len(cells))) / positives
    false = rng.binomial(negatives, fp / negatives, (DRAWS, len(cells))) / negatives
    shown, true = (recall + 1 - false) / 2, (tp / positives + 1 - fp / negatives) / 2
    best = shown.argmax(axis=1)
    return shown[np.arange(DRAWS), best] - true[best]


def model_selection() -> AuditCard:
    """What choosing on the validation split adds to the chosen model's figures."""
    rows, row = tables.load("experiments").rows(), submitted()
    gained = optimism(confusion())
    mean, most = float(gained.mean()), float(np.percentile(gained, 95))
    value = row["balanced_accuracy"]
    close = sum(value - each["balanced_accuracy"] < most for each in rows)
    chart = Chart(
        "Balanced accuracy of the chosen model",
        "balanced accuracy, 0 to 1",
        {
            "quoted": "on the images it was chosen on, as published",
            "range": "less what choosing the best of 24 adds: mean to 95th percentile",
        },
        (
            Row(
                row["experiment"],
                f"n = {tables.validation_counts().total:,} images",
                (Mark("quoted", value), Mark("range", low=value - most, high=value - mean)),
            ),
        ),
        (0.7, 0.9),
        digits=3,
    )
    return AuditCard(
        key="selection",
        title="Chosen and measured on the same images",
        claim="The submitted model has the best balanced accuracy of 24 on the validation split.",
        published_figure=f"balanced accuracy {value:.3f}",
        recomputed_figure=f"the best of {len(rows)} models would show {mean:.3f} more than it is "
        f"worth on average, and up to {most:.3f} in 95 of 100 cases; {close} of {len(rows)} models "
        f"are within {most:.3f} of the best",
        path=f"{named(optimism)}, {DRAWS:,} draws of the counts that {named(confusion)} recovers "
        "from assets/published/experiments.csv",
        status="open",
        verdict="The epoch was chosen by F1 on the validation split, then the model by its figures "
        "on the same split, and the same figures are reported. There is no third set of images. "
        "That the submitted model is among the best is not in doubt; by how much its figures are "
        "optimistic is. The choice among models alone is worth about "
        f"{mean:.3f}; the choice of an epoch, and patients in both splits, come on top.",
        uncertainty="The draws take models as independent. They saw the same images, which makes "
        "the true optimism of this choice smaller; that of the epochs is not in the published "
        "data.",
        would_change="The submitted model's predictions on images that nothing was chosen on.",
        source=f"{REPORT_TABLE}; the study's training code.",
        chart=chart,
        table=chart.table(),
        values={"mean": mean, "most": most, "close": close},
    )


def label_provenance() -> AuditCard:
    """False positive rates by what the label "benign" rests on."""
    rows = validation_rows()
    benign, unknown = rows.target == 0, rows.diagnosis == "unknown"
    marks, values = [], {}
    for name in GROUP_NAMES:
        own, cells = benign & (rows.groups["published"] == name), []
        for kept in (own & ~unknown, own & unknown):
            false, n = int(rows.prediction[kept].sum()), int(kept.sum())
            cells.append((false, n, false / n, *wilson(false, n)))
        values |= {f"named {name}": cells[0][2], f"unknown {name}": cells[1][2]}
        (k, n, *first), (j, m, *second) = cells
        detail = f"{k} of {n} with a named diagnosis, {j} of {m:,} without"
        marks.append(Row(name, detail, (Mark("measured", *first), Mark("second", *second))))
    chart = Chart(
        "False positive rate by what the benign label rests on",
        "false positive rate, 0 to 1",
        {
            "measured": "benign with a named diagnosis, with 95 % interval",
            "second": 'benign, diagnosis "unknown", with 95 % interval',
        },
        tuple(marks),
    )
    without, every = int((benign & unknown).sum()), int(benign.sum())
    light, middle = GROUP_NAMES[1:3]
    reverses = (values[f"named {light}"] > values[f"named {middle}"]) != (
        values[f"unknown {light}"] > values[f"unknown {middle}"]
    )
    return AuditCard(
        key="labels",
        title="What a benign label rests on",
        claim="Predictions are compared with the true class of each lesion.",
        published_figure="labels benign and malignant of ISIC 2020",
        recomputed_figure=f"{without:,} of {every:,} benign validation images "
        f'({without / every:.0%}) have the diagnosis "unknown". False positive rate {light} and '
        f"{middle}: {values[f'named {light}']:.3f} and {values[f'named {middle}']:.3f} with a "
        f"named diagnosis, {values[f'unknown {light}']:.3f} and {values[f'unknown {middle}']:.3f} "
        "without",
        path=f"{named(label_provenance)} on {ROWS}",
        status="qualified" if reverses else "reproduced",
        verdict="Malignant labels of ISIC 2020 rest on histology; benign ones also on expert "
        "agreement or follow-up (Rotemberg et al. 2021), and most have no named diagnosis here. "
        'A "false positive" on such an image may now and then be a melanoma that was missed. The '
        f"difference between {light} and {middle} "
        f"{'reverses' if reverses else 'has the same direction'} among images with a named "
        "diagnosis, so what the gap between tones says about the model depends on images whose "
        "label has no named diagnosis behind it.",
        uncertainty="Wilson 95 % intervals, images as units. Named diagnoses are other lesions "
        "than unnamed ones (those somebody had a reason to biopsy), so the two columns differ in "
        "more than their labels. The very-light group has few with a name.",
        would_change="Histology or follow-up of a sample of the images without a diagnosis.",
        source="The study's public metadata, from ISIC 2020 (column diagnosis).",
        chart=chart,
        table=chart.table(),
        values={"unknown": without, "benign": every, **values},
    )
