"""Group metrics against FACTS, fairlearn on expanded rows, plain arithmetic and scipy."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

from explorer.data.groupings import GROUPINGS
from explorer.fairness import gaps as fairness
from explorer.fairness.gaps import GAPS
from explorer.fairness.levels import has_meaning
from explorer.fairness.metrics import ALL_METRICS, METRICS, Counts, Rate
from explorer.study import tables
from explorer.study.counts import group_report, published_counts
from explorer.util.errors import ExplorerError

ALL = pytest.mark.parametrize("by", GROUPINGS)


@pytest.fixture(scope="module")
def images():
    """One row per validation image, expanded by pandas from the carried file."""
    table = pd.read_csv(tables.FOLDER / "validation_counts.csv")
    rows = table.loc[table.index.repeat(table["count"])].reset_index(drop=True)
    assert len(rows) == 6562
    return rows


def labels(images, by):
    column = images[GROUPINGS[by].column]
    return column.map(dict(zip(GROUPINGS[by].values, GROUPINGS[by].labels)))


def plain_rates(target, call):
    """Textbook formulas; NaN where the denominator is 0."""
    tp, fp = np.sum(target & call), np.sum(~target & call)
    fn, tn = np.sum(target & ~call), np.sum(~target & ~call)
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tp, fp, fn, tn = np.float64([tp, fp, fn, tn])
        return {
            "recall": tp / (tp + fn),
            "false_positive_rate": fp / (fp + tn),
            "false_negative_rate": fn / (tp + fn),
            "precision": tp / (tp + fp),
            "f1": 2 * tp / (2 * tp + fp + fn),
            "accuracy": (tp + tn) / (tp + fp + fn + tn),
            "balanced_accuracy": (tp / (tp + fn) + tn / (tn + fp)) / 2,
            "selection_rate": (tp + fp) / (tp + fp + fn + tn),
        }


def test_overall_figures_of_the_study():
    overall = group_report("published").overall
    assert (overall.count, overall.positives) == (6562, 137)
    expected = {
        "recall": 0.7226,
        "false_positive_rate": 0.1044,
        "f1": 0.2183,
        "balanced_accuracy": 0.8091,
        "selection_rate": 0.1173,
    }
    for metric, value in expected.items():
        assert overall.rate(metric).value == pytest.approx(value, abs=5e-5), metric


def test_demographic_parity_difference_of_the_study():
    gap = group_report("published").gaps["demographic_parity_difference"]
    assert gap.value == pytest.approx(0.1858, abs=5e-5)
    assert (gap.largest, gap.smallest) == ("tan, brown and dark", "light")


def test_chance_figures_reach_the_report():
    gaps = group_report("published").gaps
    recall, false_positive = (
        gaps["equal_opportunity_difference"],
        gaps["false_positive_rate_difference"],
    )
    assert (round(recall.value, 3), round(recall.p_value, 2)) == (0.262, 0.17)
    assert (recall.largest, recall.smallest) == ("very light", "light")
    assert recall.null_mean == pytest.approx(0.185, abs=2e-3)
    assert round(false_positive.value, 3) == 0.146 and false_positive.p_value < 0.001
    assert false_positive.null_mean == pytest.approx(0.030, abs=1e-3)


def test_groups_agree_with_the_report_of_the_study():
    """To 0.02 and not exactly: the report sums over domains, predict.py does not."""
    table = tables.load("group_metrics")
    mine = table["model"] == tables.SUBMITTED_MODEL
    assert table["group"][mine].tolist() == [0, 1, 2, 3]
    names = {
        "recall": "recall",
        "fpr": "false_positive_rate",
        "fnr": "false_negative_rate",
        "f1": "f1",
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced_accuracy",
        "selection_rate": "selection_rate",
    }
    for column, metric in names.items():
        values = [group.rate(metric).value for group in group_report("published").groups]
        np.testing.assert_allclose(values, table[column][mine], atol=0.02, err_msg=metric)


def test_overall_agrees_with_the_experiment_of_the_study():
    row = next(
        row
        for row in tables.load("experiments").rows()
        if row["experiment"] == tables.SUBMITTED_EXPERIMENT
    )
    report = group_report("published")
    for column, metric in (
        ("recall", "recall"),
        ("fpr", "false_positive_rate"),
        ("f1", "f1"),
        ("selection_rate", "selection_rate"),
        ("accuracy", "accuracy"),
        ("balanced_accuracy", "balanced_accuracy"),
    ):
        assert report.overall.rate(metric).value == pytest.approx(row[column], abs=0.005)
    for name in ("demographic_parity_difference", "equal_opportunity_difference"):
        assert report.gaps[name].value == pytest.approx(row[name], abs=0.005)


@ALL
def test_values_equal_plain_arithmetic_on_images(by, images):
    report, names = group_report(by), labels(images, by)
    target, call = images["target"].to_numpy(bool), images["prediction"].to_numpy(bool)
    assert [group.name for group in report.groups] == list(GROUPINGS[by].labels)
    for group in report.groups:
        member = (names == group.name).to_numpy()
        assert group.count == member.sum() and group.positives == target[member].sum()
        for metric, value in plain_rates(target[member], call[member]).items():
            rate = group.rate(metric)
            if np.isnan(value):
                assert rate == Rate(None, None, None, 0)
            else:
                assert rate.value == pytest.approx(value, abs=1e-12), (group.name, metric)


@ALL
def test_values_and_gaps_equal_fairlearn_on_expanded_rows(by, images):
    from fairlearn import metrics as fair
    from sklearn import metrics as sk

    report, names = group_report(by), labels(images, by)
    functions = {
        "recall": fair.true_positive_rate,
        "selection_rate": fair.selection_rate,
        "false_positive_rate": fair.false_positive_rate,
        "false_negative_rate": fair.false_negative_rate,
        "accuracy": sk.accuracy_score,
        "f1": sk.f1_score,
        "precision": sk.precision_score,
        "balanced_accuracy": sk.balanced_accuracy_score,
    }
    assert set(functions) == set(METRICS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = fair.MetricFrame(
            metrics=functions,
            y_true=images["target"],
            y_pred=images["prediction"],
            sensitive_features=names,
        )
    for group in report.groups:
        for metric in functions:
            rate = group.rate(metric)
            if rate.n:
                assert rate.value == pytest.approx(frame.by_group.loc[group.name, metric])
    known = names != "unknown"
    with_positives = names.isin([group.name for group in report.groups if group.positives]) & known
    for name in GAPS:
        kept = with_positives if name == "equal_opportunity_difference" else known
        if name == "equalized_odds_difference" and not with_positives[known].all():
            continue  # its two parts then rest on different groups
        value = getattr(fair, name)(
            images["target"][kept], images["prediction"][kept], sensitive_features=names[kept]
        )
        assert report.gaps[name].value == pytest.approx(value, abs=1e-12), name


def test_rates_of_many_counts_are_those_of_each():
    """Any leading shape, and NaN where a denominator is below the minimum."""
    cells = np.random.default_rng(0).integers(0, 4, (4, 50, 3))
    for name, metric in ALL_METRICS.items():
        if not metric.fractions:
            continue
        values, guarded = metric.value(cells), metric.value(cells, minimum=5)
        for place in np.ndindex(50, 3):
            rate = metric.rate(cells[:, *place])
            assert np.isnan(values[place]) == (rate.n == 0), name
            assert rate.n == 0 or values[place] == rate.value
            enough = rate.n >= 5
            if name == "balanced_accuracy":
                tp, fp, fn, tn = cells[:, *place]
                enough = min(tp + fn, fp + tn) >= 5
            assert np.isnan(guarded[place]) != enough, name


@ALL
def test_gap_is_largest_minus_smallest_of_the_named_groups(by):
    report = group_report(by)
    groups = {group.name: group for group in report.groups}
    for gap in report.gaps.values():
        members = [g for g in groups.values() if g.rate(gap.metric).n and g.name != "unknown"]
        rates = [g.rate(gap.metric).value for g in members]
        assert gap.value == pytest.approx(max(rates) - min(rates), abs=1e-12)
        assert groups[gap.largest].rate(gap.metric).value == max(rates)
        assert groups[gap.smallest].rate(gap.metric).value == min(rates)
    parts = ("equal_opportunity_difference", "false_positive_rate_difference")
    assert report.gaps["equalized_odds_difference"].value == max(
        report.gaps[name].value for name in parts
    )


@ALL
def test_intervals_hold_their_values(by):
    for group in (group_report(by).overall, *group_report(by).groups):
        for metric in METRICS:
            rate = group.rate(metric)
            if rate.n:
                assert 0 <= rate.low <= rate.value + 1e-12
                assert rate.value - 1e-12 <= rate.high <= 1 and rate.low < rate.high


def closed_form_wilson(part, total):
    """Wilson (1927), solved for the ends."""
    from scipy.stats import norm

    z = norm.ppf(0.975)
    centre = (part + z**2 / 2) / (total + z**2)
    half = z / (total + z**2) * np.sqrt(part * (total - part) / total + z**2 / 4)
    return centre - half, centre + half


def test_proportion_intervals_are_wilsons():
    group = group_report("published").groups[0]
    assert (group.true_positives, group.positives) == (15, 17)
    assert (group.recall.low, group.recall.high) == pytest.approx(closed_form_wilson(15, 17))
    calls = group.true_positives + group.false_positives
    assert (group.precision.low, group.precision.high) == pytest.approx(
        closed_form_wilson(15, calls)
    )
    assert (group.recall.n, group.precision.n, group.f1.n) == (17, 35, 37)


def test_balanced_accuracy_interval_is_square_and_add():
    """Newcombe's method 10 for recall minus false positive rate, halved and shifted by 1/2."""
    group = group_report("published").groups[1]
    (p, q), n, m = (36 / 58, 323 / 4379), (36, 58), (323, 4379)
    (l1, u1), (l2, u2) = closed_form_wilson(*n), closed_form_wilson(*m)
    low = p - q - np.sqrt((p - l1) ** 2 + (u2 - q) ** 2)
    high = p - q + np.sqrt((u1 - p) ** 2 + (q - l2) ** 2)
    rate = group.balanced_accuracy
    assert (rate.low, rate.high) == pytest.approx(((1 + low) / 2, (1 + high) / 2))


