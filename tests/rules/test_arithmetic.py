"""The arithmetic that the page spells out is the rules' own."""

import numpy as np
import pytest
from scipy.special import softmax

from explorer.lesion.lesion import Classification
from explorer.lesion.stored import stored_answers
from explorer.rules.arithmetic import arithmetic as of_logits
from explorer.rules.rules import RULES

#: Training counts n[d, y] of FACTS section 3, as the study's code writes them.
COUNTS = np.array([[1072, 16], [17515, 231], [6273, 181], [834, 16]], float)


def arithmetic(found, key):
    return of_logits(RULES[key], found.logits, found.group)


@pytest.fixture
def found():
    logits = np.random.default_rng(3).normal(0, 2, (8, 8)).astype(np.float32)
    return Classification(stored_answers().weights, logits, 2)


@pytest.mark.parametrize("key", RULES)
def test_weights_times_terms_give_the_verdict(found, key):
    spelled = arithmetic(found, key)
    sums = (spelled.factors * spelled.terms).sum(axis=0)
    np.testing.assert_allclose(sums, spelled.verdict.scores, rtol=1e-6)


def test_terms_and_weights_by_the_studys_formulas(found):
    p = softmax(np.asarray(found.logits, float)).reshape(4, 2)
    published = arithmetic(found, "discriminative_prior_shift")
    np.testing.assert_allclose(published.terms, p, rtol=1e-6)
    np.testing.assert_allclose(published.factors, COUNTS.sum(1, keepdims=True) / COUNTS / 100)
    wang = arithmetic(found, "discriminative_wang")
    np.testing.assert_allclose(wang.factors, COUNTS.sum() / COUNTS)
    np.testing.assert_allclose(arithmetic(found, "discriminative").factors, 1)
    summed = arithmetic(found, "independent")
    assert summed.is_logits
    z = np.asarray(found.logits, float).reshape(4, 2)
    np.testing.assert_allclose(summed.verdict.scores, z.sum(0), rtol=1e-6)


def test_conditional_rule_reads_the_images_own_group_alone(found):
    spelled = arithmetic(found, "conditional")
    assert (spelled.factors[[0, 1, 3]] == 0).all()
    own = softmax(np.asarray(found.logits, float)[4:6])
    np.testing.assert_allclose(spelled.factors[2] * spelled.terms[2], own, rtol=1e-6)
    without = Classification(found.weights, found.oriented_logits, None)
    assert arithmetic(without, "conditional") is None
