"""Patients as units: against FACTS, whole patients redrawn, and rows shuffled one by one."""

import numpy as np
import pandas as pd
import pytest

from explorer.fairness.resampling import PARTS
from explorer.fairness.units import BETWEEN, WITHIN, clustered, exchanged, shuffles
from explorer.study import tables
from explorer.study.counts import group_report, published_counts
from explorer.study.rows import patient_cells, validation_rows

RECALL, FPR = PARTS


@pytest.fixture(scope="module")
def benign():
    """Benign validation images of the study, read by pandas."""
    rows = pd.read_csv(tables.FOLDER / "validation_rows.csv")
    return rows[rows["target"] == 0]


def counted(rows, column):
    """Calls and images, (patients, groups)."""
    images = pd.crosstab(rows["patient"], rows[column])
    calls = pd.crosstab(rows["patient"], rows[column], values=rows["prediction"], aggfunc="sum")
    return calls.reindex_like(images).fillna(0).to_numpy(int), images.to_numpy(int)


@pytest.mark.parametrize("by", ["published", "cielab", "sex", "age", "site"])
def test_rows_are_what_was_counted(by):
    """The rows with patients give exactly the carried counts, in every grouping."""
    np.testing.assert_array_equal(patient_cells(by).sum(axis=0), published_counts(by).cells)
    rows, counts = validation_rows(), tables.validation_counts()
    assert len(set(rows.patient.tolist())) == tables.VALIDATION_PATIENTS
    seen = counts.count[counts.patient_in_train == "yes"].sum()
    assert (rows.patient_in_train == "yes").sum() == seen


def test_the_design_effect_of_the_study():
    """FACTS, section 7: an intraclass correlation of 0.29, so 2.7 if patients of any number of
    images were alike. The variance itself is less, since patients with many images vary less."""
    overall = group_report("published").by_patient.overall
    rate = overall.rates["false_positive_rate"]
    assert overall.patients == 1691 and rate.n == 6425
    assert rate.intraclass == pytest.approx(0.29, abs=0.005)
    images = (patient_cells("published")[:, [1, 3]].sum(axis=(1, 2))).astype(float)
    alike = 1 + ((images**2).sum() / images.sum() - 1) * rate.intraclass
    assert alike == pytest.approx(2.7, abs=0.05) and 1.5 < rate.design_effect < alike
    image = group_report("published").overall.false_positive_rate
    assert rate.low < image.low < image.value == rate.value < image.high < rate.high


def test_the_variance_is_that_of_redrawn_patients(benign):
    """Patients drawn with replacement, their rows counted anew."""
    part, total = counted(benign, "sex")
    part, total = part[:, :2], total[:, :2]
    found, rng = clustered(part, total), np.random.default_rng(0)
    drawn = rng.integers(0, len(part), (3000, len(part)))
    rates = part[drawn].sum(axis=1) / total[drawn].sum(axis=1)
    expected = np.sqrt(found.design_effect * found.value * (1 - found.value) / found.n)
    assert rates.std(axis=0) == pytest.approx(expected, rel=0.06)


def test_images_of_one_patient_each_are_independent():
    part, total = np.array([[1, 0], [0, 0], [0, 1], [1, 0]] * 30), np.array([[1, 0], [0, 1]] * 60)
    part = part * total
    found = clustered(part, total)
    assert found.design_effect == pytest.approx([60 / 59, 60 / 59], rel=0.02)
    assert found.patients.tolist() == found.n.tolist() == [60, 60]


def test_a_rate_of_one_borrows_its_design_effect():
    """Two groups of patients who agree with themselves: the second has no variance of its own."""
    rng = np.random.default_rng(0)
    sick = rng.random(40) < 0.5
    total = np.zeros((60, 2), int)
    total[:40, 0], total[40:, 1] = 5, 5
    part = total.copy()
    part[:40, 0] *= sick
    found = clustered(part, total)
    assert found.value[1] == 1 and found.design_effect[1] > 4
    assert found.low[1] < 0.87, "20 patients rather than 100 images"


def test_what_is_shuffled(benign):
    assert exchanged(counted(benign, "sex")[1]) == BETWEEN
    assert exchanged(counted(benign, "group_published")[1]) == WITHIN
    gaps = group_report("published").gaps
    assert gaps[FPR].by_patient.shuffled == WITHIN and gaps[RECALL].by_patient.shuffled == BETWEEN


def test_figures_of_facts():
    """Section 7: within patients a null FPR gap of 0.088 (95 % below 0.115); observed p = 0.002.

    By sex, patients permuted: p = 0.0045.
    """
    known = group_report("published").gaps[FPR].by_patient
    assert known.value == pytest.approx(0.146, abs=5e-4)
    assert known.null_mean == pytest.approx(0.088, abs=1e-3)
    assert known.null_p95 == pytest.approx(0.115, abs=2e-3)
    assert known.p_value == pytest.approx(0.002, abs=0.002)
    sex = group_report("sex").gaps[FPR].by_patient
    assert sex.heterogeneity.p_value == pytest.approx(0.0045, abs=0.004)


@pytest.mark.parametrize("column", ["group_published", "sex"])
def test_shuffles_against_rows_one_by_one(benign, column):
    rows = benign[benign["sex"] != "unknown"].reset_index(drop=True)
    part, total = counted(rows, column)
    calls, images = shuffles(part, total, 3000, np.random.default_rng(1))
    assert (calls.sum(axis=1) == part.sum()).all() and (images.sum(axis=1) == total.sum()).all()
    fast = np.ptp(calls / images, axis=1)
    rng, slow = np.random.default_rng(2), []
    labels, patient = rows[column].to_numpy(), rows["patient"].to_numpy()
    for _ in range(150):
        if column == "sex":
            own = rows.groupby("patient")[column].first()
            mixed = dict(zip(own.index, rng.permutation(own.to_numpy())))
            shuffled = np.array([mixed[p] for p in patient.tolist()])
        else:
            mixed = labels[np.lexsort([rng.random(len(rows)), patient])]
            shuffled = np.empty_like(labels)
            shuffled[np.argsort(patient, kind="stable")] = mixed
        rates = [rows["prediction"][shuffled == level].mean() for level in np.unique(labels)]
        slow.append(np.ptp(rates))
    error = 4 * np.std(slow) / np.sqrt(len(slow))
    assert fast.mean() == pytest.approx(np.mean(slow), abs=error)
    assert fast.std() == pytest.approx(np.std(slow), rel=0.3)


def test_coverage_of_clustered_rates():
    """Patients of one to nine images with beta-binomial calls: 95 % intervals and naive ones."""
    rng, trials, sizes = np.random.default_rng(3), 1500, np.tile(np.arange(1, 10), 8)
    own = rng.beta(0.2 * 2.5, 0.8 * 2.5, (trials, len(sizes)))  # correlation 1 / 3.5
    calls = rng.binomial(sizes, own)
    covered, naive = [], []
    for each in calls:
        found = clustered(each[:, None], sizes[:, None])
        covered.append(found.low[0] <= 0.2 <= found.high[0])
        half = 1.96 * np.sqrt(found.value[0] * (1 - found.value[0]) / sizes.sum())
        naive.append(abs(found.value[0] - 0.2) <= half)
    assert np.mean(covered) >= 0.93 and np.mean(naive) < 0.85
