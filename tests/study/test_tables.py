"""The carried tables are the study's, byte for byte, and say what FACTS says they say."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from explorer.study import tables
from explorer.util.errors import ExplorerError


@pytest.mark.parametrize("name", tables.SOURCES)
def test_carried_bytes_equal_the_original(name, published):
    assert (tables.FOLDER / f"{name}.csv").read_bytes() == (published / f"{name}.csv").read_bytes()


def test_nothing_else_is_carried():
    assert {path.stem for path in tables.FOLDER.iterdir()} == set(tables.SOURCES)


@pytest.mark.parametrize("name", tables.SOURCES)
def test_columns_agree_with_pandas(name):
    table, reference = tables.load(name), pd.read_csv(tables.FOLDER / f"{name}.csv")
    assert list(table.columns) == list(reference) and len(table) == len(reference)
    for column in reference:
        kind = reference[column].dtype.kind
        assert table[column].dtype.kind == (kind if kind in "if" else "U")
        np.testing.assert_array_equal(table[column], reference[column].to_numpy())
    # as text, for an unknown age is NaN
    assert json.dumps(table.rows()) == json.dumps(reference.to_dict("records"))


def test_validation_counts_add_up_to_the_split():
    counts = tables.validation_counts()
    assert counts.total == 6562
    assert counts.count[counts.target == 1].sum() == 137
    assert counts.count.min() >= 1
    assert set(counts.target) == set(counts.prediction) == {0, 1}


def test_histogram_and_crosstab_cover_every_image():
    assert tables.load("tone_crosstab")["count"].sum() == 32_701
    histogram = tables.load("ita_histogram")
    for convention in np.unique(histogram["convention"]):
        assert histogram["count"][histogram["convention"] == convention].sum() == 32_701


def test_submitted_model_is_named_as_in_the_report():
    assert tables.SUBMITTED_MODEL in tables.load("group_metrics")["model"]
    assert tables.SUBMITTED_EXPERIMENT in tables.load("experiments")["experiment"]
    assert len(tables.load("experiments")) == 24


def test_arrays_cannot_be_changed_by_accident():
    with pytest.raises(ValueError):
        tables.validation_counts().count[0] = 0


def test_unknown_or_missing_table_is_one_clear_sentence(monkeypatch, tmp_path):
    with pytest.raises(ExplorerError, match="choose one of validation_counts"):
        tables.load("nothing")
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    with pytest.raises(ExplorerError, match="restore it"):
        tables.load.__wrapped__("anova")


def test_importing_the_fairness_core_loads_no_heavy_library():
    code = (
        "import sys, explorer.fairness.gaps, explorer.figures.rates; print([m for m in "
        "('pandas', 'scipy', 'sklearn', 'fairlearn', 'plotly', 'torch') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tables.FOLDER.parents[1], capture_output=True, text=True
    )
    assert result.stdout.strip() == "[]", result.stderr
