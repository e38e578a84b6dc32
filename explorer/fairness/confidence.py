"""Tests of equal confidence: is the malignant score the same across groups?

The study's report compares the malignant-class score of malignant images between its four tone
groups by one-way analysis of variance, once on all malignant images and once on the detected
ones. :func:`equal_confidence` does that, with three things beside it:

* the Kruskal-Wallis test. Scores in 0..1 pile up at their ends and are far from normal; a test
  on ranks does not mind;
* an effect size. A p-value mixes how different groups are with how many images there are; eta
  squared is the share of the scores' variance that lies between groups;
* what chance alone gives. Eta squared is positive even when groups do not differ, so it is drawn
  beside its permutation null. Epsilon squared removes that bias [2]_ and may be negative.

With 8 logits, :func:`from_decided` runs the tests on the normalised probability s1 / (s0 + s1) and
on the two scores that the study's scripts call a probability, see :mod:`explorer.rules.slips`.
:mod:`explorer.study.anova` recomputes the report's F statistics from its own means and standard
deviations.

A large p-value does not show that confidence is equal: with few malignant images only a large
difference can be seen. All images count as independent, although some share a patient.

References
----------
.. [1] Kruskal, Wallis (1952), "Use of ranks in one-criterion variance analysis", J. American
   Statistical Association 47(260).
.. [2] Okada (2013), "Is omega squared less biased? A comparison of three major effect size
   indices in one-way ANOVA", Behaviormetrika 40(2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.fairness.decisions import Decided
from explorer.fairness.levels import has_meaning
from explorer.rules import slips
from explorer.util import lazy
from explorer.util.errors import ExplorerError

stats = lazy.load("scipy.stats")

RESAMPLES = 5_000
SEED = 20_240_229
#: A group with fewer images does not enter a test: it has no variance within.
MINIMUM = 2

ALL, DETECTED = "all malignant", "correctly classified malignant"

#: Scores of logits that the study's scripts call a probability: what each is, and how it is made.
SCORES = {
    "unnormalised": (
        "s1 of the published rule, which the report used for this model: no probability, its "
        "ceiling depends on the domain that reads the lesion",
        slips.unnormalised_score,
    ),
    "doubled softmax": (
        "softmax of (s0, s1), confined to 0.497..0.683: no probability",
        slips.doubled_softmax,
    ),
}


@dataclass(frozen=True)
class GroupScores:
    """Scores of one group: how many, mean, standard deviation (divisor n, as the report's).

    ``low`` and ``high``: 95 % t interval of the mean; None below two images.
    """

    name: str
    n: int
    mean: float | None
    std: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ConfidenceTest:
    """One test of equal confidence; numbers are None where fewer than two groups can enter.

    Attributes
    ----------
    subset, score : str
        Which images, and which score of them.
    groups : tuple of GroupScores
    n : int
        Images in the test.
    f_statistic, f_p_value : float or None
        One-way analysis of variance (``scipy.stats.f_oneway``).
    h_statistic, h_p_value : float or None
        Kruskal-Wallis (``scipy.stats.kruskal``) [1]_.
    eta_squared, low, high : float or None
        Share of variance between groups, 0..1, and its bootstrap percentile interval, images
        drawn anew within each group. Resampling adds variance between groups, so the interval
        lies to the right of the estimate when groups are small.
    epsilon_squared : float or None
        The same share without its bias [2]_.
    null_mean, null_p95 : float or None
        Eta squared when scores are shuffled over groups.
    note : str
        Groups that were left out; may be empty.
    """

    subset: str
    score: str
    groups: tuple[GroupScores, ...]
    n: int
    f_statistic: float | None = None
    f_p_value: float | None = None
    h_statistic: float | None = None
    h_p_value: float | None = None
    eta_squared: float | None = None
    low: float | None = None
    high: float | None = None
    epsilon_squared: float | None = None
    null_mean: float | None = None
    null_p95: float | None = None
    note: str = ""


def equal_confidence(
    score: np.ndarray,
    target: np.ndarray,
    called: np.ndarray,
    group: np.ndarray,
    names: Sequence[str],
    score_name: str = "probability of malignancy",
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> tuple[ConfidenceTest, ConfidenceTest]:
    """The report's two tests: on all malignant images and on the detected ones.

    Parameters
    ----------
    score : float (N,)
        Malignant-class score; its scale does not matter to the tests.
    target, called : int or bool (N,)
        True label and decision, 1 malignant.
    group : (N,)
        Index into ``names``, or one of ``names``; anything else is left out.
    names : sequence of str
        Groups in the order of the result.
    score_name : str
        For titles.
    resamples, seed : int
        For the interval and the null of eta squared.

    Raises
    ------
    ExplorerError
        If the columns differ in length, a score is not finite, or there is no malignant image.
    """
    score, malignant, called = np.asarray(score, float), np.asarray(target) == 1, np.asarray(called)
    names, index = tuple(names), np.asarray(group)
    if index.dtype.kind not in "iu":
        index = np.array([names.index(x) if x in names else -1 for x in index.tolist()], int)
    if not len(score) == len(malignant) == len(called) == len(index):
        raise ExplorerError("scores, labels, decisions and groups must have the same length")
    if not np.isfinite(score).all():
        raise ExplorerError("the scores hold values that are not finite numbers")
    if not malignant.any():
        raise ExplorerError("a test of equal confidence needs malignant images: there are none")
    return tuple(
        _test(subset, score_name, score[kept], index[kept], names, resamples, seed)
        for subset, kept in ((ALL, malignant), (DETECTED, malignant & (called == 1)))
    )


def from_decided(
    decided: Decided, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, tuple[ConfidenceTest, ConfidenceTest]]:
    """The tests on a source's own scores, groups and decisions.

    Returns
    -------
    dict of str to (all malignant, detected)
        ``probability`` as decided (normalised over the two classes); from logits also
        ``unnormalised`` and ``doubled softmax`` of :data:`SCORES`, which always come from the
        published rule.

    Raises
    ------
    ExplorerError
        If the source has labels only.
    """
    if decided.probability is None:
        raise ExplorerError(
            "a test of equal confidence needs a probability or 8 logits per image, not labels"
        )
    scores = {"probability": (f"probability of malignancy ({decided.rule})", decided.probability)}
    if decided.predictions.has_logits:
        logits = decided.predictions.logits
        scores |= {key: (text, score(logits)) for key, (text, score) in SCORES.items()}
    names = tuple(filter(has_meaning, decided.names))
    group = np.array(decided.names)[decided.group]
    return {
        key: equal_confidence(
            score, decided.target, decided.call, group, names, text, resamples, seed
        )
        for key, (text, score) in scores.items()
    }


def _test(subset, score_name, score, index, names, resamples, seed) -> ConfidenceTest:
    samples = [score[index == i] for i in range(len(names))]
    groups = tuple(_describe(name, sample) for name, sample in zip(names, samples))
    kept = [sample for sample in samples if len(sample) >= MINIMUM]
    out = [f"{g.name} (n = {g.n})" for g in groups if g.n < MINIMUM]
    note = f"Left out for fewer than {MINIMUM} images: {', '.join(out)}." if out else ""
    n = sum(map(len, kept))
    values = np.concatenate(kept) if kept else np.empty(0)
    if len(kept) < 2 or np.ptp(values) == 0:
        note = f"{note} Fewer than two groups with differing scores: no test.".strip()
        return ConfidenceTest(subset, score_name, groups, n, note=note)
    tests = stats.f_oneway(*kept), stats.kruskal(*kept)
    eta = float(eta_squared(values, np.array([len(sample) for sample in kept])))
    low, high, null_mean, null_p95 = _resample(kept, resamples, seed)
    return ConfidenceTest(
        subset,
        score_name,
        groups,
        n,
        *(float(x) for test in tests for x in (test.statistic, test.pvalue)),
        eta,
        low,
        high,
        1 - (1 - eta) * (n - 1) / (n - len(kept)),
        null_mean,
        null_p95,
        note,
    )


def _describe(name: str, sample: np.ndarray) -> GroupScores:
    n = len(sample)
    if n == 0:
        return GroupScores(name, 0, None, None, None, None)
    mean, std = float(sample.mean()), float(sample.std())
    if n < 2:
        return GroupScores(name, n, mean, std, None, None)
    half = float(stats.t.ppf(0.975, n - 1) * std / np.sqrt(n - 1))
    return GroupScores(name, n, mean, std, mean - half, mean + half)


def eta_squared(values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Between-group sum of squares over the total.

    Parameters
    ----------
    values : float (..., N)
        Scores, the first ``sizes[0]`` of them of the first group, and so on.
    sizes : int (groups,)

    Returns
    -------
    float64 (...)
        In 0..1; 0 where all values are equal.
    """
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    centred = values - values.mean(axis=-1, keepdims=True)
    between = (np.add.reduceat(centred, starts, axis=-1) ** 2 / sizes).sum(axis=-1)
    total = (centred**2).sum(axis=-1)
    return between / np.where(total > 0, total, 1)


def _resample(samples: list[np.ndarray], resamples: int, seed: int) -> tuple[float, ...]:
    """Bootstrap interval and permutation null of eta squared: low, high, mean, 95th percentile."""
    rng = np.random.default_rng(seed)
    sizes = np.array([len(sample) for sample in samples])
    values = np.concatenate(samples)
    # in blocks of at most 2 million numbers, so that many images do not fill the memory
    blocks = np.array_split(np.empty(resamples), max(1, resamples * len(values) // 2_000_000))
    drawn, shuffled = [], []
    for block in blocks:
        again = [
            sample[rng.integers(len(sample), size=(len(block), len(sample)))] for sample in samples
        ]
        drawn.append(eta_squared(np.concatenate(again, axis=1), sizes))
        rows = np.broadcast_to(values, (len(block), len(values)))
        shuffled.append(eta_squared(rng.permuted(rows, axis=1), sizes))
    null = np.concatenate(shuffled)
    low, high = np.percentile(np.concatenate(drawn), (2.5, 97.5))
    return float(low), float(high), float(null.mean()), float(np.percentile(null, 95))
