"""Colour and ITA against the study's own table and independent formulas."""

import math

import numpy as np
import pandas as pd
import pytest
from skimage.color import lab2rgb

from explorer.image import colour


def test_all_published_angles(published):
    cases = pd.read_csv(published / "colour_cases.csv")
    assert len(cases) == 1503
    rgb = cases[["color_r", "color_g", "color_b"]].to_numpy(np.uint8)
    angles = colour.ita(rgb, "published")
    np.testing.assert_allclose(angles, cases["ita_published"], atol=1e-6, rtol=0)
    np.testing.assert_array_equal(colour.group_index(angles), cases["group_published"])
    lightness = colour.rgb_to_lab8(rgb)[:, 0]
    assert (lightness < 50).any(), "the table holds colours that wrap around"


def test_published_angle_by_integer_arithmetic():
    """The formula of FACTS section 4 in Python's own integers, for all bytes that matter."""
    for lightness in (0, 49, 50, 51, 128, 255):
        for b8 in (1, 100, 128, 200, 255):
            expected = math.degrees(math.atan(((lightness - 50) % 256) / b8))
            got = colour.ita_published(np.array([lightness, 7, b8], np.uint8))
            assert got == pytest.approx(expected, abs=1e-12)


def test_float_angle_of_known_lab():
    lab = np.array([[60, 10, 10], [50, 0, 12], [40, 5, 10], [70, 0, -20], [70, 0, 0]], float)
    expected = [45, 0, -45, 135, 90]
    np.testing.assert_allclose(colour.ita_cielab(lab), expected, atol=1e-12)
    np.testing.assert_array_equal(
        colour.is_outside_definition(lab), [False, False, False, True, True]
    )


def test_float_angle_round_trip():
    """RGB made from a known Lab by scikit-image's inverse comes back as the same angle."""
    lab = np.array([[65.0, 12.0, 18.0], [38.0, 14.0, 20.0]])
    np.testing.assert_allclose(
        colour.ita_cielab(colour.rgb_to_cielab(lab2rgb(lab))), colour.ita_cielab(lab), atol=1e-3
    )


def test_eight_bit_lab_is_the_scaled_float_lab():
    rgb = np.random.default_rng(0).integers(0, 256, (2000, 3), dtype=np.uint8)
    lab = colour.rgb_to_cielab(rgb)
    scaled = lab * [2.55, 1, 1] + [0, 128, 128]
    assert np.abs(scaled - colour.rgb_to_lab8(rgb)).max() < 2


@pytest.mark.parametrize(
    ("angle", "name", "group"),
    [
        (55.01, "very light", 0),
        (55, "light", 1),
        (41, "intermediate", 2),
        (28, "tan", 3),
        (10, "brown", 3),
        (-30, "dark", 3),
        (-29.9, "brown", 3),
        (120, "very light", 0),
    ],
)
def test_bounds_belong_to_the_darker_side(angle, name, group):
    assert colour.tone_name(angle) == name
    assert colour.group_index(angle) == group


def test_cross_table_of_tones(shared, lesions):
    """On the shared colours, regrouping by float CIELAB yields only cells the study's table has."""
    table = pd.read_csv(shared / "published" / "tone_crosstab.csv")
    rgb = lesions[["color_r", "color_g", "color_b"]].to_numpy(np.uint8)
    names = np.array(colour.TONE_NAMES)
    found = set(
        zip(
            lesions["split"],
            names[colour.tone_index(colour.ita(rgb, "published"))],
            names[colour.tone_index(colour.ita(rgb, "cielab"))],
            lesions["target"],
        )
    )
    listed = set(
        table[["split", "tone_published", "tone_cielab", "target"]].itertuples(
            index=False, name=None
        )
    )
    assert found <= listed and len(found) > 30


def test_shapes_and_kinds_are_guarded():
    image = np.zeros((4, 5, 3), np.uint8)
    assert colour.rgb_to_lab8(image).shape == (4, 5, 3)
    assert colour.ita(image, "cielab").shape == (4, 5)
    with pytest.raises(TypeError):
        colour.rgb_to_lab8(image.astype(float))
    with pytest.raises(TypeError):
        colour.ita_published(image.astype(float))
    with pytest.raises(ValueError):
        colour.tone_name(float("nan"))
    with pytest.raises(ValueError):
        colour.ita(image, "cie")