def test_false_negative_rate_mirrors_recall():
    for group in group_report("site").groups:
        if group.positives:
            assert group.false_negative_rate.low == pytest.approx(1 - group.recall.high)
            assert group.false_negative_rate.high == pytest.approx(1 - group.recall.low)


def test_derived_intervals_cover_the_truth():
    """Simulated groups with known truth: a 95 % interval should cover it in about 95 %."""
    rng, recall, false_positive, prevalence, trials = np.random.default_rng(5), 0.7, 0.1, 0.1, 160
    tp, fp, fn, _ = expected = np.array(
        [
            prevalence * recall,
            (1 - prevalence) * false_positive,
            prevalence * (1 - recall),
            (1 - prevalence) * (1 - false_positive),
        ]
    )
    truth = {
        "f1": 2 * tp / (2 * tp + fp + fn),
        "balanced_accuracy": (recall + 1 - false_positive) / 2,
    }
    cells = rng.multinomial(600, expected, size=trials).T
    groups, _ = fairness.group_metrics(Counts(tuple(map(str, range(trials))), *cells))
    for metric, value in truth.items():
        rates = [group.rate(metric) for group in groups]
        covered = np.mean([rate.low <= value <= rate.high for rate in rates])
        assert 0.90 < covered < 0.995, metric


