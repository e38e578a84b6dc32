"""The published skin-former: its formula, its mask, and that it misses its target."""

import numpy as np
import pytest

from explorer.image import colour
from explorer.image.read import read_image
from explorer.skin.study import segment
from explorer.tone.study import estimate_skin_tone
from explorer.transform.skinformer import darken, shift_lab8, skin_mask
from explorer.util.errors import ExplorerError


@pytest.mark.slow
def test_report_example_does_not_reach_its_target(shared):
    """FACTS section 5: ISIC_0081956, 47.69 -> 1.41 claimed; reached 40 (8-bit) or 43 (float)."""
    rgb = read_image(shared / "lesions_original" / "ISIC_0081956.jpg").rgb
    tone = estimate_skin_tone(rgb)
    assert tone.published.ita == pytest.approx(47.69, abs=1.0)
    dark = darken(rgb, tone, 1.41)
    again = estimate_skin_tone(dark.rgb)
    assert again.published.ita == pytest.approx(40, abs=2)
    assert again.cielab.ita == pytest.approx(43, abs=5)
    assert dark.reached_published == pytest.approx(40, abs=2)
    assert dark.reached_cielab == pytest.approx(43, abs=5)
    assert dark.delta == pytest.approx(tone.published.ita - 1.41)


def test_shift_follows_the_formula_inside_the_mask_only(lesions):
    rgb = read_image(lesions["path"].iloc[0]).rgb
    mask = skin_mask(rgb)
    np.testing.assert_array_equal(mask, segment(rgb, resize=False).skin)
    new, saturated = shift_lab8(rgb, mask, 30.0)
    np.testing.assert_array_equal(new[~mask], rgb[~mask])
    before, after = (colour.rgb_to_lab8(x)[mask].astype(int) for x in (rgb, new))
    change = np.median(after - before, axis=0)
    np.testing.assert_allclose(change, [-0.12 * 30, 0, 0.5 * 30], atol=1)
    assert saturated == 0


def test_it_saturates_instead_of_wrapping():
    rgb = np.full((64, 64, 3), (250, 240, 20), np.uint8)  # b* near its end
    everywhere = np.ones((64, 64), bool)
    new, saturated = shift_lab8(rgb, everywhere, 120.0)
    assert saturated == 1.0
    assert int(colour.rgb_to_lab8(rgb)[0, 0, 2]) + 60 > 255, "wrapping would make it blue"
    assert colour.rgb_to_lab8(new)[0, 0, 2] > 200


def test_zero_delta_changes_at_most_the_rounding(lesions):
    rgb = read_image(lesions["path"].iloc[0]).rgb
    mask = skin_mask(rgb)
    same, _ = shift_lab8(rgb, mask, 0.0)
    np.testing.assert_array_equal(same[mask], colour.lab8_to_rgb(colour.rgb_to_lab8(rgb))[mask])
    tone = estimate_skin_tone(rgb)
    np.testing.assert_array_equal(darken(rgb, tone, tone.published.ita).rgb, rgb)


def test_target_is_guarded(lesions):
    rgb = read_image(lesions["path"].iloc[0]).rgb
    with pytest.raises(ExplorerError, match="target ITA"):
        darken(rgb, estimate_skin_tone(rgb), -90)
