"""The statement's wording in made situations, and its numbers against FACTS and libraries."""

import dataclasses
import json
import re

import numpy as np
import pytest
from scipy.stats import fisher_exact

from explorer.data.predictions import Predictions
from explorer.fairness.analysis import analyse_predictions
from explorer.fairness.gaps import analyse
from explorer.fairness.limits import newcombe
from explorer.fairness.metrics import Counts, proportion
from explorer.fairness.statement import TESTED, counts_of, statement_of
from explorer.study.counts import group_report
from explorer.study.sources import load_source

RECALL, FPR, SELECTION = TESTED


def report(small=20, **cells):
    """A report of explicit counts: name = (TP, FP, FN, TN)."""
    counts = Counts(tuple(cells), *np.array(list(cells.values())).T)
    facts = {"source": "made counts.", "rule": "made rule. More.", "weights": "made weights"}
    return analyse(counts, "group", "made group", small=small, **facts)


def test_no_difference_distinguishable():
    found = statement_of(report(a=(80, 100, 20, 900), b=(79, 102, 21, 898)))
    assert found.text.startswith(
        "By made group: in recall, false positive rate and selection rate no difference can be "
        "distinguished from chance with these n, which does not show that the groups are treated "
        "alike. n = 2,200 images (200 malignant): a 1,100 (100); b 1,100 (100). "
    )
    assert found.indistinguishable == ("recall", "false_positive_rate", "selection_rate")
    assert not found.distinguishable
    assert "With these n a true gap in recall must reach 0." in found.of("power")
    assert "fair" not in found.text.replace("fairness", "")
    assert not found.of("small") and not found.of("undefined")


def test_false_positive_rate_only():
    cells = {"a": (80, 200, 20, 800), "b": (40, 50, 10, 950)}
    found = statement_of(report(**cells))
    assert found.distinguishable == ("false_positive_rate", "selection_rate")
    assert found.sentences[0].text == (
        "By made group: false positive rate and selection rate differ between groups by more than "
        "chance alone gives; in recall no difference can be distinguished from chance with these "
        "n, which does not show that there is none."
    )
    assert found.of(FPR).startswith(
        "False positive rate: 0.200 [0.176, 0.226] in a (n = 1,000), 0.050 [0.038, 0.065] in b "
        "(n = 1,000), a gap of 0.150 ["
    )
    assert "; by chance 95 % below 0.0" in found.of(FPR)
    assert found.of(FPR).endswith("; over all groups p < 0.001.")
    assert "more than this gap" not in found.of(FPR)
    assert fisher_exact([[200, 800], [50, 950]]).pvalue < 0.001  # an independent test agrees


def test_only_the_false_positive_rate_differs():
    """With equal selection rates the answer speaks of one rate: "differs"."""
    found = statement_of(report(a=(25, 60, 25, 440), b=(80, 5, 20, 445)))
    assert found.sentences[0].text.startswith(
        "By made group: recall and false positive rate differ"
    )
    one = statement_of(report(a=(40, 45, 10, 405), b=(80, 5, 20, 395)))
    assert one.distinguishable == ("false_positive_rate",)
    assert "false positive rate differs between groups by more than chance" in one.text


def test_a_clear_recall_gap():
    found = statement_of(report(a=(95, 100, 5, 900), b=(50, 100, 50, 900)))
    assert found.distinguishable[0] == "recall"
    assert "recall and selection rate differ" in found.text or "recall differs" in found.text
    assert found.of(RECALL).startswith("Recall: 0.95 [0.89, 0.98] in a (n = 100), 0.50 [")
    assert "a gap of 0.450 [" in found.of(RECALL) and "p < 0.001" in found.of(RECALL)
    assert "a true gap in recall" not in found.of("power")
    assert "a gap proves nothing about its cause" in found.of("caution")


def test_one_group_too_small():
    cells = {"a": (80, 50, 20, 950), "b": (82, 50, 18, 950), "tiny": (1, 2, 3, 40)}
    found = statement_of(report(**cells))
    assert "Fewer than 20 malignant images in: tiny (4); recall is known only roughly there." in (
        found.of("small")
    )
    assert "0.25 [0.05, 0.70] in tiny (n = 4)" in found.of(RECALL)
    # the limit is the reader's
    assert "tiny" not in statement_of(report(small=3, **cells)).of("small")


