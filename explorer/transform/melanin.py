"""The same picture with more or less melanin in the skin, by Beer-Lambert absorption.

One number, m, takes the dominant skin colour to the wanted ITA by float CIELAB, and the picture
with it (:mod:`explorer.transform.absorption`). It is a physical alternative to the study's
skin-former, not the study's method: it changes absorption alone, not how a lesion would grow, or
be photographed, on other skin.
"""

import cv2
import numpy as np

from explorer.image import colour
from explorer.image.resize import shrink
from explorer.transform.absorption import (
    Change,
    angle_of,
    beyond_gamut,
    lookup_table,
    reachable,
    solve,
)
from explorer.transform.contract import IMAGE, SKIN, Transform, Transformed
from explorer.util.errors import ExplorerError

#: Standard deviation of the feather, as a share of the longer side.
FEATHER = 1 / 64
#: The feather is made at this size at most, in pixels of the longer side; it has no detail.
_FEATHER_SIDE = 512


def transform(
    rgb: np.ndarray,
    colour_rgb: tuple[int, int, int],
    target: float,
    *,
    weights: np.ndarray | None = None,
) -> Transformed:
    """Take the dominant skin colour, and the picture with it, to a target ITA.

    At the colour's own ITA the picture comes back byte for byte.

    Parameters
    ----------
    rgb : uint8, shape (H, W, 3)
    colour_rgb : three int
        Dominant skin colour, sRGB 0..255 (``SkinTone.colour_rgb``, or one picked by hand).
    target : float
        ITA in degrees, float CIELAB.
    weights : uint8 (H, W), optional
        Where to apply it, from :func:`feather`; the whole image by default.

    Raises
    ------
    ExplorerError
        If no amount of melanin takes the colour there; the message gives the reachable range.

    Notes
    -----
    ``reached_cielab`` is within 0.25 degrees of the target for nearly all colours, and was within
    0.45 for all 124 shared validation lesions and targets from -50 to 55.
    """
    change = solve(colour_rgb, target)
    new, clipped = apply(rgb, change, weights)
    after = lookup_table(change)[np.asarray(colour_rgb, np.intp), range(3)]
    return Transformed(
        rgb=new,
        target=float(target),
        melanin=change.melanin,
        start_ita=angle_of(colour_rgb),
        colour_rgb=tuple(int(v) for v in after),
        reached_cielab=angle_of(after),
        reached_published=float(colour.ita(after, colour.EIGHT_BIT)),
        clipped=clipped,
        scope=IMAGE if weights is None else SKIN,
    )


def feather(mask: np.ndarray) -> np.ndarray:
    """Weights 0..255 of a mask with a Gaussian edge, uint8 (H, W), from bool (H, W)."""
    small = shrink(mask.astype(np.float32), _FEATHER_SIDE)
    soft = cv2.GaussianBlur(small, (0, 0), max(FEATHER * max(small.shape), 0.5))
    whole = cv2.resize(soft, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.rint(255 * whole.clip(0, 1)).astype(np.uint8)


def apply(
    rgb: np.ndarray, change: Change, weights: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """Change a picture: the new one, and the share of the changed pixels out of gamut.

    Parameters
    ----------
    rgb : uint8 (H, W, 3)
    change : Change
    weights : uint8 (H, W), optional
        255 is all of the change, 0 leaves the pixel's bytes as they are.
    """
    if change.is_identity:
        return rgb.copy(), 0.0
    if weights is None:
        return cv2.LUT(rgb, lookup_table(change)[None]), _share_over(rgb, change.melanin)
    changed = cv2.LUT(rgb, lookup_table(change)[None])
    inside = rgb[weights > 127][None]  # where at least half of it acts
    share = _share_over(inside, change.melanin) if inside.size else 0.0
    return blend(rgb, changed, weights), share


def blend(rgb: np.ndarray, changed: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A picture faded over into a changed one, uint8 (H, W, 3); the page's script does the same.

    Parameters
    ----------
    rgb, changed : uint8 (H, W, 3)
    weights : uint8 (H, W)
        255 is the changed picture, 0 leaves the bytes as they are.
    """
    share = weights[..., None].astype(np.float32) / 255
    return np.rint(rgb + share * (changed.astype(np.float32) - rgb)).astype(np.uint8)


def _share_over(rgb: np.ndarray, m: float) -> float:
    if m >= 0:
        return 0.0
    hit = cv2.LUT(rgb, beyond_gamut(m).astype(np.uint8)[None])
    return float(hit.any(axis=-1).mean())


def _change(rgb: np.ndarray, colour_rgb, target: float, mask: np.ndarray | None) -> Transformed:
    weights = None if mask is None else feather(mask)
    return transform(rgb, colour_rgb, target, weights=weights)


def _reaches(colour_rgb, target: float) -> bool:
    try:
        solve(colour_rgb, target)
    except ExplorerError:
        return False
    return True


MELANIN = Transform(
    key="melanin",
    label="Melanin (Beer-Lambert)",
    convention=colour.CIELAB,
    scopes=(IMAGE, SKIN),
    target_range=(-180.0, 180.0),
    change=_change,
    reaches=_reaches,
    lightest=lambda colour_rgb: reachable(colour_rgb)[1],
    beyond="No amount of melanin takes this skin colour to",
)
