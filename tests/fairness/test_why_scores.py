"""Threshold against ranking, calibration, net benefit: against scikit-learn and by simulation."""

import json

import numpy as np
import pytest
from scipy import optimize, stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_curve

from explorer.fairness.calibration import FEW, calibration, recalibration
from explorer.fairness.decisions import decide
from explorer.fairness.net_benefit import net_benefit
from explorer.fairness.ranking import SENSITIVITIES, ranking, specificity_at
from explorer.fairness.why import why
from explorer.figures.why import why_section
from explorer.figures.why_scores import benefit_plot, calibration_chart, ranking_chart
from explorer.study.sources import load_source

#: Of an interval of 95 %, one look in 10,000 sees less than this by chance.
CHANCE = 1e-4


@pytest.fixture(scope="module")
def demo():
    return decide(load_source("demo"), "sex")


@pytest.fixture(scope="module")
def published():
    return decide(load_source("published"), "published")


# Ranking


def test_specificity_at_a_sensitivity_and_youden_are_scikit_learns(demo):
    found = ranking(demo)
    assert [g.name for g in found.groups] == list(demo.names)
    for group in found.groups:
        member = demo.members(group.name)
        rate, recall, _ = roc_curve(
            demo.target[member], demo.probability[member], drop_intermediate=False
        )
        for sensitivity, at in zip(SENSITIVITIES, group.at):
            first = np.flatnonzero(recall >= sensitivity - 1e-9)[0]
            assert at.value == pytest.approx(1 - rate[first])
            assert at.low <= at.value <= at.high
        best = (recall - rate).argmax()
        assert group.best_youden == pytest.approx((recall - rate)[best])
        call = demo.call[member]
        own = [call[demo.target[member] == y].mean() for y in (1, 0)]
        assert group.youden == pytest.approx(own[0] - own[1])


@pytest.mark.parametrize("sizes", [(8, 260), (20, 100)])
@pytest.mark.parametrize("sensitivity", [0.8, 0.9])
def test_its_interval_covers(sizes, sensitivity):
    """Binormal scores; the truth is the specificity where the population has the sensitivity."""
    repeats, rng, held = 300, np.random.default_rng(3), 0
    truth = stats.norm.cdf(1.5 + stats.norm.ppf(1 - sensitivity))
    for _ in range(repeats):
        rate = specificity_at(rng.normal(1.5, 1, sizes[0]), rng.normal(size=sizes[1]), sensitivity)
        held += rate.low <= truth <= rate.high
    assert held >= stats.binom.ppf(CHANCE, repeats, 0.93)


def test_too_few_malignant_images_leave_it_open():
    rate = specificity_at(np.array([0.9, 0.8, 0.7]), np.linspace(0, 0.6, 50), 0.95)
    assert rate.value == 1 and rate.low == pytest.approx(0)


# Calibration


def logistic(n, seed=0, slope=1.0, shift=0.0):
    rng = np.random.default_rng(seed)
    logit = rng.normal(-1, 1.2, n)
    target = (rng.random(n) < 1 / (1 + np.exp(-(shift + slope * logit)))).astype(int)
    return target, 1 / (1 + np.exp(-logit))


def test_slope_and_intercept_are_those_of_a_logistic_regression():
    target, probability = logistic(800, slope=0.6, shift=-1.0)
    logit = np.log(probability / (1 - probability))
    slope, intercept = recalibration(target, probability)
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000).fit(logit[:, None], target)
    assert slope.value == pytest.approx(model.coef_[0, 0], abs=1e-4)

    def surplus(shift):
        return (target - 1 / (1 + np.exp(-(logit + shift)))).sum()

    assert intercept.value == pytest.approx(optimize.brentq(surplus, -5, 5), abs=1e-6)
    assert slope.high < 1 and intercept.high < 0


def test_the_intervals_of_slope_and_intercept_cover():
    repeats, held = 300, np.zeros(2)
    for seed in range(repeats):
        slope, intercept = recalibration(*logistic(200, seed))
        held += [slope.low <= 1 <= slope.high, intercept.low <= 0 <= intercept.high]
    assert held.min() >= stats.binom.ppf(CHANCE, repeats, 0.94)


def test_copies_of_a_patients_images_tell_nothing_new():
    target, probability = logistic(300)
    alone = recalibration(target, probability)
    rows = np.repeat(np.arange(300), 5)
    copied = recalibration(target[rows], probability[rows], rows)
    for one, other in zip(alone, copied):
        assert other.value == pytest.approx(one.value)
        assert other.high - other.low == pytest.approx(one.high - one.low, rel=0.1)


def test_observed_over_expected_and_groups_that_are_too_small(demo):
    for group in calibration(demo).groups:
        member = demo.members(group.name)
        ratio = demo.target[member].mean() / demo.probability[member].mean()
        assert group.ratio.value == pytest.approx(ratio)
        assert group.ratio.low < ratio < group.ratio.high
    tones = {g.name: g for g in calibration(decide(load_source("demo"), "published")).groups}
    assert tones["tan, brown and dark"].n - tones["tan, brown and dark"].observed < FEW
    assert tones["tan, brown and dark"].slope.value is None
    assert tones["light"].slope.value is not None


# Net benefit


def test_net_benefit_is_that_of_its_definition_by_the_studys_counts(published):
    tp, fp, fn, tn = published.counts.cells
    found = net_benefit(published, (0.05, 0.2))
    for i, group in enumerate(found.groups):
        n = tp[i] + fp[i] + fn[i] + tn[i]
        for worth, odds in zip(group.worths, (1 / 19, 1 / 4)):
            assert worth.value == pytest.approx(tp[i] / n - fp[i] / n * odds)
            base = (tp[i] + fn[i]) / n
            assert worth.everybody == pytest.approx(base - (1 - base) * odds)
            assert worth.low < worth.value < worth.high
    assert found.interval.endswith("over patients")


def test_its_interval_is_that_of_a_bootstrap_of_patients(published):
    (worth,) = net_benefit(published, (0.1,)).groups[1].worths
    member = published.group == 1
    each = published.call * np.where(published.target == 1, 1, -1 / 9) * member
    patient = published.patient_index
    sums, sizes = np.bincount(patient, each), np.bincount(patient, member)
    rng = np.random.default_rng(2)
    times = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), 2_000)
    error = np.std((times @ sums) / (times @ sizes))
    assert (worth.high - worth.low) / (2 * 1.96) == pytest.approx(error, rel=0.1)


# Together


def test_figures_and_json(demo, published):
    found = why(demo)
    value = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert {g["name"] for g in value["ranking"]["groups"]} == set(demo.names)
    assert len(value["net_benefit"]["groups"][0]["worths"]) == 20
    titles = [t.title for t in why_section(found).tables]
    assert titles == ["Where each group is cut", "Net benefit"]
    for chart in (ranking_chart(found.ranking), calibration_chart(found.calibration)):
        ends = [x for r in chart.rows for m in r.marks for x in (m.low, m.high) if x is not None]
        assert chart.span[0] <= min(ends) and chart.span[1] >= max(ends)
        assert "95 %" in " ".join(chart.legend.values())
    drawn = benefit_plot(net_benefit(published))
    lines = [t for t in drawn.data if t.name == "light"]
    assert len(lines) == 4 and "everybody called" in drawn.layout.meta["alt"]
