"""The study's skin-tone estimator: image -> skin -> colours -> dominant colour -> ITA.

Reproduced from its pixels (FACTS section 4), its slip included: the list of k-means results is
indexed by the knee's k itself, so a knee at k takes the result of k + 3.

References
----------
Satopaa et al. (2011), "Finding a 'kneedle' in a haystack", ICDCS workshops (the knee).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from explorer.image import colour
from explorer.skin.settings import PUBLISHED, ToneSettings
from explorer.skin.study import Segmentation, segment
from explorer.tone.clustering import Clustering, cluster_colours
from explorer.tone.reading import MIN_SKIN_FRACTION, EstimatedTone, ToneReading, skin_lab8
from explorer.util import lazy
from explorer.util.errors import NotEnoughSkin

kneed = lazy.load("kneed")

#: Its key in links, files and JSON, from before there were other estimators.
STUDY = "published"


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
    as_stored : SkinTone or None
        See :class:`explorer.tone.reading.ToneColour`.
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
    as_stored: Self | None = None

    method = STUDY

    @property
    def clustering(self) -> Clustering:
        """The clustering whose most populous centre is the dominant colour."""
        return self.clusterings[self.choice.chosen]


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
        published=ToneReading.of(rgb_dominant, colour.EIGHT_BIT),
        cielab=ToneReading.of(rgb_dominant, colour.CIELAB),
        settings=settings,
    )


def choose_clustering(clusterings: tuple[Clustering, ...]) -> KneeChoice:
    """The clustering that the study's code takes: ``results[knee]``, or the last without a knee."""
    ks = [clustering.k for clustering in clusterings]
    curve = [clustering.compactness for clustering in clusterings]
    last = len(clusterings) - 1
    if max(curve) == min(curve):  # a flat image: nothing to find a knee in
        return KneeChoice(None, last)
    knee = kneed.KneeLocator(ks, curve, S=1.0, curve="convex", direction="decreasing").knee
    if knee is None:
        return KneeChoice(None, last)
    if knee > last:
        return KneeChoice(int(knee), last, out_of_range=True)
    return KneeChoice(int(knee), int(knee))


def _dominant_colour(clustering: Clustering) -> np.ndarray:
    """sRGB bytes of the most populous centre, truncated to 8-bit Lab as the study does."""
    centre = clustering.centres[int(np.argmax(clustering.counts))]
    return colour.lab8_to_rgb(centre.astype(np.uint8))
