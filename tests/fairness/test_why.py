"""Why is there a gap? Against the study's facts, other ways to the same number, and simulation."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import integrate, stats

from explorer.data.predictions import Predictions
from explorer.fairness.decisions import decide
from explorer.fairness.decomposition import decompose, pair_of
from explorer.fairness.diagnoses import diagnoses
from explorer.fairness.metrics import Counts
from explorer.fairness.standardised import mantel_haenszel, standardise
from explorer.fairness.why import why
from explorer.figures.why import why_charts
from explorer.study.sources import load_source
from explorer.util.errors import ExplorerError

TAN, LIGHT = "tan, brown and dark", "light"
#: Of an interval of 95 %, one look in 10,000 sees less than this by chance.
CHANCE = 1e-4


@pytest.fixture(scope="module")
def decided():
    return decide(load_source("published"), "published")


@pytest.fixture(scope="module")
def found(decided):
    return why(decided)


def counted(cells):
    """Two groups as their counts alone, (4, 2)."""
    return SimpleNamespace(names=("a", "b"), counts=Counts(("a", "b"), *cells), patient_cells=None)


# Decomposition


def test_the_studys_gap_is_mostly_of_false_positives(found):
    """FACTS: 0.035 of base rate, 0.011 of recall, 0.140 of the false positive rate."""
    assert (found.first, found.second) == (TAN, LIGHT)
    parts = found.decomposition.parts
    assert [round(part.value, 3) for part in parts] == [0.035, 0.011, 0.140]
    assert found.decomposition.total.value == pytest.approx(sum(p.value for p in parts))
    assert round(found.decomposition.total.value, 4) == 0.1858
    assert all(p.low < p.value < p.high for p in (*parts, found.decomposition.total))
    assert "patients" in found.decomposition.interval


def test_parts_are_what_changes_on_the_straight_way_from_one_group_to_the_other(found):
    sides = [
        np.array([s.base_rate.value, s.recall.value, s.false_positive_rate.value])
        for s in (found.decomposition.second, found.decomposition.first)
    ]
    step = sides[1] - sides[0]

    def slope(t):
        p, r, f = sides[0] + t * step
        return np.array([r - f, p, 1 - p])

    expected = [integrate.quad(lambda t, i=i: slope(t)[i] * step[i], 0, 1)[0] for i in range(3)]
    assert [p.value for p in found.decomposition.parts] == pytest.approx(expected)


def test_turned_around_everything_changes_its_sign(decided, found):
    turned = why(decided, LIGHT, TAN)
    for one, other in zip(found.decomposition.parts, turned.decomposition.parts):
        assert one.value == pytest.approx(-other.value)
    plain = [[a.difference for a in w.standardised] for w in (found, turned)]
    assert plain[0] == pytest.approx([-x for x in plain[1]])


@pytest.mark.parametrize(
    "rates",
    [
        ((0.071, 0.875, 0.22), (0.013, 0.621, 0.074)),  # the study's
        ((0.05, 0.97, 0.01), (0.05, 0.97, 0.01)),  # no difference, rates near their ends
    ],
)
def test_intervals_of_parts_cover(rates):
    sizes, repeats = (225, 4_437), 250
    rng = np.random.default_rng(11)
    p, r, f = np.array(rates).T
    mean = p.mean()
    truth = [(p[0] - p[1]) * (r.sum() - f.sum()) / 2, (r[0] - r[1]) * mean]
    truth.append((f[0] - f[1]) * (1 - mean))
    held = np.zeros(3)
    for _ in range(repeats):
        sick = np.maximum(rng.binomial(sizes, p), 1)
        tp, fp = rng.binomial(sick, r), rng.binomial(sizes - sick, f)
        made = counted([tp, fp, sick - tp, sizes - sick - fp])
        held += [q.low <= t <= q.high for q, t in zip(decompose(made, (0, 1)).parts, truth)]
    assert held.min() >= stats.binom.ppf(CHANCE, repeats, 0.94)


def test_a_rate_of_one_keeps_an_interval():
    parts = decompose(counted(np.array([[8, 50], [0, 90], [0, 20], [60, 900]])), (0, 1)).parts
    assert all(part.low < part.value < part.high for part in parts)


# Like with like


def test_the_difference_in_false_positives_stays_among_images_of_like_values(found):
    rows = [row for row in found.standardised if row.metric == "false_positive_rate"]
    assert [len(row.by) for row in rows] == [0, 1, 1, 1, 3]
    assert round(rows[0].difference, 3) == 0.146  # FACTS
    assert all(0.12 < row.difference < 0.16 and row.low > 0 for row in rows)
    assert rows[0].share == 1 and 0.9 < rows[-1].share < 1
    recall = next(row for row in found.standardised if row.metric == "recall")
    assert recall.low is None, "two melanomas missed are too few for a normal interval"


def made(n=4_000, seed=0):
    """Old people are called more often, and group a is older; nothing else differs."""
    rng = np.random.default_rng(seed)
    old = rng.random(n) < 0.5
    group = np.where(rng.random(n) < np.where(old, 0.8, 0.2), "a", "b")
    target = (rng.random(n) < 0.1).astype(int)
    called = rng.random(n) < np.where(old, 0.4, 0.1) + 0.3 * target
    return Predictions(
        np.arange(n).astype(str),
        target,
        {"camera": group, "age": np.where(old, "old", "young")},
        label=called.astype(int),
    )


def test_a_difference_that_is_of_age_alone_goes_away():
    decided = decide(made(), "camera")
    plain, by_age = (
        row for row in standardise(decided, (0, 1)) if row.metric == "false_positive_rate"
    )
    assert plain.low > 0.1
    assert by_age.low < 0 < by_age.high and abs(by_age.difference) < 0.04


def test_one_stratum_is_the_plain_difference():
    value, low, high = mantel_haenszel(*(np.array([float(x)]) for x in (30, 100, 20, 200)))
    assert value == pytest.approx(0.2)
    error = np.sqrt(0.3 * 0.7 / 100 + 0.1 * 0.9 / 200)
    assert (low + high) / 2 == pytest.approx(value) and (high - low) / 3.92 == pytest.approx(
        error, rel=0.05
    )


def test_the_interval_over_many_small_strata_covers():
    """200 strata of one or two images of the first group, five of the second."""
    rng, repeats, held = np.random.default_rng(5), 600, 0
    m, n = rng.integers(1, 3, 200), np.full(200, 5)
    base = rng.uniform(0.05, 0.4, 200)
    for _ in range(repeats):
        _, low, high = mantel_haenszel(rng.binomial(m, base + 0.1), m, rng.binomial(n, base), n)
        held += low <= 0.1 <= high
    assert held >= stats.binom.ppf(CHANCE, repeats, 0.94)


def test_patients_who_are_alike_widen_the_interval():
    data = made(1_000)
    rows = np.repeat(np.arange(1_000), 4)
    copies = replace(data.subset(rows), image=np.arange(4_000).astype(str))
    alone, known = (
        standardise(decide(each, "camera"), (0, 1))[0]
        for each in (copies, replace(copies, patient=np.char.add("p", rows.astype(str))))
    )
    assert known.difference == alone.difference
    assert (known.high - known.low) / (alone.high - alone.low) == pytest.approx(2, rel=0.02)


# Diagnoses


def test_light_against_intermediate_turns_around_where_the_diagnosis_is_unknown(found):
    """FACTS: 0.145, 0.098, 0.154 (n = 39) of named, 0.066, 0.233, 0.235 of unknown diagnoses."""
    rates = {(r.kind, r.group): r.rate for r in found.diagnoses.rates}
    groups = (LIGHT, "intermediate", TAN)
    for kind, expected in (("named", [0.145, 0.098, 0.154]), ("unknown", [0.066, 0.233, 0.235])):
        assert [round(rates[kind, g].value, 3) for g in groups] == expected
    assert rates["named", TAN].n == 39
    assert sum(r.rate.n for r in found.diagnoses.rates if r.kind == "unknown") == 5_306


def test_at_the_tipping_point_both_rates_are_equal(decided, found):
    """Counted anew, with as many of the called unknown images taken for melanomas."""
    data, pair = decided.predictions, found.diagnoses
    unknown = (data.column("diagnosis") == "unknown") & (data.column("published") == TAN)
    called = np.flatnonzero(unknown & (data.target == 0) & (data.label == 1))
    assert len(called) == pair.called and (pair.first, pair.second) == (TAN, LIGHT)
    gaps = []
    for melanomas in (int(pair.needed), int(pair.needed) + 1):
        target = data.target.copy()
        target[called[:melanomas]] = 1
        benign = target == 0
        rates = [data.label[benign & (data.column("published") == g)].mean() for g in (TAN, LIGHT)]
        gaps.append(rates[0] - rates[1])
    assert gaps[0] > 0 > gaps[1]
    assert pair.sentence.endswith("would equal that of light.") and "34 of them" in pair.sentence


def test_missed_melanomas_that_are_found_as_others_change_little(found):
    first, *_, last = found.diagnoses.missed
    assert first.difference == pytest.approx(found.standardised[0].difference)
    assert 0 < first.difference - last.difference < 0.01


def test_without_diagnoses_there_is_nothing_to_say(decided):
    data = decided.predictions
    known = {k: v for k, v in data.metadata.items() if k != "diagnosis"}
    assert diagnoses(decide(replace(data, metadata=known), "published"), (0, 1)) is None


# Together


def test_json_figures_and_bad_requests(decided, found):
    value = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert value["diagnoses"]["sentence"] and "not why" in value["caution"]
    charts = why_charts(found)
    assert len(charts) == 3 and value["ranking"] is value["calibration"] is None
    for chart in charts:
        ends = [x for row in chart.rows for m in row.marks for x in (m.low, m.high) if x]
        assert chart.span[0] <= min(ends) and chart.span[1] >= max(ends)
        assert "95 %" in " ".join(chart.legend.values())
    with pytest.raises(ExplorerError, match="unknown group 'dark'"):
        why(decided, "dark")
    with pytest.raises(ExplorerError, match="two different groups"):
        why(decided, LIGHT, LIGHT)
    by_sex = decide(decided.predictions, "sex")
    assert {by_sex.names[i] for i in pair_of(by_sex)} == {"female", "male"}
    with pytest.raises(ExplorerError, match="takes two groups"):
        why(decide(decided.predictions, "diagnosis"))
