"""What every way to other skin has in common: its contract, and what it makes of a picture."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from explorer.image import colour
from explorer.image.profile import Profile
from explorer.image.read import CheckedImage
from explorer.tone.reading import ToneColour
from explorer.util.errors import ExplorerError

#: What a transform changes: the whole picture, or the skin around the lesion.
IMAGE, SKIN = "image", "skin"
SCOPES = (IMAGE, SKIN)

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Transformed:
    """A picture on other skin, and how far it got.

    Attributes
    ----------
    rgb : uint8 (H, W, 3)
        sRGB.
    target : float
        Asked-for ITA in degrees, in the transform's convention.
    start_ita : float
        ITA of the dominant colour before, in the target's convention.
    colour_rgb : tuple of int
        The dominant colour after the transform, sRGB 0..255.
    reached_cielab, reached_published : float
        Its ITA in degrees by both conventions.
    clipped : float
        Share of the changed pixels in which a channel would have left the gamut (it was
        compressed, or it saturated in the study's skin-former), 0..1.
    scope : str
        Of :data:`SCOPES`: what was changed.
    melanin : float or None
        m of the melanin transform; negative lightens. None for the study's skin-former.
    mask : bool (H, W) or None
        Where the study's skin-former acted.
    stored : uint8 (H, W, 3) or None
        The bytes that a file in the picture's own colour space would have, where it has one.
    """

    rgb: np.ndarray
    target: float
    start_ita: float
    colour_rgb: Colour
    reached_cielab: float
    reached_published: float
    clipped: float
    scope: str
    melanin: float | None = None
    mask: np.ndarray | None = None
    stored: np.ndarray | None = None

    @property
    def for_network(self) -> np.ndarray:
        """What the study's code would read of it, which ignores colour profiles."""
        return self.rgb if self.stored is None else self.stored

    @property
    def delta(self) -> float:
        """ITA - target in degrees, the only parameter of the study's skin-former."""
        return self.start_ita - self.target


@dataclass(frozen=True)
class Transform:
    """A way to put a lesion on other skin.

    Attributes
    ----------
    key, label : str
        Its name in links, files and JSON, and in words.
    convention : str
        Of its targets, one of :data:`explorer.image.colour.CONVENTIONS`.
    scopes : tuple of str
        What it can act on, of :data:`SCOPES`; the first where it cannot do what is asked for.
    target_range : (float, float)
        Targets that make sense to ask for of one picture, degrees.
    change : callable (rgb uint8 (H, W, 3), colour_rgb, target, mask bool (H, W) or None)
        The transform itself, which gives a :class:`Transformed`; ``mask`` is the skin where that
        alone is to change.
    reaches : callable (colour_rgb, target) -> bool
        Whether the target is within reach of a skin colour.
    lightest : callable (colour_rgb) -> float
        The lightest target of a curve, degrees.
    beyond : str
        Start of the note on targets out of reach; they follow.
    words : tuple of str
        Further names that are understood where people type one.
    """

    key: str
    label: str
    convention: str
    scopes: tuple[str, ...]
    target_range: tuple[float, float]
    change: Callable[[np.ndarray, Colour, float, np.ndarray | None], Transformed]
    reaches: Callable[[Colour, float], bool]
    lightest: Callable[[Colour], float]
    beyond: str = ""
    words: tuple[str, ...] = ()

    def scope(self, wanted: str) -> str:
        """What it acts on where ``wanted``, of :data:`SCOPES`, is asked for."""
        if wanted not in SCOPES:
            raise ExplorerError(f"Unknown scope {wanted!r}: choose one of {', '.join(SCOPES)}.")
        return wanted if wanted in self.scopes else self.scopes[0]

    @property
    def _of_bytes(self) -> bool:
        """Whether it acts on the file's own bytes, as the study's code does, and not on sRGB."""
        return self.convention == colour.EIGHT_BIT

    def pixels(self, image: CheckedImage) -> np.ndarray:
        """What it acts on, uint8 (H, W, 3): sRGB, or the file's own bytes."""
        return image.stored if self._of_bytes else image.rgb

    def start(self, tone: ToneColour) -> Colour:
        """The skin colour that it starts from, in the same space."""
        return tone.stored_rgb if self._of_bytes else tone.colour_rgb

    def start_from(self, colour_rgb: Colour, profile: Profile | None) -> Colour:
        """A skin colour that was given in sRGB, in the same space."""
        if profile is None or not self._of_bytes:
            return colour_rgb
        return tuple(profile.from_srgb(np.uint8(colour_rgb)).tolist())

    def follow(self, changed: Transformed, profile: Profile | None) -> Transformed:
        """What it made, in sRGB and as the file's own colour space would have it.

        The published angle is then of those bytes, and the float one of the colours.
        """
        if profile is None:
            return changed
        after = np.uint8(changed.colour_rgb)
        if not self._of_bytes:
            reached = float(colour.ita(profile.from_srgb(after), colour.EIGHT_BIT))
            stored = profile.from_srgb(changed.rgb)
            return replace(changed, stored=stored, reached_published=reached)
        seen = profile.to_srgb(after)
        return replace(
            changed,
            rgb=profile.to_srgb(changed.rgb),
            stored=changed.rgb,
            colour_rgb=tuple(seen.tolist()),
            reached_cielab=float(colour.ita(seen, colour.CIELAB)),
        )

    def check(self, target: float) -> None:
        """Refuse a target outside :attr:`target_range` with an ExplorerError."""
        low, high = self.target_range
        if not low <= target <= high:
            raise ExplorerError(
                f"The target ITA must be in {low:g}..{high:g} degrees, not {target:g}."
            )
