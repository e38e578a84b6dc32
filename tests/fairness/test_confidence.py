"""Tests of equal confidence against scipy, an independent formula, and the report's own table."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from explorer.data.predictions import Predictions
from explorer.fairness import confidence as ec
from explorer.fairness.decisions import Operating, decide
from explorer.image.colour import GROUP_NAMES
from explorer.rules import rules
from explorer.study import anova as pa
from explorer.study import tables
from explorer.study.counts import published_counts
from explorer.util.errors import ExplorerError

NAMES = ("a", "b", "c")


@pytest.fixture(scope="module")
def scores():
    """Scores of 400 images in three groups; malignant ones score higher, group c lower."""
    rng = np.random.default_rng(7)
    group, target = rng.integers(0, 3, 400), (rng.random(400) < 0.4).astype(int)
    score = rng.beta(2 + 3 * target - 0.5 * (group == 2), 3)
    return score, target, (score > 0.5).astype(int), group


@pytest.fixture(scope="module")
def demo():
    """The demo model's logits on validation lesions, as shipped."""
    table = pd.read_csv(tables.FOLDER.parent / "demo_logits.csv")
    logits = table[[f"logit_{k}" for k in range(8)]].to_numpy()
    return logits, table["target"].to_numpy(), table["group_published"].to_numpy()


def predictions(logits, target, group) -> Predictions:
    images = np.arange(len(target)).astype(str)
    metadata = {"published": np.array(GROUP_NAMES)[group]}
    return Predictions(images, target, metadata, logits=logits)


def test_statistics_are_scipys(scores):
    score, target, called, group = scores
    for test, kept in zip(
        ec.equal_confidence(*scores, NAMES), (target == 1, (target == 1) & (called == 1))
    ):
        samples = [score[kept & (group == i)] for i in range(3)]
        f, h = stats.f_oneway(*samples), stats.kruskal(*samples)
        assert (test.f_statistic, test.f_p_value) == pytest.approx((f.statistic, f.pvalue))
        assert (test.h_statistic, test.h_p_value) == pytest.approx((h.statistic, h.pvalue))
        assert test.n == kept.sum() and [g.n for g in test.groups] == [len(s) for s in samples]
        for found, sample in zip(test.groups, samples):
            interval = stats.t.interval(0.95, len(sample) - 1, sample.mean(), stats.sem(sample))
            assert (found.low, found.high) == pytest.approx(interval)
            assert found.std == pytest.approx(np.std(sample))


def test_effect_size_follows_from_f(scores):
    """Eta squared = F df1 / (F df1 + df2); epsilon squared is the adjusted R squared."""
    test = ec.equal_confidence(*scores, NAMES)[0]
    between, within = 2, test.n - 3
    eta = test.f_statistic * between / (test.f_statistic * between + within)
    assert test.eta_squared == pytest.approx(eta)
    assert test.epsilon_squared == pytest.approx(1 - (1 - eta) * (test.n - 1) / within)


def test_interval_and_null_agree_with_row_by_row_resampling(scores):
    score, target, _, group = scores
    kept = target == 1
    values, index = score[kept], group[kept]
    rng = np.random.default_rng(1)

    def eta(y, g):
        grand = y.mean()
        between = sum((g == i).sum() * (y[g == i].mean() - grand) ** 2 for i in range(3))
        return between / ((y - grand) ** 2).sum()

    drawn, null = [], []
    for _ in range(1500):
        rows = np.concatenate(
            [rng.choice(np.flatnonzero(index == i), (index == i).sum()) for i in range(3)]
        )
        drawn.append(eta(values[rows], index[rows]))
        null.append(eta(rng.permutation(values), index))
    test = ec.equal_confidence(*scores, NAMES)[0]
    assert (test.low, test.high) == pytest.approx(np.percentile(drawn, (2.5, 97.5)), abs=0.02)
    assert test.null_mean == pytest.approx(np.mean(null), abs=0.001)
    assert test.null_p95 == pytest.approx(np.percentile(null, 95), abs=0.004)
    # without group differences eta squared averages (groups - 1) / (n - 1)
    assert test.null_mean == pytest.approx(2 / (test.n - 1), rel=0.05)


def test_group_names_work_like_indices_and_strangers_stay_out(scores):
    score, target, called, group = scores
    by_index = ec.equal_confidence(*scores, NAMES)
    labels = np.array(NAMES)[group]
    assert ec.equal_confidence(score, target, called, labels, NAMES) == by_index
    fewer = ec.equal_confidence(score, target, called, labels, ("a", "b"))[0]
    assert fewer.n == ((target == 1) & (group < 2)).sum()


def test_small_groups_are_left_out_by_name():
    score, group = np.array([0.1, 0.2, 0.7, 0.9, 0.4]), np.array([0, 0, 1, 1, 2])
    test = ec.equal_confidence(score, np.ones(5), np.zeros(5), group, NAMES)
    assert test[0].n == 4 and "c (n = 1)" in test[0].note
    assert test[0].f_statistic == pytest.approx(stats.f_oneway([0.1, 0.2], [0.7, 0.9]).statistic)
    assert test[1].f_statistic is None and "no test" in test[1].note  # none was detected


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda s: (s[0][:-1], *s[1:]), "same length"),
        (lambda s: (s[0] * np.nan, *s[1:]), "not finite"),
        (lambda s: (s[0], s[1] * 0, *s[2:]), "malignant"),
    ],
)
def test_bad_input_is_one_sentence(scores, change, words):
    with pytest.raises(ExplorerError, match=words):
        ec.equal_confidence(*change(scores), NAMES)


