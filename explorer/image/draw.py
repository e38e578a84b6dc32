"""Small pictures that show what was found."""

import cv2
import numpy as np


def paint(
    image: np.ndarray, mask: np.ndarray, tint: tuple[int, int, int], strength: float = 0.75
) -> np.ndarray:
    """A copy of ``image``, uint8 (H, W, 3), with the pixels of ``mask`` tinted."""
    picture = image.astype(np.float32)
    picture[mask] += strength * (np.float32(tint) - picture[mask])
    return np.rint(picture).astype(np.uint8)


def share(mask: np.ndarray) -> str:
    """How much of the picture a mask covers, in words."""
    return f"{mask.mean():.1%} of {mask.size:,} px"


def white_on_black(mask: np.ndarray) -> np.ndarray:
    """A mask as a picture, uint8 (H, W, 3)."""
    return np.repeat(np.where(mask, 255, 0).astype(np.uint8)[..., None], 3, axis=2)


def stretch(grey: np.ndarray) -> np.ndarray:
    """Grey stretched to the full range, so that faint responses can be seen."""
    top = max(int(grey.max()), 1)
    return np.repeat((grey.astype(float) * 255 / top).astype(np.uint8)[..., None], 3, axis=2)


def contour(value: np.ndarray, threshold: float) -> np.ndarray:
    """A grey picture with the outline of its part at or below the threshold."""
    picture = np.repeat(value[..., None], 3, axis=2)
    dark = (value <= threshold).astype(np.uint8)
    outlines, _ = cv2.findContours(dark, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(picture, outlines, -1, (230, 159, 0), 1)
