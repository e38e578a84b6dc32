"""k-means on an image's colours for several k at once, fast and always with the same answer.

The study runs ``cv2.kmeans`` (k-means++, 10 attempts) on every pixel for k = 3..9, and its answer
depends on the seed. Here each distinct colour is one weighted point, and the attempts run, all in
one batch, on a coarse colour histogram, the best of them on a finer one, and only the winner on
the full one. The objective is the same, the weights make it exact, and the solution found is as
good: compare ``compactness`` with ``estimator_reference.csv`` in the tests.

References
----------
Arthur, Vassilvitskii (2007), "k-means++: the advantages of careful seeding", SODA.
Likas, Vlassis, Verbeek (2003), "The global k-means clustering algorithm", Pattern Recognition 36.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

ATTEMPTS = 10
MAX_ITERATIONS = 100
EPSILON = 0.2  # stop when no centre moves further, as in the study
COARSE_BITS = 2  # the coarsest histogram has cells of 4x4x4 levels


@dataclass(frozen=True)
class Clustering:
    """One k-means solution.

    Attributes
    ----------
    centres : float32 (k, 3)
    counts : int64 (k,)
        Pixels per centre; 0 where there are fewer distinct colours than centres.
    compactness : float
        Sum over pixels of the squared distance to the nearest centre (squared 8-bit levels).
    """

    centres: np.ndarray
    counts: np.ndarray
    compactness: float

    @property
    def k(self) -> int:
        return len(self.centres)


class _Histogram:
    """Weighted colours, laid out so that a batch of k-means attempts is a few matrix products.

    Shapes: n points, a attempts, k centres each. Colours are relative to their common mean, which
    keeps float32 exact enough.
    """

    def __init__(self, points: np.ndarray, weights: np.ndarray):
        self.points = np.ascontiguousarray(points, np.float32)
        self.weights = weights.astype(np.float64)
        self.homogeneous = np.vstack([self.points.T, np.ones(len(points), np.float32)])
        self.norms = (self.points**2).sum(axis=1)
        moments = self.weights[:, None] * np.column_stack([np.ones(len(points)), self.points])
        self.moments = moments.astype(np.float32)

    def scores(self, centres: np.ndarray) -> np.ndarray:
        """|c|^2 - 2 c.p, float32 (a, k, n), of centres (a, k, 3): smallest at the nearest."""
        flat = centres.reshape(-1, 3)
        lines = np.column_stack([-2 * flat, (flat**2).sum(axis=1)])
        return (lines @ self.homogeneous).reshape(*centres.shape[:2], -1)

    def distances(self, centres: np.ndarray) -> np.ndarray:
        """Squared distances, float32 (a, k, n); clipped at 0 against rounding."""
        squared = self.scores(centres)
        squared += self.norms
        return np.maximum(squared, 0, out=squared)

    def draw(self, mass: np.ndarray, where: np.ndarray) -> np.ndarray:
        """Points (a, m, 3) at the fractions ``where`` (a, m) of the cumulated ``mass`` (a, n)."""
        cumulated = np.cumsum(mass, axis=1)
        cumulated /= np.maximum(cumulated[:, -1:], np.finfo(float).tiny)
        row = np.arange(len(where))[:, None]  # row i is searched in i..i + 1, all rows at once
        found = np.searchsorted((cumulated + row).ravel(), where + row)
        return self.points[(found - row * mass.shape[1]).clip(0, mass.shape[1] - 1)]

    def sums(self, centres: np.ndarray) -> np.ndarray:
        """Weight and weighted colours, float32 (a, k, 4), of the points nearest each centre.

        A point as near to two centres counts for both, which is harmless on the way.
        """
        scores = self.scores(centres)
        nearest = scores == scores.min(axis=1, keepdims=True)
        sums = nearest.reshape(-1, len(self.points)).astype(np.float32) @ self.moments
        return sums.reshape(*centres.shape[:2], 4)


def cluster_colours(pixels: np.ndarray, ks: range, seed: int = 0) -> tuple[Clustering, ...]:
    """k-means of colours for every k in ``ks``.

    Parameters
    ----------
    pixels : uint8, shape (N, 3), N >= 1
        Colours in 8-bit Lab (or any 8-bit space).
    ks : range
        Numbers of clusters, increasing.
    seed : int
        Of the k-means++ draws; fixed by default, so that an image always gets one answer.

    Returns
    -------
    tuple of Clustering, one per k, in the order of ``ks``.
    """
    origin = np.rint(pixels.mean(axis=0))  # whole, so that the exact histogram stays exact
    coarse, medium, exact = _histograms(pixels, origin)
    rng = np.random.default_rng(seed)
    mass = np.repeat(coarse.weights[None], ATTEMPTS, axis=0)
    first = coarse.draw(mass, rng.random((ATTEMPTS, 1)))
    # greedy k-means++: of three draws by squared distance, the best helper
    seeds = _grown(coarse, first, max(ks), lambda: rng.random((ATTEMPTS, 3)))
    even = (np.arange(16)[None] + 0.5) / 16
    solutions, previous = [], None
    for k in ks:
        starts = seeds[:, :k]  # the first k draws are a k-means++ seeding as well
        if previous is not None:
            # the solution for a smaller k, grown without chance (fast global k-means)
            starts = np.concatenate([starts, _grown(coarse, previous, k, lambda: even)])
        centres, compactness = _lloyd(coarse, starts)
        best = centres[np.argsort(compactness, kind="stable")[:3]]
        previous = best[:1]
        centres, compactness = _lloyd(medium, best)
        centres, compactness = _lloyd(exact, centres[[np.argmin(compactness)]])
        owner = exact.scores(centres)[0].argmin(axis=0)
        counts = np.bincount(owner, exact.weights, k).astype(np.int64)
        centre = (centres[0] + origin).astype(np.float32)
        solutions.append(Clustering(centre, counts, float(compactness[0])))
    return tuple(solutions)


def _histograms(pixels: np.ndarray, origin: np.ndarray) -> list[_Histogram]:
    """Coarse, medium and exact histogram of the colours relative to ``origin``."""
    packing = np.array([1 << 16, 1 << 8, 1], np.int32)
    codes, counts = np.unique(pixels.astype(np.int32) @ packing, return_counts=True)
    colours = np.stack([codes >> 16, (codes >> 8) & 255, codes & 255], axis=1)
    found = []
    for bits in range(COARSE_BITS, 0, -1):  # mean colours of the occupied cells, 2**bits wide
        cells, cell = np.unique((colours >> bits) @ packing, return_inverse=True)
        weights = np.bincount(cell, counts, len(cells))
        means = [np.bincount(cell, counts * column, len(cells)) / weights for column in colours.T]
        found.append(_Histogram(np.stack(means, axis=1) - origin, weights))
    return [*found, _Histogram(colours - origin, counts)]


def _grown(
    data: _Histogram, centres: np.ndarray, k: int, where: Callable[[], np.ndarray]
) -> np.ndarray:
    """Up to k centres (a, k, 3): of points at ``where`` of the error the best helper, each time."""
    nearest = data.distances(centres).min(axis=1)
    while centres.shape[1] < k:
        candidates = data.draw(data.weights * nearest, where())
        reduced = np.minimum(data.distances(candidates), nearest[:, None])
        row, best = np.arange(len(centres)), (reduced @ data.weights).argmin(axis=1)
        centres = np.concatenate([centres, candidates[row, best][:, None]], axis=1)
        nearest = reduced[row, best]
    return centres


def _lloyd(data: _Histogram, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lloyd's iterations from starts (a, k, 3): final centres (a, k, 3), compactness (a,)."""
    centres, active = starts.astype(np.float32), np.arange(len(starts))
    for _ in range(MAX_ITERATIONS):
        old = centres[active]
        sums = data.sums(old)
        counts = sums[..., :1]
        centres[active] = moved = np.where(counts > 0, sums[..., 1:] / np.maximum(counts, 1), old)
        shift = ((moved - old) ** 2).sum(axis=2).max(axis=1)
        active = active[shift > EPSILON**2]
        if not len(active):
            break
    return centres, data.distances(centres).min(axis=1) @ data.weights
