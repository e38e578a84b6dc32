"""Pictures for the page as data URIs, so that nothing a visitor uploads becomes a file."""

import base64

import cv2
import numpy as np

from explorer.image.resize import shrink

#: Longest side of a picture on the page, pixels; the analysis always uses the full image.
LONGEST = 720


def data_uri(rgb: np.ndarray, longest: int = LONGEST) -> str:
    """JPEG data URI of an image, uint8 (H, W, 3), shrunk to ``longest`` where it is larger."""
    return _uri(shrink(rgb, longest), ".jpg", "jpeg", [cv2.IMWRITE_JPEG_QUALITY, 92])


def jpeg_uri(data: bytes) -> str:
    """Data URI of JPEG bytes as they are."""
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"


def sharp_uri(rgb: np.ndarray) -> str:
    """PNG data URI without loss: for masks and small step pictures."""
    return _uri(rgb, ".png", "png", [])


def _uri(rgb: np.ndarray, suffix: str, kind: str, options: list[int]) -> str:
    ok, data = cv2.imencode(suffix, np.ascontiguousarray(rgb[..., ::-1]), options)
    if not ok:
        raise RuntimeError("OpenCV could not encode a picture")
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
