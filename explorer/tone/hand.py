"""Skin tone picked by hand: the mean colour of small patches that a person points at.

The study's authors corrected five malignant labels this way, with one patch of 5x5 pixels each
(FACTS section 4). Here several patches can be averaged, and each stays visible beside the mean.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from explorer.image import colour
from explorer.tone.reading import ToneColour, ToneReading
from explorer.util.errors import ExplorerError

DEFAULT_SIZE = 5  # pixels, the authors' patch
MAX_SIZE = 101
MAX_POINTS = 100

#: Standard deviation of L* above which a patch is called uneven. Measured on 5x5 patches: 1 % of
#: the skin in ``../shared/lesions`` is above it, and 9 of 10 synthetic patches with a hair in them.
UNEVEN = 2.5

#: Patches whose angles (float CIELAB) differ by more degrees than this hardly show the same skin:
#: the six tones are 13 to 40 degrees wide.
DISAGREE = 15.0


@dataclass(frozen=True)
class Patch:
    """One patch of skin.

    Attributes
    ----------
    x, y : int
        Its centre, in image pixels from the top left corner.
    pixels : int
        How many pixels it holds; fewer than size * size where the image's border cuts it.
    mean_rgb : tuple of float
        Mean sRGB, 0..255, not rounded.
    colour_rgb : tuple of int
        The same, rounded to bytes; both angles are of this colour.
    lightness_sd : float
        Standard deviation of L* (0..100) over its pixels.
    published, cielab : ToneReading
    """

    x: int
    y: int
    pixels: int
    mean_rgb: tuple[float, float, float]
    colour_rgb: tuple[int, int, int]
    lightness_sd: float
    published: ToneReading
    cielab: ToneReading

    @property
    def uneven(self) -> bool:
        """True where a hair, an edge or a reflection seems to run through the patch."""
        return self.lightness_sd > UNEVEN


@dataclass(frozen=True)
class HandTone(ToneColour):
    """Tone of one or more patches; it can stand wherever an estimate can.

    Attributes
    ----------
    points : tuple of (int, int)
        What was picked, (x, y) in image pixels.
    size : int
        Side of the patches in pixels.
    patches : tuple of Patch
        One per point, in the same order.
    colour_rgb : tuple of int
        Mean of the patches' means (each patch counts the same), rounded to sRGB bytes.
    lab : tuple of float
        ``colour_rgb`` in float CIELAB (D65).
    published, cielab : ToneReading
        Angle, name and group of ``colour_rgb`` by each convention.
    as_stored : HandTone or None
        See :class:`explorer.tone.reading.ToneColour`; ``patches`` have their published angle
        from there as well.
    """

    points: tuple[tuple[int, int], ...]
    size: int
    patches: tuple[Patch, ...]
    colour_rgb: tuple[int, int, int]
    lab: tuple[float, float, float]
    published: ToneReading
    cielab: ToneReading
    as_stored: Self | None = None

    def with_stored(self, stored: Self) -> Self:
        """As for every tone, and each patch alike."""
        pairs = zip(self.patches, stored.patches)
        patches = tuple(replace(mine, published=theirs.published) for mine, theirs in pairs)
        return replace(super().with_stored(stored), patches=patches)

    def ita_range(self, convention: str) -> tuple[float, float]:
        """Lowest and highest angle of the patches in degrees, by ``published`` or ``cielab``.

        The range of the n = ``len(patches)`` picked patches, not a confidence interval.
        """
        angles = [getattr(patch, colour.chosen(convention)).ita for patch in self.patches]
        return min(angles), max(angles)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know before trusting the angle; empty where nothing is unusual."""
        notes = self.colour_notes("the patch looks violet or blue")
        low, high = self.ita_range(colour.CIELAB)
        if high - low > DISAGREE:
            notes.append(
                f"The {len(self.patches)} patches differ by {high - low:.0f} degrees (float "
                "CIELAB): do they all show clean, evenly lit skin?"
            )
        notes += [
            f"The patch at {patch.x}, {patch.y} is uneven (standard deviation of L* "
            f"{patch.lightness_sd:.1f}): a hair, an edge or a reflection may run through it."
            for patch in self.patches
            if patch.uneven
        ]
        return tuple(notes)


