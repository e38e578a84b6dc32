"""Skin, hair and pigmented lesion, separated as the study does it (FACTS section 4).

Every stage keeps its picture, because the page shows them all. OpenCV works in BGR here, as in
the study's code: cvtColor's rounding is then the same to the last bit.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from explorer.skin.settings import PUBLISHED, ToneSettings


@dataclass(frozen=True)
class Segmentation:
    """Stages of the published segmentation; all arrays share one height and width.

    Attributes
    ----------
    image : uint8 (H, W, 3)
        The image the masks belong to (resized, or at full resolution), RGB.
    equalised : uint8 (H, W, 3)
        After CLAHE on L, RGB.
    blackhat : uint8 (H, W)
        Black-hat response of the grey equalised image, after the 3x3 blur.
    hair : bool (H, W)
        Response above the threshold.
    value : uint8 (H, W)
        V of HSV with hair set to black, after the 5x5 blur.
    otsu_threshold : float
        Otsu's threshold on ``value``; at or below it a pixel is pigment.
    pigment : bool (H, W)
        Pigmented lesion (and everything else that is dark) after morphology.
    skin : bool (H, W)
        Neither pigment nor hair.
    """

    image: np.ndarray
    equalised: np.ndarray
    blackhat: np.ndarray
    hair: np.ndarray
    value: np.ndarray
    otsu_threshold: float
    pigment: np.ndarray
    skin: np.ndarray


def segment(
    rgb: np.ndarray, settings: ToneSettings = PUBLISHED, *, resize: bool = True
) -> Segmentation:
    """Separate skin from hair and pigment.

    Parameters
    ----------
    rgb : uint8, shape (H, W, 3)
    settings : ToneSettings
    resize : bool
        True as the estimator does it (working size, ``cv2.resize`` bilinear); False as the
        skin-former does it (full resolution).
    """
    if resize:
        rgb = cv2.resize(np.ascontiguousarray(rgb), (settings.width, settings.height))
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    equalised = _equalise(bgr, settings)
    blackhat = _hair_response(equalised, settings)
    hair = blackhat > settings.hair_threshold
    value = _value_without_hair(equalised, hair)
    threshold, dark = cv2.threshold(value, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    pigment = _clean(dark, settings) > 0
    return Segmentation(
        image=np.ascontiguousarray(bgr[..., ::-1]),
        equalised=np.ascontiguousarray(equalised[..., ::-1]),
        blackhat=blackhat,
        hair=hair,
        value=value,
        otsu_threshold=float(threshold),
        pigment=pigment,
        skin=~(pigment | hair),
    )


def _equalise(bgr: np.ndarray, settings: ToneSettings) -> np.ndarray:
    lightness, a, b = cv2.split(cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB))
    tiles = (settings.clahe_tiles, settings.clahe_tiles)
    lightness = cv2.createCLAHE(settings.clahe_clip, tiles).apply(lightness)
    return cv2.cvtColor(cv2.merge([lightness, a, b]), cv2.COLOR_LAB2BGR)


def _hair_response(equalised: np.ndarray, settings: ToneSettings) -> np.ndarray:
    side = (settings.blackhat_kernel, settings.blackhat_kernel)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, side)
    grey = cv2.cvtColor(equalised, cv2.COLOR_BGR2GRAY)
    response = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, cross)
    # The study passes cv2.BORDER_DEFAULT (which is 4) in the place of sigma.
    return cv2.GaussianBlur(response, (3, 3), 4)


def _value_without_hair(equalised: np.ndarray, hair: np.ndarray) -> np.ndarray:
    shaved = equalised.copy()
    shaved[hair] = 0
    value = np.ascontiguousarray(cv2.cvtColor(shaved, cv2.COLOR_BGR2HSV)[..., 2])
    return cv2.GaussianBlur(value, (5, 5), 0)


def _clean(dark: np.ndarray, settings: ToneSettings) -> np.ndarray:
    side = (settings.morphology_kernel, settings.morphology_kernel)
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, side)
    times = settings.morphology_iterations
    if times == 0:
        return dark
    mask = cv2.morphologyEx(dark, cv2.MORPH_OPEN, ellipse, iterations=times)
    mask = cv2.dilate(mask, ellipse, iterations=times)
    return cv2.morphologyEx(mask, cv2.MORPH_CLOSE, ellipse, iterations=times)
