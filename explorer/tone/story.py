"""The study's estimator told step by step: each step's picture, one sentence, and its numbers."""

import numpy as np

from explorer.image import colour
from explorer.image.draw import contour, share, stretch, white_on_black
from explorer.skin.settings import ToneSettings
from explorer.skin.study import Segmentation
from explorer.tone.contract import Estimator, Step
from explorer.tone.resampling import resample_clusters
from explorer.tone.study import STUDY, SkinTone, estimate_skin_tone


def _mask_steps(found: Segmentation, settings: ToneSettings) -> tuple[Step, ...]:
    return *_hair_steps(found, settings), *_pigment_steps(found, settings)


def _hair_steps(found: Segmentation, settings: ToneSettings) -> tuple[Step, ...]:
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
            stretch(found.blackhat),
            (
                ("Kernel", f"{settings.blackhat_kernel} x {settings.blackhat_kernel} px cross"),
                ("Highest response", f"{int(found.blackhat.max())} of 255"),
            ),
        ),
        Step(
            "hair",
            "Hair mask",
            "A response above the threshold counts as hair.",
            white_on_black(found.hair),
            (("Threshold", f"{settings.hair_threshold} of 255"), ("Hair", share(found.hair))),
        ),
    )


def _pigment_steps(found: Segmentation, settings: ToneSettings) -> tuple[Step, ...]:
    return (
        Step(
            "value",
            "Brightness with Otsu's threshold",
            "With hair blackened, Otsu's method splits bright from dark; the threshold is drawn "
            "as a contour.",
            contour(found.value, found.otsu_threshold),
            (("Otsu threshold", f"{found.otsu_threshold:.0f} of 255"),),
        ),
        Step(
            "pigment",
            "Pigment mask",
            "The dark part is opened, widened and closed, so that specks go and a margin around "
            "the lesion is kept out of the skin.",
            white_on_black(found.pigment),
            (
                ("Open, dilate, close", f"{settings.morphology_iterations} times each"),
                ("Pigment", share(found.pigment)),
            ),
        ),
        Step(
            "skin",
            "Skin only",
            "What is neither pigment nor hair is taken as skin, in its original colours.",
            np.where(found.skin[..., None], found.image, 0).astype(np.uint8),
            (("Skin", share(found.skin)),),
        ),
    )


def _cluster_step(tone: SkinTone) -> Step:
    best, lab8 = tone.clustering, colour.rgb_to_lab8(tone.segmentation.image).astype(np.float32)
    owner = ((lab8[:, :, None, :] - best.centres) ** 2).sum(axis=3).argmin(axis=2)
    posterised = colour.lab8_to_rgb(best.centres.astype(np.uint8))[owner]
    posterised[~tone.segmentation.skin] = 0
    knee = "none" if tone.choice.knee is None else f"k = {tone.choice.knee}"
    largest = best.counts.max() / best.counts.sum()
    return Step(
        "clusters",
        "Colour clusters",
        "Skin colours are grouped by k-means; the study's code looks up the knee k in a list that "
        "starts at its smallest k, and so takes a finer grouping than the knee asks for.",
        posterised,
        (
            ("Knee of the curve", knee),
            ("Clustering used", f"k = {best.k}"),
            ("Largest cluster", f"{largest:.0%} of n = {tone.skin_pixels:,} px"),
        ),
    )


def _colour_steps(tone: SkinTone) -> tuple[Step, Step]:
    swatch = np.full_like(tone.segmentation.image, tone.colour_rgb)
    red, green, blue = tone.colour_rgb
    lightness, a, b = tone.lab
    dominant = Step(
        "colour",
        "Dominant colour",
        "The centre of the most populous cluster stands for the skin.",
        swatch,
        (("RGB", f"{red}, {green}, {blue}"), ("L*, a*, b*", f"{lightness:.1f}, {a:.1f}, {b:.1f}")),
    )
    lab8 = colour.rgb_to_lab8(np.uint8(tone.stored_rgb))
    group = colour.GROUP_NAMES[tone.published.group]
    angle = Step(
        "angle",
        "Individual typology angle (ITA)",
        "The angle of lightness against yellowness names the tone; in 8-bit arithmetic, as "
        "published, it comes out different from the definition on float CIELAB.",
        swatch,
        (
            ("As published (8-bit)", f"{tone.published.ita:.1f}°, {tone.published.name}"),
            ("Float CIELAB", f"{tone.cielab.ita:.1f}°, {tone.cielab.name}"),
            ("Study's group", f"{tone.published.group} ({group})"),
            ("L8, b8", f"{lab8[0]}, {lab8[2]}"),
        ),
    )
    return dominant, angle


def _notes(tone: SkinTone) -> tuple[str, ...]:
    notes = []
    if tone.choice.out_of_range:
        notes.append(
            f"The knee at k = {tone.choice.knee} points past the end of the study's list, where "
            "its code would stop; the last clustering is used here."
        )
    if tone.choice.knee is None:
        notes.append("The compactness curve has no knee; the last clustering is used.")
    return tone.estimate_notes(*notes)


ESTIMATOR = Estimator(
    key=STUDY,
    label="As published",
    estimate=estimate_skin_tone,
    mask_steps=_mask_steps,
    tone_steps=lambda tone: (_cluster_step(tone), *_colour_steps(tone)),
    notes=_notes,
    resample=resample_clusters,
    words=("study",),
    tunable=True,
)
