"""Halves of the patients, many of them, and a rate over all: what post-processing is judged on."""

from dataclasses import dataclass

import numpy as np

from explorer.fairness.decisions import Decided
from explorer.fairness.levels import meaningful
from explorer.util.errors import ExplorerError

#: Halves drawn in search of one in which every group has both classes, per split wanted.
TRIES = 4
#: A group takes part if it has both classes in this share of the halves drawn at first.
USUALLY = 0.9
TOO_FEW = (
    "post-processing needs at least two groups with benign and malignant images of two "
    "patients each: choose a grouping with larger groups"
)


@dataclass(frozen=True)
class Across:
    """A rate over all splits: median, 5th and 95th percentile, and the value of each."""

    median: float
    low: float
    high: float
    values: tuple[float, ...]


def across(values: np.ndarray) -> Across:
    """Of one value per split, float (S,)."""
    low, median, high = np.percentile(values, (5, 50, 95)).tolist()
    return Across(median, low, high, tuple(values.tolist()))


def split_half(decided: Decided, rng) -> np.ndarray:
    """True for the second half, bool (N,): no patient in both, groups and classes balanced.

    Each patient counts for the rarest group and class among the images; within those, patients
    alternate between the halves in random order. Without patients the halves differ in images only.
    """
    patient = decided.patient_index
    patient = np.arange(len(decided.call)) if patient is None else patient
    stratum = 2 * decided.group + decided.target
    order = np.argsort(np.bincount(stratum)[stratum], kind="stable")[::-1]
    rarest = np.empty(int(patient.max()) + 1, np.int64)
    rarest[patient[order]] = stratum[order]  # the last one written is the rarest
    shuffled = np.lexsort((rng.random(len(rarest)), rarest))
    first = np.searchsorted(rarest[shuffled], rarest[shuffled])
    starts = rng.integers(0, 2, int(stratum.max()) + 1)
    second = np.empty(len(rarest), bool)
    second[shuffled] = (np.arange(len(rarest)) - first + starts[rarest[shuffled]]) % 2
    return second[patient]


def halves(decided: Decided, splits: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Halves in which every kept group has both classes, and which groups are kept, bool (G,).

    Those that have a meaning and, in most halves, both classes.

    Raises
    ------
    ExplorerError
        If fewer than two groups can be kept.
    """
    rng, sizes = np.random.default_rng(seed), (len(decided.names), 2, 2)
    place = (2 * decided.group + decided.target) * 2

    def both(half: np.ndarray) -> np.ndarray:
        """Groups with both classes in both halves."""
        found = np.bincount(place + half, minlength=int(np.prod(sizes))).reshape(sizes)
        return (found > 0).all(axis=(1, 2))

    drawn = [split_half(decided, rng) for _ in range(splits)]
    complete = np.array([both(half) for half in drawn])
    kept = (complete.mean(axis=0) >= USUALLY) & meaningful(decided.names)
    good = [half for half, found in zip(drawn, complete) if found[kept].all()]
    for _ in range((TRIES - 1) * splits):
        if len(good) == splits:
            break
        half = split_half(decided, rng)
        good += [half] if both(half)[kept].all() else []
    if kept.sum() < 2 or len(good) < splits:
        raise ExplorerError(TOO_FEW)
    return good, kept


def held_out_text(decided: Decided, kept: np.ndarray, splits: int) -> str:
    """What is disjoint, patients or images, and how many there are among ``kept``, bool (N,)."""
    patient, images = decided.patient_index, int(kept.sum())
    once = "in each, either half is decided by thresholds fitted on the other."
    if patient is None:
        return (
            f"{splits} random cuts of {images:,} images into halves, no image in both; {once} "
            "Patients are not known, so images of one patient may be in both halves, and the "
            "result is optimistic."
        )
    return (
        f"{splits} random cuts of {images:,} images of {len(np.unique(patient[kept])):,} patients "
        f"into halves, no patient in both; {once}"
    )
