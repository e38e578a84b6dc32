"""Rules, thresholds, groups, curves and score measures against scikit-learn and fairlearn."""

import itertools
import json
import warnings
from dataclasses import replace

import numpy as np
import pytest
from fairlearn import metrics as fair
from sklearn import metrics as sk

from explorer.data.predictions import Predictions
from explorer.fairness import scores
from explorer.fairness.analysis import analyse_predictions
from explorer.fairness.curves import calibration_curves, precision_recall_curves, roc_curves
from explorer.fairness.decisions import Operating, decide, probability
from explorer.fairness.metrics import ALL_METRICS, CELLS, wilson
from explorer.fairness.resampling import GAPS
from explorer.fairness.selection import image_files, images_behind
from explorer.figures.report import write_report
from explorer.figures.sections import report_sections
from explorer.rules.rules import RULES, TRAINING_COUNTS
from explorer.util.errors import ExplorerError

N = 900
QUICK = {"resamples": 500, "score_resamples": 100}


def made(seed=0, **changes) -> Predictions:
    """Logits, groups and patients of nobody; scores with ties, groups of different quality."""
    rng = np.random.default_rng(seed)
    target = (rng.random(N) < 0.3).astype(int)
    tone = rng.choice(
        ["very light", "light", "intermediate", "tan, brown and dark"], N, p=[0.2, 0.5, 0.27, 0.03]
    )
    shift = np.where(tone == "light", 0.5, 1.5) * target
    # malignant logits lie lower by the log of the training prior, which the published rule undoes
    prior = np.log(TRAINING_COUNTS / TRAINING_COUNTS.sum(axis=1, keepdims=True)).ravel()
    logits = rng.normal(size=(N, 8)).round(1) + shift[:, None] * np.tile([-0.5, 0.5], 4) + prior
    values = {
        "image": np.array([f"i{i}" for i in range(N)]),
        "target": target,
        "logits": logits,
        "metadata": {"published": tone, "sex": rng.choice(["female", "male"], N)},
        "patient": np.array([f"p{i // 3}" for i in range(N)]),
    }
    return Predictions(**values | changes)


@pytest.fixture(scope="module")
def data():
    return made()


@pytest.fixture(scope="module")
def analysis(data):
    return analyse_predictions(data, "published", **QUICK)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_decides_as_itself(data, rule):
    domain = data.tone_group if RULES[rule].needs_domain else None
    verdict = RULES[rule](data.logits, domain)
    decided = decide(data, "sex", Operating(rule))
    assert (decided.call == verdict.decision).all()
    assert np.allclose(decided.probability, verdict.probability_malignant)
    assert RULES[rule].name in decided.rule


def test_conditional_rule_leaves_out_unknown_tones_and_says_so(data):
    tone = data.metadata["published"].copy()
    tone[:7] = "unknown"
    some = replace(data, metadata=dict(data.metadata, published=tone))
    decided = decide(some, "sex", Operating("conditional"))
    assert len(decided.predictions) == N - 7 and "7 images" in decided.warnings[0]
    assert len(decide(some, "sex").predictions) == N
    with pytest.raises(ExplorerError, match="tone group"):
        decide(replace(data, metadata={"sex": tone}), "sex", Operating("conditional"))


def test_thresholds_overall_and_per_group(data):
    score = probability(data)
    decided = decide(data, "published", Operating(threshold=0.4, by_group={"light": 0.8}))
    limit = np.where(data.column("published") == "light", 0.8, 0.4)
    assert (decided.call == (score >= limit)).all()
    assert decide(data, "sex", Operating(threshold=0)).call.all()
    assert "0.4" in decided.rule and "light from 0.8" in decided.rule


def test_a_probability_decides_from_one_half():
    score = np.linspace(0, 1, N)
    decided = decide(made(logits=None, probability=score), "sex")
    assert (decided.call == (score >= 0.5)).all()


@pytest.mark.parametrize(
    "operating, words",
    [
        ({"threshold": 1.5}, "0 to 1"),
        ({"rule": "best"}, "unknown inference rule"),
        ({"by_group": {"nobody": 0.5}}, "no group 'nobody'"),
    ],
)
def test_bad_operating_points(data, operating, words):
    with pytest.raises(ExplorerError, match=words):
        decide(data, "published", Operating(**operating))


def test_labels_have_no_threshold_and_no_rule(data):
    labels = replace(data, logits=None, label=data.target)
    for operating in (Operating(threshold=0.5), Operating("independent")):
        with pytest.raises(ExplorerError, match=r"labels only|needs the 8 logits"):
            decide(labels, "sex", operating)


