"""All models in one table, and the difference between two."""

import re

import numpy as np
import pytest
from scipy import stats

from explorer.charts import theme
from explorer.fairness import models
from explorer.fairness.compare import (
    compare_analyses,
    compare_decided,
    compare_paired,
    compare_rows,
)
from explorer.fairness.difference import gaps_apart
from explorer.fairness.gaps import GAPS
from explorer.fairness.metrics import METRICS
from explorer.fairness.models import LOWER_IS_BETTER, MEASURES
from explorer.figures import compare as plots
from explorer.study import tables
from explorer.study.counts import group_report
from explorer.study.experiments import model_table, published_row, recover_counts
from explorer.util.errors import ExplorerError

EXPERIMENTS = tables.load("experiments").rows()


@pytest.fixture(scope="module")
def table():
    return model_table()


@pytest.fixture(scope="module")
def paired():
    """Two classifiers on the same 3,000 images; the second is the first with 10 % flipped."""
    rng = np.random.default_rng(5)
    target = (rng.random(3000) < 0.1).astype(int)
    first = np.where(target, rng.random(3000) < 0.7, rng.random(3000) < 0.1).astype(int)
    second = np.where(rng.random(3000) < 0.1, 1 - first, first)
    group = np.array(["x", "y", "z"])[rng.integers(0, 3, 3000)]
    return target, first, second, group


# The table


@pytest.mark.parametrize("row", EXPERIMENTS, ids=lambda row: row["experiment"])
def test_counts_of_an_experiment_are_certain_and_give_its_figures(row):
    """Every pair of whole numbers is tried; only one has this recall and selection rate."""
    recall = [k for k in range(138) if f"{k / 137:.3f}" == f"{row['recall']:.3f}"]
    calls = [k for k in range(6563) if f"{k / 6562:.4f}" == f"{row['selection_rate']:.4f}"]
    found = recover_counts(row, 137, 6425)
    assert found.certain and recall == [found.true_positives]
    assert calls == [found.true_positives + found.false_positives]
    tp, fp, fn, tn = (
        found.true_positives,
        found.false_positives,
        found.false_negatives,
        found.true_negatives,
    )
    assert tp + fn == 137 and fp + tn == 6425
    assert tp / 137 / 2 + tn / 6425 / 2 == pytest.approx(row["balanced_accuracy"], abs=6e-4)
    assert 2 * tp / (2 * tp + fp + fn) == pytest.approx(row["f1"], abs=6e-4)
    assert max(found.off.values(), default=0) < 6e-4


def test_report_half_widths_are_walds_of_these_counts():
    """The report's fn_error is 1.96 standard errors of the false negative rate."""
    for row in EXPERIMENTS:
        rate = recover_counts(row, 137, 6425).false_negatives / 137
        assert 1.96 * np.sqrt(rate * (1 - rate) / 137) == pytest.approx(row["fn_error"], abs=1e-3)


def test_table_holds_experiments_then_the_recounted_model(table):
    assert len(table) == 25 and [row.kind for row in table].count("report") == 24
    for row, published_values in zip(table, EXPERIMENTS):
        assert row.name == published_values["experiment"]
        assert row.values["recall"] == published_values["recall"]
        assert row.values["false_positive_rate_difference"] == published_values["fpr_difference"]
        assert row.low["recall"] < row.values["recall"] < row.high["recall"]
        assert not set(GAPS) & set(row.low)
    own, report = table[-1], group_report("published")
    assert own.values["recall"] == report.overall.recall.value
    for name, gap in report.gaps.items():
        assert (own.values[name], own.low[name], own.high[name]) == (gap.value, gap.low, gap.high)


def test_other_models_are_appended(table):
    row = models.row_from_report("mine", "user", group_report("sex"))
    assert model_table([row])[-1] is row and model_table([row])[:25] == table
    with pytest.raises(ExplorerError, match="choose one of report"):
        models.row_from_report("mine", "nonsense", group_report("sex"))


def test_counts_that_do_not_exist_are_refused():
    with pytest.raises(ExplorerError, match="check the table"):
        recover_counts({"recall": 0.5005, "selection_rate": 0.1}, 4, 40)


# Paired


def test_mcnemar_equals_scipy_on_discordant_pairs(paired):
    target, first, second, _ = paired
    found = compare_paired("a", "b", target, first, second)
    for measure, kept in (
        ("recall", target == 1),
        ("false_positive_rate", target == 0),
        ("selection_rate", target >= 0),
    ):
        b, c = ((first > second) & kept).sum(), ((second > first) & kept).sum()
        d = found[measure]
        assert (d.only_first, d.only_second, d.n) == (b, c, kept.sum())
        assert d.p_value == pytest.approx(stats.binomtest(b, b + c).pvalue)
        assert d.value == pytest.approx((c - b) / kept.sum())
    right = (first == target), (second == target)
    b, c = (right[0] & ~right[1]).sum(), (right[1] & ~right[0]).sum()
    assert found["accuracy"].p_value == pytest.approx(stats.binomtest(c, b + c).pvalue)
    assert found["accuracy"].value == pytest.approx((c - b) / len(target))