def test_a_small_group_does_not_hide_the_others():
    """A group of four with the largest gap: the test over all groups sees the difference of two
    large ones, which the largest-minus-smallest gap does not."""
    found = statement_of(report(a=(80, 140, 20, 860), b=(80, 95, 20, 905), tiny=(4, 0, 1, 4)))
    assert "false_positive_rate" in found.distinguishable
    gap = next(s.made_from for s in found.sentences if s.key == FPR)
    assert gap["smallest"] == "tiny"
    assert gap["p_value"] > 0.1 > 0.02 > gap["heterogeneity"]["p_holm"]


def test_levels_without_a_meaning_are_named_and_take_no_part():
    """Ten images of unknown sex decided the largest gap by sex (FACTS, section 7)."""
    found = statement_of(group_report("sex"))
    assert found.of("left_out") == (
        "Listed, but compared with nothing, since it names no group: unknown (10)."
    )
    assert "a gap of 0.030 [0.015, 0.045]" in found.of(FPR) and "in male (n = 3,348)" in (
        found.of(FPR)
    )
    assert "unknown" not in found.of("undefined") + found.of("small") + found.of("power")


def test_p_values_are_corrected_for_the_rates_that_are_tested():
    """By hand: Holm of three p-values."""
    made = report(a=(80, 100, 20, 900), b=(60, 130, 40, 870))
    tests = [made.gaps[name].heterogeneity for name in TESTED]
    ordered = sorted(tests, key=lambda test: test.p_value)
    expected, reached = [], 0
    for times, test in zip((3, 2, 1), ordered):
        reached = max(reached, min(1, times * test.p_value))
        expected.append(reached)
    assert [test.p_holm for test in ordered] == pytest.approx(expected)
    odds = made.gaps["equalized_odds_difference"].heterogeneity
    assert odds.p_holm == min(tests[0].p_holm, tests[1].p_holm)


def test_chance_band_wider_than_the_gap():
    found = statement_of(report(a=(9, 5, 1, 95), b=(7, 6, 3, 94), c=(8, 4, 2, 96)))
    text = found.of(RECALL)
    value, band = map(float, re.search(r"gap of ([\d.]+) .* below ([\d.]+),", text).groups())
    assert band > value and "more than this gap; over all groups p = " in text
    assert value == pytest.approx(0.2)
    assert "recall" in found.indistinguishable


def test_a_group_without_positives():
    found = statement_of(report(a=(30, 20, 10, 300), b=(25, 20, 10, 300), ward=(0, 10, 0, 300)))
    assert found.of("undefined") == (
        "No malignant image in: ward; recall is undefined there and not compared."
    )
    assert "ward 310 (0)" in found.of("images") and "ward" not in found.of(RECALL)


def test_only_one_group_with_positives_and_none_without_negatives():
    found = statement_of(report(a=(30, 20, 10, 300), b=(0, 20, 0, 300)))
    assert (
        found.of(RECALL)
        == "Recall cannot be compared: fewer than two groups have malignant images."
    )
    assert "recall" not in found.sentences[0].text
    only = statement_of(report(a=(30, 0, 10, 0), b=(20, 9, 5, 90)))
    assert "No benign image in: a; false positive rate is undefined" in only.of("undefined")


def test_a_single_group_is_not_compared():
    found = statement_of(report(a=(30, 20, 10, 300)))
    assert found.sentences[0].text == (
        "By made group: nothing can be compared: fewer than two groups have a rate."
    )
    assert not found.of("caution") and not found.of("power")


def own(patients):
    """200 images of one's own in two groups, with or without patients."""
    target, call = np.tile([1, 0], 100), np.tile([1, 0, 0, 1], 50)
    group = np.repeat(["x", "y"], 100)
    names = np.array([f"image {i}" for i in range(200)])
    patient = np.array([f"p{i // 4}" for i in range(200)]) if patients else None
    return Predictions(names, target, {"ward": group}, label=call, patient=patient)


def test_own_data_without_patients_says_once_that_images_count_as_independent():
    alone = statement_of(analyse_predictions(own(False), "ward"))
    assert alone.text.count("independent") == 1
    assert "Which images show the same patient is not known here" in alone.of("patients")
    known = statement_of(analyse_predictions(own(True), "ward"))
    assert known.text.count("independent") == 1
    assert "with patients as units" in known.of("patients")
    assert "over all groups by patient p" in known.of(SELECTION)


