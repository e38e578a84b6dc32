"""AUROC's interval: against other formulas, by simulation, and with patients as the units."""

import numpy as np
import pytest
from scipy import optimize, stats
from sklearn.metrics import roc_auc_score

from explorer.benchmarks import coverage_auroc
from explorer.fairness import auroc
from explorer.fairness.scores import score_table

Z = stats.norm.ppf(0.975)


def made(malignant, benign, centre=1.0, seed=0):
    rng = np.random.default_rng(seed)
    target = np.repeat([1, 0], [malignant, benign])
    return target, rng.normal(size=len(target)) + centre * target


@pytest.mark.parametrize("ties", [False, True])
def test_the_area_is_scikit_learns_and_the_error_that_of_a_bootstrap(ties):
    target, score = made(60, 90)
    score = score.round() if ties else score
    area, error = auroc.delong(target, score)
    assert area == pytest.approx(roc_auc_score(target, score))
    first, second = score[:60, None], score[60:]
    beats = (first > second) + (first == second) / 2
    rng = np.random.default_rng(1)
    times = [rng.multinomial(n, np.full(n, 1 / n), 2_000) for n in beats.shape]
    draws = ((times[0] @ beats) * times[1]).sum(axis=1) / beats.size
    assert error == pytest.approx(np.std(draws), rel=0.06)


@pytest.mark.parametrize("area", [0.5, 0.71, 0.93, 0.99])
def test_newcombes_ends_solve_hanley_and_mcneils_equation_where_classes_are_equal(area):
    """With as many of each, method 5's variance is Hanley and McNeil's (1982)."""
    k = 12

    def distance(value):
        first, second = value / (2 - value), 2 * value**2 / (1 + value)
        one = value * (1 - value) + (k - 1) * (first + second - 2 * value**2)
        return (value - area) ** 2 - Z**2 * one / k**2

    low, high = auroc.newcombe(area, k, k)
    assert low == pytest.approx(optimize.brentq(distance, 0, area - 1e-9))
    assert high == pytest.approx(optimize.brentq(distance, area + 1e-9, 1 - 1e-12))


def test_the_interval_is_the_wider_of_both_at_each_end():
    target, score = made(9, 120)
    rate = auroc.auroc_rate(target, score)
    area, error = auroc.delong(target, score)
    logit = stats.norm(np.log(area / (1 - area)), error / (area * (1 - area))).ppf([0.025, 0.975])
    by_delong, by_newcombe = 1 / (1 + np.exp(-logit)), auroc.newcombe(area, 9, 120)
    assert rate.low == pytest.approx(min(by_delong[0], by_newcombe[0]))
    assert rate.high == pytest.approx(max(by_delong[1], by_newcombe[1]))
    assert rate.n == 9


def test_scores_all_in_order_or_all_alike_keep_an_open_interval():
    target = np.repeat([1, 0], [9, 30])
    apart, turned, alike = (auroc.auroc_rate(target, s) for s in (target, -target, 0 * target))
    assert apart.value == apart.high == 1 and 0.7 < apart.low < 0.9
    assert (turned.low, turned.high) == (pytest.approx(0), pytest.approx(1 - apart.low))
    assert alike.value == 0.5 and alike.low < 0.32 and alike.high > 0.68
    one = auroc.auroc_rate(target[8:], target[8:])
    assert one.value == 1 and one.low < 0.5 and one.n == 1
    assert auroc.auroc_rate(target[:9], target[:9]).value is None


# Coverage


@pytest.mark.parametrize(("malignant", "benign"), coverage_auroc.SIZES)
def test_coverage_is_at_least_92_percent_and_before_it_was_not(malignant, benign):
    """One-sided binomial bounds at 1e-4: of 10 looks one fails by chance in 1,000 runs."""
    repeats, rng = 600, np.random.default_rng(7)
    least, before = stats.binom.ppf(1e-4, repeats, 0.92) / repeats, []
    for shape in coverage_auroc.SHAPES[:4:3]:  # equal spread, ties
        for area in coverage_auroc.AREAS:
            held = coverage_auroc.coverage(malignant, benign, area, shape, repeats, rng)
            assert held[coverage_auroc.USED][0] >= least, (shape.name, area)
            before.append(held["DeLong (before)"][0])
    assert min(before) < stats.binom.ppf(1e-4, repeats, 0.90) / repeats


def test_the_population_of_the_simulation_has_the_area_that_it_says():
    rng = np.random.default_rng(3)
    for shape in coverage_auroc.SHAPES:
        beats, truth = coverage_auroc.samples(40, 40, 0.8, shape, 400, rng)
        assert beats.mean() == pytest.approx(truth, abs=0.012), shape.name


# Patients


def test_images_each_of_their_own_patient_have_delongs_error():
    target, score = made(15, 80)
    alone = np.random.default_rng(2).permutation(95)
    assert auroc.delong(target, score, alone) == pytest.approx(auroc.delong(target, score))


def test_copies_of_images_tell_nothing_new_by_patient():
    """Three copies of every image shrink DeLong's error and leave Obuchowski's as it was."""
    target, score = made(15, 80)
    copies = np.tile(np.arange(95), 3)
    error = auroc.delong(target, score)[1]
    assert auroc.delong(target[copies], score[copies], copies)[1] == pytest.approx(error)
    assert auroc.delong(target[copies], score[copies])[1] < 0.65 * error
    rate = auroc.auroc_rate(target[copies], score[copies], copies)
    assert rate.n == 15 and rate.low < auroc.auroc_rate(target[copies], score[copies]).low


def test_obuchowskis_error_is_that_of_a_bootstrap_of_patients():
    rng = np.random.default_rng(4)
    clusters = coverage_auroc.Clusters(30, 2, 90, 4, 0.6)
    target, score, patient = next(coverage_auroc._patients(0.8, 1, rng, clusters))
    draws = []
    for _ in range(400):
        drawn = rng.integers(0, 90, 90)
        rows = (drawn[:, None] * 4 + np.arange(4)).ravel()
        draws.append(roc_auc_score(target[rows], score[rows]))
    assert auroc.delong(target, score, patient)[1] == pytest.approx(np.std(draws), rel=0.13)


def test_by_patient_coverage_holds_where_that_of_images_does_not():
    repeats, rng = 300, np.random.default_rng(5)
    alike = coverage_auroc.Clusters(malignant=4, alike=0.9)
    held = coverage_auroc.coverage_of_patients(0.7, repeats, rng, alike)
    bound = stats.binom.ppf(1e-4, repeats, 0.92) / repeats
    assert held["by patient"][0] >= bound > held["images taken as independent"][0]


def test_the_table_of_scores_has_both_where_patients_are_known():
    target, score = made(20, 100)
    group, patient = np.arange(120) % 2, np.arange(120) // 3
    plain = score_table(target, score, group, 2, resamples=20).rates
    both = score_table(target, score, group, 2, patient, resamples=20).rates
    assert "auroc_by_patient" not in plain[0]
    for i, member in enumerate((group >= 0, group == 0, group == 1)):
        expected = auroc.auroc_rate(target[member], score[member], patient[member])
        assert vars(both[i]["auroc_by_patient"]) == pytest.approx(vars(expected))
        assert both[i]["auroc"] == plain[i]["auroc"]
