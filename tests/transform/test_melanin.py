"""The melanin transform: its physics, that targets are reached, and that nothing else changes."""

import cv2
import numpy as np
import pytest

from explorer.image import colour
from explorer.image.read import read_image
from explorer.lesion.lesion import read_tone
from explorer.tone.study import estimate_skin_tone
from explorer.transform.absorption import ABSORPTION, KNEE, Change, lookup_table, reachable, solve
from explorer.transform.melanin import FEATHER, apply, feather, transform
from explorer.util.errors import ExplorerError

#: FACTS section 5: measured on two lesions, all reached.
TARGETS = (41, 28, 10, -10, -30, -45)
SKIN = (232, 182, 144)


def linear(rgb):
    """sRGB's transfer function, IEC 61966-2-1, by OpenCV-free arithmetic of this test."""
    value = np.asarray(rgb, float) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


@pytest.fixture
def lesion(lesions):
    return read_tone(read_image(lesions["path"].iloc[0]))


def test_absorption_follows_the_wavelengths():
    expected = (610 / np.array([610.0, 550.0, 465.0])) ** 3.33
    np.testing.assert_allclose(ABSORPTION, expected, rtol=0.002)


@pytest.mark.parametrize("m", [0.3, 1.0, 2.2])
def test_darkening_is_beer_lambert_in_linear_light(m):
    table = lookup_table(Change(m))
    before, after = linear(np.arange(256)), linear(table)
    step = linear(np.minimum(table + 1.0, 255)) - after  # half a byte of rounding either way
    expected = before[:, None] * np.exp(-m * np.array([1.0, 1.41, 2.47]))
    assert (np.abs(after - expected) <= 0.51 * step + 1e-9).all()


def test_validation_lesions_reach_every_target(lesions):
    """Within 0.5 degrees by scikit-image's CIELAB of the bytes, for every colour and target."""
    from skimage.color import rgb2lab

    valid = lesions[lesions["split"] == "valid"]
    colours = valid[["color_r", "color_g", "color_b"]].to_numpy(np.uint8)[::2]
    out_of_reach = 0
    for start in colours:
        low, high = reachable(start)
        for target in (*TARGETS, 55, 34, -50):
            if not low <= target <= high:
                out_of_reach += 1
                continue
            after = lookup_table(solve(start, target))[start.astype(int), range(3)]
            lightness, _, yellow = rgb2lab(after[None, None])[0, 0]
            assert np.degrees(np.arctan2(lightness - 50, yellow)) == pytest.approx(target, abs=0.5)
    assert out_of_reach <= 0.01 * len(colours) * 9


def test_the_picture_reaches_the_target_and_says_so(lesion):
    start = lesion.tone.colour_rgb
    for target in (60, 10, -30):
        made = transform(lesion.image.rgb, start, target)
        assert made.reached_cielab == pytest.approx(target, abs=0.5)
        assert made.reached_cielab == float(colour.ita(np.uint8(made.colour_rgb), "cielab"))
        assert made.reached_published == float(colour.ita(np.uint8(made.colour_rgb), "published"))
        assert made.start_ita == pytest.approx(lesion.tone.cielab.ita)
        same = (lesion.image.rgb == start).all(axis=-1)
        assert (made.rgb[same] == made.colour_rgb).all()
    darker = transform(lesion.image.rgb, start, -30)
    assert darker.melanin > 0 and darker.rgb.mean() < lesion.image.rgb.mean()
    assert estimate_skin_tone(darker.rgb).cielab.ita == pytest.approx(-30, abs=8)
    lighter = transform(darker.rgb, darker.colour_rgb, made.start_ita)
    assert lighter.melanin < 0 and lighter.rgb.mean() > darker.rgb.mean()


