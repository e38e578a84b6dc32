"""The robust estimator told step by step: each step's picture, one sentence, and its numbers."""

import numpy as np

from explorer.image import colour
from explorer.image.draw import paint, share
from explorer.skin.patches import PATCH
from explorer.skin.robust import RobustSegmentation
from explorer.tone.contract import Estimator, Step
from explorer.tone.resampling import resample_patches
from explorer.tone.robust import ROBUST, RobustTone, estimate_robust

#: Colour of each mask where it is drawn over the image (Okabe and Ito's set).
MASK_COLOURS = {
    "hair": (86, 180, 233),
    "specular": (240, 228, 66),
    "foreign": (204, 121, 167),
    "lesion": (213, 94, 0),
}


def _mask_steps(found: RobustSegmentation) -> tuple[Step, ...]:
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
            (("Field of view", share(found.field)), ("Frame", share(found.frame))),
        ),
        Step(
            "clutter",
            "Hair, reflections, foreign colours",
            "Thin lines (blue), small bright spots (yellow) and colours that are not this "
            "skin's, such as ink (violet), are left out.",
            clutter,
            (
                ("Hair", share(found.hair)),
                ("Reflections", share(found.specular)),
                ("Foreign colours", share(found.foreign)),
            ),
        ),
        Step(
            "lesion",
            "Lesion",
            "The part that is darker in the blue channel, where melanin absorbs most, is left "
            "out with a margin.",
            paint(found.image, found.lesion, MASK_COLOURS["lesion"], 0.6),
            (("Lesion", share(found.lesion)),),
        ),
        Step(
            "skin",
            "Skin only",
            "What is left is plain skin, in its original colours.",
            np.where(found.skin[..., None], found.image, 0).astype(np.uint8),
            (("Skin", share(found.skin)),),
        ),
    )


def _tone_steps(tone: RobustTone) -> tuple[Step, ...]:
    patches = tone.patches
    squares = np.zeros_like(tone.segmentation.image)
    for (row, col), rgb in zip(patches.cell, np.rint(patches.evened).astype(np.uint8)):
        squares[row * PATCH : (row + 1) * PATCH - 1, col * PATCH : (col + 1) * PATCH - 1] = rgb
    change = np.exp(patches.shading)
    evened = Step(
        "patches",
        "Patches, evenly lit",
        "Each square is the median colour of a patch of skin, after a slow change of the light "
        "over the picture was taken out; the median of the squares is the skin's colour.",
        squares,
        (
            ("Patches", f"n = {len(patches.colour):,}"),
            ("Light relative to the middle", f"{change.min():.2f} to {change.max():.2f}"),
        ),
    )
    lightness, a, b = tone.lab
    group = colour.GROUP_NAMES[tone.published.group]
    angle = Step(
        "angle",
        "Skin colour and its angle (ITA)",
        "The angle of lightness against yellowness names the tone; the published 8-bit "
        "arithmetic gives another angle for the same colour.",
        np.full_like(squares, tone.colour_rgb),
        (
            ("RGB", ", ".join(map(str, tone.colour_rgb))),
            ("L*, a*, b*", f"{lightness:.1f}, {a:.1f}, {b:.1f}"),
            ("Float CIELAB", f"{tone.cielab.ita:.1f}°, {tone.cielab.name}"),
            ("As published (8-bit)", f"{tone.published.ita:.1f}°, {tone.published.name}"),
            ("Study's group", f"{tone.published.group} ({group})"),
        ),
    )
    return evened, angle


ESTIMATOR = Estimator(
    key=ROBUST,
    label="Robust (float CIELAB)",
    estimate=lambda rgb, settings: estimate_robust(rgb),
    mask_steps=lambda found, settings: _mask_steps(found),
    tone_steps=_tone_steps,
    notes=RobustTone.estimate_notes,
    resample=resample_patches,
)
