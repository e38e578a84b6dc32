"""A robust skin-tone estimator, beside the published one, in float CIELAB.

The image is averaged down (aspect ratio kept), plain skin is found (:mod:`explorer.robust_mask`),
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
from functools import cached_property

import numpy as np

from explorer.image import colour
from explorer.robust_mask import RobustSegmentation, segment_robust
from explorer.skintone import MIN_SKIN_FRACTION, EstimatedTone, ToneReading
from explorer.util.errors import NotEnoughSkin

#: Side of a patch in pixels of the working image, and the share of it that must be skin.
PATCH = 8
PATCH_SKIN = 0.5
#: Fewer patches than this make no estimate.
MIN_PATCHES = 8
#: Radius, as a share of the side, beyond which light may fall off towards the corners.
FALLOFF_START = 0.35
#: Ridge penalties of slope x, slope y and fall-off: they only matter where skin lies on one side.
_RIDGE = np.diag([0.0, 2.0, 2.0, 0.01])


@dataclass(frozen=True)
class Patches:
    """Patches of skin; n of them.

    Attributes
    ----------
    colour : float64 (n, 3)
        Median sRGB of the skin pixels in the patch, 0..255, as seen.
    position : float64 (n, 2)
        Centre x, y as shares of each side, 0 in the middle of the image.
    cell : int64 (n, 2)
        Row and column in the grid of patches.
    shading : float64 (n,)
        Fitted logarithm of the patch's brightness relative to the middle; 0 where not fitted.
    """

    colour: np.ndarray
    position: np.ndarray
    cell: np.ndarray
    shading: np.ndarray

    @property
    def evened(self) -> np.ndarray:
        """Colours with the shading taken out, float64 (n, 3), 0..255."""
        return np.clip(self.colour * np.exp(-self.shading)[:, None], 0, 255)


@dataclass(frozen=True)
class RobustTone(EstimatedTone):
    """A robust estimate with everything it was made from.

    The same names as :class:`explorer.skintone.SkinTone`, so that either can be shown.

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
    """

    segmentation: RobustSegmentation
    patches: Patches
    skin_pixels: int
    colour_rgb: tuple[int, int, int]
    lab: tuple[float, float, float]
    published: ToneReading
    cielab: ToneReading

    method = "robust"

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know before trusting the angle; empty where nothing is unusual."""
        from explorer.robust_steps import robust_notes

        return robust_notes(self)

    @cached_property
    def steps(self) -> tuple:
        """Every step with its picture, sentence and numbers (:class:`explorer.steps.Step`)."""
        from explorer.robust_steps import robust_steps

        return robust_steps(self)


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
            "the robust method; use a picture with more skin around the lesion.", found)
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
        published=ToneReading.of(rounded, "published"),
        cielab=ToneReading(angle, colour.tone_name(angle), int(colour.group_index(angle))),
    )


def skin_patches(image: np.ndarray, skin: np.ndarray, even: bool = True) -> Patches:
    """Median colours of the patches that are skin by at least half.

    Parameters
    ----------
    image : uint8 (H, W, 3)
    skin : bool (H, W)
    even : bool
        Whether to fit the shading.
    """
    height, width = skin.shape
    rows, cols = height // PATCH, width // PATCH
    pixels = _tiles(image, rows, cols).astype(np.float32)
    inside = _tiles(skin[..., None], rows, cols)[..., 0]
    good = np.flatnonzero(inside.sum(axis=1) >= PATCH_SKIN * PATCH**2)
    pixels, inside = pixels[good], inside[good]
    pixels[~inside] = np.nan
    # sorting puts NaN last: the median of each patch lies in the middle of its skin pixels
    pixels.sort(axis=1)
    count, which = inside.sum(axis=1), np.arange(len(good))
    colours = (pixels[which, (count - 1) // 2] + pixels[which, count // 2]) / 2.0
    cell = np.stack(np.divmod(good, max(cols, 1)), axis=1)
    position = (cell[:, ::-1] + 0.5) * PATCH / np.array([width, height]) - 0.5
    flat = np.zeros(len(good))
    shading = fit_shading(colours, position) if even and len(good) >= MIN_PATCHES else flat
    return Patches(colours.astype(float), position, cell, shading)


def fit_shading(colours: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Logarithm of each patch's brightness relative to the middle of the image, float64 (n,).

    One slope and one radial fall-off for all channels, by Huber-weighted least squares with a
    slight ridge penalty.
    """
    level = np.log(np.maximum(colours, 1.0)).mean(axis=1)
    fall = np.maximum(np.hypot(*position.T) - FALLOFF_START, 0) ** 2
    terms = np.column_stack([np.ones(len(level)), position, fall])
    weight = np.ones(len(level))
    for _ in range(6):
        weighted = terms.T * weight
        fitted = np.linalg.solve(weighted @ terms + _RIDGE + 1e-9 * np.eye(4), weighted @ level)
        missed = np.abs(level - terms @ fitted)
        scale = 1.4826 * np.median(missed) + 1e-6
        weight = np.minimum(1, scale / np.maximum(missed, 1e-9))
    return terms[:, 1:] @ fitted[1:]


def _tiles(array: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """Non-overlapping patches of (H, W, C) as (rows * cols, PATCH^2, C)."""
    cut = array[:rows * PATCH, :cols * PATCH]
    cut = cut.reshape(rows, PATCH, cols, PATCH, array.shape[2]).transpose(0, 2, 1, 3, 4)
    return cut.reshape(rows * cols, PATCH**2, array.shape[2])
