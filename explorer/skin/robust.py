"""Which pixels are plain skin: the masks of the robust estimator.

In order: what is outside the field of view (frame, dark corners, outermost rim), hair, mirror
reflections, the lesion with a margin, and colours foreign to this skin (ink, ruler, sticker).
All thresholds are relative to this image's own skin, so that they hold on light and dark skin;
they were set on ``../shared/segmentation`` and on synthetic lesions other than those of the
benchmark (:mod:`explorer.benchmarks.tone`).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from explorer.image.resize import shrink
from explorer.skin.corners import WHITE_CORNERS, WHITE_LEVEL, covered_corners

#: Longest side of the working image, pixels: a hair is still about one pixel wide there.
WORKING_SIDE = 192
#: Outermost share of each side that is never used (sensor edge, remains of a frame).
RIM = 0.03
#: Rings of brightness around the middle, as shares of the side; the corners lie at 0.707.
RINGS = np.arange(0.30, 0.72, 0.02)
#: An outer ring darker than this share of the brightest ring is vignette.
VIGNETTE_DROP = 0.85
#: Channel value: all below is frame black.
FRAME_BLACK = 24
#: Lines thinner than this many pixels answer the black-hat and top-hat filters.
LINE_LENGTH = 11
#: A line counts as hair if it differs from the skin by this share of the skin's grey level.
HAIR_CONTRAST = 0.15
#: A lesion must be darker in blue by this share of the skin's level; else there is none.
LESION_CONTRAST = 0.08
#: Robust standard deviations of blue below the skin's median where pigment begins.
PIGMENT_DEVIATIONS = 2.5
#: A reflection is this many levels brighter in every channel, and this much paler (ratio of
#: saturation), than its surroundings.
SPECULAR_CONTRAST, SPECULAR_PALENESS = 28, 0.7
#: Distance in (a*, b*) from the skin's median beyond which a colour is not this skin's.
FOREIGN_CHROMA = 22.0

_ELLIPSE = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))

#: Pixels without a channel this high hold no light to read a colour from.
DARKEST_BYTE = 8


@dataclass(frozen=True)
class RobustSegmentation:
    """Masks of the robust estimator; all arrays share one height and width.

    Attributes
    ----------
    image : uint8 (H, W, 3)
        RGB, longest side at most :data:`WORKING_SIDE`, aspect ratio kept.
    frame : bool (H, W)
        White or black border around a circular or rectangular picture.
    field : bool (H, W)
        Evenly lit part: neither frame, dark corner nor outermost rim.
    hair, specular, foreign : bool (H, W)
        Thin lines; small bright reflections; colours that are not this skin's (ink, sticker).
    lesion : bool (H, W)
        Pigmented lesion without margin; empty where nothing stands out.
    skin : bool (H, W)
        What is left.
    """

    image: np.ndarray
    frame: np.ndarray
    field: np.ndarray
    hair: np.ndarray
    specular: np.ndarray
    lesion: np.ndarray
    foreign: np.ndarray
    skin: np.ndarray


def segment_robust(rgb: np.ndarray) -> RobustSegmentation:
    """Separate plain skin from everything else. Deterministic.

    Parameters
    ----------
    rgb : uint8, shape (H, W, 3)
    """
    image = working_image(rgb)
    frame = frame_mask(image)
    field = field_mask(image, frame)
    hair = hair_mask(image)
    specular = specular_mask(image)
    usable = field & (image.max(axis=2) >= DARKEST_BYTE) & ~(hair | specular)
    blue = np.ascontiguousarray(image[..., 2])
    if field.any():  # nothing bleeds in from outside it
        blue = np.where(field, blue, np.uint8(np.median(blue[field])))
    blue = cv2.GaussianBlur(cv2.medianBlur(blue, 5), (0, 0), 2).astype(np.float32)
    lesion = _lesion(blue, usable, field)
    skin = usable & ~_grow(lesion, 3)
    foreign = np.zeros_like(skin)
    if skin.any():
        middle, deviation = robust_level(blue[skin])
        skin = skin & (blue > middle - PIGMENT_DEVIATIONS * max(deviation, 1.0))
        lab8 = cv2.cvtColor(cv2.medianBlur(image, 3), cv2.COLOR_RGB2LAB)
        chroma = lab8[..., 1:].astype(np.float32)
        apart = np.linalg.norm(chroma - np.median(chroma[skin], axis=0), axis=2)
        foreign = (apart > FOREIGN_CHROMA) & field
    return RobustSegmentation(
        image, frame, field, hair, specular, lesion, foreign, skin & ~_grow(foreign, 1)
    )


def working_image(rgb: np.ndarray) -> np.ndarray:
    """The image at working size, averaged down, never enlarged; uint8 (h, w, 3)."""
    return shrink(rgb, WORKING_SIDE, least=8)


def centred_grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y of pixel centres as shares of each side, 0 in the middle; float32 (H, W) each.

    An image that was squeezed to a square keeps round fields of view round in these units.
    """
    x = (np.arange(width, dtype=np.float32) + 0.5) / width - 0.5
    y = (np.arange(height, dtype=np.float32) + 0.5) / height - 0.5
    return np.broadcast_to(x, (height, width)), np.broadcast_to(y[:, None], (height, width))


def frame_mask(image: np.ndarray) -> np.ndarray:
    """White or black areas that reach the border, bool (H, W).

    White counts only with at least three white corners: light skin is often overexposed.
    """
    white = _touching_border(image.min(axis=2) > WHITE_LEVEL)
    if covered_corners(white) < WHITE_CORNERS:
        white[:] = False
    black = _touching_border(image.max(axis=2) < FRAME_BLACK)
    if black.mean() > 0.6:  # a nearly black picture has no frame
        black[:] = False
    return _grow(white | black, 1)


