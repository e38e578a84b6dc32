"""The report's tests of equal confidence, recomputed from its own means and standard deviations.

Per-image scores are not published, but an F statistic needs only the groups' means, standard
deviations and sizes. The sizes are known: of all malignant images from the counts, of the detected
ones from the published recalls. Rounding of the published figures allows a range for F, and the
published F either lies in it or does not.

The means allow one more check. Scores are not negative, so the mean of all malignant images is at
least the share detected times the mean of the detected: the ratio of the two bounds the share.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from explorer.fairness.confidence import ALL, DETECTED
from explorer.study import tables
from explorer.study.counts import published_counts
from explorer.util import lazy

stats = lazy.load("scipy.stats")


@dataclass(frozen=True)
class SummaryAnova:
    """Analysis of variance from group means, standard deviations and sizes."""

    f_statistic: float
    p_value: float
    between: int
    within: int


@dataclass(frozen=True)
class PublishedAnova:
    """A row of the report's table, and what its own means and deviations give.

    Attributes
    ----------
    subset, model : str
    means, stds : tuple of float
        As published, to three decimals, by published tone group.
    sizes : tuple of int
        Images per group: from the counts, for the detected ones from the published recall.
    published_f, published_p : float
    f_statistic, low, high, p_value : float
        Recomputed (standard deviations with divisor n), with the range that rounding of the
        published figures allows.
    agrees : bool
        The published F lies in that range.
    largest_share : tuple of float or None
        Of the detected rows: mean of all malignant / mean of the detected. Scores are not
        negative, so no larger share can have been detected.
    consistent : bool or None
        Whether the published recalls keep to ``largest_share``; None for the other rows.
    """

    subset: str
    model: str
    means: tuple[float, ...]
    stds: tuple[float, ...]
    sizes: tuple[int, ...]
    published_f: float
    published_p: float
    f_statistic: float
    low: float
    high: float
    p_value: float
    agrees: bool
    largest_share: tuple[float, ...] | None = None
    consistent: bool | None = None


def summary_anova(means, stds, sizes, ddof: int = 0) -> SummaryAnova:
    """One-way analysis of variance without the data.

    Parameters
    ----------
    means, stds : float (groups,)
    sizes : int (groups,)
    ddof : int
        The standard deviations' divisor is n - ddof: 0 for NumPy's default, 1 for the sample
        standard deviation.
    """
    means, stds, sizes = (np.asarray(x, float) for x in (means, stds, sizes))
    between, within = len(means) - 1, int(sizes.sum()) - len(means)
    grand = sizes @ means / sizes.sum()
    statistic = (sizes @ (means - grand) ** 2 / between) / ((sizes - ddof) @ stds**2 / within)
    return SummaryAnova(
        float(statistic), float(stats.f.sf(statistic, between, within)), between, within
    )


@cache
def check_published_anova() -> tuple[PublishedAnova, ...]:
    """Every row of ``assets/published/anova.csv``, recomputed from its means and deviations."""
    return tuple(_check(row) for row in tables.load("anova").rows())


def malignant_sizes() -> np.ndarray:
    """Malignant validation images per published tone group, int64 (4,)."""
    return published_counts("published").positives


def detected_sizes(model: str) -> np.ndarray:
    """Detected malignant images per published tone group, int64 (4,), from the published recall.

    The recalls have two decimals and no group more than 58 malignant images, so that the number
    is certain.
    """
    table = tables.load("group_metrics")
    recall = table["recall"][table["model"] == model]
    return np.rint(recall * malignant_sizes()).astype(np.int64)


def _check(row: dict) -> PublishedAnova:
    means, stds = (np.array([row[f"group_{d}_{key}"] for d in range(4)]) for key in ("mean", "std"))
    detected = row["subset"] == DETECTED
    sizes = detected_sizes(row["model"]) if detected else malignant_sizes()
    found = summary_anova(means, stds, sizes)
    # at the corners of what rounds to these: F falls in every deviation, is convex in the means
    corners = [
        summary_anova(means + 5e-4 * np.array(signs), stds + side * 5e-4, sizes).f_statistic
        for signs in product((-1, 1), repeat=len(means))
        for side in (-1, 1)
    ]
    low, high = min(corners), max(corners)
    share = fits = None
    if detected:
        table = tables.load("anova")
        every = np.flatnonzero((table["model"] == row["model"]) & (table["subset"] == ALL))[0]
        share = np.array([table[f"group_{d}_mean"][every] for d in range(4)]) / means
        # half a unit of the published means' third decimal is worth about 0.005 of a share
        fits = bool((sizes / malignant_sizes() <= share + 0.005).all())
    return PublishedAnova(
        row["subset"],
        row["model"],
        tuple(means),
        tuple(stds),
        tuple(sizes.tolist()),
        row["f_statistic"],
        row["p_value"],
        found.f_statistic,
        low,
        high,
        found.p_value,
        low - 5e-4 <= row["f_statistic"] <= high + 5e-4,
        None if share is None else tuple(share.tolist()),
        fits,
    )
