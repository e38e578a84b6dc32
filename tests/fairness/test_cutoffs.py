"""Cut-offs for one sensitivity, against scikit-learn's ROC curve."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import binomtest
from sklearn.metrics import roc_curve

from explorer.data.predictions import Predictions
from explorer.fairness.analysis import analyse_predictions
from explorer.fairness.cutoffs import SAME_IMAGES, SLACK, CalibrationSet, same_sensitivity
from explorer.fairness.decisions import Operating, decide
from explorer.model.weights import demo_weights
from explorer.rules.rules import RULES
from explorer.study.sources import demo_calibration, load_source
from explorer.util.errors import ExplorerError


def made(n=400, ties=False, seed=5) -> CalibrationSet:
    rng = np.random.default_rng(seed)
    target = (rng.random(n) < 0.3).astype(int)
    logits = rng.normal(0, 2, (n, 8)) + target[:, None] * np.array([0, 1] * 4)
    return CalibrationSet(
        "made images", logits.round() if ties else logits, target, rng.integers(0, 4, n)
    )


@pytest.mark.parametrize("sensitivity", [0.05, 0.5, 0.8, 0.95, 1.0])
@pytest.mark.parametrize("kind", ["demo", "made", "ties"])
def test_it_is_the_first_threshold_of_the_roc_curve_that_finds_enough(kind, sensitivity):
    images = demo_calibration() if kind == "demo" else made(ties=kind == "ties")
    found = same_sensitivity(images, sensitivity)
    assert (found.n, found.malignant) == (len(images.target), images.target.sum())
    for key, rule in RULES.items():
        said, cutoff = rule(images.logits, images.group), found.same[key]
        fpr, tpr, limits = roc_curve(images.target, said.log_odds, drop_intermediate=False)
        first = int(np.argmax(tpr >= sensitivity - 1e-12))
        assert cutoff.log_odds == limits[first] - SLACK
        assert cutoff.probability == pytest.approx(expit(cutoff.log_odds), rel=1e-12)
        first = np.flatnonzero(limits >= cutoff.log_odds)[-1]  # nearly always the same
        assert cutoff.sensitivity.value == pytest.approx(tpr[first])
        assert cutoff.false_positive_rate.value == pytest.approx(fpr[first])
        called = found.decision(said)[images.target == 1]
        assert called.mean() == pytest.approx(tpr[first])
        own = found.own[key]
        assert own.sensitivity.value == said.decision[images.target == 1].mean()
        assert own.false_positive_rate.n == (images.target == 0).sum()
        interval = binomtest(int(called.sum()), len(called)).proportion_ci(method="wilson")
        assert (cutoff.sensitivity.low, cutoff.sensitivity.high) == pytest.approx(tuple(interval))


def test_rules_that_call_none_at_a_half_find_as_many_as_the_others():
    """The demo model: what is seen at 0.5 is where the cut-offs lie."""
    found = same_sensitivity(demo_calibration())
    at_half = {key: round(cutoff.sensitivity.value * 69) for key, cutoff in found.own.items()}
    assert max(at_half[key] for key in ("discriminative", "independent", "conditional")) <= 1
    assert {round(each.sensitivity.value * 69) for each in found.same.values()} == {56}
    assert found.same["independent"].probability < 1e-8, "told by its log-odds alone"
    assert found.same["independent"].text.startswith("log-odds -")


def test_at_the_same_sensitivity_false_positives_cannot_be_told_apart():
    """What figures.md says: exact McNemar of all pairs on the benign lesions, by Holm."""
    images = demo_calibration()
    found = same_sensitivity(images)
    benign = images.target == 0
    calls = [found.decision(each(images.logits, images.group))[benign] for each in RULES.values()]
    only = [(int((a > b).sum()), int((a < b).sum())) for a, b in combinations(calls, 2)]
    p = [binomtest(more, more + less).pvalue for more, less in only]
    assert len(p) * min(p) == pytest.approx(0.3125), "Holm's least p"


def test_log_odds_are_those_of_the_probability_and_do_not_saturate():
    images = made()
    for rule in RULES.values():
        said = rule(images.logits, images.group)
        np.testing.assert_allclose(said.log_odds, logit(said.probability_malignant), atol=1e-6)
        far = rule(images.logits * 1e4, images.group)
        assert np.isfinite(far.log_odds).all()
        assert len(np.unique(far.log_odds)) == len(far.log_odds)
    own = RULES["conditional"](images.logits * 1e4, images.group).log_odds
    pairs = (1e4 * images.logits).reshape(-1, 4, 2)[np.arange(len(own)), images.group]
    np.testing.assert_allclose(own, pairs[:, 1] - pairs[:, 0])


def test_images_of_unknown_tone_do_not_enter_the_rule_that_needs_it():
    images = made()
    group = np.where(np.arange(len(images.target)) % 2, images.group, -1)
    found = same_sensitivity(replace(images, group=group)).same
    assert found["conditional"].sensitivity.n == images.target[1::2].sum()
    assert found["independent"].sensitivity.n == images.target.sum()
    without = same_sensitivity(replace(images, group=None))
    assert set(without.same) == set(RULES) - {"conditional"}
    with pytest.raises(ExplorerError, match="no tone groups are known of made images"):
        without.of("conditional")


def test_what_cannot_be_calibrated_is_told_in_one_sentence():
    images = made()
    for sensitivity in (0, -0.1, 1.01, np.nan):
        with pytest.raises(ExplorerError, match="a sensitivity is above 0 and at most 1"):
            same_sensitivity(images, sensitivity)
    nine = images.target * (np.cumsum(images.target) < 10)
    with pytest.raises(ExplorerError, match=r"has 9 malignant images: .* at least 10"):
        same_sensitivity(replace(images, target=nine))
    with pytest.raises(ExplorerError, match="8 logits per image: published model has none"):
        CalibrationSet.of(load_source("published"))
    demo = demo_calibration()
    demo.check_weights(demo_weights("A test's").sha256)
    with pytest.raises(ExplorerError, match="answered by other weights"):
        demo.check_weights("0" * 64)
    images.check_weights("0" * 64)  # nothing states whose they are


# At an operating point: every figure of the groups


def test_every_figure_of_the_groups_follows():
    predictions = load_source("demo")
    operating = Operating("independent", sensitivity=0.8)
    analysis = analyse_predictions(predictions, "sex", operating, resamples=200)
    z = predictions.logits
    odds = z[:, 1::2].sum(axis=1) - z[:, ::2].sum(axis=1)
    _, tpr, limits = roc_curve(predictions.target, odds, drop_intermediate=False)
    called = odds >= limits[np.argmax(tpr >= 0.8)] - SLACK
    np.testing.assert_array_equal(analysis.decided.call, called)
    for group in analysis.report.groups:
        mine = (predictions.column("sex") == group.name) & (predictions.target == 1)
        assert group.rate("recall").value == pytest.approx(called[mine].mean())
    said = analysis.statement.of("cutoff")
    assert "a sensitivity of 80 %" in said and "81 % [70, 89] of 69 malignant" in said
    assert SAME_IMAGES in said and "log-odds -20" in analysis.report.rule
    told = analysis.to_json()["same_sensitivity"]
    assert told["same"]["independent"]["sensitivity"]["n"] == 69


def test_another_calibration_set_is_named_and_nothing_is_called_set():
    predictions, images = load_source("demo"), made()
    operating = Operating(sensitivity=0.9, images=images)
    analysis = analyse_predictions(predictions, "sex", operating, resamples=200)
    limit = same_sensitivity(images, 0.9).same["discriminative_prior_shift"]
    decided = analysis.decided
    np.testing.assert_array_equal(decided.call, decided.probability >= limit.probability)
    assert decided.rule.endswith(", for a sensitivity of 90 % on made images")
    assert "on made images (n = 400) it finds" in analysis.statement.of("cutoff")
    assert SAME_IMAGES not in analysis.statement.text


def test_a_threshold_and_a_sensitivity_exclude_one_another():
    with pytest.raises(ExplorerError, match="not both"):
        Operating(threshold=0.4, sensitivity=0.8)
    labels = Predictions(np.array(["a", "b"]), np.array([0, 1]), {}, label=np.array([0, 1]))
    with pytest.raises(ExplorerError, match="8 logits per image"):
        decide(labels, (), Operating(sensitivity=0.8))
