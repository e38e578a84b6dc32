"""Each caution: a picture on which it must fire, and the same picture without the cause."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from explorer.image.read import read_image
from explorer.skin.artefacts import KEYS, find_cautions
from explorer.skin.corners import white_corners
from explorer.skin.ruler import find_ruler
from explorer.synthetic import LesionSpec, draw_lesion

PLAIN = LesionSpec(ita=40, seed=7, area=0.1)
CAUSES = {
    "lesion_fills": {"area": 0.65},
    "hair": {"hair": 90},
    "dark_corners": {"vignette": 0.8},
    "white_frame": {"frame": "white"},
    "specular": {"specular": 1.0},
    "ruler": {"ruler": True},
    "colour_cast": {"illuminant": (0.75, 0.9, 1.7)},
    "clipped": {"exposure": 1.2},
}
SEEDS = (7, 8, 9)


def keys(rgb) -> set[str]:
    return {caution.key for caution in find_cautions(rgb)}


def drawn(seed, **change):
    return draw_lesion(replace(PLAIN, seed=seed, **change)).image


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("ita", [48, 5, -40])
def test_clean_picture_has_no_caution(seed, ita):
    assert keys(drawn(seed, ita=ita)) == set()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("key", CAUSES)
def test_caution_fires_on_its_cause(key, seed):
    found = {caution.key: caution for caution in find_cautions(drawn(seed, **CAUSES[key]))}
    assert key in found
    caution = found[key]
    assert caution.value != caution.limit and caution.sentence.endswith(".")
    assert caution.evidence.dtype == np.uint8 and caution.evidence.shape[2] == 3


def inked(rgb):
    import cv2

    rgb = rgb.copy()
    for x, y in ((80, 90), (430, 100), (110, 420)):
        cv2.line(rgb, (x - 20, y - 15), (x + 20, y + 15), (70, 45, 150), 9, cv2.LINE_AA)
    return rgb


def test_violet_marker_is_ink_and_is_marked():
    plain = drawn(7)
    marked = inked(plain)
    assert "ink" not in keys(plain) and "ink" in keys(marked)
    (ink,) = (caution for caution in find_cautions(marked) if caution.key == "ink")
    true = (marked != plain).any(axis=2).mean()
    assert true / 2 < ink.value < 2 * true


def test_two_skins_in_equal_parts():
    left, right = drawn(7, ita=55, kind="none"), drawn(7, ita=15, kind="none")
    both = left.copy()
    both[:, 256:] = right[:, 256:]
    assert "two_skins" in keys(both)
    assert "two_skins" not in keys(left) | keys(right)


def test_black_circle_counts_as_dark_corners_not_as_white_frame():
    found = keys(drawn(7, frame="black"))
    assert "dark_corners" in found and "white_frame" not in found


@pytest.mark.parametrize("white, fires", [(0, False), (2, False), (3, True), (4, True)])
def test_white_frame_is_the_rule_of_the_facts(white, fires):
    """At least 3 of 4 corner patches, 10x10 of 150x150 px, all above 235."""
    rgb = drawn(7)
    small = np.asarray(Image.fromarray(rgb).resize((150, 150))).copy()
    corners = [np.s_[:10, :10], np.s_[:10, -10:], np.s_[-10:, :10], np.s_[-10:, -10:]]
    for corner in corners[:white]:
        small[corner] = 236
    assert white_corners(small) == white
    assert ("white_frame" in keys(small)) == fires
    small[3, 3] = (236, 235, 236)  # one value that is not above 235 spoils its patch
    assert white_corners(small) == max(white - 1, 0)


def test_white_frame_on_real_lesions_is_where_the_rule_says(shared):
    """The rule written out again with Pillow, on every tenth real lesion."""
    for path in sorted((shared / "lesions").glob("*.jpg"))[::10]:
        rgb = read_image(path).rgb
        small = np.asarray(Image.fromarray(rgb).resize((150, 150), Image.Resampling.BOX))
        patches = [
            small[y, x] for y in (np.s_[:10], np.s_[-10:]) for x in (np.s_[:10], np.s_[-10:])
        ]
        least = sorted(int(patch.min()) for patch in patches)
        if not any(230 <= value <= 240 for value in least):  # the resizers differ by a level or two
            assert white_corners(rgb) == sum(value > 235 for value in least)


@pytest.mark.parametrize("turn", range(4))
def test_ruler_is_found_on_every_side(turn):
    plain, ruled = drawn(8), drawn(8, ruler=True)
    marks, picture = find_ruler(np.ascontiguousarray(np.rot90(ruled, turn)))
    assert marks >= 8 and picture.shape == (256, 256, 3)
    assert find_ruler(plain)[0] < 6


def test_hair_is_no_ruler():
    assert not any("ruler" in keys(drawn(seed, hair=40)) for seed in SEEDS)


def test_cautions_come_in_the_order_of_their_keys():
    rgb = drawn(7, hair=90, vignette=0.9, ruler=True, area=0.6)
    found = [caution.key for caution in find_cautions(rgb)]
    assert len(found) >= 3 and found == sorted(found, key=KEYS.index)
