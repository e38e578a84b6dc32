"""Two sources beside each other: how much they differ, and how sure that is.

:func:`compare_paired` takes two sources' decisions on the same images. A difference then rests
on the images that only one of the two called malignant: McNemar's exact test [1]_, and a
bootstrap that draws both decisions of an image together. :func:`compare_rows` is for sources
without a decision per image; its intervals combine those of the two rates [2]_ as if they came
from different images. The report's experiments all saw the same images, so such an interval is as
a rule wider than a paired one would be. The table of all models is in
:mod:`explorer.fairness.models`.

References
----------
.. [1] McNemar (1947), "Note on the sampling error of the difference between correlated
   proportions or percentages", Psychometrika 12(2); exact: binomial on the discordant pairs.
.. [2] Newcombe (1998), "Interval estimation for the difference between independent proportions",
   Statistics in Medicine 17(8), method 10 (square-and-add).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer.fairness import resampling
from explorer.fairness.analysis import Analysis
from explorer.fairness.decisions import Decided
from explorer.fairness.difference import Comparison, Difference, gaps_apart
from explorer.fairness.gaps import GAPS
from explorer.fairness.levels import has_meaning
from explorer.fairness.metrics import CELLS, METRICS, Rate
from explorer.fairness.models import MEASURES, ModelRow, row_from_report
from explorer.util import lazy
from explorer.util.errors import ExplorerError

stats = lazy.load("scipy.stats")

RESAMPLES = 5_000
SEED = 20_240_229


BOOTSTRAP = (
    "paired bootstrap, both decisions of an image drawn together within its group and "
    "class, percentiles"
)


def compare_paired(
    first: str,
    second: str,
    target: np.ndarray,
    first_calls: np.ndarray,
    second_calls: np.ndarray,
    group: np.ndarray | None = None,
    names: Sequence[str] = (),
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Comparison:
    """Differences between two sources' decisions on the same images.

    Parameters
    ----------
    first, second : str
        Names of the sources.
    target, first_calls, second_calls : int (N,)
        True label and the two decisions, 1 malignant.
    group : (N,), optional
        Group of each image, one of ``names``; with it the gaps are compared as well, on images
        whose group is in ``names``.
    names : sequence of str
    resamples, seed : int
        Of the bootstrap.

    Raises
    ------
    ExplorerError
        If the columns differ in length or there is no image.
    """
    columns = [np.asarray(x).astype(np.int64) for x in (target, first_calls, second_calls)]
    if len({len(x) for x in columns}) != 1 or not len(columns[0]):
        raise ExplorerError("two sources can be paired only on the same images: none in common")
    joint = _joint(*columns, np.zeros(len(columns[0]), int), 1)
    rng = np.random.default_rng(seed)
    observed, spread = _rates(joint), _rates(_draw(joint, resamples, rng))
    differences = [_tested(_paired(key, observed[key], spread[key]), joint[0]) for key in METRICS]
    notes = ["Images are taken as independent, although some may share a patient."]
    if group is not None:
        more, note = _paired_gaps(columns, np.asarray(group), tuple(names))
        differences += more
        notes += note
    return Comparison(first, second, True, len(columns[0]), tuple(differences), tuple(notes))


def compare_decided(
    first: Decided, second: Decided, resamples: int = RESAMPLES, seed: int = SEED
) -> Comparison:
    """Differences between two sources on the images that both decided on.

    Labels and groups are the first source's; images that only one of them has, and images whose
    labels disagree, do not enter, and the notes count them.

    Raises
    ------
    ExplorerError
        If the two have no image in common.
    """
    one, two = (d.predictions for d in (first, second))
    _, i, j = np.intersect1d(one.image, two.image, return_indices=True)
    same = first.target[i] == second.target[j]
    i, j, unlike = i[same], j[same], int((~same).sum())
    out = [
        f"{len(p) - len(i) - unlike:,} images of {p.name} have no partner and do not enter."
        for p in (one, two)
        if len(p) > len(i) + unlike
    ]
    out += [f"{unlike:,} images with contradicting labels do not enter."] if unlike else []
    names = [one.name, two.name]
    if one.name == two.name:  # one source, by two rules
        names = [f"{decided.predictions.name}, {decided.rule}" for decided in (first, second)]
    comparison = compare_paired(
        *names,
        first.target[i],
        first.call[i],
        second.call[j],
        np.array(first.names)[first.group[i]],
        first.names,
        resamples,
        seed,
    )
    return replace(comparison, notes=(*out, *comparison.notes))


def compare_analyses(
    first: Analysis, second: Analysis, resamples: int = RESAMPLES, seed: int = SEED
) -> Comparison:
    """Two loaded sources: paired where they share images, else from their rows of the table."""
    if np.intersect1d(*(a.decided.predictions.image for a in (first, second))).size:
        return compare_decided(first.decided, second.decided, resamples, seed)
    rows = [row_from_report(a.decided.predictions.name, "user", a.report) for a in (first, second)]
    comparison = compare_rows(*rows)
    return replace(
        comparison, notes=("The two sources have no image in common.", *comparison.notes)
    )


def _joint(target, first, second, index, groups: int) -> np.ndarray:
    """Images by group, class and both decisions: int64, shape (groups, 2, 2, 2)."""
    flat = ((index * 2 + target) * 2 + first) * 2 + second
    return np.bincount(flat, minlength=groups * 8).reshape(groups, 2, 2, 2)


def _draw(joint: np.ndarray, resamples: int, rng) -> np.ndarray:
    """Both decisions resampled within group and class: (resamples, groups, 2, 2, 2)."""
    cells = joint.reshape(*joint.shape[:2], 4)
    total = cells.sum(axis=-1)
    share = np.where(total[..., None] > 0, cells / np.maximum(total, 1)[..., None], 0.25)
    drawn = rng.multinomial(total, share, size=(resamples, *total.shape))
    return drawn.reshape(resamples, *joint.shape)


def _cells(joint: np.ndarray) -> list[np.ndarray]:
    """TP, FP, FN and TN of both sources, each (2, ..., groups)."""
    both = np.stack([joint.sum(axis=-1), joint.sum(axis=-2)])
    return [both[..., target, call] for target, call in CELLS.values()]


def _rates(joint: np.ndarray) -> dict[str, np.ndarray]:
    """Every metric of both sources over all groups together, shape (2, ...); NaN undefined."""
    cells = [cell.sum(axis=-1) for cell in _cells(joint)]
    return {key: metric.value(cells) for key, metric in METRICS.items()}


def _paired(measure: str, observed, drawn) -> Difference:
    """One difference and its interval, of a value per source and a resample of both."""
    first, second = (None if np.isnan(x) else float(x) for x in observed)
    if first is None or second is None:
        return Difference(measure, first, second, None, method="undefined")
    ends = map(float, np.nanpercentile(drawn[1] - drawn[0], (2.5, 97.5)))
    return Difference(measure, first, second, second - first, *ends, method=BOOTSTRAP)


def _tested(difference: Difference, joint: np.ndarray) -> Difference:
    """With McNemar's test on the discordant pairs of ``joint`` (2, 2, 2), where it applies."""
    metric = METRICS[difference.measure]
    classes = {CELLS[cell][0] for cell in metric.basis}
    calls_decide = len(metric.basis) < 2 * len(classes)  # which images the rate is of
    if difference.value is None or len(metric.fractions) > 1 or calls_decide:
        return difference
    counted = [cell for cell, n in zip(CELLS.values(), metric.fractions[0].numerator) if n]
    losses = int(sum(joint[target][call, 1 - call] for target, call in counted))
    wins = int(sum(joint[target][1 - call, call] for target, call in counted))
    p_value = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    images = sum(joint[target] for target, _ in counted)
    return replace(
        difference,
        p_value=float(p_value),
        n=int(images.sum()),
        only_first=int(images[1, 0]),
        only_second=int(images[0, 1]),
        method=f"{BOOTSTRAP}; p: McNemar's exact test",
    )


