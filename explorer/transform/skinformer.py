"""The study's *skin-former*: the same lesion on darker skin, as published (FACTS section 5).

delta = ITA - target; on 8-bit Lab, inside the skin mask: b8 += 0.5 delta, L8 -= 0.12 delta.
The two constants move b* four times as far as L*, so the target is in general not reached; the
result says what was reached by the dominant colour.
"""

import cv2
import numpy as np

from explorer.image import colour
from explorer.skin.settings import PUBLISHED, ToneSettings
from explorer.skin.study import segment
from explorer.tone.reading import ToneColour
from explorer.transform.contract import SKIN, Transform, Transformed

YELLOW_PER_DEGREE = 0.5
LIGHTNESS_PER_DEGREE = 0.12

#: Targets that the study draws from in training, degrees.
TRAINING_TARGETS = (-10.0, 28.0)


def darken(
    rgb: np.ndarray,
    tone: ToneColour,
    target: float,
    *,
    mask: np.ndarray | None = None,
    settings: ToneSettings = PUBLISHED,
) -> Transformed:
    """Apply the published skin-former.

    Parameters
    ----------
    rgb : uint8, shape (H, W, 3)
    tone : SkinTone, RobustTone or HandTone
        Of ``rgb``; the published angle of its colour is where delta starts.
    target : float
        Wanted ITA in degrees, published convention, in -60..70.
    mask : bool (H, W), optional
        Where to apply it; by default :func:`skin_mask`. Passing it saves the segmentation when
        only the target moves.

    Raises
    ------
    ExplorerError
        If the target is outside the range.
    """
    SKIN_FORMER.check(target)
    mask = skin_mask(rgb, settings) if mask is None else mask
    return skin_formed(rgb, tone.colour_rgb, target, mask)


def skin_mask(rgb: np.ndarray, settings: ToneSettings = PUBLISHED) -> np.ndarray:
    """The estimator's skin mask made at full resolution, bool (H, W)."""
    return segment(rgb, settings, resize=False).skin


def skin_formed(rgb: np.ndarray, colour_rgb, target: float, mask: np.ndarray) -> Transformed:
    """The study's skin-former, measured on the dominant colour; the picture itself at its own ITA.

    Parameters
    ----------
    rgb : uint8 (H, W, 3)
    colour_rgb : three int
        Dominant colour, sRGB 0..255.
    target : float
        ITA in degrees, published convention.
    mask : bool (H, W)
        Skin.
    """
    start = np.uint8(colour_rgb).reshape(1, 1, 3)
    own = float(colour.ita(start, colour.EIGHT_BIT)[0, 0])
    new, after, saturated = rgb, start, 0.0
    if target != own:
        new, saturated = shift_lab8(rgb, mask, own - target)
        after, _ = shift_lab8(start, np.ones((1, 1), bool), own - target)
    return Transformed(
        rgb=new,
        target=float(target),
        start_ita=own,
        colour_rgb=tuple(int(v) for v in after[0, 0]),
        reached_cielab=float(colour.ita(after, colour.CIELAB)[0, 0]),
        reached_published=float(colour.ita(after, colour.EIGHT_BIT)[0, 0]),
        clipped=saturated,
        scope=SKIN,
        mask=mask,
    )


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


#: "published" is its key in links, files and JSON, from before there were others.
SKIN_FORMER = Transform(
    key="published",
    label="Skin-former (the study's)",
    convention=colour.EIGHT_BIT,
    scopes=(SKIN,),
    target_range=(-60.0, 70.0),  # the angle itself cannot leave (-90, 90)
    change=skin_formed,
    reaches=lambda colour_rgb, target: True,
    lightest=lambda colour_rgb: 55.0,
    words=("skin-former",),
)
