"""Named warnings about a picture, each with the measured value, its limit and the evidence.

A caution never changes an estimate: it says why the reader should look twice. Every limit is in
the table :data:`CHECKS`; how often each fires on real and on synthetic lesions is measured by
``python -m explorer.benchmarks.tone --cautions``. To add one, write its measure and a row.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np

from explorer.image import colour
from explorer.image.draw import paint
from explorer.skin.corners import WHITE_CORNERS, WHITE_LEVEL, covered_corners, white_corners
from explorer.skin.robust import RobustSegmentation, centred_grid, ring_profile, segment_robust
from explorer.skin.ruler import find_ruler
from explorer.skin.study import Segmentation
from explorer.skin.two_skins import two_skins

#: How far the b* of ink lies below the skin's.
INK_BLUENESS = 15.0
#: Hue of the skin, degrees in the (a*, b*) plane, outside which the picture is taken as tinted.
HUE_RANGE = (5.0, 85.0)

_BLUE, _ORANGE = (0, 114, 178), (230, 159, 0)


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
        What was measured, and the threshold that it passed (same unit, told by ``unit``).
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


@dataclass(frozen=True)
class Finding:
    """What one check finds in a picture.

    Attributes
    ----------
    value : float
    mask : bool (H, W) or uint8 (H, W, 3)
        The pixels concerned, or the finished picture of them.
    words : dict
        What else the sentence names.
    """

    value: float
    mask: np.ndarray
    words: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """A row of :data:`CHECKS`.

    Attributes
    ----------
    key, title, unit : str
        As in :class:`Caution`.
    limits : (float, float)
        A value below the first or above the second is a caution.
    measure : callable (rgb uint8 (H, W, 3), RobustSegmentation) -> Finding or None
        None where there is nothing to measure.
    sentence : str
        With places for ``{value}``, both ends ``{low}`` and ``{high}``, and the measure's words.
    counts : bool
        Whether the limit itself is a caution already.
    tint, strength
        How the evidence is painted.
    """

    key: str
    title: str
    unit: str
    limits: tuple[float, float]
    measure: Callable[[np.ndarray, RobustSegmentation], Finding | None]
    sentence: str
    counts: bool = False
    tint: tuple[int, int, int] = _BLUE
    strength: float = 0.75

    def caution(self, rgb: np.ndarray, found: RobustSegmentation) -> Caution | None:
        """The warning, where the picture passes a limit."""
        measured = self.measure(rgb, found)
        if measured is None:
            return None
        value, (low, high) = float(measured.value), self.limits
        if not (value < low or value > high or (self.counts and value == high)):
            return None
        evidence = measured.mask
        if evidence.ndim == 2:
            evidence = paint(found.image, evidence, self.tint, self.strength)
        sentence = self.sentence.format(value=value, low=low, high=high, **measured.words)
        limit = low if value < low else high
        return Caution(self.key, self.title, sentence, value, limit, self.unit, evidence)


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
    checked = (check.caution(rgb, found) for check in CHECKS)
    return tuple(caution for caution in checked if caution is not None)


def _share(mask: np.ndarray, whole: np.ndarray) -> Finding:
    return Finding((mask & whole).sum() / max(int(whole.sum()), 1), mask)


def _dark_corners(rgb: np.ndarray, found: RobustSegmentation) -> Finding | None:
    profile = ring_profile(found.image, ~found.frame)
    if np.isnan(profile).all():
        return None
    outer = profile[~np.isnan(profile)]
    value = 1 - outer[-1] / max(float(outer.max()), 1.0)
    # black corners were already taken for a frame: they count as fully dark
    black = found.frame & (found.image.max(axis=2) < 60)
    value = 1.0 if covered_corners(black) >= WHITE_CORNERS else value
    return Finding(value, (np.hypot(*centred_grid(*found.skin.shape)) > 0.45) & ~found.field)


def _ink(rgb: np.ndarray, found: RobustSegmentation) -> Finding | None:
    """Violet or blue marker: b* well below the skin's and negative, darker."""
    if not found.skin.any():
        return None
    lab = cv2.cvtColor(cv2.medianBlur(found.image, 3).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    skin = np.median(lab[found.skin], axis=0)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    mask = (
        (lab[..., 2] < min(skin[2] - INK_BLUENESS, -8))
        & (chroma > 14)
        & (lab[..., 0] < skin[0] - 6)
        & ~found.frame
        & (lab[..., 1] <= 1.6 * -lab[..., 2])  # blood is more red than blue
    )
    return Finding(mask.mean(), mask)


def _colour_cast(rgb: np.ndarray, found: RobustSegmentation) -> Finding | None:
    if not found.skin.any():
        return None
    lab = colour.rgb_to_cielab(np.median(found.image[found.skin], axis=0) / 255)
    return Finding(np.degrees(np.arctan2(lab[2], lab[1])), found.skin)


def _two_skins(rgb: np.ndarray, found: RobustSegmentation) -> Finding | None:
    parts = two_skins(found)
    if parts is None:
        return None
    one, other, mask = parts
    apart = abs((one - other + 180) % 360 - 180)
    return Finding(apart, mask, {"one": one, "other": other})


CHECKS = (
    Check(
        "lesion_fills",
        "Lesion fills the frame",
        "share",
        (0, 0.50),
        lambda rgb, found: _share(found.lesion, found.field),
        "The dark part covers {value:.0%} of the field of view, so little skin is left and some of "
        "it may be lesion.",
    ),
    Check(
        "hair",
        "Much hair",
        "share",
        (0, 0.10),
        lambda rgb, found: Finding(found.hair.mean(), found.hair),
        "Thin lines cover {value:.0%} of the picture; their shadows darken the skin between them.",
    ),
    Check(
        "dark_corners",
        "Dark corners (vignette)",
        "share",
        (0, 0.40),  # by which the darkest outer ring is darker than the brightest ring
        _dark_corners,
        "The corners are {value:.0%} darker than the middle; they are left out by the robust "
        "method but can count as pigment or skin in the published one.",
    ),
    Check(
        "white_frame",
        "White circular frame",
        "patches",
        (0, float(WHITE_CORNERS)),
        lambda rgb, found: Finding(white_corners(rgb), found.image.min(axis=2) > WHITE_LEVEL),
        "{value:.0f} of 4 corners are white. The published estimate is then the frame's tone, and "
        "in the study's data such frames go with malignant labels: a shortcut.",
        counts=True,
    ),
    Check(
        "specular",
        "Mirror reflections",
        "share",
        (0, 0.004),
        lambda rgb, found: _share(found.specular, found.field),
        "Small bright spots cover {value:.1%} of the field of view; they are the lamp's colour, "
        "not the skin's.",
    ),
    Check(
        "ink",
        "Ink on the skin",
        "share",
        (0, 0.002),
        _ink,
        "Violet or blue marks cover {value:.1%} of the picture (surgical marker, or a blue part of "
        "the lesion); classifiers are known to read such marks.",
        tint=_ORANGE,
    ),
    Check(
        "ruler",
        "Ruler marks",
        "marks",
        (0, 6.0),
        lambda rgb, found: Finding(*find_ruler(rgb)),
        "{value:.0f} short dark lines stand in a row at even distances, like the marks of a ruler.",
        counts=True,
    ),
    Check(
        "colour_cast",
        "Colour cast",
        "degrees",
        HUE_RANGE,
        _colour_cast,
        "The skin's hue is {value:.0f} degrees, outside {low:.0f} to {high:.0f}: lamp, camera or "
        "inflamed skin tint the picture, and the angle with it.",
        strength=0.4,
    ),
    Check(
        "clipped",
        "Clipped highlights",
        "share",
        (0, 0.10),
        lambda rgb, found: _share((found.image.max(axis=2) >= 254) & ~found.frame, found.skin),
        "In {value:.0%} of the skin a colour channel is at its maximum, so its true colour is lost "
        "and b* is too low.",
    ),
    Check(
        "two_skins",
        "Two skin colours",
        "degrees",
        (0, 15.0),
        _two_skins,
        "The skin falls into two parts of similar size with {one:.0f} and {other:.0f} degrees; one "
        "of them may be lesion, redness or shadow.",
        strength=0.5,
    ),
)
KEYS = tuple(check.key for check in CHECKS)
