"""Figures, table twins and alt texts of a group report."""

import numpy as np
import pytest

from explorer.charts import theme
from explorer.data.groupings import GROUPINGS
from explorer.fairness import gaps
from explorer.fairness.analysis import analyse_predictions
from explorer.fairness.chance import chance_bands
from explorer.fairness.gaps import GAPS, SMALL
from explorer.fairness.metrics import METRICS, Counts
from explorer.fairness.selection import images_behind
from explorer.fairness.text import p_text
from explorer.figures import rates
from explorer.figures.gaps import gap_alt_text, gap_plot, gaps_table
from explorer.image import colour
from explorer.study.counts import group_report
from explorer.study.sources import load_source
from explorer.util.errors import ExplorerError

LIGHT_PAGE, DARK_PAGE = "#FFFFFF", "#0B0F19"
ALL = pytest.mark.parametrize("by", GROUPINGS)


def contrast(first: str, second: str) -> float:
    """WCAG 2.2 contrast ratio of two #RRGGBB colours."""

    def luminance(text):
        srgb = np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def texts(figure) -> str:
    return " ".join(note.text for note in figure.layout.annotations)


@pytest.mark.parametrize("meaning", theme.COLOURS)
def test_colours_are_visible_on_both_pages(meaning):
    for page in (LIGHT_PAGE, DARK_PAGE):
        assert contrast(theme.COLOURS[meaning], page) >= 3


def test_text_is_readable_on_its_page():
    assert contrast(theme.ink(False), LIGHT_PAGE) >= 7
    assert contrast(theme.ink(True), DARK_PAGE) >= 7


def test_tone_swatches_have_their_tone_and_darken():
    rgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in theme.TONES.values()])
    assert tuple(theme.TONES) == colour.TONE_NAMES
    angles = colour.ita(rgb.astype(np.uint8), "cielab")
    assert tuple(colour.tone_name(angle) for angle in angles) == colour.TONE_NAMES
    assert (np.diff(rgb.sum(axis=1)) < 0).all()


@pytest.mark.parametrize("value, end", [(0, 0.05), (0.05, 0.05), (0.281, 0.3), (0.81, 1), (1, 1)])
def test_axis_ends_are_tidy(value, end):
    assert theme.ceiling(value) == end


@ALL
@pytest.mark.parametrize("metric", METRICS)
def test_bars_show_every_rate_with_its_interval(by, metric):
    report = group_report(by)
    figure = rates.metric_bars(report, metric)
    bar, chance = figure.data
    bands = dict(zip(chance.y, zip(chance.base, chance.x)))
    end = figure.layout.xaxis.range[1]
    for i, group in enumerate(report.groups):
        rate = group.rate(metric)
        assert bar.x[i] == rate.value
        hatched = bar.marker.pattern.shape[i] != ""
        assert hatched == (rate.n < SMALL)
        if rate.n:
            assert bar.x[i] + bar.error_x.array[i] == pytest.approx(rate.high)
            assert bar.x[i] - bar.error_x.arrayminus[i] == pytest.approx(rate.low)
            assert rate.high <= end
            below = [band for y, band in bands.items() if i < y < i + 0.5]
            chances = chance_bands(report.groups, metric)[i]
            assert (not below) == (chances is None) == (group.name in report.left_out)
            for (base, width), (low, high) in zip(below, filter(None, [chances])):
                assert (base, base + width) == pytest.approx((low, high)) and high <= end
        label = figure.layout.annotations[i].text
        assert group.name in label and f"{group.positives:,} malignant" in label
        assert f"n = {rate.n:,}" in label
    lines = figure.layout.shapes
    assert len(lines) == sum(group.rate(metric).n > 0 for group in report.groups)
    assert {line.x0 for line in lines} == {report.overall.rate(metric).value}


def test_the_page_shows_two_of_the_gaps():
    names = ("equal_opportunity_difference", "false_positive_rate_difference")
    figure = gap_plot(group_report(), names=names)
    assert figure.data[-1].x == tuple(group_report().gaps[name].value for name in names)
    words = gap_alt_text(group_report(), names)
    assert figure.layout.meta["alt"] == words and "Demographic" not in words


