"""The built-in sources against the carried tables and the files of the checkout."""

import csv

import numpy as np
import pytest

from explorer.data.groupings import GROUPINGS
from explorer.fairness.analysis import analyse_predictions
from explorer.study import tables
from explorer.study.counts import group_report
from explorer.study.sources import (
    DEMO_LOGITS,
    SOURCES,
    demo_predictions,
    load_source,
    report_figures,
)
from explorer.util.errors import ExplorerError


@pytest.mark.parametrize("by", GROUPINGS)
def test_published_rows_give_the_published_report(by):
    mine = analyse_predictions(load_source("published"), by).report.to_json()
    report = group_report(by).to_json()
    assert mine["gaps"] == report["gaps"]
    for group, other in zip(mine["groups"], report["groups"], strict=True):
        assert other.items() <= group.items()
    assert mine["source"] == report["source"] and mine["weights"] == report["weights"]


def test_published_figures_of_the_study():
    gaps = analyse_predictions(load_source("published"), "published").report.gaps
    recall, false = (
        gaps[f"{key}_difference"] for key in ("equal_opportunity", "false_positive_rate")
    )
    assert recall.value == pytest.approx(0.262, abs=5e-4)
    assert recall.null_mean == pytest.approx(0.185, abs=2e-3)
    assert recall.p_value == pytest.approx(0.17, abs=0.01)
    assert false.value == pytest.approx(0.146, abs=5e-4)
    assert false.null_mean == pytest.approx(0.030, abs=1e-3) and false.p_value < 0.001


def test_published_source_has_labels_and_no_image_names():
    data = load_source("published")
    assert len(data) == 6562 and not data.has_probability
    assert not any("ISIC" in name for name in (*data.image, *data.patient))
    assert len(set(data.patient)) == tables.VALIDATION_PATIENTS
    table = tables.validation_counts()
    seen = table.count[table.patient_in_train == "yes"].sum()
    assert (data.column("patient_in_train") == "yes").sum() == seen


def test_report_is_figures_only_and_says_so():
    figures = report_figures()
    assert len(figures.experiments) == 24
    assert len(set(figures.groups["model"])) == 5 and len(figures.groups) == 20
    assert "no data per image" in figures.about
    with pytest.raises(ExplorerError, match="figures only"):
        load_source("report")


def test_demo_source_is_the_shipped_table():
    data = load_source("demo")
    with DEMO_LOGITS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert data.image.tolist() == [row["image"] for row in rows]
    assert data.target.tolist() == [int(row["target"]) for row in rows]
    expected = [[float(row[f"logit_{i}"]) for i in range(8)] for row in rows]
    assert np.array_equal(data.logits, expected)
    assert data.tone_group.tolist() == [int(row["group_published"]) for row in rows]
    assert str(len(rows)) in SOURCES["demo"].about and str(len(rows)) in data.warnings[1]
    assert "not the published model" in data.warnings[0]


def test_demo_labels_are_those_of_the_study(lesions):
    known = lesions.assign(stem=lesions["image"].str.removesuffix(".jpg")).set_index("stem")
    data = load_source("demo")
    facts = known.loc[data.image]
    assert (facts["target"].to_numpy() == data.target).all()
    assert (facts["group_published"].to_numpy() == data.tone_group).all()
    assert (facts["split"] == "valid").all()


def test_unknown_source_and_missing_file(tmp_path):
    with pytest.raises(ExplorerError, match="unknown source"):
        load_source("best")
    with pytest.raises(ExplorerError, match="restore it"):
        demo_predictions(tmp_path / "none.csv")