def _paired_gaps(columns, group, names) -> tuple[list[Difference], list[str]]:
    names = tuple(filter(has_meaning, names))
    index = np.array([names.index(x) if x in names else -1 for x in group.tolist()])
    kept = index >= 0
    cells = np.array(_cells(_joint(*(x[kept] for x in columns), index[kept], len(names))))
    found = [gaps_apart(name, both, cells) for name, both in resampling.gaps(cells).items()]
    found = [gap if gap.value is None else replace(gap, n=int(kept.sum())) for gap in found]
    out = int((~kept).sum())
    note = [f"{out:,} images of no listed group do not enter the gaps."] if out else []
    return found, [*note, "Each source's gap may lie between different groups."]


def compare_rows(first: ModelRow, second: ModelRow) -> Comparison:
    """Differences between two rows of the table, from their figures and intervals alone."""
    differences = []
    for measure in MEASURES:
        one, two = (
            Rate(row.values.get(measure), row.low.get(measure), row.high.get(measure), 1)
            for row in (first, second)
        )
        if one.value is None or two.value is None:
            continue
        value, low, high = two.value - one.value, None, None
        method = "no interval: needs a decision per image from both"
        # a gap's estimate lies above the truth, so square-and-add would not cover
        if measure not in GAPS and one.low is not None and two.low is not None:
            low = float(value - np.hypot(two.value - two.low, one.high - one.value))
            high = float(value + np.hypot(two.high - two.value, one.value - one.low))
            method = "unpaired: square-and-add of the two intervals (Newcombe 1998, method 10)"
        differences.append(
            Difference(measure, one.value, two.value, value, low, high, method=method)
        )
    return Comparison(
        first.name,
        second.name,
        False,
        min(first.n, second.n),
        tuple(differences),
        (
            "No decision per image for at least one of the two, so the difference is not paired: "
            "the interval takes the two as measured on different images, which is as a rule too "
            "wide if they saw the same ones.",
        ),
    )
