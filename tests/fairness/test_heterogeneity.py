"""The test over all groups, the named pairs and Holm's correction, against scipy and by hand."""

import numpy as np
import pytest
from scipy import stats

from explorer.fairness.heterogeneity import chi_square, holm, share_at_least
from explorer.fairness.limits import columns, newcombe
from explorer.fairness.metrics import proportion
from explorer.fairness.pairs import fisher, pairs_of
from explorer.fairness.resampling import ODDS, PARTS, sample_gaps
from explorer.study.counts import group_report

RECALL, FPR = PARTS


@pytest.mark.parametrize(
    "calls, images",
    [((15, 36, 34, 14), (17, 58, 46, 16)), ((1, 2), (30, 9)), ((5, 0, 9), (9, 9, 9))],
)
def test_the_statistic_is_pearsons(calls, images):
    table = [calls, np.subtract(images, calls)]
    expected = stats.chi2_contingency(table, correction=False)
    assert chi_square(calls, images) == pytest.approx(expected.statistic)


def test_nothing_called_is_no_difference():
    assert (chi_square([[0, 0], [3, 4]], [3, 4]) == 0).all()


def test_two_groups_have_the_p_value_of_exact_enumeration():
    """Hypergeometric probabilities of all tables with at least this chi-square."""
    cells = np.array([[9, 3], [0, 0], [1, 7], [5, 5]])
    found = sample_gaps(cells, resamples=40_000)[RECALL].heterogeneity
    k = np.arange(2, 11)  # calls of the first group, with 12 of 20 called
    statistic = chi_square(np.stack([k, 12 - k], axis=1), (10, 10))
    exact = stats.hypergeom.pmf(k, 20, 12, 10)[statistic >= chi_square((9, 3), (10, 10)) - 1e-9]
    assert found.p_value == pytest.approx(exact.sum(), abs=4 * np.sqrt(exact.sum() / 40_000))


def test_many_images_have_the_p_value_of_the_chi_square_distribution():
    cells = np.array([[410, 360, 395], [0, 0, 0], [590, 640, 605], [9, 9, 9]])
    found = sample_gaps(cells)[RECALL].heterogeneity
    assert found.p_value == pytest.approx(stats.chi2.sf(found.statistic, 2), abs=0.006)


def test_figures_of_facts():
    """Section 7: chi-square of recall over the tone groups 0.07; of sex in FPR 1e-4."""
    recall = group_report("published").gaps[RECALL]
    assert recall.heterogeneity.p_value == pytest.approx(0.07, abs=0.005)
    assert recall.p_value == pytest.approx(0.17, abs=0.01), "the gap's own test sees less"
    assert group_report("sex").gaps[FPR].heterogeneity.p_value < 3e-4


def test_false_alarms_are_five_in_a_hundred():
    """Equal groups of the study's sizes; the limit is four standard errors."""
    rng, images, trials = np.random.default_rng(1), np.array([17, 58, 46, 16]), 600
    hits = 0
    for calls in rng.binomial(images, 0.72, (trials, 4)):
        null = rng.multivariate_hypergeometric(images, int(calls.sum()), 400)
        hits += share_at_least(chi_square(null, images), chi_square(calls, images)) <= 0.05
    assert hits / trials <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / trials)
    assert hits / trials >= 0.02, "so cautious a test would see nothing"


@pytest.mark.parametrize(
    "tables", [((15, 17), (36, 58)), ((0, 5), (5, 9)), ((3, 3), (0, 4)), ((46, 209), (323, 4379))]
)
def test_pairs_have_fishers_p_value(tables):
    (a, n), (b, m) = tables
    expected = stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue
    assert fisher(a, n, b, m) == pytest.approx(expected)


def test_pairs_are_named_and_have_newcombes_intervals():
    gap = group_report("published").gaps[RECALL]
    assert len(gap.pairs) == 6
    rates = {group.name: group.recall for group in group_report("published").groups}
    for pair in gap.pairs:
        first, second = rates[pair.first], rates[pair.second]
        assert pair.difference == pytest.approx(first.value - second.value)
        assert (pair.low, pair.high) == pytest.approx(newcombe(first, second))
    widest = max(gap.pairs, key=lambda pair: abs(pair.difference))
    assert {widest.first, widest.second} == {gap.largest, gap.smallest}


def test_without_counts_p_and_interval_agree():
    """The p-value is 0.05 where the interval just reaches 0."""
    for part in range(20, 60, 3):
        rates = proportion(part, 90), proportion(30, 80)
        (pair,) = pairs_of("ab", columns(rates))
        assert (pair.p_value < 0.05) == (not pair.low <= 0 <= pair.high)
        pooled = stats.chi2_contingency([[part, 30], [90 - part, 50]], correction=False).pvalue
        assert pair.p_value == pytest.approx(pooled, abs=0.03)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1, 1] and holm([]) == []


def test_pairs_are_corrected_over_all_rates_together():
    gaps = group_report("published").gaps
    pairs = [pair for name, gap in gaps.items() if name != ODDS for pair in gap.pairs]
    assert len(pairs) == 18 and gaps[ODDS].pairs == ()
    assert [pair.p_holm for pair in pairs] == pytest.approx(holm([p.p_value for p in pairs]))
