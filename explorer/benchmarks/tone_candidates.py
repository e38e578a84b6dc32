"""The skin-tone estimators that :mod:`explorer.benchmarks.tone` judges: sRGB uint8 to degrees."""

from functools import partial

import numpy as np

from explorer.image import colour
from explorer.image.colour import decode_srgb, encode_srgb
from explorer.skin.patches import PATCH, skin_patches
from explorer.skin.robust import segment_robust, working_image
from explorer.skin.study import segment
from explorer.tone.robust import estimate_robust
from explorer.tone.study import estimate_skin_tone


def _angle(rgb255) -> float:
    return float(colour.ita_cielab(colour.rgb_to_cielab(np.asarray(rgb255, float) / 255)))


def _median(image, mask) -> float:
    if mask.mean() < 0.02:
        return np.nan
    return _angle(np.median(image[mask], axis=0))


def mask_median(segmented, rgb):
    """Median colour of a method's skin mask; ``segmented`` finds it."""
    found = segmented(rgb)
    return _median(found.image, found.skin)


def whole_median(rgb):
    """Median colour of the whole picture, lesion and all."""
    image = working_image(rgb)
    return _median(image, np.ones(image.shape[:2], bool))


def rim_patches(rgb):
    """Structured patches of Corbin and Marques (2022): the outermost patches inside a 4 % rim."""
    image = working_image(rgb)
    cut = [round(0.04 * side) for side in image.shape[:2]]
    image = image[cut[0] : image.shape[0] - cut[0], cut[1] : image.shape[1] - cut[1]]
    rows, cols = image.shape[0] // PATCH, image.shape[1] // PATCH
    tiles = image[: rows * PATCH, : cols * PATCH].reshape(rows, PATCH, cols, PATCH, 3).mean((1, 3))
    edge = np.ones((rows, cols), bool)
    edge[1:-1, 1:-1] = False
    return float(np.median(colour.ita_cielab(colour.rgb_to_cielab(tiles[edge] / 255))))


def robust_patches(rgb):
    """Median of patch medians on the robust mask, light not evened."""
    found = segment_robust(rgb)
    patches = skin_patches(found.image, found.skin, False)
    return _angle(np.median(patches.evened, axis=0)) if len(patches.colour) >= 8 else np.nan


def robust_gray(rgb):
    """The robust method after shades of gray (Minkowski norm 6, Finlayson and Trezzi 2004)."""
    linear = decode_srgb(rgb / 255)
    light = (linear.reshape(-1, 3) ** 6).mean(axis=0) ** (1 / 6)
    even = encode_srgb(linear / light * np.exp(np.log(light).mean()))
    return robust(np.rint(255 * even).astype(np.uint8))


def robust(rgb):
    """Robust mask, patches, light evened: :func:`explorer.tone.robust.estimate_robust`."""
    return estimate_robust(rgb).cielab.ita


#: Each reads its colour by float CIELAB.
CANDIDATES = {
    "published": lambda rgb: estimate_skin_tone(rgb).cielab.ita,
    "published mask, median": partial(mask_median, segment),
    "whole picture, median": whole_median,
    "rim patches": rim_patches,
    "robust mask, median": partial(mask_median, segment_robust),
    "robust mask, patches": robust_patches,
    "robust, shades of gray": robust_gray,
    "robust (chosen)": robust,
}
