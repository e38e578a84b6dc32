"""What a tone is called, and what follows from a colour however it was found."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import cv2
import numpy as np

from explorer.image import colour
from explorer.skin.study import Segmentation

#: Below this share of the working image an estimate would be a guess.
MIN_SKIN_FRACTION = 0.02


@dataclass(frozen=True)
class ToneReading:
    """An angle and what it is called, by one convention.

    Attributes
    ----------
    ita : float
        Degrees.
    name : str
        One of :data:`explorer.image.colour.TONE_NAMES`.
    group : int
        The study's group 0..3.
    """

    ita: float
    name: str
    group: int

    @classmethod
    def of(cls, rgb: np.ndarray, convention: str) -> "ToneReading":
        """Reading of one sRGB colour, uint8 (3,), by one of ``colour.CONVENTIONS``."""
        angle = float(colour.ita(np.asarray(rgb, np.uint8), convention))
        return cls(angle, colour.tone_name(angle), int(colour.group_index(angle)))


class ToneColour:
    """What follows from a tone's ``colour_rgb`` and ``lab``, however it was found.

    ``as_stored`` is the same tone read from the file's own bytes, where a colour profile makes
    these differ from sRGB: the published angle is of those, as the study's code ignores profiles.
    """

    @property
    def stored_rgb(self) -> tuple[int, int, int]:
        """The colour that the published angle is of, in the file's own bytes."""
        return (self.as_stored or self).colour_rgb

    def with_stored(self, stored: Self) -> Self:
        """This tone, of sRGB, with the published angle of ``stored``, of the file's own bytes."""
        return replace(self, published=stored.published, as_stored=stored)

    @property
    def outside_definition(self) -> bool:
        """True where b* <= 0, for which ITA was never defined."""
        return self.lab[2] <= 0

    @property
    def wraps(self) -> bool:
        """True where L8 < 50, so that the published 8-bit subtraction wraps around."""
        return colour.wraps_around(self.stored_rgb)

    def colour_notes(self, looks: str) -> list[str]:
        """What is unusual about the colour; ``looks`` says how it looks where b* <= 0."""
        outside = (
            f"b* is not positive ({looks}), which the definition of ITA does not cover: read both "
            "angles with care."
        )
        wraps = (
            "This colour is so dark that the published 8-bit subtraction wraps around and files "
            "it under a light tone."
        )
        notes = [outside] * self.outside_definition + [wraps] * self.wraps
        if self.as_stored is not None:
            notes.append(
                f"The file has a colour profile, which the float CIELAB angle follows "
                f"({self.cielab.ita:.1f} degrees); the published code ignores it, and by the bytes "
                f"alone this angle would be {self.as_stored.cielab.ita:.1f} degrees."
            )
        return notes


class EstimatedTone(ToneColour):
    """What follows from an estimate's ``segmentation`` and ``skin_pixels``, by any method."""

    @property
    def skin_fraction(self) -> float:
        """Share of the working image that is skin, 0..1."""
        return self.skin_pixels / self.segmentation.skin.size

    @cached_property
    def skin_coloured(self) -> float:
        """Share of the skin pixels whose hue and chroma occur in human skin, 0..1."""
        return skin_coloured_share(skin_lab8(self.segmentation))

    def estimate_notes(self, *of_method: str) -> tuple[str, ...]:
        """One sentence for each thing that makes this estimate unusual."""
        notes = [*self.colour_notes("the skin looks violet or blue here"), *of_method]
        if self.skin_coloured < 0.5:
            notes.append(
                f"Only {self.skin_coloured:.0%} of the pixels counted as skin have a colour that "
                "skin can have: is this a picture of skin?"
            )
        return tuple(notes)


def skin_lab8(segmentation: Segmentation) -> np.ndarray:
    """8-bit Lab of the skin pixels with L8 > 0, uint8 (N, 3), from the image before CLAHE."""
    bgr = np.ascontiguousarray(segmentation.image[..., ::-1])
    lab8 = cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB)
    return lab8[segmentation.skin & (lab8[..., 0] > 0)]


def skin_coloured_share(lab8: np.ndarray) -> float:
    """Share of colours, uint8 Lab (N, 3), that human skin can have under a dermatoscope.

    Generous on purpose: chroma of at least 4 and a hue between magenta (-60 degrees) and
    yellow (95). Measured: below one half for 3 % of ``../shared/lesions`` (bluish or grey) and
    48 % of ``../shared/non_skin``; so a warning, never a refusal.
    """
    a, b = lab8[:, 1] - 128.0, lab8[:, 2] - 128.0
    hue = np.degrees(np.arctan2(b, a))
    return float(((np.hypot(a, b) >= 4) & (hue > -60) & (hue < 95)).mean())
