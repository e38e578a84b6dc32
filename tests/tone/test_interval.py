"""Intervals: coverage on lesions with known tone, and the parts they are made of."""

import cv2
import numpy as np
import pytest

from explorer.benchmarks.tone import CALIBRATION_SEED, coverage_case, random_specs
from explorer.image import colour
from explorer.synthetic import LesionSpec, draw_lesion
from explorer.tone.interval import tone_interval
from explorer.tone.resampling import weighted_medians
from explorer.tone.robust import estimate_robust
from explorer.tone.study import estimate_skin_tone

#: Neither the seed of the calibration nor that of the benchmark's check.
SEED, CASES = 404, 300


@pytest.fixture(scope="module")
def coverage():
    """Coverage of 300 new cases at 256 px, all six tones, hair, vignette, noise and gradient."""
    assert SEED != CALIBRATION_SEED
    specs = random_specs(SEED, CASES, size=256)
    tones = {colour.tone_name(spec.ita) for spec in specs}
    assert tones == set(colour.TONE_NAMES)
    assert any(spec.hair for spec in specs) and any(spec.vignette for spec in specs)
    return [coverage_case(draw_lesion(spec)) for spec in specs]


@pytest.mark.slow
@pytest.mark.parametrize(
    "method, convention", [("robust", "cielab"), ("robust", "published"), ("published", "cielab")]
)
def test_95_percent_interval_covers_90_to_99_percent(coverage, method, convention):
    found = [case[method, convention][0] for case in coverage if (method, convention) in case]
    assert len(found) > 0.98 * CASES
    assert 0.90 <= np.mean(found) <= 0.99


@pytest.mark.slow
def test_robust_intervals_are_narrower(coverage):
    width = {
        method: np.median(
            [case[method, "cielab"][1] for case in coverage if (method, "cielab") in case]
        )
        for method in ("robust", "published")
    }
    assert width["robust"] < width["published"] / 2


@pytest.fixture(scope="module")
def tones():
    image = draw_lesion(LesionSpec(ita=20, seed=3, hair=10)).image
    return estimate_robust(image), estimate_skin_tone(image)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("convention", colour.CONVENTIONS)
def test_interval_contains_the_estimate_and_grows_with_the_level(tones, which, convention):
    tone = tones[which]
    angle = getattr(tone, convention).ita
    narrow, wide = (tone_interval(tone, level, convention) for level in (0.8, 0.99))
    assert wide.low <= narrow.low <= angle <= narrow.high <= wide.high
    assert wide.width > narrow.width and wide.convention == convention
    assert wide.n_patches > wide.n_blocks > 5 and "bootstrap" in wide.method


def test_interval_is_deterministic(tones):
    assert tone_interval(tones[0]) == tone_interval(tones[0])


def test_mottled_skin_has_a_wider_interval():
    rng = np.random.default_rng(1)
    coarse = cv2_resize(rng.normal(0, 1, (6, 6, 1)), 192)
    widths = []
    for strength in (1, 12):
        rgb = np.clip([200, 150, 120] + strength * coarse * [1, 1, 1.6], 0, 255).astype(np.uint8)
        widths.append(tone_interval(estimate_robust(rgb)).width)
    assert widths[1] > 2 * widths[0]


def cv2_resize(array, side):
    return cv2.resize(array.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)[
        ..., None
    ]


def test_weighted_medians_are_medians_of_repeated_values():
    rng = np.random.default_rng(2)
    values, weights = rng.normal(size=(31, 3)), rng.integers(0, 4, (5, 31))
    for row, found in zip(weights, weighted_medians(values, weights)):
        repeated = np.repeat(values, row, axis=0)
        lower = np.sort(repeated, axis=0)[(len(repeated) - 1) // 2]
        assert found == pytest.approx(lower)


@pytest.mark.parametrize("level", [0.3, 1.0])
def test_senseless_level_is_refused(tones, level):
    with pytest.raises(ValueError, match="level"):
        tone_interval(tones[0], level)


def test_unknown_convention_is_refused(tones):
    with pytest.raises(ValueError, match="convention"):
        tone_interval(tones[0], 0.95, "lab")