@ALL
def test_gap_plot_shows_point_interval_band_and_p(by):
    report = group_report(by)
    figure = gap_plot(report)
    band, intervals, again, points = figure.data
    for i, gap in enumerate(report.gaps.values()):
        assert points.x[i] == gap.value
        assert intervals.x[3 * i : 3 * i + 3] == (gap.low, gap.high, None)
        known = gap.by_patient
        assert again.x[3 * i : 3 * i + 3] == (known.low, known.high, None)
        assert again.y[3 * i] > points.y[i]
        assert band.y[i] > points.y[i] == intervals.y[3 * i]  # the axis points down
        assert (band.base[i], band.base[i] + band.x[i]) == pytest.approx(
            (gap.null_mean, gap.null_p95)
        )
        label = figure.layout.annotations[i].text
        assert GAPS[gap.name][0] in label
        assert gap.parts or gap.largest.split()[0] in label
        assert f"mean {gap.null_mean:.2f}" in label
        test = p_text(known.heterogeneity.p_holm).replace("<", "&lt;")
        assert f"all groups by patient: {test}, corrected" in label
    odds = figure.layout.annotations[3].text  # equalized odds: its two parts
    for part in ("equal_opportunity_difference", "false_positive_rate_difference"):
        metric = METRICS[report.gaps[part].metric].label.lower()
        assert f"{metric} {report.gaps[part].value:.2f}" in odds.replace("<br>", " ")


def test_figures_hold_no_background_and_keep_the_page_scrollable():
    for figure in (rates.metric_bars(group_report(), "recall"), gap_plot(group_report())):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.xaxis.fixedrange and figure.layout.yaxis.fixedrange
        assert figure.layout.width is None and figure.layout.xaxis.automargin
        assert figure.layout.xaxis.title.text


def test_dark_figures_differ_in_ink():
    light, dark = (rates.metric_bars(group_report(), "recall", dark=d) for d in (False, True))
    assert light.layout.font.color == theme.ink(False) != dark.layout.font.color


@ALL
def test_table_twin_holds_what_the_bars_show(by):
    report = group_report(by)
    headers, rows = rates.metrics_table(report)
    assert headers[3:] == [metric.label for metric in METRICS.values()]
    assert [row[0] for row in rows] == ["all images", *(group.name for group in report.groups)]
    assert all(len(row) == len(headers) for row in rows)


def test_table_cells_read_as_documented():
    headers, rows = rates.metrics_table(group_report("sex"), ("recall",))
    assert headers == ["sex", "images", "malignant", "Recall"]
    assert rows[0] == ["all images", "6,562", "137", "0.72 [0.64, 0.79] n=137"]
    assert rows[-1] == ["unknown", "10", "0", "undefined n=0"]
    _, rows = rates.metrics_table(group_report("sex"), ("false_positive_rate",))
    assert rows[0][3] == "0.104 [0.097, 0.112] n=6425"  # 671 of 6,425


def test_gap_table_names_direction_and_chance():
    headers, rows = gaps_table(group_report())
    assert all(len(row) == len(headers) for row in rows)
    row = next(row for row in rows if row[0] == "Equal opportunity difference")
    assert row[1].startswith("0.26 [") and row[5] == "0.17"
    assert row[2] == "recall: very light 0.88 − light 0.62"
    assert next(row for row in rows if row[0].startswith("False"))[5] == "< 0.001"


def test_alt_texts_say_the_numbers():
    text = rates.alt_text(group_report(), "recall")
    assert "very light 0.88 [0.66, 0.97], n 17" in text and "All images 0.72" in text
    text = gap_alt_text(group_report())
    assert all(label in text for label, _ in GAPS.values())
    gap = group_report().gaps["false_positive_rate_difference"]
    assert f"by patient: {p_text(gap.by_patient.heterogeneity.p_holm)}, corrected" in text


