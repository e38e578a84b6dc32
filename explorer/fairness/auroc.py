"""The interval of an AUROC that few malignant images can bear, by image and by patient.

DeLong's interval [1]_ on the logit scale is too narrow with a dozen malignant images, most of all
near 1, where all pairs of a sample may be in order although the truth is 0.95. Newcombe's score
interval (method 5) [2]_ takes its variance from the hypothesis rather than from the sample, so it
stays open there, but it trusts a model of both classes' spread. At each end the wider of the two
is taken. ``python -m explorer.benchmarks.coverage_auroc`` simulates the coverage of this and of
six others.

Images of one patient are alike. :func:`delong` with clusters is Obuchowski's error [3]_, and
Newcombe's variance is then multiplied by the design effect, Obuchowski's variance over DeLong's.

References
----------
.. [1] DeLong, DeLong, Clarke-Pearson (1988), "Comparing the areas under two or more correlated
   receiver operating characteristic curves", Biometrics 44(3).
.. [2] Newcombe (2006), "Confidence intervals for an effect size measure based on the Mann-Whitney
   statistic. Part 2: asymptotic methods and evaluation", Statistics in Medicine 25(4).
.. [3] Obuchowski (1997), "Nonparametric analysis of clustered ROC curve data", Biometrics 53(2).
"""

import numpy as np

from explorer.fairness.limits import Z
from explorer.fairness.metrics import NOTHING, Rate
from explorer.util import lazy

stats = lazy.load("scipy.stats")

#: How the interval is made, in the words of every figure and table that shows it.
METHOD = "the wider, at each end, of logit-DeLong and Newcombe's method 5"
METHOD_BY_PATIENT = f"{METHOD}, with Obuchowski's error of clustered data"
#: Halvings of 0..1 in search of an end: to 1e-15.
_HALVINGS = 50


def components(target: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of benign images below each malignant one, and of malignant above each benign one.

    Parameters
    ----------
    target : int (N,)
        0 or 1, at least one of each.
    score : float (N,)

    Returns
    -------
    float64 (malignant,), float64 (benign,)
        In 0..1, ties half; the mean of either is the AUROC.
    """
    positive, negative = score[target == 1], score[target == 0]
    m, n = len(positive), len(negative)
    both = stats.rankdata(np.r_[positive, negative])
    above = (both[:m] - stats.rankdata(positive)) / n
    return above, 1 - (both[m:] - stats.rankdata(negative)) / m


def delong(
    target: np.ndarray, score: np.ndarray, cluster: np.ndarray | None = None
) -> tuple[float, float]:
    """AUROC and its standard error [1]_, of clustered images [3]_ where ``cluster`` is given.

    Parameters
    ----------
    target : int (N,)
    score : float (N,)
    cluster : int (N,), optional
        Patient of each image, numbered from 0.

    Returns
    -------
    float, float
        (nan, nan) with fewer than two images, or patients, of a class.
    """
    m, n = int(target.sum()), int((target == 0).sum())
    if min(m, n) < 2:
        return np.nan, np.nan
    above, below = components(target, score)
    area = float(above.mean())
    if cluster is None:
        return area, float(np.sqrt(above.var(ddof=1) / m + below.var(ddof=1) / n))
    size = int(cluster.max()) + 1
    sums = [
        np.bincount(cluster[target == y], part - area, size) for y, part in ((1, above), (0, below))
    ]
    have = [len(np.unique(cluster[target == y])) for y in (1, 0)]
    if min(have) < 2:
        return np.nan, np.nan
    malignant, benign = (
        count / (count - 1) * (total @ total) / images**2
        for count, total, images in zip(have, sums, (m, n))
    )
    every = len(np.unique(cluster))
    shared = every / (every - 1) * (sums[0] @ sums[1]) / (m * n)
    return area, float(np.sqrt(max(0.0, malignant + benign + 2 * shared)))


def logit_delong(area, error) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval on the logit scale, float64 of the shape of both; NaN where it is undefined.

    That is where all pairs are in order, or none, or the error is 0 or NaN.
    """
    area, error = np.asarray(area, float), np.asarray(error, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre, reach = np.log(area / (1 - area)), Z * error / (area * (1 - area))
        defined = (error > 0) & (area > 0) & (area < 1)
        low, high = (1 / (1 + np.exp(-(centre + side * reach))) for side in (-1, 1))
    return np.where(defined, low, np.nan), np.where(defined, high, np.nan)


def newcombe(area, malignant: int, benign: int, inflation=1.0) -> tuple[np.ndarray, np.ndarray]:
    """95 % score interval, method 5 [2]_: all areas that the one found does not contradict.

    ``inflation`` multiplies the variance; it and ``area`` are of one shape. At least one image of
    each class.
    """
    area = np.asarray(area, float)

    def accepted(value):
        spread = (1 - value) / (2 - value) + value / (1 + value)
        one = value * (1 - value) * (1 + ((malignant + benign) / 2 - 1) * spread)
        return (value - area) ** 2 <= Z**2 * inflation * one / (malignant * benign)

    ends = []
    for outer in (0.0, 1.0):
        out, inside = np.full(area.shape, outer), area
        for _ in range(_HALVINGS):
            middle = (out + inside) / 2
            fits = accepted(middle)
            out, inside = np.where(fits, out, middle), np.where(fits, middle, inside)
        ends.append(inside)
    return ends[0], ends[1]


def interval(area, error, malignant: int, benign: int, inflation=1.0):
    """The wider of :func:`logit_delong` and :func:`newcombe` at each end, float64 (..., )."""
    pairs = zip(logit_delong(area, error), newcombe(area, malignant, benign, inflation))
    (first, second), (third, fourth) = pairs
    return np.fmin(first, second), np.fmax(third, fourth)


def auroc_rate(target: np.ndarray, score: np.ndarray, cluster: np.ndarray | None = None) -> Rate:
    """AUROC with its 95 % interval (:data:`METHOD`); ``n`` is the images of the rarer class.

    With ``cluster``, int (N,), patients are the units (:data:`METHOD_BY_PATIENT`), and ``n`` is
    the patients with an image of the class that fewer have. Undefined without both classes; by
    patient also with fewer than two patients of a class.
    """
    m, n = int(target.sum()), int((target == 0).sum())
    if not (m and n):
        return NOTHING
    area = float(components(target, score)[0].mean())
    _, error = delong(target, score)
    units, inflation = min(m, n), 1.0
    if cluster is not None:
        alone, (_, error) = error, delong(target, score, cluster)
        if np.isnan(error):
            return NOTHING
        units = min(len(np.unique(cluster[target == y])) for y in (0, 1))
        inflation = max(1.0, (error / alone) ** 2) if alone > 0 else 1.0
    low, high = interval(area, error, m, n, inflation)
    return Rate(area, float(low), float(high), units)
