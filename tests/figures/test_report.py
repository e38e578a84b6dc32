"""The report: one file, no network, everything in it, and the same as JSON."""

import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from explorer.charts import chart as charts
from explorer.charts import svg as svg_
from explorer.data.predictions import Predictions
from explorer.fairness import confidence
from explorer.fairness.analysis import analyse_predictions
from explorer.fairness.compare import compare_rows
from explorer.fairness.decisions import Operating, decide
from explorer.fairness.metrics import METRICS
from explorer.fairness.statement import statement_of
from explorer.figures.gaps import gap_chart
from explorer.figures.rates import metric_chart
from explorer.figures.report import Meta, default_meta, report_json, write_report
from explorer.figures.sections import (
    audit_section,
    comparison_section,
    confidence_section,
    models_section,
)
from explorer.image.colour import GROUP_NAMES
from explorer.study import tables
from explorer.study.claims import audit_cards
from explorer.study.counts import group_report
from explorer.study.experiments import model_table
from explorer.util.errors import ExplorerError


class Reader(HTMLParser):
    """Tags with their attributes, the text, and whether every tag is closed."""

    VOID = frozenset({"meta", "path", "rect", "circle", "br", "link", "img"})

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.open, self.words = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.words.append(text)

    @property
    def text(self) -> str:
        return " ".join(self.words)


@pytest.fixture(scope="module")
def sections():
    rows, rng = model_table(), np.random.default_rng(0)
    logits, target = rng.normal(size=(200, 8)), rng.integers(0, 2, 200)
    tones = np.array(GROUP_NAMES)[rng.integers(0, 4, 200)]
    source = Predictions(np.arange(200).astype(str), target, {"published": tones}, logits=logits)
    tests = confidence.from_decided(decide(source, "published"))
    return [
        confidence_section(tests),
        models_section(rows),
        comparison_section(compare_rows(rows[0], rows[-1])),
        audit_section(audit_cards()),
    ]


@pytest.fixture(scope="module")
def reports():
    return [group_report("published"), group_report("cielab")]


@pytest.fixture(scope="module")
def html(reports, sections):
    return write_report(None, reports, sections)


@pytest.mark.slow
def test_page_loads_nothing(html):
    page = Reader(html)
    assert not page.open
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "use"}
    for _, attributes in page.tags:
        assert not set(attributes) & {"src", "href", "xlink:href", "srcset", "data", "action"}
        assert not any(name.startswith("on") for name in attributes)
    assert "@import" not in html and "url(" not in html
    assert len(html) < 1_000_000


def test_page_opens_with_the_answer_of_every_report(html, reports):
    text = re.sub(r"\s+", " ", Reader(html).text)
    for report in reports:
        assert re.sub(r"\s+", " ", statement_of(report).text) in text
    assert text.index("The answer") < text.index("To bear in mind")


def test_page_states_what_it_is_about(html, reports):
    text = Reader(html).text
    digest = hashlib.sha256((tables.FOLDER / "validation_counts.csv").read_bytes()).hexdigest()
    for words in (
        reports[0].source,
        reports[0].weights,
        reports[0].rule,
        digest,
        "the rule's own decision",
        reports[0].interval,
        *reports[0].warnings,
        *reports[1].warnings,
        "not a medical device",
    ):
        assert words in text
    assert re.search(r"\b20\d\d-\d\d-\d\d\b", text)


def test_every_chart_has_a_title_and_every_figure_a_table(html, reports):
    page = Reader(html)
    count = sum(tag == "svg" for tag, _ in page.tags)
    # per report: gaps, a chart per metric, and two rates' pairs and arrows
    assert count == 2 * (1 + len(METRICS) + 4) + 6 + 1 + len(audit_cards())
    assert html.count("<title>") == count + 1
    for report in reports:
        for group in (report.overall, *report.groups):
            assert group.name in page.text
    for card in audit_cards():
        assert card.verdict in page.text and card.claim in page.text


def test_files_are_written_and_agree(tmp_path, reports, sections):
    path = tmp_path / "out.html"
    html = write_report(path, reports, sections, Meta(created="2024-02-29", title="A <b> & c"))
    assert path.read_text(encoding="utf-8") == html
    assert "<h1>A &lt;b&gt; &amp; c</h1>" in html
    twin = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert twin["created"] == "2024-02-29" and twin["title"] == "A <b> & c"
    assert twin["groups"] == [json.loads(json.dumps(r.to_json())) for r in reports]
    assert [s["title"] for s in twin["sections"]] == [s.title for s in sections]
    gap = twin["groups"][0]["gaps"]["equal_opportunity_difference"]
    assert round(gap["value"], 3) == 0.262
    cards = twin["sections"][-1]["parts"]
    assert [card["data"]["key"] for card in cards] == [card.key for card in audit_cards()]


def test_same_input_gives_the_same_file(reports):
    meta = Meta(created="2024-02-29")
    assert write_report(None, reports, (), meta) == write_report(None, reports, (), meta)


