"""Workbench figures: what is drawn is what was computed, and table and alt text say the same."""

import numpy as np
import pytest

from explorer.benchmarks import groups as benchmark
from explorer.charts import chart
from explorer.charts.panels import MOST_PANELS
from explorer.charts.svg import to_svg
from explorer.fairness.analysis import analyse_predictions
from explorer.fairness.curves import calibration_curves, precision_recall_curves, roc_curves
from explorer.fairness.postprocess import post_process
from explorer.fairness.power import power_of_gap
from explorer.figures import curves as plots
from explorer.figures.gaps import spreads_table
from explorer.figures.postprocess import (
    frontier_plot,
    frontier_table,
    post_processing_chart,
    thresholds_table,
)
from explorer.figures.power import power_alt_text, power_plot, power_table
from explorer.study.sources import load_source


@pytest.fixture(scope="module")
def analysis():
    return analyse_predictions(load_source("demo"), "published", resamples=200, score_resamples=50)


@pytest.mark.parametrize(
    "kind, make", [("roc", roc_curves), ("precision_recall", precision_recall_curves)]
)
def test_curves_are_drawn_with_their_operating_point(analysis, kind, make):
    curves = make(analysis)
    drawing = plots.curve_plot(curves, kind)
    traces = list(drawing.data)
    for curve in curves[1:]:
        line = next(t for t in traces if t.name == curve.name)
        assert np.array_equal(line.x, curve.x) and np.array_equal(line.y, curve.y)
        assert line.line.dash == ("dot" if curve.is_small else "solid")
    points = [(t.x[0], t.y[0]) for t in traces if t.mode == "markers"]
    assert points == [c.point for c in curves[1:]]
    text = " ".join(a.text for a in drawing.layout.annotations)
    _, rows = plots.curve_table(curves, kind)
    assert len(rows) == len(curves)
    for curve, row in zip(curves, rows):
        assert row[0] == curve.name and curve.name in plots.curve_alt_text(curves, kind)
    assert all(c.name in text for c in curves[1:]) and "0 to 1" in text


def test_calibration_whiskers_are_the_wilson_intervals(analysis):
    curves = calibration_curves(analysis)
    drawing = plots.calibration_plot(curves)
    markers = [t for t in drawing.data if t.mode == "markers"]
    for curve, trace in zip(curves[1:], markers, strict=True):
        low = np.subtract(trace.y, trace.error_y.arrayminus)
        assert low == pytest.approx([b.observed.low for b in curve.bins])
        assert list(trace.marker.symbol) == [
            "circle-open" if b.observed.n < 20 else "circle" for b in curve.bins
        ]
    headers, rows = plots.calibration_table(curves)
    assert len(rows) == sum(len(c.bins) for c in curves) and len(rows[0]) == len(headers)
    assert all(c.name in plots.calibration_alt_text(curves) for c in curves)


def test_post_processing_shows_every_split_and_the_frontier(analysis):
    result = post_process(analysis.decided, "demographic_parity", 20)
    shown = post_processing_chart(result)
    row = shown.rows[0]
    assert "(the aim)" in row.label
    gap = analysis.report.gaps["demographic_parity_difference"]
    if not result.left_out:
        assert row.marks[0].value == gap.value
    median = np.median(row.marks[1].draws)
    assert len(row.marks[1].draws) == 20 and row.marks[1].value == pytest.approx(median)
    drawn = chart.draw(shown)
    ticks = next(t for t in drawn.data if t.mode == "markers" and t.marker.opacity == 0.45)
    assert len(ticks.x) == 20 * len(shown.rows) and "before" in shown.alt_text
    assert to_svg(shown).count('stroke-opacity="0.45"') == len(shown.rows)
    path, one, before = frontier_plot(result).data
    headers, rows = frontier_table(result)
    assert len(rows) == len(path.x) + len(one.x) + len(before.x) and len(rows[1]) == len(headers)
    assert list(path.x) == [p.gap.median for p in result.frontier[:-1]]
    assert before.x[0] == result.aim.before.value
    assert [row[0] for row in thresholds_table(result)[1]] == [t.group for t in result.thresholds]


def test_power_and_spreads(analysis):
    power = power_of_gap(analysis.decided.counts)
    drawing = power_plot(power)
    curves = [t for t in drawing.data if t.line.dash != "dot"]
    shown = sorted(power.groups, key=lambda g: -g.n)
    assert [list(t.y) for t in curves] == [list(g.missed) for g in shown]
    assert len(power_table(power)[1]) == len(power.groups)
    assert power.sentences[0] in power_alt_text(power)
    headers, rows = spreads_table(analysis)
    assert len(rows) == len(analysis.spreads) and len(rows[0]) == len(headers)
    recall = {row[0]: row for row in rows}["Recall"]
    assert recall[5] == analysis.spreads["recall"].worst


@pytest.mark.parametrize("dark", [False, True])
def test_many_groups_are_limited_to_the_largest(dark):
    data = load_source("demo")
    data = type(data)(
        data.image,
        data.target,
        {"n": np.array([f"g{i % 15:02d}" for i in range(len(data))])},
        logits=data.logits,
    )
    found = analyse_predictions(data, "n", resamples=50, score_resamples=20)
    drawing = plots.curve_plot(roc_curves(found), "roc", dark)
    names = {t.name for t in drawing.data if t.name}
    assert len(names) <= MOST_PANELS


@pytest.mark.slow
def test_the_benchmark_measures_what_it_says():
    result = benchmark.time_gaps()
    assert result["images"] == 6562 and result["resamples"] == 2000
    assert result["patients"] == 1691
    assert result["by_image_s"] < 1 and result["by_patient_s"] < 2
    fair = benchmark.time_fairlearn(2)
    assert fair["scaled_s"] == pytest.approx(fair["measured_s"] * 1000)
    made = benchmark.time_made_rows(2000)
    assert made["rows"] == 2000 and made["logits_analyse_s"] > 0
    figures = benchmark.reproduced()
    for key, row in figures.items():
        if "report" in row:
            assert row["recomputed"] == pytest.approx(row["report"], abs=0.005), key
    assert "scaled, not run" in benchmark.in_words(
        {"gaps": result, "fairlearn": fair, "made_rows": made, "reproduced": figures}
    )
