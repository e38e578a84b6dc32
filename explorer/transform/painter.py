"""One picture on any skin: which targets are within reach, and the picture at each.

Shared by the curve of one lesion and by the study of many (:mod:`explorer.lesion.counterfactual`,
:mod:`explorer.fairness.counterfactual`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from explorer.image import colour
from explorer.image.resize import shrink
from explorer.transform import melanin
from explorer.transform.melanin import Transformed
from explorer.transform.skinformer import shift_lab8
from explorer.util.errors import ExplorerError

TRANSFORMS = ("melanin", "published")
SCOPES = ("image", "skin")
#: Convention of each transform's targets.
CONVENTION = {"melanin": "cielab", "published": "published"}

#: The darkest default target, degrees.
DARKEST = -50.0
MIN_POINTS = 16
#: Larger images are shrunk for a curve: the network itself sees 224x224.
WORKING_SIDE = 1024


def default_targets(own: float, lightest: float | None = None) -> list[float]:
    """Tidy targets from -50 to an image's own ITA, with the latter: at least 16.

    A step of 5 degrees where that gives 16 points, else a finer one. For an image that is itself
    about that dark, from its own ITA to ``lightest`` (55 by default).
    """
    low, high = sorted((DARKEST, min(max(own, -90.0), 90.0)))  # beyond, ITA is not defined
    if high - low < MIN_POINTS - 1:
        high = 55.0 if lightest is None else max(high, min(55.0, lightest))
    for step in (5.0, 4.0, 2.5, 2.0, 1.0):
        tidy = step * np.arange(np.ceil(low / step), np.floor(high / step) + 1)
        kept = {low, *tidy[tidy - low > 0.2 * step].tolist()}
        grid = [each for each in kept if abs(each - own) > 0.2 * step]
        if len(grid) + 1 >= MIN_POINTS:
            return sorted([*grid, own])
    return sorted({own, *np.linspace(low, high, MIN_POINTS).tolist()})


@dataclass(frozen=True)
class Painter:
    """A picture and the way to other skin, by one transform.

    Attributes
    ----------
    rgb : uint8 (H, W, 3)
        At working size: longer side at most :data:`WORKING_SIDE`.
    mask : bool (H, W) or None
        Skin, where the scope is the skin.
    weights : uint8 (H, W) or None
        Its feathered form, for the melanin transform.
    colour_rgb : tuple of int
        Skin colour to start from, sRGB 0..255.
    transform, scope : str
    own : float
        ITA of that colour in the convention of the targets, degrees.
    notes : tuple of str
    """

    rgb: np.ndarray
    mask: np.ndarray | None
    weights: np.ndarray | None
    colour_rgb: tuple[int, int, int]
    transform: str
    scope: str
    own: float
    notes: tuple[str, ...]

    @classmethod
    def of(cls, rgb: np.ndarray, colour_rgb, transform: str, mask: np.ndarray | None) -> "Painter":
        """From a picture, uint8 (H, W, 3), and its skin, bool (H, W), where that alone changes."""
        start = tuple(int(v) for v in colour_rgb)
        working = shrink(rgb, WORKING_SIDE)
        small = None if mask is None else _shrunk_mask(mask, working.shape[:2])
        feathered = melanin.feather(small) if transform == "melanin" and mask is not None else None
        own = float(colour.ita(np.uint8(start), CONVENTION[transform]))
        scope = "image" if mask is None else "skin"
        return cls(
            working, small, feathered, start, transform, scope, own, _notes(rgb, working, start)
        )

    def default_targets(self) -> list[float]:
        high = melanin.reachable(self.colour_rgb)[1] if self.transform == "melanin" else None
        return default_targets(self.own, high)

    def feasible(self, targets: Sequence[float]) -> tuple[list[float], tuple[str, ...]]:
        """Rising targets within reach, the image's own among them; a note on those left out."""
        wanted = sorted({float(each) for each in targets} | {self.own})
        kept = [each for each in wanted if each == self.own or self._can(each)]
        missed = [f"{each:g}" for each in wanted if each not in kept]
        note = f"No amount of melanin takes this skin colour to {', '.join(missed)} degrees."
        return kept, (note,) if missed else ()

    def _can(self, target: float) -> bool:
        if self.transform == "published":
            return True
        try:
            melanin.solve(self.colour_rgb, target)
        except ExplorerError:
            return False
        return True

    def paint(self, target: float) -> Transformed:
        if self.transform == "melanin":
            return melanin.transform(self.rgb, self.colour_rgb, target, weights=self.weights)
        return skin_formed(self.rgb, self.mask, self.colour_rgb, target)


def skin_formed(rgb: np.ndarray, mask: np.ndarray, colour_rgb, target: float) -> Transformed:
    """The study's skin-former, measured on the dominant colour; the picture itself at its own ITA.

    Parameters
    ----------
    rgb : uint8 (H, W, 3)
    mask : bool (H, W)
        Skin.
    colour_rgb : three int
        Dominant colour, sRGB 0..255.
    target : float
        ITA in degrees, published convention.
    """
    start = np.uint8(colour_rgb).reshape(1, 1, 3)
    own = float(colour.ita(start, "published")[0, 0])
    new, after, saturated = rgb, start, 0.0
    if target != own:
        new, saturated = shift_lab8(rgb, mask, own - target)
        after, _ = shift_lab8(start, np.ones((1, 1), bool), own - target)
    return Transformed(
        rgb=new,
        target=float(target),
        melanin=None,
        start_ita=own,
        colour_rgb=tuple(int(v) for v in after[0, 0]),
        reached_cielab=float(colour.ita(after, "cielab")[0, 0]),
        reached_published=float(colour.ita(after, "published")[0, 0]),
        clipped=saturated,
        scope="skin",
    )


def _shrunk_mask(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The full-resolution skin mask at the working size: where at least half is skin."""
    if mask.shape == shape:
        return mask
    share = cv2.resize(mask.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
    return share >= 0.5


def _notes(original: np.ndarray, working: np.ndarray, start) -> tuple[str, ...]:
    notes = []
    if working.shape != original.shape:
        height, width = working.shape[:2]
        notes.append(f"The image was shrunk to {width}x{height} pixels for the curve.")
    if colour.is_outside_definition(colour.rgb_to_cielab(np.uint8(start))):
        notes.append("The skin colour has b* <= 0, for which ITA was never defined.")
    return tuple(notes)