def test_json_is_plain_and_complete(reports):
    found = report_json(reports[0])
    json.dumps(found, allow_nan=False)
    assert {
        "title",
        "created",
        "source",
        "weights",
        "rule",
        "threshold",
        "data",
        "data_sha256",
        "warnings",
        "method",
        "groups",
        "sections",
    } <= set(found)
    assert found["data_sha256"] == default_meta(reports[0]).data_sha256


def test_analysis_of_a_users_file_is_hashed_and_told(tmp_path):
    rng = np.random.default_rng(0)
    n = 300
    source = Predictions(
        np.array([f"i{k}" for k in range(n)]),
        rng.integers(0, 2, n),
        {"sex": np.array(["female", "male"])[rng.integers(0, 2, n)]},
        probability=rng.random(n),
        name="mine <script>alert(1)</script>",
        source="two files",
    )
    found = analyse_predictions(
        source,
        "sex",
        Operating(threshold=0.3, by_group={"male": 0.4}),
        resamples=200,
        score_resamples=100,
    )
    html = write_report(tmp_path / "mine.html", found)
    assert "<script" not in html and source.sha256 in html
    assert "0.3 on the probability; male: 0.4" in html
    twin = json.loads((tmp_path / "mine.json").read_text())
    assert twin["data_sha256"] == source.sha256
    assert "AUROC" in Reader(html).text


def test_bad_requests_are_one_sentence(tmp_path, reports):
    with pytest.raises(ExplorerError, match="none was given"):
        write_report(None, [])
    with pytest.raises(ExplorerError, match="cannot write the report"):
        write_report(tmp_path / "no" / "out.html", reports)


# The charts


@pytest.mark.parametrize("metric", METRICS)
def test_metric_chart_holds_the_rates(reports, metric):
    for report in reports:
        chart = metric_chart(report, metric)
        assert [row.label for row in chart.rows] == [
            "all images",
            *(group.name for group in report.groups),
        ]
        for row, group in zip(chart.rows, (report.overall, *report.groups)):
            mark, rate = row.marks[0], group.rate(metric)
            assert (mark.value, mark.low, mark.high) == (rate.value, rate.low, rate.high)
            assert mark.small == (rate.n < 20)


def test_gap_chart_holds_interval_and_null(reports):
    for row, gap in zip(gap_chart(reports[0]).rows, reports[0].gaps.values()):
        point, again, band = row.marks
        assert (point.value, point.low, point.high) == (gap.value, gap.low, gap.high)
        known = gap.by_patient
        assert (again.value, again.low, again.high) == (gap.value, known.low, known.high)
        assert (band.low, band.high) == (gap.null_mean, gap.null_p95)


def test_svg_puts_values_where_the_axis_says():
    """Marks at the ticks' values lie on the ticks' grid lines."""
    rows = tuple(charts.Row(f"{v}", "", (charts.Mark("measured", v),)) for v in (0.2, 0.6))
    svg = svg_.to_svg(charts.Chart("t", "axis", {"measured": "m"}, rows))
    lines = re.findall(r'<path d="M([\d.]+) \d+V', svg)
    labels = re.findall(r'text-anchor="middle" fill="#1F2937">([\d.]+)<', svg)
    place = dict(zip(map(float, labels), map(float, lines)))
    circles = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', svg)]
    assert circles == [place[0.2], place[0.6]]


def test_a_row_of_an_svg_takes_the_lanes_from_its_first_to_its_last_mark():
    """Marks begin in the lane below their label, and the next label follows the last of them."""
    kinds = {"measured": "a", "quoted": "b", "third": "c"}
    alone = [charts.Row("x", "", (charts.Mark(kind, 0.5),)) for kind in kinds]
    ends = charts.Row("x", "", (charts.Mark("measured", 0.5), charts.Mark("third", 0.5)))

    def height(*rows):
        svg = svg_.to_svg(charts.Chart("t", "axis", kinds, rows))
        return float(re.search(r'viewBox="0 0 \d+ ([\d.]+)"', svg)[1])

    assert height(alone[0]) == height(alone[1]) == height(alone[2])
    assert height(ends) - height(alone[0]) == 2 * charts.LANE
    circles = [
        re.search(r'<circle cx="[\d.]+" cy="([\d.]+)"', svg_.to_svg(chart))[1]
        for chart in (
            charts.Chart("t", "axis", {"measured": "a", "quoted": "b"}, (alone[0],)),
            charts.Chart("t", "axis", {"quoted": "b", "measured": "a"}, (alone[0],)),
        )
    ]
    assert circles[0] == circles[1]


@pytest.mark.parametrize("low, high", [(0, 1), (0, 0.05), (-0.8, 0.8), (-20, 90), (0, 216), (0, 5)])
def test_ticks_are_round_and_cover_the_axis(low, high):
    ticks, texts = zip(*svg_.ticks(low, high))
    assert 4 <= len(ticks) <= 8 and low - 1e-9 <= ticks[0] and ticks[-1] <= high + 1e-9
    assert np.allclose(np.diff(ticks), ticks[1] - ticks[0])
    assert len(set(texts)) == len(texts)
    assert [float(t.replace("−", "-").replace(",", "")) for t in texts] == pytest.approx(ticks)
