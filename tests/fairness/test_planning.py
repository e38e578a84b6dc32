"""Numbers for a study that could tell, and rates drawn together: formulas, scipy, simulation."""

import numpy as np
import pytest
from scipy import optimize, stats

from explorer.fairness.limits import wilson_limits
from explorer.fairness.planning import images_for_power, images_for_width, plan
from explorer.fairness.shrinkage import fit, shrink, shrunk_rates
from explorer.study.counts import group_report
from explorer.util.errors import ExplorerError
from support.made import report_of


@pytest.mark.parametrize(
    "rate, other, images", [(0.5, 0.6, 388), (0.6, 0.8, 82), (0.1, 0.2, 199), (0.05, 0.15, 141)]
)
def test_numbers_are_those_of_the_textbook(rate, other, images):
    """Two-sided 5 %, power 80 %, without continuity correction (Fleiss, 3rd ed., table A.3)."""
    assert images_for_power(rate, other) == pytest.approx(images, abs=1)


def test_so_many_images_find_the_difference():
    """Simulated samples of the planned size, tested at the shared level."""
    rng, rate, other, pairs = np.random.default_rng(0), 0.72, 0.62, 6
    n = images_for_power(rate, other, 0.8, pairs)
    first, second = rng.binomial(n, rate, 4000), rng.binomial(n, other, 4000)
    common = (first + second) / (2 * n)
    z = (first - second) / n / np.sqrt(2 * common * (1 - common) / n)
    assert np.mean(abs(z) > stats.norm.isf(0.025 / pairs)) == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("rate, width", [(0.5, 0.1), (0.72, 0.1), (0.1, 0.02), (0.97, 0.3)])
def test_the_width_is_reached_and_not_before(rate, width):
    n = images_for_width(rate, width)
    assert (
        np.diff(wilson_limits(rate, n), axis=0)
        <= width
        < np.diff(wilson_limits(rate, n - 1), axis=0)
    )


def test_the_plan_of_the_study():
    found = plan(group_report("published"), "recall", 0.1)
    assert found.rate == pytest.approx(0.7226, abs=5e-5) and found.pairs == 6
    independent = max(found.for_power, found.for_width)
    for group in found.groups:
        assert group.need == pytest.approx(independent * found.design_effect, abs=1)
        assert group.more == group.need - group.have > 0
        assert 0 < group.patients <= group.more
    assert "4 of 4 groups lack" in found.sentence
    text = found.protocol()
    for words in ("The patient.", "very light: ", "17 there", "Newcombe", "Holm", "80 %, at 5 %"):
        assert words in text
    assert "&" not in text and "unknown" not in plan(group_report("sex"), "recall", 0.1).protocol()


def test_false_positives_are_worse_when_there_are_more():
    found = plan(group_report("sex"), "false_positive_rate", 0.05, width=0.05)
    assert found.for_power == images_for_power(found.rate, found.rate + 0.05)
    assert {group.more for group in found.groups} == {0}
    assert found.sentence.endswith("every group has them.")


@pytest.mark.parametrize(
    "wish, words",
    [
        ({"metric": "f1"}, "no plan for"),
        ({"gap": 0.0}, "are shares"),
        ({"gap": 0.9}, "no group can be worse by"),
        ({"power": 1.0}, "are shares"),
    ],
)
def test_impossible_wishes(wish, words):
    with pytest.raises(ExplorerError, match=words):
        plan(group_report("published"), **wish)


def test_one_group_needs_no_plan():
    with pytest.raises(ExplorerError, match="two groups"):
        plan(report_of(a=(3, 2, 1, 9), unknown=(3, 2, 1, 9)))


def test_the_likelihood_is_the_largest():
    """Against scipy's own beta-binomial, maximised by Nelder and Mead."""
    calls, images = np.array([15, 36, 34, 14]), np.array([17, 58, 46, 16])

    def loss(point):
        mean, worth = 1 / (1 + np.exp(-point[0])), np.exp(point[1])
        return -stats.betabinom.logpmf(calls, images, mean * worth, (1 - mean) * worth).sum()

    best = optimize.minimize(loss, (1.0, 3.0), method="Nelder-Mead", options={"maxiter": 2000})
    mean, worth = fit(calls.astype(float), images.astype(float))
    assert loss((np.log(mean / (1 - mean)), np.log(worth))) == pytest.approx(best.fun, abs=2e-3)


def test_rates_move_towards_each_other_the_small_ones_most():
    found = {each.name: each for each in shrunk_rates(group_report("published"), "recall")}
    moved = {name: abs(each.moved - each.measured) for name, each in found.items()}
    assert moved["very light"] > moved["light"] > moved["intermediate"]
    assert np.ptp([each.moved for each in found.values()]) < 0.5 * 0.262


def test_equal_rates_meet_and_clear_differences_stay():
    alike = shrink("abc", [50, 52, 48], [100, 100, 100])
    assert [each.moved for each in alike] == pytest.approx([0.5] * 3, abs=0.005)
    apart = shrink("ab", [900, 100], [1000, 1000])
    assert [each.moved for each in apart] == pytest.approx([0.9, 0.1], abs=0.01)
    (alone,) = shrink("ab", [3, 0], [4, 0])
    assert alone.measured == alone.moved == 0.75
    assert [each.moved for each in shrink("ab", [0, 0], [9, 5])] == pytest.approx([0, 0], abs=0.01)
