"""The rule of a white frame: four corner patches, one fifteenth of each side (FACTS section 7)."""

import numpy as np

from explorer.image.resize import average

#: A frame is white: every value of at least 3 of the 4 patches is above this.
WHITE_LEVEL, WHITE_CORNERS = 235, 3
#: The picture is reduced to this side, pixels, so that a patch has 10 x 10.
SIDE = 150


def corner_patches(picture: np.ndarray) -> tuple[np.ndarray, ...]:
    """The four corner patches of a picture or mask, (H, W) or (H, W, 3)."""
    h, w = max(picture.shape[0] // 15, 1), max(picture.shape[1] // 15, 1)
    return picture[:h, :w], picture[:h, -w:], picture[-h:, :w], picture[-h:, -w:]


def covered_corners(mask: np.ndarray) -> int:
    """How many corner patches lie in a mask by more than nine tenths, 0..4."""
    return sum(bool(patch.mean() > 0.9) for patch in corner_patches(mask))


def white_corners(rgb: np.ndarray) -> int:
    """Corner patches, 10x10 of the picture at 150x150 px, with every value above 235; 0..4."""
    small = average(rgb, SIDE, SIDE)
    return sum(bool((patch > WHITE_LEVEL).all()) for patch in corner_patches(small))