def test_paired_interval_agrees_with_the_formula_and_with_rows(paired):
    target, first, second, _ = paired
    found = compare_paired("a", "b", target, first, second)
    kept = target == 1
    d = (second - first)[kept]
    half = 1.96 * d.std() / np.sqrt(kept.sum())
    assert (found["recall"].low, found["recall"].high) == pytest.approx(
        (d.mean() - half, d.mean() + half), abs=0.006
    )
    rng, f1 = np.random.default_rng(0), []
    pools = [np.flatnonzero(target == y) for y in (0, 1)]
    for _ in range(800):
        rows = np.concatenate([rng.choice(pool, len(pool)) for pool in pools])
        t, (a, b) = target[rows], (first[rows], second[rows])
        f1.append([2 * (c & t).sum() / (c.sum() + t.sum()) for c in (a, b)])
    difference = np.diff(f1, axis=1)
    assert (found["f1"].low, found["f1"].high) == pytest.approx(
        np.percentile(difference, (2.5, 97.5)), abs=0.008
    )
    assert found["f1"].p_value is None and "bootstrap" in found["f1"].method


def test_gaps_of_both_are_fairlearns(paired):
    from fairlearn import metrics as fair

    target, first, second, group = paired
    found = compare_paired("a", "b", target, first, second, group, ("x", "y", "z"))
    for name in GAPS:
        values = [
            getattr(fair, name)(target, calls, sensitive_features=group)
            for calls in (first, second)
        ]
        assert [found[name].first, found[name].second] == pytest.approx(values)
        assert found[name].low <= found[name].high
    fewer = compare_paired("a", "b", target, first, second, group, ("x", "y"))
    assert f"{(group == 'z').sum():,} images" in " ".join(fewer.notes)


@pytest.mark.parametrize("apart", [0.0, 0.2, 0.4])
def test_the_interval_between_two_gaps_covers(apart):
    """Recall with the study's counts, the first source equal over groups; FPR likewise equal."""
    rng, images, trials = np.random.default_rng(0), np.array([17, 58, 46, 16]), 400
    rates = np.array([[0.7] * 4, 0.7 + apart * np.array([0.5, -0.5, 0, 0.5])])
    held = 0
    for found in rng.binomial(images, rates, (trials, 2, 4)):
        cells = np.array([found, 0 * found, images - found, 0 * found + 9])
        low_high = gaps_apart("equal_opportunity_difference", np.ptp(found / images, axis=1), cells)
        held += low_high.low <= apart <= low_high.high
        assert low_high.low <= low_high.value <= low_high.high
    assert held / trials >= 0.93


def test_levels_without_a_meaning_enter_no_gap(paired):
    target, first, second, group = paired
    unknown = np.where(group == "z", "unknown", group)
    names = ("x", "y", "unknown")
    found = compare_paired("a", "b", target, first, second, unknown, names)
    fewer = compare_paired("a", "b", target, first, second, group, ("x", "y"))
    for name in GAPS:
        assert found[name] == fewer[name]


def test_equal_decisions_have_no_difference(paired):
    target, first, *_ = paired
    found = compare_paired("a", "a again", target, first, first)
    for d in found.differences:
        assert (d.value, d.low, d.high) == (0, 0, 0) and d.p_value in (None, 1.0)


def test_sources_without_common_images_cannot_be_paired():
    with pytest.raises(ExplorerError, match="same images"):
        compare_paired("a", "b", [], [], [])
    with pytest.raises(ExplorerError, match="same images"):
        compare_paired("a", "b", [1, 0], [1, 0], [1])


def test_one_class_leaves_recall_undefined():
    found = compare_paired("a", "b", [0, 0, 0], [1, 0, 0], [1, 1, 0])
    assert found["recall"].value is None
    assert found["false_positive_rate"].value == pytest.approx(1 / 3)


def test_decided_sources_are_joined_by_image():
    from explorer.data.predictions import Predictions
    from explorer.fairness.decisions import decide

    rng = np.random.default_rng(2)
    images, target = np.array([f"i{k}" for k in range(60)]), rng.integers(0, 2, 60)
    group = np.array(["female", "male"])[rng.integers(0, 2, 60)]
    calls = rng.integers(0, 2, (2, 60))
    order = rng.permutation(60)[:50]
    unlike = target.copy()
    unlike[order[0]] ^= 1
    one = Predictions(images, target, {"sex": group}, label=calls[0], name="one")
    two = Predictions(
        images[order], unlike[order], {"sex": group[order]}, label=calls[1][order], name="two"
    )
    found = compare_decided(decide(one, "sex"), decide(two, "sex"))
    kept = order[1:]
    expected = (calls[1][kept] == target[kept]).mean() - (calls[0][kept] == target[kept]).mean()
    assert found.n == 49 and found["accuracy"].value == pytest.approx(expected)
    assert any("10 images of one" in note for note in found.notes)
    assert any("contradicting" in note for note in found.notes)


