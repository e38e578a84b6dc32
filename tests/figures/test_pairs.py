"""Pairs, tests, arrows and plans as charts, tables and words: the core's numbers, no others."""

import re

import pytest

from explorer.charts.chart import draw
from explorer.charts.svg import to_svg
from explorer.fairness.planning import plan
from explorer.fairness.resampling import ODDS
from explorer.fairness.shrinkage import shrunk_rates
from explorer.figures import pairs
from explorer.figures.planning import arrows, plan_table, shrunk_chart, units_table
from explorer.study.counts import group_report
from support.made import report_of


@pytest.mark.parametrize("metric", ["recall", "false_positive_rate", "selection_rate"])
def test_the_chart_shows_every_pair_by_image_and_by_patient(metric):
    report = group_report("published")
    gap = pairs.gap_of(report, metric)
    chart = pairs.pairs_chart(report, metric)
    known = {f"{pair.first} − {pair.second}": pair for pair in gap.pairs}
    again = {f"{pair.first} − {pair.second}": pair for pair in gap.by_patient.pairs}
    assert {row.label for row in chart.rows} == set(known)
    sizes = [abs(row.marks[0].value) for row in chart.rows]
    assert sizes == sorted(sizes, reverse=True)
    for row in chart.rows:
        for mark, pair in zip(row.marks, (known[row.label], again[row.label])):
            assert (mark.value, mark.low, mark.high) == (pair.difference, pair.low, pair.high)
            assert chart.span[0] <= mark.low <= mark.high <= chart.span[1]
    drawing = draw(chart)
    assert [shape.x0 for shape in drawing.layout.shapes] == [0], "a line where nothing differs"
    assert 'stroke="#7D7D7D"' in to_svg(chart)


def test_the_tables_hold_all_pairs_and_all_tests():
    report = group_report("site")
    headers, rows = pairs.pairs_table(report, "false_positive_rate")
    assert len(rows) == 15 and "unknown" not in str(rows) and len(headers) == len(rows[0]) == 7
    headers, rows = pairs.tests_table(report)
    assert [row[0] for row in rows][-1] == (
        "Equalized odds difference: recall and false positive rate together"
    )
    for row, gap in zip(rows, report.gaps.values()):
        assert row[1] == f"{gap.heterogeneity.statistic:.2f}" and len(row) == len(headers)


def test_the_question_comes_before_the_term():
    said = pairs.chance_sentences(group_report("sex"), "false_positive_rate")
    assert said[0].startswith("Could chance alone make differences as large as these in false pos")
    assert re.search(r"In about \d+ of 1,000 shuffles it does \(test of heterogeneity", said[0])
    assert said[-1] == "Compared with nothing, since it names no group: unknown."
    made = pairs.chance_sentences(report_of(a=(90, 9, 10, 90), b=(10, 9, 90, 90)), "recall")
    assert "In fewer than 1 of 1,000 shuffles it does" in made[0]


def test_without_patients_nothing_is_said_of_them():
    report = report_of(a=(30, 20, 10, 200), b=(20, 9, 20, 190))
    headers, rows = pairs.pairs_table(report, "recall")
    assert len(headers) == len(rows[0]) == 4 and units_table(report, "recall")[1] == []
    assert list(pairs.pairs_chart(report, "recall").legend) == ["measured"]
    assert "patient" not in " ".join(pairs.chance_sentences(report, "recall"))


def test_units_stand_side_by_side():
    report = group_report("published")
    headers, rows = units_table(report, "false_positive_rate")
    assert [row[0] for row in rows] == ["all images", *(g.name for g in report.groups)]
    assert rows[0][1:] == ["0.104 [0.097, 0.112]", "0.104 [0.095, 0.115]", "6,425", "1,661", "1.75"]
    assert len(headers) == 6


def test_an_arrow_leads_from_each_rate_to_where_it_is_moved():
    report = group_report("published")
    chart = shrunk_chart(report, "recall")
    drawing = arrows(draw(chart), chart)
    led = [note for note in drawing.layout.annotations if note.showarrow]
    for note, each in zip(led, shrunk_rates(report, "recall"), strict=True):
        assert (note.ax, note.x) == (each.measured, each.moved)


def test_the_plan_as_a_table():
    found = plan(group_report("published"), "recall", 0.1)
    headers, rows = plan_table(found)
    assert headers[1] == "malignant images there" and headers[-1] == "patients, about"
    assert rows[0][:2] == ["very light", "17"]
    alone = plan(report_of(a=(30, 20, 10, 200), b=(20, 9, 20, 190)), "recall", 0.2)
    assert len(plan_table(alone)[0]) == 4


def test_equalized_odds_is_never_shown_without_its_parts():
    report = group_report("published")
    gap = report.gaps[ODDS]
    assert gap.parts == ("equal_opportunity_difference", "false_positive_rate_difference")
    low = max(report.gaps[part].low for part in gap.parts)
    assert gap.low <= low and gap.low <= gap.value <= gap.high
