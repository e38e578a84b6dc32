"""Pictures at other sizes."""

import cv2
import numpy as np


def shrink(rgb: np.ndarray, side: int) -> np.ndarray:
    """The picture with a longer side of at most ``side``, by area averaging."""
    height, width = rgb.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return rgb
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
