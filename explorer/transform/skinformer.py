"""The study's *skin-former*: the same lesion on darker skin, as published (FACTS section 5).

delta = ITA - target; on 8-bit Lab, inside the skin mask: b8 += 0.5 delta, L8 -= 0.12 delta.
The two constants move b* four times as far as L*, so the target is in general not reached; the
result says what was reached, measured by estimating the tone of the new image.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from explorer.image import colour
from explorer.skin.settings import PUBLISHED, ToneSettings
from explorer.skin.study import segment
from explorer.tone.reading import ToneReading
from explorer.tone.study import SkinTone, estimate_skin_tone
from explorer.util.errors import ExplorerError, NotEnoughSkin

YELLOW_PER_DEGREE = 0.5
LIGHTNESS_PER_DEGREE = 0.12

#: Targets that the study draws from in training, degrees.
TRAINING_TARGETS = (-10.0, 28.0)
#: Targets that make sense to ask for; the angle itself cannot leave (-90, 90).
TARGET_RANGE = (-60.0, 70.0)


@dataclass(frozen=True)
class Darkened:
    """A transformed image and how far it got.

    Attributes
    ----------
    rgb : uint8 (H, W, 3)
    mask : bool (H, W)
        Where it was changed: the estimator's skin mask at full resolution.
    start : ToneReading
        Published angle of the original.
    target : float
        Asked-for ITA in degrees, published convention.
    reached : SkinTone or None
        Estimate on the new image; None where it no longer has enough skin to measure.
    saturated : float
        Share of the masked pixels in which a channel hit its end, 0..1.
    """

    rgb: np.ndarray
    mask: np.ndarray
    start: ToneReading
    target: float
    reached: SkinTone | None
    saturated: float

    @property
    def delta(self) -> float:
        """ITA - target in degrees, the transform's only parameter."""
        return self.start.ita - self.target

    @property
    def reached_published(self) -> float | None:
        return None if self.reached is None else self.reached.published.ita

    @property
    def reached_cielab(self) -> float | None:
        return None if self.reached is None else self.reached.cielab.ita


def darken(
    rgb: np.ndarray,
    tone: SkinTone,
    target: float,
    *,
    mask: np.ndarray | None = None,
    settings: ToneSettings = PUBLISHED,
) -> Darkened:
    """Apply the published skin-former and measure what it reached.

    Parameters
    ----------
    rgb : uint8, shape (H, W, 3)
    tone : SkinTone
        Estimate of ``rgb``; its published angle is where delta starts.
    target : float
        Wanted ITA in degrees, within :data:`TARGET_RANGE`.
    mask : bool (H, W), optional
        Where to apply it; by default :func:`skin_mask`. Passing it saves the segmentation when
        only the target moves.

    Raises
    ------
    ExplorerError
        If the target is outside the range.
    """
    low, high = TARGET_RANGE
    if not low <= target <= high:
        raise ExplorerError(f"The target ITA must be in {low:g}..{high:g} degrees, not {target:g}.")
    if mask is None:
        mask = skin_mask(rgb, settings)
    new, saturated = shift_lab8(rgb, mask, tone.published.ita - target)
    try:
        reached = estimate_skin_tone(new, settings)
    except NotEnoughSkin:
        reached = None
    return Darkened(new, mask, tone.published, float(target), reached, saturated)


def skin_mask(rgb: np.ndarray, settings: ToneSettings = PUBLISHED) -> np.ndarray:
    """The estimator's skin mask made at full resolution, bool (H, W)."""
    return segment(rgb, settings, resize=False).skin


def shift_lab8(rgb: np.ndarray, mask: np.ndarray, delta: float) -> tuple[np.ndarray, float]:
    """The transform itself: the new image, and the share of masked pixels that saturated.

    Values are rounded and saturate at 0 and 255 instead of wrapping around. Pixels outside the
    mask keep their bytes exactly.
    """
    lab8 = colour.rgb_to_lab8(rgb)
    shifts = (-LIGHTNESS_PER_DEGREE * delta, 0.0, YELLOW_PER_DEGREE * delta)
    wanted = np.arange(256)[:, None] + np.asarray(shifts)  # a table for each of the 256 bytes
    table = np.rint(wanted).clip(0, 255).astype(np.uint8)
    moved = cv2.LUT(lab8, table.reshape(1, 256, 3))
    ended = cv2.LUT(lab8, ((wanted < 0) | (wanted > 255)).astype(np.uint8).reshape(1, 256, 3))
    new = np.where(mask[..., None], colour.lab8_to_rgb(moved), rgb)
    return new, float(ended.any(axis=2)[mask].mean()) if mask.any() else 0.0
