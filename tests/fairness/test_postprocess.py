"""Post-processing against fairlearn used directly, and the promise that halves share no patient."""

import json
from dataclasses import replace

import numpy as np
import pytest
from fairlearn import metrics as fair
from fairlearn.postprocessing import ThresholdOptimizer
from sklearn.linear_model import LogisticRegression

from explorer.data.predictions import Predictions
from explorer.fairness.decisions import decide
from explorer.fairness.postprocess import CONSTRAINTS, post_process, split_halves
from explorer.util.errors import ExplorerError

N = 3000


def made(patients=True, third=0) -> Predictions:
    """Group b's scores are lower, so one threshold for all treats it differently."""
    rng = np.random.default_rng(0)
    target = (rng.random(N) < 0.4).astype(int)
    group = rng.choice(["a", "b"], N, p=[0.6, 0.4])
    score = rng.normal(size=N) + 1.5 * target - 1.2 * (group == "b")
    if third:
        group[:third], target[:third] = "c", 0
    patient = np.array([f"p{i}" for i in rng.integers(0, N // 4, N)]) if patients else None
    return Predictions(
        np.array([f"i{i}" for i in range(N)]),
        target,
        {"camera": group},
        probability=1 / (1 + np.exp(-score)),
        patient=patient,
    )


@pytest.fixture(scope="module")
def decided():
    return decide(made(), "camera")


def test_no_patient_is_in_both_halves(decided):
    second = split_halves(decided)
    patient = decided.predictions.patient
    assert not set(patient[second]) & set(patient[~second])
    assert 0.45 < second.mean() < 0.55
    for group in (0, 1):
        shares = [
            decided.target[(second == half) & (decided.group == group)].mean()
            for half in (False, True)
        ]
        assert shares[0] == pytest.approx(shares[1], abs=0.05)


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_the_aimed_gap_shrinks_on_held_out_images(decided, constraint):
    result = post_process(decided, constraint, resamples=200)
    before, after = (x.report.gaps[result.target_gap].value for x in (result.before, result.after))
    assert before > 0.25 and after < before / 3
    assert (result.after.decided.target == result.before.decided.target).all()
    assert "no patient in both" in result.held_out and result.left_out == ()
    json.dumps(result.to_json(), allow_nan=False)


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_each_half_is_decided_by_fairlearn_fitted_on_the_other(decided, constraint):
    """A logistic model of the score alone orders images as the score does."""
    result = post_process(decided, constraint, resamples=100)
    second = split_halves(decided)
    score, target, group = decided.probability[:, None], decided.target, decided.group
    model = LogisticRegression().fit(score, target)
    optimizer = ThresholdOptimizer(
        estimator=model,
        prefit=True,
        constraints=constraint,
        predict_method="predict_proba",
        objective="balanced_accuracy_score",
    )
    optimizer.fit(score[~second], target[~second], sensitive_features=group[~second])
    other = np.asarray(
        optimizer.predict(score[second], sensitive_features=group[second], random_state=0)
    )
    rates = [
        fair.MetricFrame(
            metrics=fair.selection_rate,
            y_true=target[second],
            y_pred=call,
            sensitive_features=group[second],
        ).by_group.to_numpy()
        for call in (other, result.after.decided.call[second])
    ]
    assert rates[0] == pytest.approx(rates[1], abs=0.03)  # both draw at random


def test_a_single_threshold_decides_as_written(decided):
    result = post_process(decided, "demographic_parity", resamples=100)
    second = split_halves(decided)
    for group in result.thresholds[0]:  # fitted on the first half
        member = second & decided.members(group.group)
        expected = sum(
            share * (decided.probability[member] > limit).mean()
            for limit, share in zip(group.thresholds, group.shares)
        )
        assert result.after.decided.call[member].mean() == pytest.approx(expected, abs=0.03)
        assert sum(group.shares) == pytest.approx(1)


def test_without_patients_it_says_so():
    result = post_process(decide(made(patients=False), "camera"), resamples=100)
    assert "Patients are not known" in result.held_out and "optimistic" in result.held_out


def test_groups_of_one_class_are_left_out():
    data = decide(made(third=40), "camera")
    result = post_process(data, resamples=100)
    assert result.left_out == ("c",) and result.before.decided.names == ("a", "b")
    assert len(result.after.decided.call) == N - 40


def test_bad_requests(decided):
    with pytest.raises(ExplorerError, match="unknown constraint"):
        post_process(decided, "fairness")
    labels = replace(decided.predictions, probability=None, label=decided.target)
    with pytest.raises(ExplorerError, match="labels only"):
        post_process(decide(labels, "camera"))
    one = decided.predictions.subset(decided.group == 0)
    with pytest.raises(ExplorerError, match="two groups"):
        post_process(decide(one, "camera"))
