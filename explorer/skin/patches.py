"""Patches of plain skin, and slow changes of the light over them."""

from dataclasses import dataclass

import numpy as np

#: Side of a patch in pixels of the working image, and the share of it that must be skin.
PATCH, PATCH_SKIN = 8, 0.5
#: Fewer patches than this make no estimate.
MIN_PATCHES = 8
#: Radius, as a share of the side, beyond which light may fall off towards the corners.
FALLOFF_START = 0.35
#: Ridge penalties of slope x, slope y and fall-off: they only matter where skin lies on one side.
_RIDGE = np.diag([0.0, 2.0, 2.0, 0.01])


@dataclass(frozen=True)
class Patches:
    """Patches of skin; n of them.

    Attributes
    ----------
    colour : float64 (n, 3)
        Median sRGB of the skin pixels in the patch, 0..255, as seen.
    position : float64 (n, 2)
        Centre x, y as shares of each side, 0 in the middle of the image.
    cell : int64 (n, 2)
        Row and column in the grid of patches.
    shading : float64 (n,)
        Fitted logarithm of the patch's brightness relative to the middle; 0 where not fitted.
    """

    colour: np.ndarray
    position: np.ndarray
    cell: np.ndarray
    shading: np.ndarray

    @property
    def evened(self) -> np.ndarray:
        """Colours with the shading taken out, float64 (n, 3), 0..255."""
        return np.clip(self.colour * np.exp(-self.shading)[:, None], 0, 255)


def skin_patches(image: np.ndarray, skin: np.ndarray, even: bool = True) -> Patches:
    """Median colours of the patches that are skin by at least half.

    Parameters
    ----------
    image : uint8 (H, W, 3)
    skin : bool (H, W)
    even : bool
        Whether to fit the shading.
    """
    height, width = skin.shape
    rows, cols = height // PATCH, width // PATCH
    pixels = _tiles(image, rows, cols).astype(np.float32)
    inside = _tiles(skin[..., None], rows, cols)[..., 0]
    good = np.flatnonzero(inside.sum(axis=1) >= PATCH_SKIN * PATCH**2)
    pixels, inside = pixels[good], inside[good]
    pixels[~inside] = np.nan
    # sorting puts NaN last: the median of each patch lies in the middle of its skin pixels
    pixels.sort(axis=1)
    count, which = inside.sum(axis=1), np.arange(len(good))
    colours = (pixels[which, (count - 1) // 2] + pixels[which, count // 2]) / 2.0
    cell = np.stack(np.divmod(good, max(cols, 1)), axis=1)
    position = (cell[:, ::-1] + 0.5) * PATCH / np.array([width, height]) - 0.5
    flat = np.zeros(len(good))
    shading = fit_shading(colours, position) if even and len(good) >= MIN_PATCHES else flat
    return Patches(colours.astype(float), position, cell, shading)


def fit_shading(colours: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Logarithm of each patch's brightness relative to the middle of the image, float64 (n,).

    One slope and one radial fall-off for all channels, by Huber-weighted least squares with a
    slight ridge penalty.
    """
    level = np.log(np.maximum(colours, 1.0)).mean(axis=1)
    fall = np.maximum(np.hypot(*position.T) - FALLOFF_START, 0) ** 2
    terms = np.column_stack([np.ones(len(level)), position, fall])
    weight = np.ones(len(level))
    for _ in range(6):
        weighted = terms.T * weight
        fitted = np.linalg.solve(weighted @ terms + _RIDGE + 1e-9 * np.eye(4), weighted @ level)
        missed = np.abs(level - terms @ fitted)
        scale = 1.4826 * np.median(missed) + 1e-6
        weight = np.minimum(1, scale / np.maximum(missed, 1e-9))
    return terms[:, 1:] @ fitted[1:]


def _tiles(array: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """Non-overlapping patches of (H, W, C) as (rows * cols, PATCH^2, C)."""
    cut = array[: rows * PATCH, : cols * PATCH]
    cut = cut.reshape(rows, PATCH, cols, PATCH, array.shape[2]).transpose(0, 2, 1, 3, 4)
    return cut.reshape(rows * cols, PATCH**2, array.shape[2])
