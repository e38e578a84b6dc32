"""Tone picked by hand: against the study's colours, independent arithmetic and known truth."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from skimage.color import rgb2lab

from explorer.synthetic import LesionSpec, draw_lesion, random_spec
from explorer.tone.hand import parse_points, read_patches
from explorer.util.errors import ExplorerError


def flat(rgb, side=64):
    return np.full((side, side, 3), rgb, np.uint8)


def picture(seed=0, height=40, width=60):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_flat_patches_give_the_studys_angle_and_group(published):
    """A patch of a published colour has the published angle and group, as the five labels did."""
    cases = pd.read_csv(published / "colour_cases.csv")
    for row in cases.itertuples():
        tone = read_patches(flat((row.color_r, row.color_g, row.color_b)), [(30, 20)])
        assert tone.published.ita == pytest.approx(row.ita_published, abs=1e-6)
        assert tone.published.group == row.group_published
    assert len(cases) > 100


def test_one_patch_is_the_mean_of_its_pixels():
    rgb = picture()
    tone = read_patches(rgb, [(30, 20)], size=5)
    expected = [
        sum(int(rgb[y, x, c]) for y in range(18, 23) for x in range(28, 33)) / 25 for c in range(3)
    ]
    (patch,) = tone.patches
    assert patch.mean_rgb == pytest.approx(expected) and patch.pixels == 25
    assert tone.colour_rgb == patch.colour_rgb == tuple(round(value) for value in expected)
    lab = rgb2lab(np.array([[tone.colour_rgb]], np.uint8))[0, 0]
    assert tone.lab == pytest.approx(lab)
    assert tone.cielab.ita == pytest.approx(np.degrees(np.arctan2(lab[0] - 50, lab[2])))
    assert read_patches(rgb, [(30.7, 20.2)]).points == ((30, 20),)


@pytest.mark.parametrize(
    "point, rows, columns",
    [((0, 0), 3, 3), ((59, 39), 3, 3), ((1, 20), 5, 4), ((30, 38), 4, 5), ((30, 20), 5, 5)],
)
def test_the_border_cuts_a_patch(point, rows, columns):
    rgb = picture(1)
    (patch,) = read_patches(rgb, [point]).patches
    assert patch.pixels == rows * columns
    x, y = point
    inside = [rgb[j, i] for j in range(40) for i in range(60) if abs(i - x) < 3 and abs(j - y) < 3]
    assert patch.mean_rgb == pytest.approx(np.mean(inside, axis=0))


def test_sizes_from_one_pixel_to_the_whole_image():
    rgb = picture(2)
    assert read_patches(rgb, [(7, 9)], size=1).colour_rgb == tuple(rgb[9, 7].tolist())
    whole = read_patches(rgb, [(30, 20)], size=101)
    assert whole.patches[0].pixels == 40 * 60
    assert whole.patches[0].mean_rgb == pytest.approx(rgb.reshape(-1, 3).mean(axis=0))


def test_each_patch_counts_the_same():
    """A patch cut by the border weighs as much as a whole one."""
    rgb = flat((220, 180, 160))
    rgb[:, 32:] = (120, 80, 60)
    tone = read_patches(rgb, [(0, 0), (50, 30)], size=9)
    assert [patch.pixels for patch in tone.patches] == [25, 81]
    assert tone.colour_rgb == (170, 130, 110)
    low, high = tone.ita_range("cielab")
    assert low == tone.patches[1].cielab.ita < tone.cielab.ita < tone.patches[0].cielab.ita == high


@pytest.mark.parametrize(
    "points, size, told",
    [
        ([], 5, "No point"),
        ([(64, 10)], 5, r"\(64, 10\) is outside the image; x must be in 0..63"),
        ([(10, -1)], 5, "outside"),
        ([(3, 3), (10, 64)], 5, r"\(10, 64\)"),
        ([(float("nan"), 3)], 5, "outside"),
        ([(3, 3)] * 101, 5, "at most 100"),
        ([(3, 3, 3)], 5, "two numbers"),
        ([("a", 3)], 5, "two numbers"),
        ([(3, 3)], 4, "odd"),
        ([(3, 3)], 0, "1..101"),
        ([(3, 3)], 103, "1..101"),
        ([(3, 3)], 5.0, "whole"),
        ([(3, 3)], True, "whole"),
    ],
)
def test_bad_input_is_told(points, size, told):
    with pytest.raises(ExplorerError, match=told):
        read_patches(flat((200, 160, 140)), points, size)


def test_points_from_text():
    assert parse_points("120,80; 200,150") == ((120, 80), (200, 150))
    assert parse_points(" (120, 80)\n200 150;\n") == ((120, 80), (200, 150))
    assert parse_points("") == parse_points(" ; ") == ()
    for wrong in ("120", "120,80,3", "a,b", "-1,5", "1.5,2", "120,80 200,150", "9999999,1"):
        with pytest.raises(ExplorerError, match="is not a point"):
            parse_points(wrong)


@pytest.fixture(scope="module")
def evenly_lit():
    """Twelve lesions with hair under even light, with their true angle: two of every tone."""
    rng = np.random.default_rng(3)
    tones = (62, 48, 34, 20, -10, -40)
    specs = [random_spec(rng, artefacts=("noise",), size=256) for _ in range(12)]
    return [draw_lesion(replace(spec, ita=tones[i % 6], hair=12)) for i, spec in enumerate(specs)]


def clean_points(drawn, count, rng):
    """Centres of 5x5 patches that lie on clean skin entirely."""
    windows = np.lib.stride_tricks.sliding_window_view(drawn.skin_mask, (5, 5))
    rows, columns = np.nonzero(windows.all(axis=(2, 3)))
    chosen = rng.choice(len(rows), count)
    return [(int(columns[i]) + 2, int(rows[i]) + 2) for i in chosen]


def test_known_tone_is_read(evenly_lit):
    """Single patches follow the skin's texture; the mean of nine comes close to the truth."""
    rng = np.random.default_rng(0)
    single, several = [], []
    for drawn in evenly_lit:
        points = clean_points(drawn, 9, rng)
        single += [abs(read_patches(drawn.image, [p]).cielab.ita - drawn.truth.ita) for p in points]
        several.append(abs(read_patches(drawn.image, points).cielab.ita - drawn.truth.ita))
    assert np.median(several) < 2.0 and max(several) < 6.0
    assert np.mean(several) < np.mean(single)


