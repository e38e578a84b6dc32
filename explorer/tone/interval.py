"""How sure a skin-tone estimate is: an interval for the angle from resampled patches of skin.

Skin is mottled over many pixels, so neighbouring pixels are not independent and resampling them
one by one would make the interval far too narrow. Whole blocks of neighbouring patches are
resampled instead, with replacement: the block bootstrap of Kuensch [1]_, in two dimensions, with
percentile limits [2]_. The spread so found is then widened by one factor and a floor per method.

The bootstrap sees how patches of skin differ; it cannot see an error shared by all of them (a
piece of lesion taken for skin, light that falls off towards the side with more skin). Factor and
floor cover that: they were calibrated on one set of synthetic lesions with known tone, and the
coverage was checked on another (``python -m explorer.benchmarks.tone``). An unknown exposure or
colour of the light, which no single image can tell, is not covered.

References
----------
.. [1] Kuensch (1989), "The jackknife and the bootstrap for general stationary observations",
   Annals of Statistics 17(3).
.. [2] Efron, Tibshirani (1993), "An introduction to the bootstrap", Chapman & Hall, ch. 8 and 13.
"""

from dataclasses import dataclass

import numpy as np

from explorer.image import colour
from explorer.skin.patches import PATCH
from explorer.tone.robust import RobustTone
from explorer.tone.study import SkinTone

#: Resamples; the limits of a 95 % interval are then stable to a few hundredths of a degree.
RESAMPLES = 300
#: A block is this many patches wide and high: 24 px of 192, about the width of skin's mottling.
BLOCK = 3
#: Factor on the resampled deviations, and standard deviation in 8-bit levels added to each
#: channel, by method. Chosen on the benchmark's calibration seed (240 cases; 120 for published).
WIDENING = {"robust": 1.3, "published": 1.2}
FLOOR = {"robust": 0.35, "published": 0.8}


@dataclass(frozen=True)
class ToneInterval:
    """A confidence interval for the angle.

    Attributes
    ----------
    low, high : float
        Degrees, by ``convention``.
    level : float
        Nominal coverage, 0..1.
    n_patches, n_blocks : int
        Patches of skin used, and the blocks that were resampled.
    method : str
        One sentence for the reader.
    convention : str
        "cielab" or "published".
    """

    low: float
    high: float
    level: float
    n_patches: int
    n_blocks: int
    method: str
    convention: str

    @property
    def width(self) -> float:
        """Degrees."""
        return self.high - self.low


def tone_interval(
    tone: RobustTone | SkinTone, level: float = 0.95, convention: str = "cielab"
) -> ToneInterval:
    """Confidence interval for the angle of an estimate. Deterministic.

    Parameters
    ----------
    tone : RobustTone or SkinTone
        For the published method the clusters are kept and the resampled blocks vote anew for the
        most populous one, so that a near tie between two clusters shows in the interval.
    level : float in 0.5..0.999
        Nominal coverage; the calibration was done, and checked, for 0.95.
    convention : "cielab" or "published"

    Returns
    -------
    ToneInterval
        Always contains the estimate itself. By the float convention limits may pass 180 degrees
        where b* is negative, so that low <= high always holds.
    """
    if not 0.5 <= level <= 0.999:
        raise ValueError(f"level must be in 0.5..0.999, not {level}")
    robust = isinstance(tone, RobustTone)
    name = "robust" if robust else "published"
    blocks, lab, patches = (_robust_colours if robust else _published_colours)(tone)
    angle, estimate = _angles(lab, tone, convention)
    apart = (angle - estimate + 180) % 360 - 180 if convention == "cielab" else angle - estimate
    low, high = np.quantile(apart, [(1 - level) / 2, (1 + level) / 2])
    return ToneInterval(
        estimate + min(float(low), 0.0),
        estimate + max(float(high), 0.0),
        level,
        patches,
        blocks,
        f"Block bootstrap of {blocks} blocks of skin patches, {RESAMPLES} resamples, widened by "
        f"{WIDENING[name]:g} as calibrated on synthetic lesions.",
        convention,
    )


def _angles(lab8: np.ndarray, tone, convention: str) -> tuple[np.ndarray, float]:
    """Angles of resampled colours (float 8-bit-scaled Lab), and the estimate's own."""
    if convention == "cielab":
        scaled = (lab8 - [0, 128, 128]) * [100 / 255, 1, 1]
        return colour.ita_cielab(scaled), tone.cielab.ita
    if convention == "published":
        rgb = colour.lab8_to_rgb(np.clip(np.rint(lab8), 0, 255).astype(np.uint8))
        return colour.ita(rgb, "published"), tone.published.ita
    raise ValueError(f"unknown convention {convention!r}: choose one of {colour.CONVENTIONS}")


def _robust_colours(tone: RobustTone) -> tuple[int, np.ndarray, int]:
    """Blocks, resampled colours (RESAMPLES, 3) as float 8-bit-scaled Lab, and patches."""
    owner, count = _block_of(tone.patches.cell)
    rng = np.random.default_rng(0)
    weights = _draws(rng, count).astype(np.int32)[:, owner]
    medians = weighted_medians(tone.patches.evened, weights)
    centre = np.median(tone.patches.evened, axis=0)
    rgb = _widen(medians, centre, count, "robust", rng)
    lab = colour.rgb_to_cielab(np.clip(rgb, 0, 255) / 255)
    return count, lab * [255 / 100, 1, 1] + [0, 128, 128], len(owner)


def _published_colours(tone: SkinTone) -> tuple[int, np.ndarray, int]:
    """The same for the published method: counts and sums per block and cluster, then a vote."""
    pixels, blocks, patches = _pixel_blocks(tone)
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
    return count, _widen(means, centre, count, "published", rng), patches


def _pixel_blocks(tone: SkinTone) -> tuple[np.ndarray, np.ndarray, int]:
    """Lab of the skin pixels, float32 (N, 3), the block of each, and the number of patches."""
    skin, lab8 = tone.segmentation.skin, colour.rgb_to_lab8(tone.segmentation.image)
    used = skin & (lab8[..., 0] > 0)
    rows, cols = np.divmod(np.flatnonzero(used), skin.shape[1])
    side = BLOCK * PATCH
    code = (rows // side) * (skin.shape[1] // side + 1) + cols // side
    blocks = np.cumsum(np.bincount(code) > 0)[code] - 1
    patches = np.bincount((rows // PATCH) * skin.shape[1] + cols // PATCH)
    return lab8[used].astype(np.float32), blocks, int((patches >= PATCH**2 / 2).sum())


def _block_of(cell: np.ndarray) -> tuple[np.ndarray, int]:
    """Block number of each cell (n, 2), counted without gaps, and how many there are."""
    block = cell // BLOCK
    _, owner = np.unique(block[:, 0] * 100_000 + block[:, 1], return_inverse=True)
    return owner, int(owner.max()) + 1


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
    colours: np.ndarray, centre: np.ndarray, count: int, name: str, rng: np.random.Generator
) -> np.ndarray:
    """Deviations from ``centre`` times the calibrated factor, plus the floor."""
    few = np.sqrt(count / max(count - 1, 1))  # a bootstrap variance is short by this factor
    noise = FLOOR[name] * rng.standard_normal(colours.shape)
    return centre + WIDENING[name] * few * (colours - centre) + noise
