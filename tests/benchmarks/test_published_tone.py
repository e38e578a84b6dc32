"""The benchmark's plain reference is the study's estimator, and the explorer is much faster."""

import pandas as pd
import pytest

from explorer.benchmarks.published_tone import STAGES, Stopwatch, compare, reference, staged
from explorer.image.read import read_image


@pytest.fixture(scope="module")
def published_runs(published) -> pd.DataFrame:
    return pd.read_csv(published / "estimator_reference.csv")


def test_reference_does_what_the_study_does(published_runs, shared):
    for row in published_runs.iloc[[3, 30, 60]].itertuples():
        clock = Stopwatch()
        angle, pixels, compactness = reference(
            read_image(shared / "lesions" / row.image).rgb, clock
        )
        assert pixels == row.skin_pixels
        assert compactness[0] == pytest.approx(row.compactness_k3, rel=0.01)
        assert compactness[-1] == pytest.approx(row.compactness_k9, rel=0.03)
        assert row.ita_seed_min - 0.5 <= angle <= row.ita_seed_max + 0.5
        assert tuple(clock.stages) == STAGES


@pytest.mark.slow
def test_explorer_is_much_faster_on_the_same_images(published_runs, shared):
    """30 times where nothing else runs; 6 leaves room for a busy machine."""
    names = published_runs["image"].iloc[:3]
    result = compare([read_image(shared / "lesions" / name).rgb for name in names])
    assert result["ratio_of_medians"] > 6
    assert set(result["stages_ms"]) == set(STAGES)
    clock = Stopwatch()
    staged(read_image(shared / "lesions" / names.iloc[0]).rgb, clock)
    assert tuple(clock.stages) == STAGES
