"""Figures of a counterfactual curve and of a study, with their twins in text."""

import base64
import dataclasses
import io

import numpy as np
import pytest
from PIL import Image
from scipy.stats import binomtest

from explorer.charts import theme
from explorer.charts.chart import draw
from explorer.fairness import counterfactual as studies
from explorer.fairness import skins
from explorer.fairness.cutoffs import CalibrationSet, same_sensitivity
from explorer.figures import counterfactual as plots
from explorer.figures import domains
from explorer.figures import skins as study_plots
from explorer.figures.ita_axis import PICTURES
from explorer.image.colour import TONE_BOUNDS, TONE_NAMES
from explorer.lesion.counterfactual import Curve, Point
from explorer.model.weights import Weights
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.study.sources import demo_calibration
from explorer.util.errors import ExplorerError

WEIGHTS = Weights("path", "made.pth", None, "0" * 64, 1, None, "made.pth is used: a test.")
TARGETS = (-50.0, -40, -30, -20, -10, 0, 10, 20, 30, 40, 50)


@pytest.fixture(scope="module")
def curve():
    """Eleven points whose malignant logits rise with darkness; decisions flip on the way."""
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 0.3, (len(TARGETS), 8)).astype(np.float32)
    logits[:, 1::2] += -np.array(TARGETS, np.float32)[:, None] / 20
    points = tuple(Point(t, t, t / 2 + 20, (100, 80, 60), 1, 0.5, 0.0) for t in TARGETS)
    shades = np.linspace(20, 220, len(TARGETS)).astype(np.uint8)
    thumbnails = np.repeat(shades, 32 * 48 * 3).reshape(len(TARGETS), 32, 48, 3)
    return Curve("a.jpg", WEIGHTS, "melanin", "image", 9, points, logits, tuple(RULES), thumbnails)


@pytest.fixture(scope="module")
def study():
    return studies.load_study()


def lines(figure):
    return [trace for trace in figure.data if trace.mode == "lines+markers"]


def test_every_rule_is_a_line_through_its_probabilities(curve):
    figure = plots.curve_plot(curve)
    assert [trace.name for trace in lines(figure)] == [rule.name for rule in RULES.values()]
    for trace, key in zip(lines(figure), RULES):
        np.testing.assert_allclose(trace.y, curve.probability(key))
        np.testing.assert_allclose(trace.x, TARGETS)
        assert list(trace.customdata) == list(range(len(TARGETS)))
        for text, target in zip(trace.text, TARGETS):
            assert f"target {target:.1f}°" in text and "probability" in text
    for part in (
        [trace.line.color for trace in lines(figure)],
        [trace.line.dash for trace in lines(figure)],
        [trace.marker.symbol for trace in lines(figure)],
    ):
        assert len(set(part)) == len(RULES), "colour, dash and mark each tell the rules apart"


def test_chosen_rules_only_and_flips_where_they_are(curve):
    key = "independent"
    figure = plots.curve_plot(curve, [key])
    assert len(lines(figure)) == 1
    rings, crosses = figure.data[1:]
    assert list(rings.x) == [40.0] and list(rings.y) == [curve.probability(key)[9]]
    assert tuple(crosses.x) == curve.flips[key] and curve.flips[key]
    assert set(crosses.y) == {0.5}
    for angle, text in zip(crosses.x, crosses.text):
        assert text == f"{angle:.0f}°"
    with pytest.raises(ExplorerError, match="rule"):
        plots.curve_plot(curve, ["nonsense"])


def test_at_one_sensitivity_every_rule_has_its_own_line(curve):
    """Crosses lie on the line of their rule, where the line between two points meets it."""
    some = np.tile(curve.logits + np.float32(0.1), (2, 1))
    target = np.arange(len(some)) % 2
    cutoffs = same_sensitivity(CalibrationSet("made", some, target, np.ones(22, int)), 0.5)
    at = dataclasses.replace(curve, cutoffs=cutoffs)
    figure = plots.curve_plot(at)
    levels = [shape.y0 for shape in figure.layout.shapes if shape.type == "line"]
    assert levels == [cutoffs.same[key].probability for key in RULES]
    crosses = figure.data[-1]
    assert set(crosses.y) == set(levels)
    for key in RULES:
        called = at.decisions[key]
        assert len(at.flips[key]) == np.abs(np.diff(called)).sum()
        if not cutoffs.same[key].is_extreme:
            at_flips = np.interp(at.flips[key], TARGETS, at.probability(key))
            assert at_flips == pytest.approx(cutoffs.same[key].probability)
    assert "sensitivity of 50 %" in plots.facts(at)["source"]