def test_a_hair_in_the_patch_is_noted(evenly_lit):
    rng = np.random.default_rng(1)
    clean, crossed = [], []
    for drawn in evenly_lit:
        tone = read_patches(drawn.image, clean_points(drawn, 20, rng))
        clean += [patch.uneven for patch in tone.patches]
        rows, columns = np.nonzero(drawn.hair_mask & ~drawn.lesion_extent)
        some = rng.choice(len(rows), 20)
        points = list(zip(columns[some].tolist(), rows[some].tolist()))
        tone = read_patches(drawn.image, points)
        crossed += [patch.uneven for patch in tone.patches]
        assert sum("uneven" in note for note in tone.notes) == sum(p.uneven for p in tone.patches)
    assert np.mean(clean) < 0.02 and np.mean(crossed) > 0.8


def test_notes_name_what_is_unusual():
    violet = read_patches(flat((170, 160, 190)), [(9, 9)])
    assert violet.outside_definition and "b* is not positive" in violet.notes[0]
    dark = read_patches(flat((58, 36, 28)), [(9, 9)])
    assert dark.wraps and dark.published.name == "very light" and dark.cielab.name == "dark"
    assert any("wraps" in note for note in dark.notes)
    two = flat((225, 190, 170))
    two[:, 32:] = (120, 80, 60)
    assert any("differ by" in note for note in read_patches(two, [(9, 9), (50, 9)]).notes)
    assert read_patches(flat((205, 165, 140)), [(9, 9), (20, 30)]).notes == ()


def test_a_hand_tone_stands_in_for_an_estimate():
    from explorer.transform.skinformer import darken

    drawn = draw_lesion(LesionSpec(ita=50, size=256, seed=4))
    tone = read_patches(drawn.image, [(10, 10), (240, 20)])
    changed = darken(drawn.image, tone, tone.published.ita - 10)
    assert changed.delta == pytest.approx(10)