def test_loaded_sources_are_paired_where_they_can_be():
    from explorer.data.predictions import Predictions
    from explorer.fairness.analysis import analyse_predictions

    rng = np.random.default_rng(4)
    target, sex = rng.integers(0, 2, 200), np.array(["female", "male"])[rng.integers(0, 2, 200)]
    found = []
    for start, name in ((0, "one"), (0, "two"), (500, "three")):
        images = np.array([f"i{k + start}" for k in range(200)])
        source = Predictions(images, target, {"sex": sex}, label=rng.integers(0, 2, 200), name=name)
        found.append(analyse_predictions(source, "sex", resamples=100))
    assert compare_analyses(found[0], found[1]).paired
    apart = compare_analyses(found[0], found[2])
    assert not apart.paired and "no image in common" in apart.notes[0]
    assert apart["recall"].low < apart["recall"].value < apart["recall"].high


# Not paired


def test_unpaired_interval_is_newcombes():
    """Against the closed form of Newcombe's method 10."""
    one, two = model_table()[0], model_table()[7]
    found = compare_rows(one, two)
    assert not found.paired and "not paired" in found.notes[0]

    def wilson(k, n):
        p, z = k / n, stats.norm.ppf(0.975)
        centre, half = p + z * z / 2 / n, z * np.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
        return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)

    p1, p2 = one.values["recall"], two.values["recall"]
    (l1, u1), (l2, u2) = wilson(23, 137), wilson(99, 137)
    d = found["recall"]
    assert d.value == pytest.approx(p2 - p1)
    assert d.low == pytest.approx(p2 - p1 - np.hypot(p2 - l2, u1 - p1), abs=1e-3)
    assert d.high == pytest.approx(p2 - p1 + np.hypot(u2 - p2, p1 - l1), abs=1e-3)
    assert found["equal_opportunity_difference"].low is None


# Plots


@pytest.mark.parametrize(
    "x, y",
    [
        ("false_positive_rate", "recall"),
        ("equal_opportunity_difference", "balanced_accuracy"),
        ("selection_rate", "recall"),
    ],
)
def test_scatter_shows_every_model_and_numbers_those_not_beaten(table, x, y):
    figure = plots.tradeoff_scatter(table, x, y)
    caption = figure.layout.annotations[0].text.replace("<br>", " ")
    far = [int(number) - 1 for number in re.findall(r"beyond the axes: (\d+)", caption)]
    assert sum(len(trace.x) for trace in figure.data) == len(table) - len(far)
    assert far == ([17] if x == "false_positive_rate" or x == "selection_rate" else [])
    numbered = {int(t) - 1 for trace in figure.data for t in trace.text if t.strip()}
    costs = [
        (
            r.values[x] * (1 if x in LOWER_IS_BETTER else -1),
            r.values[y] * (1 if y in LOWER_IS_BETTER else -1),
        )
        for r in table
    ]
    front = {
        i
        for i, (a, b) in enumerate(costs)
        if not any(p <= a and q <= b and (p, q) != (a, b) for p, q in costs)
    }
    front = set() if x == "selection_rate" else front
    assert numbered == (front | {24}) - set(far)
    for trace in figure.data:
        span = figure.layout.xaxis.range, figure.layout.yaxis.range
        assert all(span[0][0] <= v <= span[0][1] for v in trace.x)
        assert all(span[1][0] <= v <= span[1][1] for v in trace.y)
    assert MEASURES[x] in figure.layout.xaxis.title.text
    assert f"25 {published_row().name}" in plots.tradeoff_alt_text(table, x, y)


def test_scatter_says_what_it_cannot_draw(table):
    with pytest.raises(ExplorerError, match="unknown measure"):
        plots.tradeoff_scatter(table, "speed", "recall")
    dark = plots.tradeoff_scatter(table, "recall", "f1", dark=True)
    assert dark.layout.font.color == theme.ink(True)
    assert len(plots.tradeoff_scatter(table, "recall", "auroc").data) == 0


def test_tables_are_complete(table, paired):
    headers, rows = plots.models_table(table)
    assert len(rows) == 25 and {len(row) for row in rows} == {len(headers)}
    assert rows[7][headers.index("Recall")] == "0.723 [0.642, 0.791]"
    comparison = compare_paired("a", "b", *paired[:3], paired[3], ("x", "y", "z"))
    headers, rows = plots.differences_table(comparison)
    assert len(rows) == len(METRICS) + len(GAPS) and {len(r) for r in rows} == {len(headers)}
    chart = plots.differences_chart(comparison)
    assert [row.marks[0].value for row in chart.rows] == [d.value for d in comparison.differences]
    low, high = chart.span
    assert all(
        low <= x <= high for row in chart.rows for x in (row.marks[0].low, row.marks[0].high)
    )