def read_patches(
    rgb: np.ndarray, points: Iterable[tuple[int, int]], size: int = DEFAULT_SIZE
) -> HandTone:
    """Read the skin tone at picked points.

    Parameters
    ----------
    rgb : uint8, shape (H, W, 3)
    points : iterable of (x, y)
        Pixels, counted from 0 at the top left; at least one and at most :data:`MAX_POINTS`.
        Fractions are allowed and mean the pixel that they fall in.
    size : int
        Side of the patches in pixels, odd, 1..101. The image's border cuts patches off.

    Raises
    ------
    ExplorerError
        If there is no point, too many, one outside the image, or the size is not as above.
    """
    whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
    if not whole or not 1 <= size <= MAX_SIZE or size % 2 == 0:
        raise ExplorerError(
            f"The patch size must be an odd whole number in 1..{MAX_SIZE}, not {size}."
        )
    checked = _check_points(points, *rgb.shape[1::-1])
    half, patches = size // 2, []
    for x, y in checked:
        square = rgb[max(y - half, 0) : y + half + 1, max(x - half, 0) : x + half + 1]
        square = square.reshape(-1, 3)
        mean = square.mean(axis=0)
        bytes_rgb = _to_bytes(mean)
        patch = Patch(
            x=x,
            y=y,
            pixels=len(square),
            mean_rgb=tuple(mean.tolist()),
            colour_rgb=tuple(bytes_rgb.tolist()),
            lightness_sd=float(colour.rgb_to_cielab(square)[:, 0].std()),
            published=ToneReading.of(bytes_rgb, colour.EIGHT_BIT),
            cielab=ToneReading.of(bytes_rgb, colour.CIELAB),
        )
        patches.append(patch)
    bytes_rgb = _to_bytes(np.mean([patch.mean_rgb for patch in patches], axis=0))
    return HandTone(
        points=checked,
        size=size,
        patches=tuple(patches),
        colour_rgb=tuple(bytes_rgb.tolist()),
        lab=tuple(colour.rgb_to_cielab(bytes_rgb).tolist()),
        published=ToneReading.of(bytes_rgb, colour.EIGHT_BIT),
        cielab=ToneReading.of(bytes_rgb, colour.CIELAB),
    )


def parse_points(text: str) -> tuple[tuple[int, int], ...]:
    """Points from text such as ``"120,80; 200,150"``: x, y, then a semicolon or a new line.

    Raises
    ------
    ExplorerError
        If the text holds anything else; an empty text gives no points.
    """
    points = []
    for part in re.split(r"[;\n]", text):
        if not part.strip():
            continue
        pair = re.fullmatch(r"\s*\(?\s*([0-9]{1,6})\s*(?:,|\s)\s*([0-9]{1,6})\s*\)?\s*", part)
        if pair is None:
            raise ExplorerError(
                f"{part.strip()[:40]!r} is not a point; write x, y in whole pixels and a semicolon "
                'between points, like "120,80; 200,150".'
            )
        points.append((int(pair[1]), int(pair[2])))
    return tuple(points)


def _check_points(points, width: int, height: int) -> tuple[tuple[int, int], ...]:
    points = list(points)
    if not points:
        raise ExplorerError("No point was picked; click on the skin or give coordinates.")
    if len(points) > MAX_POINTS:
        raise ExplorerError(f"{len(points)} points are too many; pick at most {MAX_POINTS}.")
    try:
        points = [(float(x), float(y)) for x, y in points]
    except (TypeError, ValueError):
        raise ExplorerError("A point needs two numbers, x and y in pixels.") from None
    for x, y in points:
        if not (0 <= x < width and 0 <= y < height):  # false for NaN as well
            raise ExplorerError(
                f"The point ({x:g}, {y:g}) is outside the image; x must be in 0..{width - 1} and "
                f"y in 0..{height - 1}."
            )
    return tuple((int(x), int(y)) for x, y in points)


def _to_bytes(mean: np.ndarray) -> np.ndarray:
    return np.rint(mean).astype(np.uint8)