def test_axis_darkens_to_the_right_with_every_tone_named(curve):
    figure = plots.curve_plot(curve)
    left, right = figure.layout.xaxis.range
    assert left > 50 and right < -50 and "Target ITA, degrees" in figure.layout.xaxis.title.text
    names = {note.text: note.x for note in figure.layout.annotations}
    assert set(names) == set(TONE_NAMES) - {"very light"} | ({"very light"} & set(names))
    for name, x in names.items():
        index = TONE_NAMES.index(name)
        assert (TONE_BOUNDS + (-90,))[index] < x <= ((90,) + TONE_BOUNDS)[index]
    (half,) = (shape for shape in figure.layout.shapes if shape.type == "line")
    assert half.y0 == half.y1 == 0.5


def test_strip_lies_under_its_targets(curve):
    figure = plots.curve_plot(curve)
    chosen = plots.pictured(curve)
    assert curve.own in chosen and 0 in chosen and 4 <= len(chosen) <= PICTURES
    assert [image.x for image in figure.layout.images] == [TARGETS[i] for i in chosen]
    gaps = np.diff([TARGETS[i] for i in chosen])
    assert (gaps >= figure.layout.images[0].sizex).all(), "pictures do not overlap"
    for image, i in zip(figure.layout.images, chosen):
        data = base64.b64decode(image.source.partition(",")[2])
        shown = np.asarray(Image.open(io.BytesIO(data)))
        assert shown.mean() == pytest.approx(curve.thumbnails[i].mean(), abs=3)
    assert not plots.curve_plot(curve, pictures=False).layout.images


@pytest.mark.parametrize("rule", RULES)
def test_domain_parts_add_up(curve, rule):
    figure = domains.domain_plot(curve, rule)
    assert len(figure.data) == 4
    total = np.sum([trace.y for trace in figure.data], axis=0)
    verdict = curve.verdicts[rule]
    if rule == "independent":
        np.testing.assert_allclose(total, verdict.scores[:, 1] - verdict.scores[:, 0], rtol=1e-9)
        assert not any(trace.stackgroup for trace in figure.data)
    else:
        np.testing.assert_allclose(total, verdict.probability_malignant, rtol=1e-9)
        assert all(trace.stackgroup for trace in figure.data)
        assert len({trace.fillpattern.shape for trace in figure.data}) == 4


def test_alt_texts_tell_what_is_drawn(curve):
    text = plots.curve_alt(curve, ["independent"])
    values = curve.probability("independent")
    assert f"{values[9]:.2f} as it is" in text and "made.pth" in text
    assert f"{curve.flips['independent'][0]:.0f}" in text
    assert RULES["discriminative"].name in domains.domain_alt(curve, "discriminative")


def test_figures_follow_the_page(curve, study):
    def figures(dark):
        return (
            plots.curve_plot(curve, dark=dark),
            domains.domain_plot(curve, "discriminative", dark),
            draw(study_plots.flip_share_chart(study), dark),
            draw(study_plots.range_chart(study), dark),
            draw(study_plots.called_chart(study), dark),
        )

    for light, dark in zip(figures(False), figures(True)):
        assert light.layout.font.color == theme.ink(False) != dark.layout.font.color
        assert light.layout.paper_bgcolor == light.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert light.layout.xaxis.fixedrange and light.layout.width is None
        assert light.layout.xaxis.title.text


# The study


@pytest.mark.parametrize("by", [None, "published", "cielab", "diagnosis"])
def test_flip_shares_and_ranges_per_row(study, by):
    rule = study.rules[0]
    if by is None:
        expected = {RULES[key].name: study.flipped[key] for key in study.rules}
        ranges = {RULES[key].name: study.ranges[key] for key in study.rules}
    else:
        expected = {name: study.flipped[rule][m] for name, m in study.members(by).items()}
        ranges = {name: study.ranges[rule][m] for name, m in study.members(by).items()}
    chart = study_plots.flip_share_chart(study, by)
    assert [row.label for row in chart.rows] == list(expected)
    for row, flipped in zip(chart.rows, expected.values()):
        (mark,) = row.marks
        assert mark.value == flipped.mean() and mark.low <= mark.value <= mark.high
        assert f"{flipped.sum()} of n = {len(flipped)}" in row.detail
    chart = study_plots.range_chart(study, by)
    for row, values in zip(chart.rows, ranges.values()):
        median, half = row.marks
        assert median.value == np.median(values)
        assert (half.low, half.high) == pytest.approx(tuple(np.percentile(values, (25, 75))))
        assert half.high <= chart.span[1]
    _, rows = chart.table()
    assert len(rows) == len(expected) and all(name in chart.alt_text for name in expected)


