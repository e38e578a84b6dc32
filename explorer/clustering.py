"""k-means on an image's colours for several k at once, fast and always with the same answer.

The study runs ``cv2.kmeans`` (k-means++, 10 attempts) on every pixel for k = 3..9, and its answer
depends on the seed. Here each distinct colour is one weighted point, and the attempts run on a
coarse colour histogram, the best of them on a finer one, and only the winner on the full one.
The objective is the same, the weights make it exact, and the solution found is as good: compare
``compactness`` with ``estimator_reference.csv`` in the tests.

References
----------
Arthur, Vassilvitskii (2007), "k-means++: the advantages of careful seeding", SODA.
Likas, Vlassis, Verbeek (2003), "The global k-means clustering algorithm", Pattern Recognition 36.
"""

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
    """Weighted points, with what every distance computation needs laid out once."""

    def __init__(self, points: np.ndarray, weights: np.ndarray):
        self.points = np.ascontiguousarray(points, np.float32)
        self.weights = weights.astype(np.float64)
        self.transposed = np.ascontiguousarray(self.points.T)
        self.weighted = [self.weights * column for column in self.transposed]
        self.norms = (self.points**2).sum(axis=1)

    def distances(self, centres: np.ndarray) -> np.ndarray:
        """Squared distances, float32 (k, n); clipped at 0 against rounding."""
        cross = (-2 * centres) @ self.transposed
        cross += (centres**2).sum(axis=1)[:, None]
        cross += self.norms
        return np.maximum(cross, 0, out=cross)

    def draw(self, mass: np.ndarray, where: np.ndarray) -> np.ndarray:
        """Indices of points at the fractions ``where`` (0..1) of the cumulated ``mass``."""
        cumulated = np.cumsum(mass)
        return np.searchsorted(cumulated, where * cumulated[-1]).clip(0, len(mass) - 1)


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
    levels = _histograms(pixels)
    rng = np.random.default_rng(seed)
    solutions, previous = [], None
    for k in ks:
        starts = [_seed_plus_plus(levels[0], k, rng) for _ in range(ATTEMPTS)]
        if previous is not None:
            starts.append(_add_centres(levels[0], previous, k))
        tried = sorted((_lloyd(levels[0], start) for start in starts), key=lambda s: s.compactness)
        previous = tried[0].centres
        finer = [_lloyd(levels[1], solution.centres) for solution in tried[:3]]
        best = min(finer, key=lambda s: s.compactness)
        solutions.append(_lloyd(levels[2], best.centres))
    return tuple(solutions)


def _histograms(pixels: np.ndarray) -> tuple[_Histogram, _Histogram, _Histogram]:
    """Coarse, medium and exact histogram of the colours."""
    codes = pixels.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
    codes, counts = np.unique(codes, return_counts=True)
    colours = np.stack([codes >> 16, (codes >> 8) & 255, codes & 255], axis=1)
    binned = [_binned(colours, counts, bits) for bits in range(COARSE_BITS, 0, -1)]
    return (*binned, _Histogram(colours, counts))


def _binned(colours: np.ndarray, counts: np.ndarray, bits: int) -> _Histogram:
    codes = (colours >> bits) @ np.array([1 << 16, 1 << 8, 1])
    cells, cell = np.unique(codes, return_inverse=True)
    weights = np.bincount(cell, counts, len(cells))
    means = [np.bincount(cell, counts * column, len(cells)) / weights for column in colours.T]
    return _Histogram(np.stack(means, axis=1), weights)


def _seed_plus_plus(data: _Histogram, k: int, rng: np.random.Generator) -> np.ndarray:
    """Greedy k-means++: of three draws by squared distance, the one that helps most."""
    centres = data.points[data.draw(data.weights, rng.random(1))]
    nearest = data.distances(centres)[0]
    while len(centres) < k:
        candidates = data.points[data.draw(data.weights * nearest, rng.random(3))]
        centres, nearest = _best_addition(data, centres, nearest, candidates)
    return centres


def _add_centres(data: _Histogram, centres: np.ndarray, k: int) -> np.ndarray:
    """The solution for a smaller k, grown without chance (fast global k-means)."""
    nearest = data.distances(centres).min(axis=0)
    while len(centres) < k:
        where = (np.arange(16) + 0.5) / 16
        candidates = data.points[data.draw(data.weights * nearest, where)]
        centres, nearest = _best_addition(data, centres, nearest, candidates)
    return centres


def _best_addition(data, centres, nearest, candidates):
    reduced = np.minimum(data.distances(candidates), nearest)
    best = int(np.argmin(reduced @ data.weights))
    return np.vstack([centres, candidates[best]]), reduced[best]


def _lloyd(data: _Histogram, centres: np.ndarray) -> Clustering:
    k = len(centres)
    for _ in range(MAX_ITERATIONS):
        owner = data.distances(centres).argmin(axis=0)
        counts = np.bincount(owner, data.weights, k)
        sums = np.stack([np.bincount(owner, column, k) for column in data.weighted], axis=1)
        means = sums / np.maximum(counts, 1)[:, None]
        moved = np.where(counts[:, None] > 0, means, centres).astype(np.float32)
        shift = ((moved - centres) ** 2).sum(axis=1).max()
        centres = moved
        if shift <= EPSILON**2:
            break
    distances = data.distances(centres)
    owner = distances.argmin(axis=0)
    compactness = float(data.weights @ distances[owner, np.arange(len(owner))])
    counts = np.bincount(owner, data.weights, k).astype(np.int64)
    return Clustering(centres, counts, compactness)