def test_identity_at_its_own_angle(lesion):
    everywhere = np.full(lesion.image.rgb.shape[:2], 255, np.uint8)
    for weights in (None, everywhere, everywhere // 2):
        made = transform(
            lesion.image.rgb, lesion.tone.colour_rgb, lesion.tone.cielab.ita, weights=weights
        )
        np.testing.assert_array_equal(made.rgb, lesion.image.rgb)
        assert made.melanin == 0 and made.clipped == 0
        assert made.rgb is not lesion.image.rgb


def test_lightening_keeps_order_and_stays_in_gamut():
    previous = np.repeat(np.arange(256)[:, None], 3, axis=1)
    for m in (-0.2, -0.6, -1.5):
        table = lookup_table(Change(m)).astype(int)
        assert (np.diff(table, axis=0) >= 0).all(), "a brighter byte stays brighter"
        assert (table >= previous).all(), "more light for more gain"
        assert (table[255] == 255).all() and (table[0] == 0).all()
        low = np.arange(60)  # below the knee it is Beer-Lambert
        light = linear(low)[:, None] * np.exp(-m * np.array([1.0, 1.41, 2.47]))
        bytes_ = table[:60][light < KNEE]
        np.testing.assert_allclose(linear(bytes_), light[light < KNEE], atol=0.006)
        previous = table


def test_clipped_counts_what_would_leave_the_gamut():
    rgb = np.zeros((64, 64, 3), np.uint8)
    rgb[:16] = 250  # a quarter
    m = -0.3
    expected = (linear(rgb) * np.exp(0.3 * ABSORPTION) > 1).any(axis=-1).mean()
    assert expected == 0.25
    assert apply(rgb, Change(m))[1] == expected
    assert apply(rgb, Change(0.3))[1] == 0
    top = np.zeros((64, 64), np.uint8)
    top[:32] = 255
    assert apply(rgb, Change(m), top)[1] == 0.5, "of the changed half"


def test_skin_only_is_the_whole_change_inside_and_nothing_outside(lesion):
    mask = np.zeros(lesion.image.rgb.shape[:2], bool)
    mask[:, :256] = True
    weights = feather(mask)
    start = lesion.tone.colour_rgb
    part = transform(lesion.image.rgb, start, -10, weights=weights)
    whole = transform(lesion.image.rgb, start, -10)
    assert (part.scope, whole.scope) == ("skin", "image")
    np.testing.assert_array_equal(part.rgb[:, :200], whole.rgb[:, :200])
    np.testing.assert_array_equal(part.rgb[:, 312:], lesion.image.rgb[:, 312:])


def test_feather_leaves_no_hard_edge():
    """On a flat colour, neighbouring pixels differ by what a Gaussian of that width allows."""
    rgb = np.full((512, 512, 3), SKIN, np.uint8)
    mask = np.zeros((512, 512), bool)
    mask[:, :256] = True
    weights = feather(mask)
    assert np.diff(weights[256].astype(int)).max() <= 0
    sigma = 512 * FEATHER
    assert np.abs(np.diff(weights[256].astype(int))).max() <= 255 / (sigma * 2.506) + 1
    hard = transform(rgb, SKIN, -30, weights=np.where(mask, 255, 0).astype(np.uint8)).rgb
    soft = transform(rgb, SKIN, -30, weights=weights).rgb
    steps = [np.abs(np.diff(each[256].astype(int), axis=0)).max() for each in (hard, soft)]
    assert steps[0] > 100 and steps[1] < 12


def test_feather_does_not_depend_on_the_size():
    mask = np.zeros((512, 512), bool)
    mask[100:400, 150:350] = True
    large = feather(np.kron(mask, np.ones((4, 4), bool)))
    small = cv2.resize(large, (512, 512), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(small.astype(int), feather(mask), atol=3)


@pytest.mark.parametrize("start, target", [((123, 75, 69), 41), ((178, 130, 174), 48)])
def test_out_of_reach_names_the_range(start, target):
    low, high = reachable(start)
    assert not low <= target <= high
    with pytest.raises(ExplorerError, match=rf"{low:.0f}\.\.{high:.0f}"):
        solve(start, target)


def test_bluish_colour_takes_the_near_way_round():
    """b* < 0: the angle is beyond 90 degrees, and melanin brings it back."""
    start = (195, 189, 198)
    assert colour.ita(np.uint8(start), "cielab") > 90
    change = solve(start, 10)
    after = lookup_table(change)[list(start), range(3)]
    assert change.melanin > 0 and colour.ita(after, "cielab") == pytest.approx(10, abs=0.5)


def test_black_and_nonsense_are_refused():
    with pytest.raises(ExplorerError, match="melanin"):
        solve((0, 0, 0), 10)
    with pytest.raises(ExplorerError, match="number"):
        solve(SKIN, float("nan"))


def test_rounding_is_below_a_byte_for_ordinary_skin():
    for target in TARGETS:
        assert np.abs(solve(SKIN, target).rounding).max() < 1
