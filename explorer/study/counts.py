"""Group reports of the published model, from its counts."""

from functools import lru_cache

import numpy as np

from explorer.data.groupings import GROUPINGS
from explorer.fairness import resampling
from explorer.fairness.gaps import GroupReport, analyse
from explorer.fairness.metrics import CELLS, Counts
from explorer.study import tables
from explorer.study.rows import patient_cells
from explorer.util.errors import ExplorerError


@lru_cache(maxsize=32)
def group_report(
    by: str = "published",
    minimum: int = 1,
    resamples: int = resampling.RESAMPLES,
    seed: int = resampling.SEED,
) -> GroupReport:
    """Group metrics of the published model on the study's validation images.

    Parameters
    ----------
    by : str
        A key of :data:`GROUPINGS`.
    minimum : int
        A group enters a gap only if its rate has at least this denominator; 1 keeps every
        defined rate. Groups' own rates do not depend on it.
    resamples, seed : int
        For the gaps' nulls, see :func:`explorer.fairness.resampling.sample_gaps`.

    Raises
    ------
    ExplorerError
        If the grouping is unknown or the carried counts are missing.
    """
    return analyse(
        published_counts(by),
        by,
        GROUPINGS[by].label,
        source=tables.validation_counts().source,
        rule=tables.VALIDATION_RULE,
        weights=tables.VALIDATION_WEIGHTS,
        warnings=published_warnings(by),
        minimum=minimum,
        resamples=resamples,
        seed=seed,
        patients=patient_cells(by),
    )


def published_counts(by: str) -> Counts:
    """Confusion counts of the published model for a key of :data:`GROUPINGS`.

    A group without any image does not occur in the result.
    """
    if by not in GROUPINGS:
        raise ExplorerError(f"unknown grouping {by!r}: choose one of {', '.join(GROUPINGS)}")
    grouping, table = GROUPINGS[by], tables.validation_counts()
    column = getattr(table, grouping.column)
    member = column == np.asarray(grouping.values)[:, None]  # (groups, rows)
    cells = [
        (member & (table.target == target) & (table.prediction == call)) @ table.count
        for target, call in CELLS.values()
    ]
    kept = np.flatnonzero(np.sum(cells, axis=0))
    return Counts(tuple(grouping.labels[i] for i in kept), *(cell[kept] for cell in cells))


def published_warnings(by: str) -> tuple[str, ...]:
    """What limits every figure of the published model, and those by tone in particular."""
    table = tables.validation_counts()
    seen = int(table.count[table.patient_in_train == "yes"].sum())
    general = (
        f"{seen:,} of {table.total:,} validation images are of patients who also have images in "
        f"training ({tables.VALIDATION_PATIENTS_IN_TRAIN:,} of "
        f"{tables.VALIDATION_PATIENTS:,} patients), so all figures are optimistic.",
        "Chance bands and the groups' own intervals take images as independent; what takes "
        "patients as units is labelled so.",
    )
    tones = (
        "Tone is estimated from the image. Few images are of dark skin, and none is confirmed as "
        "Fitzpatrick type V or VI: the figures do not show how the model does on such skin.",
        "13 of the 17 malignant images that were published as very light have a white circular "
        "frame, and their estimated tone is the frame's. All 13 were called malignant; of the "
        "other four, two.",
    )
    return general + (tones if by in ("published", "cielab") else ())