def test_undefined_rates_are_none_and_fairlearns_zero_is_not_believed(images):
    """Palms and soles have no malignant image; fairlearn calls their recall 0 and the gap 1."""
    from fairlearn.metrics import equal_opportunity_difference

    report = group_report("site")
    hands = next(group for group in report.groups if group.name == "palms/soles")
    assert (hands.count, hands.positives) == (65, 0)
    assert hands.recall == Rate(None, None, None, 0)
    gap = report.gaps["equal_opportunity_difference"]
    known = images[images["site"] != "unknown"]
    naive = equal_opportunity_difference(
        known["target"], known["prediction"], sensitive_features=known["site"]
    )
    assert naive == 1 and gap.value < 0.38 and "palms/soles" not in (gap.largest, gap.smallest)
    assert "palms/soles (n = 0)" in gap.note
    assert any("palms/soles" in text and "undefined" in text for text in report.warnings)


def test_levels_without_a_meaning_are_listed_and_compared_with_nothing():
    """FACTS, section 7: ten images of unknown sex decided the gap by sex, 0.119."""
    report = group_report("sex")
    assert [group.name for group in report.groups] == ["female", "male", "unknown"]
    assert report.left_out == ("unknown",)
    gap = report.gaps["false_positive_rate_difference"]
    assert gap.value == pytest.approx(0.030, abs=5e-4) and gap.left_out == ("unknown",)
    assert "unknown (n = 10)" in gap.note
    without = [i for i, name in enumerate(published_counts("sex").names) if name != "unknown"]
    counts = Counts(("female", "male"), *published_counts("sex").cells[:, without])
    facts = {"source": "", "rule": "", "weights": ""}
    alone = fairness.analyse(counts, "sex", "sex", **facts)
    for name, gap in alone.gaps.items():  # no resample knows of them either
        with_unknown = report.gaps[name]
        assert (gap.low, gap.high, gap.null_mean, gap.p_value, gap.pairs) == (
            with_unknown.low,
            with_unknown.high,
            with_unknown.null_mean,
            with_unknown.p_value,
            with_unknown.pairs,
        )