def test_two_attributes_count_every_combination(data):
    decided = decide(data, ("published", "sex"))
    for name, n, tp in zip(
        decided.names, decided.counts.cells.sum(axis=0), decided.counts.true_positives
    ):
        tone, sex = name.split(" × ")
        member = (data.column("published") == tone) & (data.column("sex") == sex)
        assert member.sum() == n > 0
        assert (member & (data.target == 1) & (decided.call == 1)).sum() == tp
    assert decided.counts.cells.sum() == N


@pytest.mark.parametrize("by", [(), ("sex", "sex"), ("sex", "published", "sex"), ("nose",)])
def test_bad_groupings(data, by):
    with pytest.raises(ExplorerError, match="column"):
        decide(data, by)


def frame(data, metric, values, by="published"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fair.MetricFrame(
            metrics=metric, y_true=data.target, y_pred=values, sensitive_features=data.column(by)
        )


SCORED = {"auroc": sk.roc_auc_score, "average_precision": sk.average_precision_score}


@pytest.mark.parametrize("metric", SCORED)
def test_score_measures_agree_with_scikit_learn(data, analysis, metric):
    by_group = frame(data, SCORED[metric], probability(data)).by_group
    for group in analysis.report.groups:
        assert group.rate(metric).value == pytest.approx(by_group[group.name], abs=1e-12)
    overall = SCORED[metric](data.target, probability(data))
    assert analysis.report.overall.rate(metric).value == pytest.approx(overall, abs=1e-12)


def test_weighted_measures_agree_with_scikit_learn():
    rng = np.random.default_rng(3)
    target, weights = rng.integers(0, 2, 200), rng.integers(0, 4, (4, 200)).astype(float)
    score = (rng.random(200) * 0.7 + 0.2 * target).round(2)
    falling = np.argsort(-score)
    target, score, weights = target[falling], score[falling], weights[:, falling]
    for row, (auroc, average, _) in zip(weights, scores.measure(target, score, weights)):
        assert auroc == pytest.approx(sk.roc_auc_score(target, score, sample_weight=row))
        assert average == pytest.approx(
            sk.average_precision_score(target, score, sample_weight=row)
        )


def test_calibration_error_by_its_definition(data, analysis):
    score = probability(data)
    member = data.column("published") == "light"
    p, y = score[member], data.target[member]
    edges = np.linspace(0, 1, 11)
    parts = [(p >= low) & ((p < high) | (high == 1)) for low, high in itertools.pairwise(edges)]
    expected = sum(abs(p[k].mean() - y[k].mean()) * k.mean() for k in parts if k.any())
    light = next(g for g in analysis.report.groups if g.name == "light")
    assert light.calibration_error.value == pytest.approx(expected)


def test_intervals_hold_the_value_and_n_is_shown(analysis):
    for group in (analysis.report.overall, *analysis.report.groups):
        for metric in ("auroc", "average_precision", "negative_predictive_value"):
            rate = group.rate(metric)
            assert rate.low <= rate.value <= rate.high and rate.n > 0


def test_predictive_values_agree_with_scikit_learn(data, analysis):
    call = analysis.decided.call
    flipped = frame(data, lambda y, p: sk.precision_score(1 - y, 1 - p), call).by_group
    for group in analysis.report.groups:
        assert group.negative_predictive_value.value == pytest.approx(flipped[group.name])


FAIRLEARN = {
    "recall": fair.true_positive_rate,
    "false_positive_rate": fair.false_positive_rate,
    "selection_rate": fair.selection_rate,
    "accuracy": sk.accuracy_score,
    "auroc": sk.roc_auc_score,
}


@pytest.mark.parametrize("metric", FAIRLEARN)
def test_differences_and_ratios_agree_with_fairlearn(metric):
    data = made(1)
    found = analyse_predictions(data, "sex", **QUICK)
    values = probability(data) if metric == "auroc" else found.decided.call
    reference = frame(data, FAIRLEARN[metric], values, "sex")
    spread = found.spreads[metric]
    assert spread.difference == pytest.approx(reference.difference())
    assert spread.ratio == pytest.approx(reference.group_min() / reference.group_max())
    assert spread.difference_low <= spread.difference_high


def test_worst_group_follows_the_direction_of_the_metric(analysis):
    groups = {g.name: g for g in analysis.report.groups}
    for metric, spread in analysis.spreads.items():
        if spread.largest is None or spread.worst is None:
            continue
        values = {
            name: g.rate(metric).value for name, g in groups.items() if name not in spread.left_out
        }
        pick = min if ALL_METRICS[metric].higher_is_better else max
        assert spread.worst == pick(values, key=values.get), metric
    assert analysis.spreads["selection_rate"].worst is None


def test_small_groups_are_kept_out_of_rankings_but_shown(analysis):
    small = next(g for g in analysis.report.groups if g.name == "tan, brown and dark")
    assert 0 < small.recall.n < 20 and small.recall.low is not None
    spread = analysis.spreads["recall"]
    assert small.name in spread.left_out and small.name not in (spread.largest, spread.smallest)
    every = analyse_predictions(analysis.decided.predictions, "published", minimum=1, **QUICK)
    assert every.spreads["recall"].left_out == () and every.report.small == 1


def test_counts_of_patients_add_up_to_those_of_groups(data):
    decided = decide(data, "sex")
    cells = decided.patient_cells
    assert (cells.sum(axis=0) == decided.counts.cells).all() and len(cells) == N // 3


def test_patients_of_equal_images_widen_the_interval():
    base = made(2)
    once = base.subset(np.arange(0, N, 3))
    four = np.repeat(np.arange(0, N, 3), 4)
    copies = base.subset(four)
    copies = replace(copies, image=np.array([f"c{i}" for i in range(len(four))]))
    known = analyse_predictions(copies, "sex", score_resamples=50).report
    name = "demographic_parity_difference"
    gap, again = known.gaps[name], known.gaps[name].by_patient
    single = analyse_predictions(replace(once, patient=None), "sex", score_resamples=50).report
    assert single.by_patient is None and single.gaps[name].by_patient is None
    assert again.value == gap.value == single.gaps[name].value
    assert again.high - again.low > 1.5 * (gap.high - gap.low)
    assert (again.low, again.high) == pytest.approx(
        (single.gaps[name].low, single.gaps[name].high), abs=0.01
    )
    for group, alone in zip(known.by_patient.groups, single.groups):
        rate = group.rates["selection_rate"]
        assert (rate.n, rate.patients) == (4 * alone.count, alone.count)
        assert rate.design_effect == pytest.approx(4 * alone.count / (alone.count - 1))
        assert (rate.low, rate.high) == pytest.approx(
            (alone.selection_rate.low, alone.selection_rate.high), abs=0.004
        )
    assert "patient" in known.interval and "independent" in single.interval


def test_unknown_patients_stand_alone(data):
    patient = data.patient.copy()
    patient[:10] = ""
    index = decide(replace(data, patient=patient), "sex").patient_index
    assert len(set(index[:10])) == 10 and not set(index[:10]) & set(index[10:])


def test_roc_and_precision_recall_points(data, analysis):
    decided = analysis.decided
    for index, curve in enumerate(roc_curves(analysis)):
        member = np.ones(N, bool) if index == 0 else decided.members(curve.name)
        target, call = data.target[member], decided.call[member]
        assert curve.point == pytest.approx(
            (fair.false_positive_rate(target, call), fair.true_positive_rate(target, call))
        )
        expected = sk.roc_curve(target, decided.probability[member])
        assert (
            np.trapezoid(curve.y, curve.x) == pytest.approx(sk.auc(*expected[:2]), abs=2e-3)
            and curve.area.n > 0
        )
    for curve in precision_recall_curves(analysis):
        assert curve.x[0] == 1 and curve.y[0] == pytest.approx(curve.positives / curve.count)
    assert [c.name for c in roc_curves(analysis) if c.is_small] == ["tan, brown and dark"]


def test_calibration_bins_hold_every_image(data, analysis):
    from sklearn.calibration import calibration_curve

    overall = calibration_curves(analysis)[0]
    assert sum(b.observed.n for b in overall.bins) == N
    observed, predicted = calibration_curve(data.target, analysis.decided.probability, n_bins=10)
    assert [b.observed.value for b in overall.bins] == pytest.approx(observed)
    assert [b.predicted for b in overall.bins] == pytest.approx(predicted)
    first = overall.bins[0].observed
    assert (first.low, first.high) == wilson(round(first.value * first.n), first.n)


def test_curves_need_scores(data):
    labels = analyse_predictions(replace(data, logits=None, label=data.target), "sex", **QUICK)
    assert "auroc" not in labels.metrics and "recall" in labels.metrics
    with pytest.raises(ExplorerError, match="labels only"):
        roc_curves(labels)


@pytest.mark.parametrize("cell", CELLS)
def test_images_behind_a_cell(data, cell):
    decided = decide(data, "published")
    images = images_behind(decided, "light", cell)
    target, call = CELLS[cell]
    counts = getattr(decided.counts, cell.replace(" ", "_"))[decided.names.index("light")]
    assert len(images) == counts > 0
    assert (images.target == target).all() and (images.call == call).all()
    assert (images.tone == "light").all()
    away = np.abs(images.probability - images.target)
    assert (np.diff(away) <= 1e-12).all(), "the most confident mistakes come first"
    headers, rows = images.table(5)
    assert len(rows) == min(5, len(images)) and len(rows[0]) == len(headers)
    place = data.image.tolist().index(rows[0][0])
    assert data.target[place] == target and rows[0][1] == "light"


def test_cells_and_groups_together_hold_every_image(data):
    decided = decide(data, "published")
    total = [
        image
        for name in decided.names
        for cell in CELLS
        for image in images_behind(decided, name, cell).image
    ]
    assert sorted(total) == sorted(data.image)
    for bad in ({"group": "nobody"}, {"cell": "TP"}):
        with pytest.raises(ExplorerError, match="unknown"):
            images_behind(decided, **bad)


def test_json_is_plain_and_holds_the_four_gaps(analysis):
    text = json.dumps(analysis.to_json(), allow_nan=False)
    gaps = json.loads(text)["gaps"]
    assert set(gaps) == set(GAPS)
    for gap in gaps.values():
        assert {"value", "low", "high", "null_mean", "null_p95", "p_value"} <= set(gap)


def test_moving_a_threshold_moves_everything(data):
    low, high = (
        analyse_predictions(data, "sex", Operating(threshold=t), **QUICK) for t in (0.3, 0.7)
    )
    assert low.report.overall.recall.value > high.report.overall.recall.value
    assert low.report.overall.auroc == high.report.overall.auroc, "the ranking stays"
    points = [roc_curves(x)[0].point for x in (low, high)]
    assert points[0][0] > points[1][0] and points[0][1] > points[1][1]


def test_interval_agrees_with_the_bootstrap_of_fairlearn(data):
    """fairlearn redraws rows of the whole table, so its group sizes vary a little more."""
    plain = replace(data, patient=None)
    found = analyse_predictions(plain, "sex", resamples=4000, score_resamples=20)
    frame_of_rows = fair.MetricFrame(
        metrics=fair.selection_rate,
        y_true=data.target,
        y_pred=found.decided.call,
        sensitive_features=data.column("sex"),
        n_boot=200,
        ci_quantiles=[0.025, 0.5, 0.975],
        random_state=0,
    )
    low, _, high = frame_of_rows.difference_ci()
    gap = found.report.gaps["demographic_parity_difference"]
    assert (gap.low, gap.high) == pytest.approx((low, high), abs=0.02)
    rates = [group.selection_rate for group in found.report.groups]
    ends = frame_of_rows.by_group_ci
    assert [r.low for r in rates] == pytest.approx(ends[0].to_list(), abs=0.015)  # Wilson
    assert [r.high for r in rates] == pytest.approx(ends[2].to_list(), abs=0.015)


def test_thumbnails_are_found_by_name(shared):
    from explorer.study.sources import load_source

    images = images_behind(decide(load_source("demo"), "published"), "light", "true positives")
    files = image_files(images, shared / "lesions")
    assert len(files) == len(images) > 0
    assert [path.stem for path in files] == images.image.tolist()
    with pytest.raises(ExplorerError, match="not a folder"):
        image_files(images, shared / "nowhere")


@pytest.mark.parametrize("n", [1, 2, 6])
@pytest.mark.parametrize("kind", ["label", "probability", "logits"])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_tiny_data_give_undefined_numbers_and_no_error(n, kind, share):
    rng = np.random.default_rng(n)
    values = {
        "label": rng.integers(0, 2, n),
        "probability": rng.random(n).round(1),
        "logits": rng.normal(size=(n, 8)),
    }[kind]
    target = (np.arange(n) < round(share * n)).astype(int)
    data = Predictions(
        np.array([f"i{i}" for i in range(n)]),
        target,
        {"camera": np.array(list("abcabc")[:n])},
        **{kind: values},
    )
    found = analyse_predictions(data, "camera", resamples=50, score_resamples=20)
    report = write_report(None, found, report_sections(found))
    assert json.dumps(found.to_json(), allow_nan=False) and "Differences" in report
    assert found.report.overall.count == n
    if share in (0.0, 1.0):
        assert found.report.overall.auroc.value is None
