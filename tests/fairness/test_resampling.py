"""Resampling of counts: against exact enumeration, row-level shuffles, and published figures."""

import time
from itertools import product
from math import comb

import numpy as np
import pytest

from explorer.fairness import resampling
from explorer.fairness.resampling import GAPS, gaps, sample_gaps
from explorer.fairness.shuffling import deal, permute
from explorer.study import counts as study_counts

DP, EO, FPR, ODDS = GAPS


def cells_of(true_positives, false_positives, positives, negatives):
    """TP, FP, FN and TN of calls and of the images that they are out of."""
    tp, fp, p, n = map(np.array, (true_positives, false_positives, positives, negatives))
    return np.stack([tp, fp, p - tp, n - fp])


@pytest.fixture(scope="module")
def counts():
    return study_counts.published_counts("published")


@pytest.fixture(scope="module")
def sample(counts):
    return sample_gaps(counts.cells)


def rows_of(counts):
    """One row per image: group, target, prediction."""
    cells = counts.cells  # TP, FP, FN, TN
    table = [
        (group, target, call)
        for group in range(len(counts.names))
        for (target, call), n in zip(((1, 1), (0, 1), (1, 0), (0, 0)), cells[:, group])
        for _ in range(n)
    ]
    return np.array(table).T


def row_gaps(group, target, call):
    """The four gaps from rows, by plain means."""

    def spread(mask):
        rates = [call[mask & (group == g)].mean() for g in np.unique(group[mask])]
        return max(rates) - min(rates)

    everything = np.ones(len(group), bool)
    recall, false_positive = spread(target == 1), spread(target == 0)
    return dict(
        zip(GAPS, (spread(everything), recall, false_positive, max(recall, false_positive)))
    )


def exact_null_of_recall_gap(counts):
    """Every way the found lesions can fall into the groups: sorted gaps and probabilities."""
    positives = [int(n) for n in counts.positives]
    found = int(counts.true_positives.sum())
    gap, weight = [], []
    for calls in product(*(range(n + 1) for n in positives[:-1])):
        last = found - sum(calls)
        if not 0 <= last <= positives[-1]:
            continue
        drawn = (*calls, last)
        rates = [k / n for k, n in zip(drawn, positives)]
        gap.append(max(rates) - min(rates))
        weight.append(
            np.prod([comb(n, k) for k, n in zip(drawn, positives)], dtype=object)
            / comb(sum(positives), found)
        )
    order = np.argsort(gap)
    return np.array(gap)[order], np.array(weight, float)[order]


def test_published_chance_figures(counts, sample):
    # FACTS section 7; its 95 % limits come from a simulation, and the gap takes few values
    observed = gaps(counts.cells)
    assert observed[EO] == pytest.approx(0.262, abs=5e-4)
    assert sample[EO].null_mean == pytest.approx(0.185, abs=2e-3)
    assert sample[EO].null_p95 == pytest.approx(0.334, abs=1e-3)
    assert sample[EO].p_value == pytest.approx(0.17, abs=0.01)
    assert observed[FPR] == pytest.approx(0.146, abs=5e-4)
    assert sample[FPR].null_mean == pytest.approx(0.030, abs=1e-3)
    assert sample[FPR].null_p95 == pytest.approx(0.057, abs=2e-3)
    assert sample[FPR].p_value < 1e-4


def test_recall_null_against_exact_enumeration(counts, sample):
    gap, weight = exact_null_of_recall_gap(counts)
    assert weight.sum() == pytest.approx(1)
    observed = gaps(counts.cells)[EO]
    deviation = np.sqrt((weight * gap**2).sum() - (weight @ gap) ** 2)
    error = 4 / np.sqrt(resampling.RESAMPLES)  # four standard errors
    assert sample[EO].null_mean == pytest.approx(weight @ gap, abs=error * deviation)
    exact_p = weight[gap >= observed - 1e-12].sum()
    assert sample[EO].p_value == pytest.approx(exact_p, abs=error / 2)
    # percentile of a discrete distribution: compare probabilities, not values
    assert 0.95 - error / 2 < weight[gap <= sample[EO].null_p95 + 1e-12].sum() < 0.96


