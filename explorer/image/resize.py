"""Pictures at smaller sizes, by area averaging: the one place that shrinks."""

import cv2
import numpy as np


def shrink(picture: np.ndarray, side: int, least: int = 1) -> np.ndarray:
    """The picture, (H, W) or (H, W, 3), with a longer side of at most ``side``; never enlarged.

    ``least`` is the smallest side that the result may have, in pixels.
    """
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(picture)
    return average(picture, max(least, round(width * scale)), max(least, round(height * scale)))


def average(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """The picture, (H, W) or (H, W, 3), averaged to exactly this size."""
    return cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=cv2.INTER_AREA)
