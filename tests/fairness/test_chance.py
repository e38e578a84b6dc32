"""Chance bands of single groups against the hypergeometric distribution."""

import numpy as np
import pytest
from scipy.stats import hypergeom

from explorer.fairness.chance import chance_bands
from explorer.fairness.gaps import metrics_of
from explorer.study.counts import group_report
from explorer.util.errors import ExplorerError


@pytest.mark.parametrize("metric", ["recall", "false_positive_rate"])
@pytest.mark.parametrize("by", ["published", "sex"])
def test_bands_are_those_of_the_hypergeometric_distribution(by, metric):
    """Of N images of the class, K are called; a group of n images gets a hypergeometric share."""
    report = group_report(by)
    sizes = [
        0 if group.name in report.left_out else group.rate(metric).n for group in report.groups
    ]
    called = sum(group.rate(metric).value * n for group, n in zip(report.groups, sizes) if n)
    bands = chance_bands(report.groups, metric)
    assert [band is None for band in bands] == [n == 0 for n in sizes]
    for band, n in zip(bands, sizes):
        if n:
            ends = hypergeom.ppf((0.025, 0.975), sum(sizes), round(called), n) / n
            # 4,000 draws: the ends may be off by a tenth of the band, or by one image of few
            assert band == pytest.approx(ends, abs=max(1 / n, 0.1 * np.ptp(ends)))


def test_rates_of_both_classes_and_of_scores():
    groups = [metrics_of("a", (8, 1, 2, 9)), metrics_of("b", (0, 5, 0, 5))]
    for metric in ("balanced_accuracy", "f1", "selection_rate", "precision"):
        for band, group in zip(chance_bands(groups, metric), groups):
            assert (band is None) == (group.rate(metric).n == 0)
            assert band is None or 0 <= band[0] <= band[1] <= 1
    assert chance_bands(groups, "auroc") == (None, None)
    with pytest.raises(ExplorerError, match="unknown metric"):
        chance_bands(groups, "charm")