def field_mask(image: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """The evenly lit middle, bool (H, W): no frame, no dark corners, no rim."""
    x, y = centred_grid(*frame.shape)
    inside = ~_grow(frame, 1) & (np.abs(x) < 0.5 - RIM) & (np.abs(y) < 0.5 - RIM)
    profile, dark_from = ring_profile(image, ~frame), len(RINGS) - 1
    if not np.isnan(profile).all():
        lit = np.flatnonzero(profile >= VIGNETTE_DROP * np.nanmax(profile))
        dark_from = min(int(lit[-1]) + 1, dark_from)
    return inside & (np.hypot(x, y) < RINGS[dark_from])


def ring_profile(image: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Median brightness (largest channel) of each of :data:`RINGS`; NaN where it is unseen."""
    x, y = centred_grid(*inside.shape)
    ring = np.digitize(np.hypot(x, y), RINGS)
    value = image.max(axis=2)
    parts = (value[inside & (ring == i)] for i in range(1, len(RINGS) + 1))
    return np.array([np.median(part) if len(part) > 20 else np.nan for part in parts])


def line_response(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Dark and bright thin lines of a grey image: black-hat and top-hat, uint8 (H, W) each.

    The largest over line-shaped kernels in four directions, as in DullRazor (Lee et al. 1997).
    """
    diagonal = np.eye(LINE_LENGTH, dtype=np.uint8)
    row = np.zeros_like(diagonal)
    row[LINE_LENGTH // 2] = 1
    smooth = cv2.GaussianBlur(grey, (3, 3), 0)
    kernels = (row, np.ascontiguousarray(row.T), diagonal, np.ascontiguousarray(diagonal[::-1]))
    dark, bright = np.zeros_like(grey), np.zeros_like(grey)
    for kernel in kernels:
        dark = cv2.max(dark, cv2.morphologyEx(smooth, cv2.MORPH_BLACKHAT, kernel))
        bright = cv2.max(bright, cv2.morphologyEx(smooth, cv2.MORPH_TOPHAT, kernel))
    return dark, bright


def hair_mask(image: np.ndarray) -> np.ndarray:
    """Thin lines, darker or lighter than the skin, at least 8 pixels long; bool (H, W)."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    limit = max(8.0, HAIR_CONTRAST * float(np.median(grey)))
    lines = (cv2.max(*line_response(grey)) > limit).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(lines, connectivity=8)
    long = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) >= 8
    long[0] = False
    return long[labels]


def specular_mask(image: np.ndarray) -> np.ndarray:
    """Small bright spots paler than their surroundings, as a lamp's mirror image is; bool (H, W).

    Small: gone after opening with 7x7 pixels. Paler: their chroma relative to their brightness
    is less than :data:`SPECULAR_PALENESS` of that of the surroundings.
    """
    darkest, brightest = image.min(axis=2), image.max(axis=2)
    spots = cv2.morphologyEx(darkest, cv2.MORPH_TOPHAT, np.ones((7, 7), np.uint8))
    spots = spots > SPECULAR_CONTRAST
    if not spots.any():  # the usual case; the medians below are half of the whole estimate's time
        return spots
    around = cv2.medianBlur(image, 11)
    pale = _saturation(image) < SPECULAR_PALENESS * _saturation(around)
    brighter = brightest > around.max(axis=2).astype(np.float32) + 5
    return _grow(spots & pale & brighter, 1)


def _saturation(image: np.ndarray) -> np.ndarray:
    """(max - min) / max of the channels, float32 (H, W)."""
    high = np.maximum(image.max(axis=2), 1).astype(np.float32)
    return 1 - image.min(axis=2) / high


def robust_level(values: np.ndarray) -> tuple[float, float]:
    """Median, and the standard deviation estimated from the median absolute deviation."""
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle)))


def _lesion(blue: np.ndarray, usable: np.ndarray, field: np.ndarray) -> np.ndarray:
    """The dark class of Otsu's threshold on smoothed blue, where pigment absorbs most."""
    if usable.sum() < 50:
        return np.zeros_like(usable)
    low, high = np.percentile(blue[usable], (0.5, 99.5))
    scaled = np.clip((blue - low) * (255 / max(high - low, 1e-6)), 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(scaled[usable].reshape(-1, 1), 0, 255, cv2.THRESH_OTSU)
    dark = ((scaled < threshold) & field).astype(np.uint8)
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, _ELLIPSE)
    dark = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, _ELLIPSE).astype(bool)
    rest = usable & ~dark
    if not (dark & usable).any() or not rest.any():
        return np.zeros_like(usable)
    contrast = 1 - np.median(blue[dark & usable]) / max(float(np.median(blue[rest])), 1.0)
    return dark if contrast >= LESION_CONTRAST else np.zeros_like(dark)


def _grow(mask: np.ndarray, times: int) -> np.ndarray:
    return cv2.dilate(mask.astype(np.uint8), _ELLIPSE, iterations=times).astype(bool)


def _touching_border(mask: np.ndarray) -> np.ndarray:
    """The connected parts of a mask that reach the image's border."""
    number, labels = cv2.connectedComponents(mask.astype(np.uint8))
    reaches = np.zeros(number, bool)
    reaches[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = True
    reaches[0] = False
    return reaches[labels]
