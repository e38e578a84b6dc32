"""Named warnings about a picture, each with the measured value, its limit and the evidence.

A caution never changes an estimate: it says why the reader should look twice. Every limit is a
constant below; how often each fires on real and on synthetic lesions is measured by
``python -m explorer.benchmarks.tone --cautions``.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from explorer.image import colour
from explorer.image.draw import paint
from explorer.skin.patches import PATCH, skin_patches
from explorer.skin.robust import (
    RobustSegmentation,
    centred_grid,
    ring_profile,
    robust_level,
    segment_robust,
)
from explorer.skin.ruler import find_ruler
from explorer.skin.study import Segmentation

#: Share of the field of view that the lesion covers.
LESION_LIMIT = 0.50
#: Share of the working image that is hair.
HAIR_LIMIT = 0.10
#: Share by which the darkest outer ring is darker than the brightest ring.
CORNER_LIMIT = 0.40
#: Corner patches (of 4) that are white: FACTS section 7, 10x10 of 150x150 px all above 235.
WHITE_CORNERS = 3
WHITE_LEVEL = 235
#: Share of the field of view that is small mirror reflections.
SPECULAR_LIMIT = 0.004
#: Share of the working image that is violet or blue ink, and how far its b* lies below the skin's.
INK_LIMIT = 0.002
INK_BLUENESS = 15.0
#: Number of evenly spaced ruler marks.
RULER_MARKS = 6
#: Hue of the skin, degrees in the (a*, b*) plane, outside which the picture is taken as tinted.
HUE_RANGE = (5.0, 85.0)
#: Share of the skin with a channel at 254 or 255.
CLIPPED_LIMIT = 0.10
#: Two clusters of skin colours: degrees between their angles, and least share of the smaller.
CLUSTER_DEGREES = 15.0
CLUSTER_SHARE = 0.30
#: Distance of two skin clusters in units of their spread (Ashman's D, with robust spreads);
#: halves of one Gaussian, split in the middle, have about 3.
CLUSTER_SEPARATION = 3.5
#: Share of the rim of the field of view that the dark part must cover to be another skin.
RIM_SHARE = 0.25


@dataclass(frozen=True)
class Caution:
    """One warning.

    Attributes
    ----------
    key : str
        Stable name, one of :data:`KEYS`.
    title, sentence : str
        What is meant, and what it does to the estimate.
    value, limit : float
        Measured, and the threshold that it passed (same unit, told by ``unit``).
    unit : str
        "share", "patches", "marks" or "degrees".
    evidence : uint8 (H, W, 3) or None
        Small picture with the pixels concerned tinted.
    """

    key: str
    title: str
    sentence: str
    value: float
    limit: float
    unit: str
    evidence: np.ndarray | None


KEYS = (
    "lesion_fills",
    "hair",
    "dark_corners",
    "white_frame",
    "specular",
    "ink",
    "ruler",
    "colour_cast",
    "clipped",
    "two_skins",
)
_TINT = (0, 114, 178)


def find_cautions(
    rgb: np.ndarray, found: Segmentation | RobustSegmentation | None = None
) -> tuple[Caution, ...]:
    """All cautions of a picture, in the order of :data:`KEYS`.

    Parameters
    ----------
    rgb : uint8, shape (H, W, 3)
    found : RobustSegmentation, optional
        Of the same picture, if it is at hand; the study's does not help.
    """
    found = found if isinstance(found, RobustSegmentation) else segment_robust(rgb)
    checks = (
        _lesion_fills(found),
        _hair(found),
        _dark_corners(found),
        _white_frame(rgb, found),
        _specular(found),
        _ink(found),
        _ruler(rgb),
        _colour_cast(found),
        _clipped(found),
        _two_skins(found),
    )
    return tuple(caution for caution in checks if caution is not None)


def _share_of(mask: np.ndarray, whole: np.ndarray) -> float:
    return float((mask & whole).sum() / max(int(whole.sum()), 1))


def _lesion_fills(found: RobustSegmentation) -> Caution | None:
    value = _share_of(found.lesion, found.field)
    if value <= LESION_LIMIT:
        return None
    return Caution(
        "lesion_fills",
        "Lesion fills the frame",
        f"The dark part covers {value:.0%} of the field of view, so little skin is left and some "
        "of it may be lesion.",
        value,
        LESION_LIMIT,
        "share",
        paint(found.image, found.lesion, _TINT),
    )


def _hair(found: RobustSegmentation) -> Caution | None:
    value = float(found.hair.mean())
    if value <= HAIR_LIMIT:
        return None
    return Caution(
        "hair",
        "Much hair",
        f"Thin lines cover {value:.0%} of the picture; their shadows darken the skin between them.",
        value,
        HAIR_LIMIT,
        "share",
        paint(found.image, found.hair, _TINT),
    )


def _dark_corners(found: RobustSegmentation) -> Caution | None:
    profile = ring_profile(found.image, ~found.frame)
    if np.isnan(profile).all():
        return None
    outer = profile[~np.isnan(profile)]
    value = float(1 - outer[-1] / max(float(outer.max()), 1.0))
    # black corners were already taken for a frame: they count as fully dark
    black = found.frame & (found.image.max(axis=2) < 60)
    value = 1.0 if _in_corners(black) >= WHITE_CORNERS else value
    if value <= CORNER_LIMIT:
        return None
    x, y = centred_grid(*found.skin.shape)
    dark = (np.hypot(x, y) > 0.45) & ~found.field
    return Caution(
        "dark_corners",
        "Dark corners (vignette)",
        f"The corners are {value:.0%} darker than the middle; they are left out by the robust "
        "method but can count as pigment or skin in the published one.",
        value,
        CORNER_LIMIT,
        "share",
        paint(found.image, dark, _TINT),
    )


def _in_corners(mask: np.ndarray) -> int:
    """How many of the four corner patches, a fifteenth of each side, lie in the mask."""
    h, w = max(mask.shape[0] // 15, 1), max(mask.shape[1] // 15, 1)
    patches = (mask[:h, :w], mask[:h, -w:], mask[-h:, :w], mask[-h:, -w:])
    return sum(bool(patch.mean() > 0.9) for patch in patches)


def white_corners(rgb: np.ndarray) -> int:
    """Corner patches, 10x10 of the picture at 150x150 px, with every value above 235; 0..4."""
    small = cv2.resize(np.ascontiguousarray(rgb), (150, 150), interpolation=cv2.INTER_AREA)
    patches = (small[:10, :10], small[:10, -10:], small[-10:, :10], small[-10:, -10:])
    return sum(bool((patch > WHITE_LEVEL).all()) for patch in patches)


def _white_frame(rgb: np.ndarray, found: RobustSegmentation) -> Caution | None:
    value = white_corners(rgb)
    if value < WHITE_CORNERS:
        return None
    return Caution(
        "white_frame",
        "White circular frame",
        f"{value} of 4 corners are white. The published estimate is then the frame's tone, and in "
        "the study's data such frames go with malignant labels: a shortcut.",
        float(value),
        float(WHITE_CORNERS),
        "patches",
        paint(found.image, found.image.min(axis=2) > WHITE_LEVEL, _TINT),
    )


def _specular(found: RobustSegmentation) -> Caution | None:
    value = _share_of(found.specular, found.field)
    if value <= SPECULAR_LIMIT:
        return None
    return Caution(
        "specular",
        "Mirror reflections",
        f"Small bright spots cover {value:.1%} of the field of view; they are the lamp's colour, "
        "not the skin's.",
        value,
        SPECULAR_LIMIT,
        "share",
        paint(found.image, found.specular, _TINT),
    )


def ink_mask(found: RobustSegmentation) -> np.ndarray:
    """Violet or blue marker: b* well below the skin's and negative, darker, bool (H, W)."""
    if not found.skin.any():
        return np.zeros_like(found.skin)
    lab = cv2.cvtColor(cv2.medianBlur(found.image, 3).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    skin = np.median(lab[found.skin], axis=0)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    return (
        (lab[..., 2] < min(skin[2] - INK_BLUENESS, -8))
        & (chroma > 14)
        & (lab[..., 0] < skin[0] - 6)
        & ~found.frame
        & ~_reddish(lab)
    )


def _reddish(lab: np.ndarray) -> np.ndarray:
    """More red than blue, as blood is: not ink."""
    return lab[..., 1] > 1.6 * -lab[..., 2]


def _ink(found: RobustSegmentation) -> Caution | None:
    mask = ink_mask(found)
    value = float(mask.mean())
    if value <= INK_LIMIT:
        return None
    return Caution(
        "ink",
        "Ink on the skin",
        f"Violet or blue marks cover {value:.1%} of the picture (surgical marker, or a blue part "
        "of the lesion); classifiers are known to read such marks.",
        value,
        INK_LIMIT,
        "share",
        paint(found.image, mask, (230, 159, 0)),
    )


def _ruler(rgb: np.ndarray) -> Caution | None:

    count, picture = find_ruler(rgb)
    if count < RULER_MARKS:
        return None
    return Caution(
        "ruler",
        "Ruler marks",
        f"{count} short dark lines stand in a row at even distances, like the marks of a ruler.",
        float(count),
        float(RULER_MARKS),
        "marks",
        picture,
    )


def _colour_cast(found: RobustSegmentation) -> Caution | None:
    if not found.skin.any():
        return None
    lab = colour.rgb_to_cielab(np.median(found.image[found.skin], axis=0) / 255)
    hue = float(np.degrees(np.arctan2(lab[2], lab[1])))
    low, high = HUE_RANGE
    if low <= hue <= high:
        return None
    return Caution(
        "colour_cast",
        "Colour cast",
        f"The skin's hue is {hue:.0f} degrees, outside {low:.0f} to {high:.0f}: lamp, camera "
        "or inflamed skin tint the picture, and the angle with it.",
        hue,
        low if hue < low else high,
        "degrees",
        paint(found.image, found.skin, _TINT, 0.4),
    )


def _clipped(found: RobustSegmentation) -> Caution | None:
    clipped = (found.image.max(axis=2) >= 254) & ~found.frame
    value = _share_of(clipped, found.skin)
    if value <= CLIPPED_LIMIT:
        return None
    return Caution(
        "clipped",
        "Clipped highlights",
        f"In {value:.0%} of the skin a colour channel is at its maximum, so its true colour is "
        "lost and b* is too low.",
        value,
        CLIPPED_LIMIT,
        "share",
        paint(found.image, clipped, _TINT),
    )


def _two_skins(found: RobustSegmentation) -> Caution | None:

    patches = skin_patches(found.image, _skin_to_compare(found))
    if len(patches.colour) < 20:
        return None
    lab = colour.rgb_to_cielab(patches.evened / 255)
    second = _split(lab)
    share = float(min(second.mean(), 1 - second.mean()))
    if share < CLUSTER_SHARE:
        return None
    angles = [float(colour.ita_cielab(np.median(lab[part], axis=0))) for part in (second, ~second)]
    value = abs((angles[0] - angles[1] + 180) % 360 - 180)
    if value <= CLUSTER_DEGREES or not _separate(lab, second):
        return None
    return Caution(
        "two_skins",
        "Two skin colours",
        f"The skin falls into two parts of similar size with {angles[0]:.0f} and {angles[1]:.0f} "
        "degrees; one of them may be lesion, redness or shadow.",
        value,
        CLUSTER_DEGREES,
        "degrees",
        _painted_patches(found, patches.cell[second]),
    )


def _skin_to_compare(found: RobustSegmentation) -> np.ndarray:
    """Skin, and the dark part too where it reaches along the rim as a lesion seldom does."""
    inner = cv2.erode(
        found.field.astype(np.uint8),
        np.ones((9, 9), np.uint8),
        borderType=cv2.BORDER_CONSTANT,
        borderValue=0,
    ).astype(bool)
    rim = found.field & ~inner
    if _share_of(found.lesion, rim) < RIM_SHARE:
        return found.skin
    return found.field & ~(found.hair | found.specular | found.foreign)


def _split(lab: np.ndarray) -> np.ndarray:
    """Two clusters of patch colours (k-means started along the widest axis), bool (n,)."""
    centred = lab - lab.mean(axis=0)
    along = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
    second = along > np.median(along)
    for _ in range(20):
        if second.all() or not second.any():
            break
        means = [lab[part].mean(axis=0) for part in (~second, second)]
        distances = [((lab - mean) ** 2).sum(axis=1) for mean in means]
        second = distances[1] < distances[0]
    return second


def _separate(lab: np.ndarray, second: np.ndarray) -> bool:
    """Whether the clusters stand apart: Ashman's D along the line that joins them.

    Ashman, Bird, Zepf (1994), "Detecting bimodality in astronomical datasets", Astron. J. 108.
    """
    joint = lab[second].mean(axis=0) - lab[~second].mean(axis=0)
    along = lab @ (joint / max(float(np.linalg.norm(joint)), 1e-9))
    parts = [robust_level(along[part]) for part in (second, ~second)]
    spread = np.sqrt((parts[0][1] ** 2 + parts[1][1] ** 2) / 2)
    return bool(abs(parts[0][0] - parts[1][0]) > CLUSTER_SEPARATION * max(spread, 1e-6))


def _painted_patches(found: RobustSegmentation, cells: np.ndarray) -> np.ndarray:

    mask = np.zeros_like(found.skin)
    for row, col in cells:
        mask[row * PATCH : (row + 1) * PATCH, col * PATCH : (col + 1) * PATCH] = True
    return paint(found.image, mask, _TINT, 0.5)
