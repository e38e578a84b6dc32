"""The skin's colour as other samples of the same skin would give it: the block bootstrap.

Skin is mottled over many pixels, so neighbouring pixels are not independent and resampling them
one by one would vary far too little. Whole blocks of neighbouring patches are resampled instead,
with replacement: the block bootstrap of Kuensch [1]_, in two dimensions. The spread so found is
then widened by one factor and a floor per method.

References
----------
.. [1] Kuensch (1989), "The jackknife and the bootstrap for general stationary observations",
   Annals of Statistics 17(3).
"""

from dataclasses import dataclass

import numpy as np

from explorer.image import colour
from explorer.skin.patches import PATCH
from explorer.tone.contract import Resampled
from explorer.tone.robust import RobustTone
from explorer.tone.study import SkinTone

#: Resamples; the limits of a 95 % interval are then stable to a few hundredths of a degree.
RESAMPLES = 300
#: A block is this many patches wide and high: 24 px of 192, about the width of skin's mottling.
BLOCK = 3


@dataclass(frozen=True)
class Widening:
    """Factor on the resampled deviations, and standard deviation added to each channel.

    ``floor`` is in 8-bit levels. Chosen on the benchmark's calibration seed.
    """

    factor: float
    floor: float


PATCHES = Widening(1.3, 0.35)  # 240 cases
CLUSTERS = Widening(1.2, 0.8)  # 120 cases


def resample_patches(tone: RobustTone) -> Resampled:
    """Of the robust method: medians of the drawn patches."""
    block = tone.patches.cell // BLOCK
    _, owner = np.unique(block[:, 0] * 100_000 + block[:, 1], return_inverse=True)
    count = int(owner.max()) + 1
    rng = np.random.default_rng(0)
    weights = _draws(rng, count).astype(np.int32)[:, owner]
    medians = weighted_medians(tone.patches.evened, weights)
    centre = np.median(tone.patches.evened, axis=0)
    rgb = _widen(medians, centre, count, PATCHES, rng)
    lab = colour.rgb_to_cielab(np.clip(rgb, 0, 255) / 255)
    return Resampled(lab * [255 / 100, 1, 1] + [0, 128, 128], count, len(owner), PATCHES.factor)


def resample_clusters(tone: SkinTone) -> Resampled:
    """Of the study's method: counts and sums per block and cluster, then a vote.

    The clusters are kept and the drawn blocks vote anew for the most populous one, so that a near
    tie between two clusters shows.
    """
    skin, lab8 = tone.segmentation.skin, colour.rgb_to_lab8(tone.segmentation.image)
    used = skin & (lab8[..., 0] > 0)
    pixels, side = lab8[used].astype(np.float32), BLOCK * PATCH
    rows, cols = np.divmod(np.flatnonzero(used), skin.shape[1])
    code = (rows // side) * (skin.shape[1] // side + 1) + cols // side
    blocks = np.cumsum(np.bincount(code) > 0)[code] - 1
    by_patch = np.bincount((rows // PATCH) * skin.shape[1] + cols // PATCH)
    patches = int((by_patch >= PATCH**2 / 2).sum())
    centres = tone.clustering.centres
    nearest = ((centres**2).sum(axis=1) - 2 * pixels @ centres.T).argmin(axis=1)
    k, count = len(centres), int(blocks.max()) + 1
    where = blocks * k + nearest
    sums = np.stack([np.bincount(where, column, count * k) for column in pixels.T], axis=-1)
    counts = np.bincount(where, minlength=count * k).reshape(count, k)
    rng = np.random.default_rng(0)
    weights = _draws(rng, count)
    votes = weights @ counts
    best = votes.argmax(axis=1)
    total = np.einsum("bn,nkc->bkc", weights, sums.reshape(count, k, 3), optimize=True)
    row = np.arange(RESAMPLES)
    means = total[row, best] / np.maximum(votes[row, best], 1)[:, None]
    centre = centres[int(np.argmax(tone.clustering.counts))].astype(float)
    return Resampled(_widen(means, centre, count, CLUSTERS, rng), count, patches, CLUSTERS.factor)


def _draws(rng: np.random.Generator, count: int) -> np.ndarray:
    """How often each block is drawn, float64 (RESAMPLES, count): multinomial."""
    return rng.multinomial(count, np.full(count, 1 / count), RESAMPLES).astype(float)


def weighted_medians(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted medians of each column of ``values`` (n, c) for each row of ``weights`` (B, n).

    The smallest value at which the cumulated weight reaches half of the total; float64 (B, c).
    """
    order = np.argsort(values, axis=0, kind="stable")
    half = weights.sum(axis=1, keepdims=True) / 2
    columns = []
    for column, ranks in zip(values.T, order.T):
        reached = np.cumsum(weights[:, ranks], axis=1, dtype=weights.dtype) >= half
        columns.append(column[ranks[reached.argmax(axis=1)]])
    return np.stack(columns, axis=1)


def _widen(
    colours: np.ndarray, centre: np.ndarray, count: int, by: Widening, rng: np.random.Generator
) -> np.ndarray:
    """Deviations from ``centre`` times the calibrated factor, plus the floor."""
    few = np.sqrt(count / max(count - 1, 1))  # a bootstrap variance is short by this factor
    noise = by.floor * rng.standard_normal(colours.shape)
    return centre + by.factor * few * (colours - centre) + noise
