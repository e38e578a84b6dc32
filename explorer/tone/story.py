"""The estimator told step by step: each step's picture, one sentence, and its numbers.

Pictures are uint8 RGB at the working size of the estimator; masks are drawn white on black.
"""

from dataclasses import dataclass

import numpy as np

from explorer.image import colour
from explorer.image.draw import _contour, _mask, _stretch
from explorer.skin.settings import ToneSettings
from explorer.skin.study import Segmentation
from explorer.tone.study import SkinTone


@dataclass(frozen=True)
class Step:
    """One step of the estimate.

    Attributes
    ----------
    key : str
        Stable name, e.g. "clahe".
    title, explanation : str
    picture : uint8 (H, W, 3)
    numbers : tuple of (str, str)
        Label and value, as they are shown.
    """

    key: str
    title: str
    explanation: str
    picture: np.ndarray
    numbers: tuple[tuple[str, str], ...]


def segmentation_steps(found: Segmentation, settings: ToneSettings) -> tuple[Step, ...]:
    """The steps up to the skin mask; they exist even where no tone can be estimated."""
    return (*_light_steps(found, settings), *_mask_steps(found, settings))


def _light_steps(found: Segmentation, settings: ToneSettings) -> tuple[Step, ...]:
    return (
        Step(
            "resized",
            "Resized image",
            "The image is squeezed to a fixed size; its aspect ratio is not kept.",
            found.image,
            (("Size", f"{found.skin.shape[1]} x {found.skin.shape[0]} px"),),
        ),
        Step(
            "clahe",
            "Local contrast (CLAHE)",
            "Lightness is equalised tile by tile, so that hair and lesion stand out; this picture "
            "only helps to find them, no colour is read from it.",
            found.equalised,
            (
                ("Clip limit", f"{settings.clahe_clip:g}"),
                ("Tiles", f"{settings.clahe_tiles} x {settings.clahe_tiles}"),
            ),
        ),
        Step(
            "blackhat",
            "Black-hat response",
            "Thin dark lines on a lighter ground answer brightly; a wide lesion does not.",
            _stretch(found.blackhat),
            (
                ("Kernel", f"{settings.blackhat_kernel} x {settings.blackhat_kernel} px cross"),
                ("Highest response", f"{int(found.blackhat.max())} of 255"),
            ),
        ),
        Step(
            "hair",
            "Hair mask",
            "A response above the threshold counts as hair.",
            _mask(found.hair),
            (("Threshold", f"{settings.hair_threshold} of 255"), ("Hair", _share(found.hair))),
        ),
    )


def _mask_steps(found: Segmentation, settings: ToneSettings) -> tuple[Step, ...]:
    return (
        Step(
            "value",
            "Brightness with Otsu's threshold",
            "With hair blackened, Otsu's method splits bright from dark; the threshold is drawn "
            "as a contour.",
            _contour(found.value, found.otsu_threshold),
            (("Otsu threshold", f"{found.otsu_threshold:.0f} of 255"),),
        ),
        Step(
            "pigment",
            "Pigment mask",
            "The dark part is opened, widened and closed, so that specks go and a margin around "
            "the lesion is kept out of the skin.",
            _mask(found.pigment),
            (
                ("Open, dilate, close", f"{settings.morphology_iterations} times each"),
                ("Pigment", _share(found.pigment)),
            ),
        ),
        Step(
            "skin",
            "Skin only",
            "What is neither pigment nor hair is taken as skin, in its original colours.",
            np.where(found.skin[..., None], found.image, 0).astype(np.uint8),
            (("Skin", _share(found.skin)),),
        ),
    )


def tone_steps(tone: "SkinTone") -> tuple[Step, ...]:
    """All steps of an estimate, from the resized image to the group."""
    return (
        *segmentation_steps(tone.segmentation, tone.settings),
        _cluster_step(tone),
        _colour_step(tone),
        _angle_step(tone),
    )


def _cluster_step(tone: "SkinTone") -> Step:
    best = tone.clustering
    knee = "none" if tone.choice.knee is None else f"k = {tone.choice.knee}"
    largest = best.counts.max() / best.counts.sum()
    return Step(
        "clusters",
        "Colour clusters",
        "Skin colours are grouped by k-means; the study's code looks up the knee k in a list that "
        "starts at its smallest k, and so takes a finer grouping than the knee asks for.",
        _posterised(tone),
        (
            ("Knee of the curve", knee),
            ("Clustering used", f"k = {best.k}"),
            ("Largest cluster", f"{largest:.0%} of n = {tone.skin_pixels:,} px"),
        ),
    )


def _colour_step(tone: "SkinTone") -> Step:
    red, green, blue = tone.colour_rgb
    lightness, a, b = tone.lab
    return Step(
        "colour",
        "Dominant colour",
        "The centre of the most populous cluster stands for the skin.",
        _swatch(tone),
        (("RGB", f"{red}, {green}, {blue}"), ("L*, a*, b*", f"{lightness:.1f}, {a:.1f}, {b:.1f}")),
    )


def _angle_step(tone: "SkinTone") -> Step:
    lab8 = colour.rgb_to_lab8(np.uint8(tone.colour_rgb))
    group = colour.GROUP_NAMES[tone.published.group]
    return Step(
        "angle",
        "Individual typology angle (ITA)",
        "The angle of lightness against yellowness names the tone; in 8-bit arithmetic, as "
        "published, it comes out different from the definition on float CIELAB.",
        _swatch(tone),
        (
            ("As published (8-bit)", f"{tone.published.ita:.1f}°, {tone.published.name}"),
            ("Float CIELAB", f"{tone.cielab.ita:.1f}°, {tone.cielab.name}"),
            ("Study's group", f"{tone.published.group} ({group})"),
            ("L8, b8", f"{lab8[0]}, {lab8[2]}"),
        ),
    )


def tone_notes(tone: "SkinTone") -> tuple[str, ...]:
    """One sentence for each thing that makes this estimate unusual."""
    notes = []
    if tone.outside_definition:
        notes.append(
            "b* is not positive (the skin looks violet or blue here), which the definition of ITA "
            "does not cover: read both angles with care."
        )
    if tone.wraps:
        notes.append(
            "This colour is so dark that the published 8-bit subtraction wraps around and files "
            "it under a light tone."
        )
    if tone.choice.out_of_range:
        notes.append(
            f"The knee at k = {tone.choice.knee} points past the end of the study's list, where "
            "its code would stop; the last clustering is used here."
        )
    if tone.choice.knee is None:
        notes.append("The compactness curve has no knee; the last clustering is used.")
    if tone.skin_coloured < 0.5:
        notes.append(
            f"Only {tone.skin_coloured:.0%} of the pixels counted as skin have a colour that skin "
            "can have: is this a picture of skin?"
        )
    return tuple(notes)


def _share(mask: np.ndarray) -> str:
    return f"{mask.mean():.1%} of {mask.size:,} px"


def _posterised(tone: "SkinTone") -> np.ndarray:
    """Every skin pixel painted in the colour of its cluster; the rest black."""
    lab8 = colour.rgb_to_lab8(tone.segmentation.image).astype(np.float32)
    centres = tone.clustering.centres
    distances = ((lab8[:, :, None, :] - centres) ** 2).sum(axis=3)
    owner = distances.argmin(axis=2)
    picture = colour.lab8_to_rgb(centres.astype(np.uint8))[owner]
    picture[~tone.segmentation.skin] = 0
    return picture


def _swatch(tone: "SkinTone") -> np.ndarray:
    height, width = tone.segmentation.skin.shape
    return np.full((height, width, 3), tone.colour_rgb, np.uint8)
