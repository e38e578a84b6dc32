"""The inference rules against hand arithmetic, scipy and identities."""

import numpy as np
import pytest
from scipy.special import expit, logsumexp, softmax

from explorer.rules import rules, slips
from explorer.rules.rules import RULES, apply_rules
from explorer.util.errors import ExplorerError

RNG = np.random.default_rng(7)
BATCH = RNG.normal(0, 3, (500, 8))
DOMAINS = RNG.integers(0, 4, 500)

# FACTS section 3, with the code's 6273.
BENIGN, MALIGNANT = [1072, 17515, 6273, 834], [16, 231, 181, 16]


def test_equal_logits_by_hand():
    """With all logits equal p = 1/8, so every sum can be written down from the counts alone."""
    flat = np.zeros(8)
    verdicts = apply_rules(flat, 2)
    prior = [
        sum((b + m) / n / 100 / 8 for b, m, n in zip(BENIGN, MALIGNANT, column))
        for column in (BENIGN, MALIGNANT)
    ]
    assert verdicts["discriminative_prior_shift"].scores == pytest.approx(prior)
    wang = [sum(1 / n for n in column) for column in (BENIGN, MALIGNANT)]
    assert verdicts["discriminative_wang"].probability_malignant == pytest.approx(
        wang[1] / sum(wang)
    )
    for key in ("discriminative", "independent", "conditional"):
        assert verdicts[key].probability_malignant == pytest.approx(0.5)
        assert verdicts[key].decision == 0, "a tie is benign"


def test_against_log_space_arithmetic():
    """The same quantities by scipy in log space, from the formulas of FACTS."""
    z = BATCH.reshape(-1, 4, 2)
    n = np.stack([BENIGN, MALIGNANT], axis=1).astype(float)
    log_w = np.log(n.sum(1, keepdims=True) / n)
    log_s = logsumexp(z + log_w, axis=1)
    expected = {
        "discriminative_prior_shift": expit(log_s[:, 1] - log_s[:, 0]),
        "discriminative": softmax(BATCH, axis=1).reshape(-1, 4, 2)[:, :, 1].sum(1),
        "discriminative_wang": expit(np.diff(logsumexp(z - np.log(n), axis=1))[:, 0]),
        "independent": expit(np.diff(z.sum(1))[:, 0]),
        "conditional": expit(np.diff(z[np.arange(500), DOMAINS])[:, 0]),
    }
    verdicts = apply_rules(BATCH, DOMAINS)
    assert set(verdicts) == set(expected) == set(RULES)
    for key, value in expected.items():
        np.testing.assert_allclose(verdicts[key].probability_malignant, value, atol=1e-12)
        np.testing.assert_array_equal(verdicts[key].decision, value > 0.5)


@pytest.mark.parametrize("key", RULES)
def test_identities(key):
    verdict = RULES[key](BATCH, DOMAINS)
    shifted = RULES[key](BATCH + RNG.normal(0, 50, (500, 1)), DOMAINS)
    np.testing.assert_allclose(
        shifted.probability_malignant, verdict.probability_malignant, atol=1e-9
    )
    np.testing.assert_allclose(verdict.contributions.sum(axis=1), verdict.scores)
    swapped = BATCH.reshape(-1, 4, 2)[:, :, ::-1].reshape(-1, 8)
    if key in ("discriminative", "independent", "conditional"):  # no weights: symmetric classes
        np.testing.assert_allclose(
            RULES[key](swapped, DOMAINS).probability_malignant,
            1 - verdict.probability_malignant,
            atol=1e-12,
        )
    single = RULES[key](BATCH[3], DOMAINS[3])
    assert single.probability_malignant == pytest.approx(verdict.probability_malignant[3])
    assert single.word in rules.DECISIONS


def test_extreme_logits_stay_finite():
    extreme = np.array([1e4, -1e4, 0, 0, 0, 0, 0, 0])
    for verdict in apply_rules(extreme, 0).values():
        assert verdict.probability_malignant == pytest.approx(0)


def test_published_scale_of_the_weights():
    """The ceilings of s[1] that FACTS section 7 states: 0.68, 0.77, 0.36, 0.53."""
    for d, ceiling in enumerate((0.68, 0.77, 0.36, 0.53)):
        certain = np.full(8, -50.0)
        certain[2 * d + 1] = 50
        assert slips.unnormalised_score(certain) == pytest.approx(ceiling, abs=0.005)


def test_prior_shift_is_a_threshold_per_group():
    """Read by one domain alone, the rule calls malignant above p(malignant | d) of training."""
    for d, threshold in enumerate((0.015, 0.013, 0.028, 0.019)):
        for posterior, decision in ((threshold - 0.001, 0), (threshold + 0.001, 1)):
            p = np.full(8, 1e-12)
            p[2 * d : 2 * d + 2] = 1 - posterior, posterior
            assert RULES["discriminative_prior_shift"](np.log(p)).decision == decision


def test_predict_py_can_differ_from_the_published_rule():
    """Malignant spread over domains wins the sum but not the single largest weighted value."""
    p = rules.TRAINING_COUNTS / rules.TRAINING_COUNTS.sum(1, keepdims=True)
    weighted = np.array([[0.30, 0.20], [0.01, 0.20], [0.01, 0.15], [0.01, 0.12]])
    logits = np.log(weighted * p).ravel()
    assert RULES["discriminative_prior_shift"](logits).word == "malignant"
    assert slips.predict_py_decision(logits) == 0


def test_doubled_softmax_is_confined():
    extremes = np.full((8, 8), -60.0) + 120 * np.eye(8)
    doubled = slips.doubled_softmax(np.concatenate([extremes, BATCH]))
    assert doubled.min() == pytest.approx(0.497, abs=5e-4)
    assert doubled.max() == pytest.approx(0.683, abs=5e-4)
    scores = RULES["discriminative_prior_shift"](BATCH).scores
    np.testing.assert_allclose(
        slips.doubled_softmax(BATCH), softmax(scores, axis=1)[:, 1], atol=1e-12
    )


def test_bad_input_is_one_sentence():
    with pytest.raises(ExplorerError, match="8 logits"):
        RULES["independent"](np.zeros(2))
    with pytest.raises(ExplorerError, match="finite"):
        RULES["independent"](np.full(8, np.nan))
    with pytest.raises(ExplorerError, match="needs the tone group"):
        RULES["conditional"](np.zeros(8))
    with pytest.raises(ExplorerError, match="0, 1, 2 or 3"):
        RULES["conditional"](np.zeros(8), 4)
    assert "conditional" not in apply_rules(np.zeros(8))
