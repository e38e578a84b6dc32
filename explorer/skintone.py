"""The study's skin-tone estimator: image -> skin -> colours -> dominant colour -> ITA.

Reproduced from its pixels (FACTS section 4), its slip included: the list of k-means results is
indexed by the knee's k itself, so a knee at k takes the result of k + 3.

References
----------
Satopaa et al. (2011), "Finding a 'kneedle' in a haystack", ICDCS workshops (the knee).
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from explorer.clustering import Clustering, cluster_colours
from explorer.image import colour
from explorer.skin.settings import PUBLISHED, ToneSettings
from explorer.skin.study import Segmentation, segment
from explorer.util.errors import NotEnoughSkin

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
        """Reading of one sRGB colour, uint8 (3,), by ``published`` or ``cielab``."""
        angle = float(colour.ita(np.asarray(rgb, np.uint8), convention))
        return cls(angle, colour.tone_name(angle), int(colour.group_index(angle)))


@dataclass(frozen=True)
class KneeChoice:
    """Which clustering the study's code takes, and why.

    Attributes
    ----------
    knee : int or None
        k at the knee of the compactness curve (Kneedle, S = 1); None where there is none.
    chosen : int
        Index of the clustering that is used.
    out_of_range : bool
        The knee's k is past the end of the list: the study's code stops with an error there; the
        last clustering is used here instead.
    """

    knee: int | None
    chosen: int
    out_of_range: bool = False


class ToneColour:
    """What follows from a tone's ``colour_rgb`` and ``lab``, however it was found."""

    @property
    def outside_definition(self) -> bool:
        """True where b* <= 0, for which ITA was never defined."""
        return self.lab[2] <= 0

    @property
    def wraps(self) -> bool:
        """True where L8 < 50, so that the published 8-bit subtraction wraps around."""
        return int(colour.rgb_to_lab8(np.uint8(self.colour_rgb))[0]) < 50


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


@dataclass(frozen=True)
class SkinTone(EstimatedTone):
    """An estimate with everything it was made from.

    Attributes
    ----------
    segmentation : Segmentation
    skin_pixels : int
        Skin pixels that are not pure black, at working size.
    clusterings : tuple of Clustering
        One per k.
    choice : KneeChoice
    colour_rgb : tuple of int
        Dominant colour, sRGB 0..255.
    lab : tuple of float
        The same in float CIELAB (D65).
    published, cielab : ToneReading
    settings : ToneSettings
    """

    segmentation: Segmentation
    skin_pixels: int
    clusterings: tuple[Clustering, ...]
    choice: KneeChoice
    colour_rgb: tuple[int, int, int]
    lab: tuple[float, float, float]
    published: ToneReading
    cielab: ToneReading
    settings: ToneSettings

    method = "published"

    @property
    def clustering(self) -> Clustering:
        """The clustering whose most populous centre is the dominant colour."""
        return self.clusterings[self.choice.chosen]

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know before trusting the angle; empty where nothing is unusual."""
        from explorer.steps import tone_notes

        return tone_notes(self)

    @cached_property
    def steps(self) -> tuple:
        """Every step with its picture, sentence and numbers (:mod:`explorer.steps`)."""
        from explorer.steps import tone_steps

        return tone_steps(self)


def estimate_skin_tone(rgb: np.ndarray, settings: ToneSettings = PUBLISHED) -> SkinTone:
    """Estimate skin tone as published. Deterministic.

    Parameters
    ----------
    rgb : uint8, shape (H, W, 3)
    settings : ToneSettings

    Raises
    ------
    NotEnoughSkin
        If less than 2 % of the working image is skin; its ``segmentation`` shows why.
    """
    segmentation = segment(rgb, settings)
    pixels = skin_lab8(segmentation)
    needed = MIN_SKIN_FRACTION * segmentation.skin.size
    if len(pixels) < needed:
        share = len(pixels) / segmentation.skin.size
        raise NotEnoughSkin(
            f"Only {share:.1%} of this image is skin ({MIN_SKIN_FRACTION:.0%} are needed), so its "
            "tone is not estimated; use a picture with more skin around the lesion.",
            segmentation,
        )
    clusterings = cluster_colours(pixels, range(settings.clusters_min, settings.clusters_max + 1))
    choice = choose_clustering(clusterings)
    rgb_dominant = _dominant_colour(clusterings[choice.chosen])
    return SkinTone(
        segmentation=segmentation,
        skin_pixels=len(pixels),
        clusterings=clusterings,
        choice=choice,
        colour_rgb=tuple(int(v) for v in rgb_dominant),
        lab=tuple(float(v) for v in colour.rgb_to_cielab(rgb_dominant)),
        published=ToneReading.of(rgb_dominant, "published"),
        cielab=ToneReading.of(rgb_dominant, "cielab"),
        settings=settings,
    )


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


def choose_clustering(clusterings: tuple[Clustering, ...]) -> KneeChoice:
    """The clustering that the study's code takes: ``results[knee]``, or the last without a knee."""
    from kneed import KneeLocator

    ks = [clustering.k for clustering in clusterings]
    curve = [clustering.compactness for clustering in clusterings]
    last = len(clusterings) - 1
    if max(curve) == min(curve):  # a flat image: nothing to find a knee in
        return KneeChoice(None, last)
    knee = KneeLocator(ks, curve, S=1.0, curve="convex", direction="decreasing").knee
    if knee is None:
        return KneeChoice(None, last)
    if knee > last:
        return KneeChoice(int(knee), last, out_of_range=True)
    return KneeChoice(int(knee), int(knee))


def _dominant_colour(clustering: Clustering) -> np.ndarray:
    """sRGB bytes of the most populous centre, truncated to 8-bit Lab as the study does."""
    centre = clustering.centres[int(np.argmax(clustering.counts))]
    return colour.lab8_to_rgb(centre.astype(np.uint8))
