"""A robust skin-tone estimator, beside the published one, in float CIELAB.

The image is averaged down (aspect ratio kept), plain skin is found (:mod:`explorer.skin.robust`),
and cut into patches of 8x8 pixels. Each patch with enough skin has a median colour; slow changes
of the light over the picture (a slope, and a fall-off towards the corners) are fitted to the
patches' brightness and taken out, so that all patches stand for light as in the middle; the tone
is the median of the patches, channel by channel. Every threshold is fixed; nothing is random.

Where it comes from: skin outside a segmented lesion [1]_, medians of structured patches with the
rim left out [2]_; a simple model of the shading, as is customary in dermoscopy before segmentation
[3]_. Colour constancy by shades of gray [4]_ was measured and rejected: skin fills most of a
dermoscopic picture, so it takes the skin's own colour for the light's and removes the tone
(``python -m explorer.benchmarks.tone``). Reviews of ITA from dermoscopic images, and why no
estimator can undo an unknown exposure: [5]_, [6]_.

References
----------
.. [1] Kinyanjui et al. (2020), "Fairness of classifiers across skin tones in dermatology", MICCAI.
.. [2] Corbin, Marques (2022), "Exploring strategies to generate Fitzpatrick skin type metadata for
   dermoscopic images using individual typology angle techniques", Multimedia Tools Appl.
.. [3] Cavalcanti, Scharcanski (2011), "Automated prescreening of pigmented skin lesions using
   standard cameras", Computerized Medical Imaging and Graphics 35(6) (shading attenuation).
.. [4] Finlayson, Trezzi (2004), "Shades of gray and colour constancy", Color Imaging Conference.
.. [5] Kalb et al. (2023), "Revisiting skin tone fairness in dermatological lesion classification",
   arXiv 2308.09640.
.. [6] Bencevic et al. (2026), "Colorimeter-supervised skin tone estimation from dermatoscopic
   images for fairness auditing", arXiv 2602.10265.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from explorer.image import colour
from explorer.skin.patches import MIN_PATCHES, Patches, skin_patches
from explorer.skin.robust import RobustSegmentation, segment_robust
from explorer.tone.reading import MIN_SKIN_FRACTION, EstimatedTone, ToneReading
from explorer.util.errors import NotEnoughSkin

#: Its key in links, files and JSON.
ROBUST = "robust"


@dataclass(frozen=True)
class RobustTone(EstimatedTone):
    """A robust estimate with everything it was made from.

    The same names as :class:`explorer.tone.study.SkinTone`, so that either can be shown.

    Attributes
    ----------
    segmentation : RobustSegmentation
    patches : Patches
    skin_pixels : int
        At working size.
    colour_rgb : tuple of int
        Skin colour, sRGB 0..255, rounded.
    lab : tuple of float
        Float CIELAB (D65) of the colour before rounding.
    published, cielab : ToneReading
        The published angle is computed on the rounded colour, the float one on ``lab``.
    as_stored : RobustTone or None
        See :class:`explorer.tone.reading.ToneColour`.
    """

    segmentation: RobustSegmentation
    patches: Patches
    skin_pixels: int
    colour_rgb: tuple[int, int, int]
    lab: tuple[float, float, float]
    published: ToneReading
    cielab: ToneReading
    as_stored: Self | None = None

    method = ROBUST


def estimate_robust(rgb: np.ndarray) -> RobustTone:
    """Estimate skin tone from patches of plain skin. Deterministic.

    Parameters
    ----------
    rgb : uint8, shape (H, W, 3), both sides at least 64

    Raises
    ------
    NotEnoughSkin
        If less than 2 % of the working image, or fewer than 8 patches, are plain skin; its
        ``segmentation`` shows why.
    """
    found = segment_robust(rgb)
    patches = skin_patches(found.image, found.skin)
    count = int(found.skin.sum())
    if count < MIN_SKIN_FRACTION * found.skin.size or len(patches.colour) < MIN_PATCHES:
        raise NotEnoughSkin(
            f"Only {count / found.skin.size:.1%} of this image is plain, evenly lit skin "
            f"({MIN_SKIN_FRACTION:.0%} in patches are needed), so its tone is not estimated by "
            "the robust method; use a picture with more skin around the lesion.",
            found,
        )
    exact = np.median(patches.evened, axis=0)
    rounded = np.rint(exact).astype(np.uint8)
    lab = colour.rgb_to_cielab(exact / 255)
    angle = float(colour.ita_cielab(lab))
    return RobustTone(
        segmentation=found,
        patches=patches,
        skin_pixels=count,
        colour_rgb=tuple(int(v) for v in rounded),
        lab=tuple(float(v) for v in lab),
        published=ToneReading.of(rounded, colour.EIGHT_BIT),
        cielab=ToneReading(angle, colour.tone_name(angle), int(colour.group_index(angle))),
    )