def test_called_malignant_at_every_target(study):
    rule = study.rules[0]
    chart = study_plots.called_chart(study, rule)
    assert len(chart.rows) == len(study.targets) + 1
    column = study.table[f"p_{rule}_{study.targets[-1]:g}"].dropna()
    assert chart.rows[-1].marks[0].value == pytest.approx((column > 0.5).mean())
    with pytest.raises(ExplorerError, match="nonsense"):
        study_plots.called_chart(study, "nonsense")


def test_at_one_sensitivity_every_rule_is_compared_on_the_same_lesions(study):
    """Counts by pandas; at a rule's own cut-off the file's skins tell the flips of the curves."""
    cutoffs = same_sensitivity(demo_calibration())
    at, malignant = study.at(cutoffs), study.table["malignant"] == 1
    half = dataclasses.replace(
        cutoffs,
        same={key: dataclasses.replace(each, probability=0.5) for key, each in cutoffs.own.items()},
    )
    for rule in study.rules:
        np.testing.assert_array_equal(study.at(half).flipped[rule], study.flipped[rule])
        limit = cutoffs.same[rule].probability
        names = [f"p_{rule}_{place}" for place in ("own", *(f"{t:g}" for t in study.targets))]
        called = study.table[names] >= limit
        if not RULES[rule].needs_domain:  # the group here is by the skin that was reached
            assert called[names[0]][malignant].sum() == 56, "recall as they are is set"
        known = study.table[names].notna()
        flips = called.any(axis=1) & (~called & known).any(axis=1)
        assert at.flip_share(rule).value == flips.mean()
        rate = at.called(rule)[-10]
        assert round(rate.value * rate.n) == called[f"p_{rule}_-10"].sum()
    assert not study.flipped["independent"].any() and at.flip_share("independent").value > 0.7
    said = skins.finding(at, "independent").text
    assert "(sum of logits), malignant from log-odds -20" in said
    chart = study_plots.called_chart(at, "independent")
    assert "malignant from log-odds -20" in chart.title
    assert "a sensitivity of 80 %" in study_plots.flip_share_chart(at).title


def test_the_finding_is_counted_in_the_file(study):
    """Counts by pandas on the rows; the issue states them: 92 at 55, 21 at -10, 123 at -45."""
    found = skins.finding(study, DEFAULT_RULE)
    assert [place for place, _ in found.places] == [55, -10, -45]
    counted = [
        int((study.table[f"p_{DEFAULT_RULE}_{place:g}"] > 0.5).sum()) for place, _ in found.places
    ]
    assert counted == [92, 21, 123] == [round(rate.value * rate.n) for _, rate in found.places]
    assert "The same 123 lesions by the rule" in found.text
    assert (
        "92 (75 % [66, 82]) at 55°, 21 (17 % [11, 25]) at −10°, 123 (100 % [97, 100])" in found.text
    )
    low, high = binomtest(92, 123).proportion_ci(method="wilson")
    assert (round(100 * low), round(100 * high)) == (66, 82)
    flips = study.table[f"flips_{DEFAULT_RULE}"].notna().sum()
    assert f"the decision flips for {flips} of 124 (" in found.text


def test_a_rule_that_never_calls_has_only_the_ends(study):
    found = skins.finding(study, "independent")
    assert [place for place, _ in found.places] == [55, -45]
    assert "called malignant 0 (0 % [0, 3]) at 55°, 0 (0 % [0, 3]) at −45°" in found.text


def test_ranges_that_are_all_alike_have_no_interval_without_width(study):
    """Eight lesions whose probability does not move: their median's interval is not estimable."""
    table = study.table.head(8).assign(**{f"range_{DEFAULT_RULE}": 0.25})
    spread = dataclasses.replace(study, table=table).spread(DEFAULT_RULE)
    assert (spread.median, spread.low, spread.high) == (0.25, None, None)
