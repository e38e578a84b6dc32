"""Power against the textbook formula, and against the permutation test it is about."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency, norm

from explorer.fairness import power, resampling
from explorer.fairness.metrics import Counts
from explorer.fairness.power import WORSE_IS_HIGHER, power_of_gap
from explorer.study.counts import published_counts
from explorer.util.errors import ExplorerError


def counts(recalled, malignant, called=(0, 0), benign=(50, 50)) -> Counts:
    tp, p, fp, n = map(np.array, (recalled, malignant, called, benign))
    return Counts(tuple("abcdef"[: len(tp)]), tp, fp, p - tp, n - fp)


@pytest.mark.parametrize("n, rate", [(400, 0.5), (1000, 0.8), (200, 0.6)])
def test_two_groups_agree_with_the_textbook(n, rate):
    found = power_of_gap(counts([round(rate * n)] * 2, [n] * 2), "recall", seed=1)
    textbook = (norm.ppf(0.975) + norm.ppf(0.8)) * np.sqrt(2 * rate * (1 - rate) / n)
    for group in found.groups:
        assert group.detectable == pytest.approx(textbook, rel=0.12)


def test_power_is_that_of_the_permutation_test():
    """Samples with a known gap, each put through the test itself."""
    malignant = np.array([60, 45, 20])
    power = power_of_gap(counts([42, 32, 14], malignant, (5,) * 3, (50,) * 3))
    group = power.groups[1]
    at = np.argmin(abs(group.gaps - 0.3))
    rng, missed, trials = np.random.default_rng(0), 0, 300
    rates = np.full(3, power.rate)
    rates[1] -= group.gaps[at]
    for trial in range(trials):
        drawn = counts(rng.binomial(malignant, rates), malignant, (5,) * 3, (50,) * 3)
        sample = resampling.sample_gaps(drawn.cells, resamples=400, seed=trial)
        missed += sample["equal_opportunity_difference"].heterogeneity.p_value > 0.05
    assert missed / trials == pytest.approx(group.missed[at], abs=0.09)


def test_larger_gaps_and_larger_groups_are_missed_less():
    few = power_of_gap(counts([14, 14, 14], [20, 20, 20], (5,) * 3, (50,) * 3))
    many = power_of_gap(counts([140, 140, 140], [200, 200, 200], (5,) * 3, (50,) * 3))
    for small, large in zip(few.groups, many.groups):
        assert large.detectable < small.detectable
        assert (np.diff(small.missed) <= 0.02).all() and small.missed[0] > 0.9


@pytest.mark.parametrize("metric", WORSE_IS_HIGHER)
def test_published_counts(metric):
    power = power_of_gap(published_counts("published"), metric)
    assert [group.name for group in power.groups] == list(published_counts("published").names)
    worst = power.sentences[0]
    assert "would be missed with probability" in worst and f"{len(power.groups)}" not in worst[:5]
    order = sorted(power.groups, key=lambda g: -(g.detectable or 2))
    assert order[0].name in worst and f"n = {order[0].n:,}" in worst


def test_a_gap_that_cannot_be_found_is_said_to_be():
    power = power_of_gap(counts([1, 12], [3, 30]))
    assert power.groups[0].detectable is None
    assert "even the largest possible gap" in power.sentences[0]


def test_a_tiny_group_hides_nothing():
    """A largest-minus-smallest gap would be large by chance with one image of oral/genital."""
    site = published_counts("site")
    every, large = (power_of_gap(site, "recall", minimum=m) for m in (1, 20))
    assert len(large.groups) < len(every.groups)
    assert all(group.n >= 20 for group in large.groups)
    torso = [next(g for g in p.groups if g.name == "torso").detectable for p in (every, large)]
    assert torso[0] == pytest.approx(torso[1], abs=0.05)
    assert "unknown" not in [group.name for group in every.groups]


def test_images_that_are_alike_count_for_fewer():
    made = counts([140, 140, 140], [200, 200, 200], (5,) * 3, (50,) * 3)
    quarter = counts([35, 35, 35], [50, 50, 50], (5,) * 3, (50,) * 3)
    found = power_of_gap(made, effects=(4, 4, 4))
    for group, alone in zip(found.groups, power_of_gap(quarter).groups):
        assert (group.n, group.independent, alone.independent) == (200, 50, 50)
        assert group.detectable == alone.detectable


def test_chi_square_is_that_of_the_tables():
    """What the simulation adds up, against scipy's statistic of each table."""
    total = np.array([30, 40, 50])
    calls = np.array([[3, 9, 12], [10, 10, 20]])
    squares, called = power._sums(calls.T, total)
    for row, value in zip(calls, power._chi_square(squares, called, 120)):
        expected = chi2_contingency([row, total - row], correction=False).statistic
        assert value == pytest.approx(expected)


def test_bad_requests():
    with pytest.raises(ExplorerError, match="no power"):
        power_of_gap(counts([1, 1], [2, 2]), "f1")
    with pytest.raises(ExplorerError, match="two groups"):
        power_of_gap(counts([1, 0], [2, 0]))
    with pytest.raises(ExplorerError, match="between 0 and 1"):
        power_of_gap(counts([1, 1], [2, 2]), missed=1.0)