def test_listed_tables_have_their_exact_probabilities():
    """Of few images: against Fisher's hypergeometric probabilities of every table."""
    images, called, draws = np.array([4, 3, 5]), 6, 50_000
    found = deal(images, called, draws, np.random.default_rng(0))
    kinds, times = np.unique(found, axis=0, return_counts=True)
    for table, count in zip(kinds, times):
        exact = np.prod([comb(n, k) for n, k in zip(images, table)]) / comb(12, called)
        assert count / draws == pytest.approx(exact, abs=2 / draws)
    assert (np.diff(found[:, 0]) != 0).mean() > 0.5, "in no order"


def test_null_against_row_level_shuffles(counts, sample):
    group, target, call = rows_of(counts)
    rng = np.random.default_rng(1)
    null = {name: [] for name in GAPS}
    for _ in range(300):
        shuffled = group.copy()
        for value in (0, 1):
            shuffled[target == value] = rng.permutation(group[target == value])
        for name, value in row_gaps(shuffled, target, call).items():
            null[name].append(value)
    for name, values in null.items():
        error = 4 * np.std(values) / np.sqrt(len(values))
        assert sample[name].null_mean == pytest.approx(np.mean(values), abs=error)
        assert np.mean(np.array(values) > sample[name].null_p95) == pytest.approx(0.05, abs=0.04)


def test_gaps_equal_a_plain_row_level_computation(counts):
    fast = gaps(counts.cells)
    for name, value in row_gaps(*rows_of(counts)).items():
        assert fast[name] == pytest.approx(value, abs=1e-12)


def test_permutation_keeps_the_margins(counts):
    rng = np.random.default_rng(3)
    calls = counts.true_positives, counts.false_positives
    tp, fp, fn, tn = permute(counts.cells, 50, rng)
    totals = counts.positives, counts.false_positives + counts.true_negatives
    assert (tp + fn == totals[0]).all() and (fp + tn == totals[1]).all()
    for drawn, observed, total in zip((tp, fp), calls, totals):
        assert (drawn.sum(axis=1) == observed.sum()).all()
        assert (drawn <= total).all() and (drawn >= 0).all()


def test_p_value_is_uniform_when_groups_are_alike():
    """Under the null, p <= alpha may happen in at most a share alpha of data sets."""
    positives, negatives = np.array([40, 60, 30]), np.array([400, 300, 200])
    rng = np.random.default_rng(4)
    p_values = np.array(
        [
            sample_gaps(
                cells_of(
                    rng.binomial(positives, 0.6), rng.binomial(negatives, 0.2), positives, negatives
                ),
                resamples=200,
                seed=i,
            )[FPR].p_value
            for i in range(300)
        ]
    )
    assert 0.02 < np.mean(p_values <= 0.05) < 0.09
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.08)


def test_same_seed_same_answer(counts):
    first, again, other = (
        sample_gaps(counts.cells, resamples=500, seed=seed) for seed in (1, 1, 2)
    )
    assert first == again != other


def test_group_without_positives_stays_out_of_the_recall_gap():
    result = gaps(cells_of([5, 8, 0], [5, 10, 40], [10, 20, 0], [50, 50, 50]))
    assert result[EO] == pytest.approx(0.1) and result[FPR] == pytest.approx(0.7)
    sampled = sample_gaps(cells_of([5, 0], [5, 10], [10, 0], [50, 50]), resamples=50)
    assert sampled[EO] == sampled[ODDS] == resampling.GapSample()
    assert sampled[FPR].p_value is not None


def test_minimum_denominator_leaves_small_groups_out():
    cells = cells_of([50, 60, 5], [5, 5, 5], [100, 100, 5], [50, 50, 50])
    assert gaps(cells)[EO] == pytest.approx(0.5)
    assert gaps(cells, minimum=20)[EO] == pytest.approx(0.1)


def test_two_thousand_resamples_take_well_under_a_second(counts):
    start = time.perf_counter()
    sample_gaps(counts.cells, resamples=2000)
    assert time.perf_counter() - start < 0.5