@pytest.mark.parametrize(
    "label, meaning",
    [
        ("unknown", False),
        ("Unknown", False),
        ("", False),
        ("N/A", False),
        ("missing", False),
        ("not available", False),
        ("light × unknown", False),
        ("light × female", True),
        ("0", True),
        ("unknown primary", True),
    ],
)
def test_what_is_a_group(label, meaning):
    assert has_meaning(label) == meaning


def test_minimum_keeps_small_groups_out_of_gaps_only():
    free, guarded = group_report("site"), group_report("site", minimum=30)
    assert free.groups == guarded.groups
    gap = guarded.gaps["demographic_parity_difference"]
    assert "oral/genital" in gap.left_out and gap.largest == "head/neck"
    assert free.gaps["demographic_parity_difference"].largest == "oral/genital"
    assert gap.value < free.gaps["demographic_parity_difference"].value


def test_fewer_than_two_groups_have_no_gap():
    one = Counts(("only",), *np.array([[3], [2], [1], [10]]))
    report = fairness.analyse(one, "x", "x", source="", rule="", weights="", resamples=20)
    assert all(gap.value is None and gap.p_value is None for gap in report.gaps.values())
    assert all("Fewer than two groups" in gap.note for gap in report.gaps.values())
    json.dumps(report.to_json(), allow_nan=False)
    with pytest.raises(ExplorerError, match="nothing to compare"):
        fairness.analyse(
            Counts((), *np.zeros((4, 0), int)), "x", "x", source="", rule="", weights=""
        )


@ALL
def test_json_has_the_promised_shape(by):
    answer = json.loads(json.dumps(group_report(by).to_json(), allow_nan=False))
    assert set(answer) == {
        "by",
        "source",
        "rule",
        "weights",
        "interval",
        "overall",
        "groups",
        "gaps",
        "left_out",
        "by_patient",
        "shrunk",
        "warnings",
    }
    assert answer["by"] == by
    for group in (answer["overall"], *answer["groups"]):
        assert {"name", "count", "positives"} < set(group)
        for metric in METRICS:
            assert set(group[metric]) == {"value", "low", "high", "n"}
            assert (group[metric]["value"] is None) == (group[metric]["n"] == 0)
    assert list(answer["gaps"]) == list(GAPS)
    for gap in answer["gaps"].values():
        known = {"value", "low", "high", "null_mean", "null_p95", "p_value"}
        known |= {"heterogeneity", "pairs", "shuffled"}
        assert known | {"between", "left_out", "by_patient"} < set(gap)
        assert set(gap["between"]) == {"largest", "smallest"}
        assert set(gap["by_patient"]) == known
        for each in (gap, gap["by_patient"]):
            assert {"statistic", "p_value", "p_holm"} < set(each["heterogeneity"])
            for pair in each["pairs"]:
                assert set(pair) == {
                    "first",
                    "second",
                    "difference",
                    "low",
                    "high",
                    "p_value",
                    "p_holm",
                }
    odds = answer["gaps"]["equalized_odds_difference"]
    assert odds["parts"] == ["equal_opportunity_difference", "false_positive_rate_difference"]
    assert answer["by_patient"]["patients"] == 1691
    for group in (answer["by_patient"]["overall"], *answer["by_patient"]["groups"]):
        assert group["patients"] <= 1691
        for metric in METRICS:
            assert {"value", "low", "high", "n", "patients", "design_effect", "intraclass"} == set(
                group[metric]
            )


def test_warnings_name_what_limits_the_figures():
    text = " ".join(group_report("cielab").warnings)
    assert "6,556 of 6,562" in text and "1,689 of 1,691" in text
    assert "Fitzpatrick" in text and "dark (4)" in text
    assert "Fitzpatrick" not in " ".join(group_report("site").warnings)
    assert "predict.py" in group_report().rule and "summed" in group_report().rule


def test_unknown_names_are_one_clear_sentence():
    with pytest.raises(ExplorerError, match="choose one of published, cielab, sex, age, site"):
        group_report("shoe size")
    with pytest.raises(ExplorerError, match="choose one of recall"):
        group_report().overall.rate("charm")


def test_report_is_the_same_every_time():
    fresh = group_report.__wrapped__("age")
    assert fresh.to_json() == group_report("age").to_json()