def test_many_images_need_little_memory():
    rng = np.random.default_rng(0)
    n = 20_000
    tests = ec.equal_confidence(
        rng.random(n), np.ones(n), np.ones(n), rng.integers(0, 3, n), NAMES, resamples=300
    )
    assert tests[0].null_mean == pytest.approx(2 / (n - 1), rel=0.3)


def test_demo_logits_give_three_scores(demo):
    found = ec.from_decided(decide(predictions(*demo), "published"))
    logits, target, group = demo
    verdict = rules.RULES[rules.DEFAULT_RULE](logits)
    kept = target == 1
    for key, score in (
        ("probability", verdict.scores[:, 1] / verdict.scores.sum(axis=1)),
        ("unnormalised", verdict.scores[:, 1]),
    ):
        samples = [score[kept & (group == d)] for d in range(4)]
        assert found[key][0].f_statistic == pytest.approx(stats.f_oneway(*samples).statistic)
    assert found["probability"][1].n == (kept & (verdict.decision == 1)).sum()
    doubled = [g.mean for g in found["doubled softmax"][0].groups]
    assert min(doubled) > 0.497 and max(doubled) < 0.684
    with pytest.raises(KeyError):
        found["nothing"]


def test_decided_sources_use_their_own_groups(demo):
    logits, target, group = demo
    source = predictions(*demo)
    found = ec.from_decided(decide(source, "published"))
    verdict = rules.RULES[rules.DEFAULT_RULE](logits)
    own = ec.equal_confidence(
        verdict.probability_malignant, target, verdict.decision, group, GROUP_NAMES
    )
    assert found["probability"][0].f_statistic == pytest.approx(own[0].f_statistic)
    assert set(found) == {"probability", "unnormalised", "doubled softmax"}
    strict = ec.from_decided(decide(source, "published", Operating(threshold=0.9)))
    assert strict["probability"][1].n < found["probability"][1].n
    labels = Predictions(source.image, target, source.metadata, label=target)
    with pytest.raises(ExplorerError, match="not labels"):
        ec.from_decided(decide(labels, "published"))


def test_images_of_no_known_group_take_no_part(demo):
    logits, target, group = demo
    names = np.array(GROUP_NAMES)[group]
    names[group == 2] = "unknown"
    images = np.arange(len(target)).astype(str)
    source = Predictions(images, target, {"published": names}, logits=logits)
    found = ec.from_decided(decide(source, "published"))["probability"][0]
    assert [each.name for each in found.groups] == [n for n in GROUP_NAMES if n in set(names)]
    assert found.n == ((target == 1) & (group != 2)).sum()


# The report's table


@pytest.mark.parametrize("ddof", [0, 1])
def test_summary_anova_equals_scipy_on_the_data(scores, ddof):
    score, _, _, group = scores
    samples = [score[group == i] for i in range(3)]
    found = pa.summary_anova(
        [s.mean() for s in samples],
        [s.std(ddof=ddof) for s in samples],
        [len(s) for s in samples],
        ddof,
    )
    assert (found.f_statistic, found.p_value) == pytest.approx(tuple(stats.f_oneway(*samples)))


def test_published_sizes_are_those_of_the_counts():
    sizes = pa.malignant_sizes()
    assert sizes.tolist() == [17, 58, 46, 16] and sizes.sum() == 137
    counts = published_counts("published")
    np.testing.assert_array_equal(pa.detected_sizes(tables.SUBMITTED_MODEL), counts.true_positives)
    experiments = tables.load("experiments")["recall"].tolist()
    for model in np.unique(tables.load("anova")["model"]):
        assert round(pa.detected_sizes(model).sum() / 137, 3) in experiments


def test_published_f_statistics_follow_from_published_means_but_for_one():
    rows = pa.check_published_anova()
    assert len(rows) == 6
    odd = [row for row in rows if not row.agrees]
    assert [(row.model, row.subset) for row in odd] == [(tables.SUBMITTED_MODEL, ec.DETECTED)]
    for row in rows:
        assert row.low <= row.f_statistic <= row.high
        if row.agrees:
            assert abs(row.p_value - row.published_p) < 0.015


def test_only_the_submitted_model_contradicts_its_recall():
    """With non-negative scores, mean(all) >= share detected * mean(detected)."""
    for row in pa.check_published_anova():
        if row.subset == ec.DETECTED:
            assert row.consistent == (row.model != tables.SUBMITTED_MODEL)


def test_rounding_range_holds_what_random_rounding_gives():
    rng, row = np.random.default_rng(3), pa.check_published_anova()[0]
    for _ in range(300):
        means = np.array(row.means) + rng.uniform(-5e-4, 5e-4, 4)
        stds = np.array(row.stds) + rng.uniform(-5e-4, 5e-4, 4)
        assert row.low <= pa.summary_anova(means, stds, row.sizes).f_statistic <= row.high