def test_many_groups_are_counted_not_listed():
    cells = {f"group {i}": (20 + i, 20, 10, 100) for i in range(12)}
    found = statement_of(report(**cells))
    assert found.of("images").endswith("group 7 157 (37); and 4 more.")


def test_a_group_name_stays_as_it_is():
    cells = {"1; drop": (20, 20, 10, 100), "<b>2</b>": (25, 20, 5, 100)}
    assert "1; drop 150 (30); <b>2</b> 150 (30)" in statement_of(report(**cells)).text


def test_the_studys_numbers_are_those_of_facts():
    """FACTS, section 7: gaps, p-values and bands of the submitted model by published tone group."""
    found = statement_of(group_report("published"))
    recall, fpr = (
        next(s.made_from for s in found.sentences if s.key == name) for name in (RECALL, FPR)
    )
    assert (round(recall["value"], 3), round(recall["p_value"], 2)) == (0.262, 0.17)
    assert recall["null_p95"] == pytest.approx(0.334, abs=1e-3)
    assert recall["heterogeneity"]["p_value"] == pytest.approx(0.07, abs=0.005)
    assert fpr["value"] == pytest.approx(0.146, abs=5e-4) and fpr["p_value"] < 1e-3
    assert fpr["null_p95"] == pytest.approx(0.057, abs=1e-3)
    assert "n = 6,562 images (137 malignant)" in found.text
    assert (
        "Recall: 0.88 [0.66, 0.97] in very light (n = 17), 0.62 [0.49, 0.73] in light (n = 58), a "
        in (found.of(RECALL))
    )
    assert "gap of 0.262 [" in found.of(RECALL) and "gap of 0.186 [" in found.of(SELECTION)
    assert found.indistinguishable == ("recall",)


def test_it_is_plain_frozen_and_keeps_what_it_was_made_from():
    found = statement_of(analyse_predictions(load_source("demo")))
    value = json.loads(json.dumps(found.to_json()))
    assert value["text"] == found.text == " ".join(s["text"] for s in value["sentences"])
    assert value["sentences"][1]["made_from"]["light"] == {"n": 65, "malignant": 29}
    assert "Weights: embedded demo model (resnet10t). Rule: Domain-discriminative" in found.text
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.sentences = ()


def test_counts_of_groups_are_the_counts_they_came_from():
    made = report(a=(1, 2, 3, 4), b=(5, 6, 7, 8))
    np.testing.assert_array_equal(counts_of(made.groups).cells, [[1, 5], [2, 6], [3, 7], [4, 8]])


def test_no_gap_has_an_interval_without_width():
    """Five images: two found, three missed."""
    made = report(a=(2, 0, 0, 0), b=(0, 0, 3, 0))
    gap = made.gaps[RECALL]
    expected = newcombe(proportion(2, 2), proportion(0, 3))
    assert (gap.value, gap.low, gap.high) == (1, *map(pytest.approx, expected))
    assert gap.high - gap.low > 0.5
    level = report(a=(5, 0, 0, 5), b=(5, 0, 0, 5)).gaps[FPR]
    assert level.value == level.low == 0 and level.high > 0.3


def test_five_images_of_one_patient_have_an_interval_with_a_width():
    """Every resample of one patient is the same; the intervals must not be."""
    target, call = np.array([1, 1, 1, 0, 0]), np.array([1, 0, 1, 0, 1])
    one = Predictions(
        np.array(list("abcde")),
        target,
        {"ward": np.array(["x", "x", "y", "x", "y"])},
        probability=np.array([0.9, 0.2, 0.8, 0.1, 0.7]),
        patient=np.full(5, "p"),
    )
    assert (call == (one.probability >= 0.5)).all()
    found = analyse_predictions(one, "ward", minimum=1)
    gaps = [(gap.low, gap.high) for gap in found.report.gaps.values() if gap.value is not None]
    spreads = [(s.difference_low, s.difference_high) for s in found.spreads.values()]
    everyone = (found.report.overall, *found.report.groups)
    rates = [group.rate(metric) for group in everyone for metric in found.metrics]
    intervals = gaps + spreads + [(rate.low, rate.high) for rate in rates]
    again = found.report.by_patient.gaps.values()
    intervals += [(gap.low, gap.high) for gap in again if gap.value is not None]
    intervals = [pair for pair in intervals if pair[0] is not None]
    assert len(gaps) == 4 and len(intervals) > 30
    assert min(high - low for low, high in intervals) > 0.05
