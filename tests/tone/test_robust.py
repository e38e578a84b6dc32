"""The robust estimator: against known synthetic skin, expert masks and its own promises."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from explorer.image import colour
from explorer.image.read import read_image
from explorer.skin import robust as robust_mask
from explorer.skin.patches import fit_shading, skin_patches
from explorer.skin.robust import segment_robust
from explorer.synthetic import LesionSpec, draw_lesion
from explorer.synthetic.spec import TONE_RANGES
from explorer.tone import estimators
from explorer.tone.contract import Step
from explorer.tone.robust import estimate_robust
from explorer.tone.study import SkinTone, estimate_skin_tone
from explorer.util.errors import NotEnoughSkin

MIDDLES = [sum(ends) / 2 for ends in TONE_RANGES]
HARD = LesionSpec(hair=20, vignette=0.6, gradient=0.25, noise=3.0, kind="irregular", seed=5)


@pytest.fixture(scope="module")
def light():
    return draw_lesion(LesionSpec(ita=48, seed=2))


def test_flat_colour_is_returned_as_it_is():
    rgb = np.full((200, 300, 3), (200, 150, 120), np.uint8)
    tone = estimate_robust(rgb)
    assert tone.colour_rgb == (200, 150, 120)
    assert tone.cielab.ita == pytest.approx(float(colour.ita(rgb[0, 0], "cielab")), abs=1e-6)
    assert tone.published.ita == float(colour.ita(rgb[0, 0], "published"))
    assert tone.segmentation.skin.shape == (128, 192)  # longest side 192, aspect kept


@pytest.mark.parametrize("ita", MIDDLES)
def test_every_tone_is_found_under_artefacts(ita):
    drawn = draw_lesion(replace(HARD, ita=ita))
    assert estimate_robust(drawn.image).cielab.ita == pytest.approx(drawn.truth.ita, abs=3)


@pytest.mark.parametrize(
    "change",
    [
        {"hair": 25},
        {"hair": 25, "hair_colour": "light"},
        {"vignette": 0.7},
        {"frame": "white"},
        {"frame": "black"},
        {"specular": 0.8},
        {"ruler": True},
        {"blur": 1.5},
    ],
)
def test_artefacts_move_the_angle_little(light, change):
    changed = draw_lesion(replace(light.spec, **change))
    assert estimate_robust(changed.image).cielab.ita == pytest.approx(light.truth.ita, abs=2)


def test_white_frame_can_be_the_published_estimate_but_never_the_robust_one(light):
    missed = []
    for ita in MIDDLES:
        framed = draw_lesion(replace(light.spec, ita=ita, frame="white"))
        missed.append(
            [
                abs(estimate(framed.image).cielab.ita - framed.truth.ita)
                for estimate in (estimate_skin_tone, estimate_robust)
            ]
        )
    published, robust = np.max(missed, axis=0)
    assert published > 20 and robust < 2


def test_masks_are_on_what_they_name(light):
    drawn = draw_lesion(replace(light.spec, hair=20, frame="black"))
    found = segment_robust(drawn.image)
    size = found.skin.shape[::-1]

    def small(mask):
        return cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)

    assert found.skin[small(drawn.lesion_mask) > 0.5].mean() < 0.01
    assert found.skin[small(drawn.hair_mask) > 0.6].mean() < 0.2
    assert found.lesion[small(drawn.lesion_mask) > 0.9].mean() > 0.9
    assert found.frame[:8, :8].all() and not found.frame[60:130, 60:130].any()
    assert found.skin[small(drawn.skin_mask) > 0.99].mean() > 0.6


def test_no_lesion_is_found_on_bare_skin():
    assert not segment_robust(draw_lesion(LesionSpec(kind="none", seed=4)).image).lesion.any()


def test_ink_is_not_skin(light):
    rgb = light.image.copy()
    cv2.circle(rgb, (90, 420), 30, (70, 40, 160), -1)
    found = segment_robust(rgb)
    y, x = (round(v * found.skin.shape[0] / 512) for v in (420, 90))
    assert not found.skin[y - 6 : y + 7, x - 6 : x + 7].any()


def test_shading_fit_recovers_a_known_slope_and_falloff():
    rng = np.random.default_rng(0)
    position = rng.uniform(-0.5, 0.5, (400, 2))
    fall = np.maximum(np.hypot(*position.T) - 0.35, 0) ** 2
    true = 0.3 * position[:, 0] - 0.2 * position[:, 1] - 4 * fall
    colours = np.exp(true)[:, None] * [180, 130, 100] * np.exp(rng.normal(0, 0.01, (400, 1)))
    colours[:40] *= 0.6  # outliers, such as remains of a lesion
    assert np.abs(fit_shading(colours, position) - true).max() < 0.06  # of up to 0.44


def test_patch_colours_are_plain_medians(light):
    found = segment_robust(light.image)
    patches = skin_patches(found.image, found.skin)
    for (row, col), rgb in list(zip(patches.cell, patches.colour))[::40]:
        part = slice(8 * row, 8 * row + 8), slice(8 * col, 8 * col + 8)
        inside = found.image[part][found.skin[part]]
        assert len(inside) >= 32
        assert rgb == pytest.approx(np.median(inside, axis=0))


def test_estimate_is_deterministic_and_has_the_names_of_the_published_one(light):
    first, second = estimate_robust(light.image), estimate_robust(light.image)
    assert first.lab == second.lab and first.colour_rgb == second.colour_rgb
    public = {name for name in dir(estimate_skin_tone(light.image)) if not name.startswith("_")}
    assert public - set(dir(first)) <= {"clusterings", "clustering", "choice", "settings"}
    assert isinstance(estimate_skin_tone(light.image), SkinTone) and first.method == "robust"


def test_steps_hold_pictures_sentences_and_numbers(light):
    steps = estimators.ESTIMATORS["robust"].steps(estimate_robust(light.image))
    assert len({step.key for step in steps}) == len(steps) >= 6
    for step in steps:
        assert isinstance(step, Step)
        assert step.picture.dtype == np.uint8 and step.picture.shape == steps[0].picture.shape
        assert step.explanation.endswith(".") and all(value for _, value in step.numbers)


def test_dark_violet_skin_is_noted():
    tone = estimate_robust(np.full((100, 100, 3), (40, 36, 60), np.uint8))
    assert tone.outside_definition and tone.wraps
    assert any("b*" in note for note in estimators.notes(tone)) and any(
        "wraps" in note for note in estimators.notes(tone)
    )


def test_too_little_skin_says_so_and_shows_why():
    black = np.zeros((128, 128, 3), np.uint8)
    black[40:60, 40:60] = (200, 150, 120)
    with pytest.raises(NotEnoughSkin, match="robust method") as caught:
        estimate_robust(black)
    assert caught.value.segmentation.skin.shape == (128, 128)


@pytest.mark.parametrize("shape", [(64, 64), (64, 900), (333, 77)])
def test_any_shape_has_an_answer(shape):
    rgb = np.full((*shape, 3), (180, 140, 110), np.uint8)
    image = robust_mask.working_image(rgb)
    assert max(image.shape[:2]) <= robust_mask.WORKING_SIDE
    try:
        assert estimate_robust(rgb).colour_rgb == (180, 140, 110)
    except NotEnoughSkin:
        assert shape == (64, 900)  # 14 pixels high: no patch of skin inside the rim


@pytest.mark.slow
def test_experts_lesion_is_seldom_counted_as_skin(shared):
    """Published mask on the same images: more than half of the lesion counts as skin."""
    leak, plain = [], []
    for path in sorted((shared / "segmentation").glob("*.jpg"))[::5]:
        rgb = read_image(path).rgb
        expert = cv2.imread(str(path.with_name(path.stem + "_lesion.png")), cv2.IMREAD_GRAYSCALE)
        for values, skin in (
            (leak, segment_robust(rgb).skin),
            (plain, estimate_skin_tone(rgb).segmentation.skin),
        ):
            truth = cv2.resize(expert, skin.shape[::-1], interpolation=cv2.INTER_AREA) > 127
            values.append((skin & truth).sum() / truth.sum())
    assert np.mean(leak) < 0.15 < np.mean(plain)
