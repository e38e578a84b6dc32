"""The robust estimate told step by step, as :mod:`explorer.tone.story` does for the published one."""

import numpy as np

from explorer.image import colour
from explorer.image.draw import _share, paint
from explorer.skin.patches import PATCH
from explorer.skin.robust import RobustSegmentation
from explorer.tone.robust import RobustTone
from explorer.tone.story import Step

#: Colour of each mask where it is drawn over the image (Okabe and Ito's set).
MASK_COLOURS = {
    "hair": (86, 180, 233),
    "specular": (240, 228, 66),
    "foreign": (204, 121, 167),
    "lesion": (213, 94, 0),
}


def robust_mask_steps(found: RobustSegmentation) -> tuple[Step, ...]:
    """The steps up to the skin mask; they exist even where no tone can be estimated."""
    clutter = found.image
    for name in ("hair", "specular", "foreign"):
        clutter = paint(clutter, getattr(found, name), MASK_COLOURS[name])
    height, width = found.skin.shape
    return (
        Step(
            "resized",
            "Working image",
            "The image is averaged down; its aspect ratio is kept.",
            found.image,
            (("Size", f"{width} x {height} px"),),
        ),
        Step(
            "field",
            "Field of view",
            "Frame, dark corners and the outermost rim are left out.",
            np.where(found.field[..., None], found.image, found.image // 4),
            (("Field of view", _share(found.field)), ("Frame", _share(found.frame))),
        ),
        Step(
            "clutter",
            "Hair, reflections, foreign colours",
            "Thin lines (blue), small bright spots (yellow) and colours that are not this "
            "skin's, such as ink (violet), are left out.",
            clutter,
            (
                ("Hair", _share(found.hair)),
                ("Reflections", _share(found.specular)),
                ("Foreign colours", _share(found.foreign)),
            ),
        ),
        Step(
            "lesion",
            "Lesion",
            "The part that is darker in the blue channel, where melanin absorbs most, is left "
            "out with a margin.",
            paint(found.image, found.lesion, MASK_COLOURS["lesion"], 0.6),
            (("Lesion", _share(found.lesion)),),
        ),
        Step(
            "skin",
            "Skin only",
            "What is left is plain skin, in its original colours.",
            np.where(found.skin[..., None], found.image, 0).astype(np.uint8),
            (("Skin", _share(found.skin)),),
        ),
    )


def robust_steps(tone: "RobustTone") -> tuple[Step, ...]:
    """All steps of a robust estimate, from the working image to the angle."""
    return (*robust_mask_steps(tone.segmentation), _patch_step(tone), _colour_step(tone))


def _patch_step(tone: "RobustTone") -> Step:
    patches = tone.patches
    change = np.exp(patches.shading)
    return Step(
        "patches",
        "Patches, evenly lit",
        "Each square is the median colour of a patch of skin, after a slow change of the light "
        "over the picture was taken out; the median of the squares is the skin's colour.",
        _patch_picture(tone),
        (
            ("Patches", f"n = {len(patches.colour):,}"),
            ("Light relative to the middle", f"{change.min():.2f} to {change.max():.2f}"),
        ),
    )


def _patch_picture(tone: "RobustTone") -> np.ndarray:

    picture = np.zeros_like(tone.segmentation.image)
    for (row, col), rgb in zip(tone.patches.cell, np.rint(tone.patches.evened).astype(np.uint8)):
        picture[row * PATCH : (row + 1) * PATCH - 1, col * PATCH : (col + 1) * PATCH - 1] = rgb
    return picture


def _colour_step(tone: "RobustTone") -> Step:
    lightness, a, b = tone.lab
    height, width = tone.segmentation.skin.shape
    return Step(
        "angle",
        "Skin colour and its angle (ITA)",
        "The angle of lightness against yellowness names the tone; the published 8-bit "
        "arithmetic gives another angle for the same colour.",
        np.full((height, width, 3), tone.colour_rgb, np.uint8),
        (
            ("RGB", ", ".join(map(str, tone.colour_rgb))),
            ("L*, a*, b*", f"{lightness:.1f}, {a:.1f}, {b:.1f}"),
            ("Float CIELAB", f"{tone.cielab.ita:.1f}°, {tone.cielab.name}"),
            ("As published (8-bit)", f"{tone.published.ita:.1f}°, {tone.published.name}"),
            (
                "Study's group",
                f"{tone.published.group} ({colour.GROUP_NAMES[tone.published.group]})",
            ),
        ),
    )


def robust_notes(tone: "RobustTone") -> tuple[str, ...]:
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
    if tone.skin_coloured < 0.5:
        notes.append(
            f"Only {tone.skin_coloured:.0%} of the pixels counted as skin have a colour that skin "
            "can have: is this a picture of skin?"
        )
    return tuple(notes)
