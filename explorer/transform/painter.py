"""One picture on any skin: which targets are within reach, and the picture at each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.image import colour
from explorer.image.profile import Profile
from explorer.image.resize import average, shrink
from explorer.transform.contract import Transform, Transformed

#: The darkest and the lightest default target, degrees.
DARKEST, LIGHTEST = -50.0, 55.0
MIN_POINTS = 16
#: Larger images are shrunk for a curve: the network itself sees 224x224.
WORKING_SIDE = 1024


def default_targets(own: float, lightest: float = LIGHTEST) -> list[float]:
    """Tidy targets from -50 to an image's own ITA, with the latter: at least 16.

    A step of 5 degrees where that gives 16 points, else a finer one. For an image that is itself
    about that dark, from its own ITA to ``lightest``.
    """
    low, high = sorted((DARKEST, min(max(own, -90.0), 90.0)))  # beyond, ITA is not defined
    if high - low < MIN_POINTS - 1:
        high = max(high, min(LIGHTEST, lightest))
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
        At working size: longer side at most :data:`WORKING_SIDE`; what the transform acts on.
    mask : bool (H, W) or None
        Skin, where the scope is the skin.
    colour_rgb : tuple of int
        Skin colour to start from, 0..255, in the same space.
    transform : Transform
    own : float
        ITA of that colour in the convention of the targets, degrees.
    notes : tuple of str
    profile : Profile or None
        The colour space of the file, where it has one other than sRGB.
    """

    rgb: np.ndarray
    mask: np.ndarray | None
    colour_rgb: tuple[int, int, int]
    transform: Transform
    own: float
    notes: tuple[str, ...]
    profile: Profile | None = None

    @classmethod
    def of(
        cls,
        rgb: np.ndarray,
        colour_rgb,
        transform: Transform,
        mask: np.ndarray | None,
        profile: Profile | None = None,
    ) -> "Painter":
        """From a picture, uint8 (H, W, 3), and its skin, bool (H, W), where that alone changes.

        Where there is a profile, the picture is what :meth:`Transform.pixels` gives.
        """
        start = tuple(int(v) for v in colour_rgb)
        working = shrink(rgb, WORKING_SIDE)
        if mask is not None and mask.shape != working.shape[:2]:  # where at least half is skin
            mask = average(mask.astype(np.float32), *working.shape[1::-1]) >= 0.5
        own = float(colour.ita(np.uint8(start), transform.convention))
        notes = _notes(rgb, working, start, profile)
        return cls(working, mask, start, transform, own, notes, profile)

    def default_targets(self) -> list[float]:
        return default_targets(self.own, self.transform.lightest(self.colour_rgb))

    def feasible(self, targets: Sequence[float]) -> tuple[list[float], tuple[str, ...]]:
        """Rising targets within reach, the image's own among them; a note on those left out."""
        wanted = sorted({float(each) for each in targets} | {self.own})
        kept = [
            each
            for each in wanted
            if each == self.own or self.transform.reaches(self.colour_rgb, each)
        ]
        missed = [f"{each:g}" for each in wanted if each not in kept]
        return kept, (f"{self.transform.beyond} {', '.join(missed)} degrees.",) if missed else ()

    def paint(self, target: float) -> Transformed:
        """The picture at a target that is within reach."""
        changed = self.transform.change(self.rgb, self.colour_rgb, target, self.mask)
        return self.transform.follow(changed, self.profile)


def _notes(original: np.ndarray, working: np.ndarray, start, profile) -> tuple[str, ...]:
    notes = []
    if profile is not None:
        notes.append(
            f"The file's colour profile ({profile.name}) is followed for what is seen; the network "
            "gets bytes as such a file holds them, since the published code ignores profiles."
        )
    if working.shape != original.shape:
        height, width = working.shape[:2]
        notes.append(f"The image was shrunk to {width}x{height} pixels for the curve.")
    if colour.is_outside_definition(colour.rgb_to_cielab(np.uint8(start))):
        notes.append("The skin colour has b* <= 0, for which ITA was never defined.")
    return tuple(notes)