def test_undefined_gaps_and_odd_names_are_drawn():
    counts = Counts(("<b>a</b>", "b"), *np.array([[0, 0], [2, 30], [0, 0], [10, 9]]))
    report = gaps.analyse(counts, "x", "x", source="", rule="", weights="", resamples=20)
    figure = gap_plot(report)
    assert "undefined" in texts(figure) and len(figure.data[-1].x) == 2
    bars = rates.metric_bars(report, "recall")
    assert "&lt;b&gt;a&lt;/b&gt;" in texts(bars) and not bars.layout.shapes
    assert "undefined" in gap_alt_text(report)
    assert any("undefined" in row for row in gaps_table(report)[1])


def test_every_interval_holds_its_gap_and_is_drawn():
    """Of equal groups the gap is 0, and so is the lower end; equalized odds' holds it too."""
    counts = Counts(("a", "b", "c"), *np.array([[50] * 3, [50] * 3, [50] * 3, [50] * 3]))
    equal = gaps.analyse(counts, "x", "x", source="", rule="", weights="", resamples=200)
    gap = equal.gaps["equal_opportunity_difference"]
    assert gap.value == gap.low == 0 < gap.high and gap.p_value == 1
    for report in (equal, *map(group_report, GROUPINGS)):
        _, intervals, *_, points = gap_plot(report).data
        for i, gap in enumerate(report.gaps.values()):
            for known in filter(None, (gap, gap.by_patient)):
                assert known.low <= known.value <= known.high
            assert (points.x[i], *intervals.x[3 * i : 3 * i + 2]) == (gap.value, gap.low, gap.high)


def test_unknown_metric_is_refused():
    for function in (rates.metric_bars, rates.alt_text):
        with pytest.raises(ExplorerError, match="unknown metric"):
            function(group_report(), "charm")


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_cut_off_in_a_browser(browser, width):
    """Every text lies inside its figure, at phone and desktop width, with Plotly's own script."""
    from plotly.offline import get_plotlyjs

    figures = [rates.metric_bars(group_report("published"), metric) for metric in METRICS]
    figures += [gap_plot(group_report(by)) for by in GROUPINGS]
    body = "".join(figure.to_html(full_html=False, include_plotlyjs=False) for figure in figures)
    page_text = f"<style>body{{margin:0 32px}}</style><script>{get_plotlyjs()}</script>{body}"
    outside = """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap(plot => {
      const box = plot.getBoundingClientRect();
      return [...plot.querySelectorAll('text')].filter(text => {
        const r = text.getBoundingClientRect();
        return r.width && (r.left < box.left - 1 || r.right > box.right + 1
          || r.top < box.top - 1 || r.bottom > box.bottom + 1);
      }).map(text => text.textContent);
    })"""
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.set_content(page_text)
    page.wait_for_function(
        f"document.querySelectorAll('.js-plotly-plot .main-svg .xtick').length >= {len(figures)}"
    )
    assert page.locator(".js-plotly-plot text").count() > 50
    assert page.evaluate(outside) == []


@pytest.mark.parametrize(
    "metric",
    [
        "recall",
        "false_positive_rate",
        "false_negative_rate",
        "precision",
        "f1",
        "accuracy",
        "selection_rate",
        "negative_predictive_value",
    ],
)
def test_a_bar_lists_the_images_of_its_denominator(metric):
    """As many as the rate's n, which comes from the confusion counts."""
    analysis = analyse_predictions(load_source("published"))
    bars = rates.metric_bars(analysis.report, metric).data[0]
    for group, behind in zip(analysis.report.groups, bars.meta["images"], strict=True):
        images = images_behind(analysis.decided, tuple(behind["groups"]), tuple(behind["cells"]))
        assert len(images) == group.rate(metric).n
        assert set(images.group) == {group.name}


def test_a_gaps_point_lists_the_images_of_its_two_groups():
    analysis = analyse_predictions(load_source("published"))
    gap = analysis.report.gaps["equal_opportunity_difference"]
    points = gap_plot(analysis.report).data[-1]
    behind = points.meta["images"][list(analysis.report.gaps).index(gap.name)]
    images = images_behind(analysis.decided, tuple(behind["groups"]), tuple(behind["cells"]))
    assert set(images.group) == {gap.largest, gap.smallest} and set(images.target) == {1}
    wrong = images.call != images.target
    assert wrong.any() and not (np.diff(wrong.astype(int)) > 0).any(), "mistakes come first"
