"""How sure a skin-tone estimate is: an interval for the angle from resampled patches of skin.

The angles of the resampled colours (:mod:`explorer.tone.resampling`) give percentile limits [1]_.
The bootstrap sees how patches of skin differ; it cannot see an error shared by all of them (a
piece of lesion taken for skin, light that falls off towards the side with more skin). The factor
and floor by which the spread is widened cover that: they were calibrated on one set of synthetic
lesions with known tone, and the coverage was checked on another
(``python -m explorer.benchmarks.tone``). An unknown exposure or colour of the light, which no
single image can tell, is not covered.

References
----------
.. [1] Efron, Tibshirani (1993), "An introduction to the bootstrap", Chapman & Hall, ch. 8 and 13.
"""

from dataclasses import dataclass

import numpy as np

from explorer.image import colour
from explorer.tone.estimators import ESTIMATORS
from explorer.tone.reading import EstimatedTone
from explorer.tone.resampling import RESAMPLES


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
        Of ``colour.CONVENTIONS``.
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
    tone: EstimatedTone, level: float = 0.95, convention: str = colour.CIELAB
) -> ToneInterval:
    """Confidence interval for the angle of an estimate. Deterministic.

    Parameters
    ----------
    tone : EstimatedTone
        By any of the estimators.
    level : float in 0.5..0.999
        Nominal coverage; the calibration was done, and checked, for 0.95.
    convention : str
        Of ``colour.CONVENTIONS``.

    Returns
    -------
    ToneInterval
        Always contains the estimate itself. By the float convention limits may pass 180 degrees
        where b* is negative, so that low <= high always holds.
    """
    if not 0.5 <= level <= 0.999:
        raise ValueError(f"level must be in 0.5..0.999, not {level}")
    convention = colour.chosen(convention)
    if convention == colour.EIGHT_BIT and tone.as_stored is not None:
        tone = tone.as_stored
    found = ESTIMATORS[tone.method].resample(tone)
    if convention == colour.CIELAB:
        estimate = tone.cielab.ita
        angle = colour.ita_cielab((found.lab8 - [0, 128, 128]) * [100 / 255, 1, 1])
        apart = (angle - estimate + 180) % 360 - 180
    else:
        estimate = tone.published.ita
        rgb = colour.lab8_to_rgb(np.clip(np.rint(found.lab8), 0, 255).astype(np.uint8))
        apart = colour.ita(rgb, convention) - estimate
    low, high = np.quantile(apart, [(1 - level) / 2, (1 + level) / 2])
    return ToneInterval(
        estimate + min(float(low), 0.0),
        estimate + max(float(high), 0.0),
        level,
        found.patches,
        found.blocks,
        f"Block bootstrap of {found.blocks} blocks of skin patches, {RESAMPLES} resamples, widened "
        f"by {found.widening:g} as calibrated on synthetic lesions.",
        convention,
    )
