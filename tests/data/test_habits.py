"""Files as people have them: encodings, separators, ways of writing numbers and names, oddities.

Each file is the smallest that shows its habit; what is done with it is said in the report.
"""

import csv
import io
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.charts.export import Drawn
from explorer.data.draft import draft
from explorer.data.joining import read_predictions
from explorer.evaluate.results import write_csv
from explorer.evaluate.run_store import RunStore
from explorer.fairness.analysis import analyse_predictions
from explorer.figures.rates import metric_bars
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.util.errors import LONGEST, ExplorerError
from explorer.util.numerals import numbers
from explorer.util.tables import read_table

TABLE = (
    "image,prob,target,centre\na,0.9,1,Čakovec\nb,0.2,0,Zürich\nc,0.4,1,Čakovec\nd,0.1,0,Zürich\n"
)


@pytest.fixture
def read(tmp_path):
    """Reads a text, or two, as files of an encoding."""

    def reading(*texts, code="utf-8"):
        paths = [tmp_path / f"{place}.csv" for place in range(len(texts))]
        for path, text in zip(paths, texts):
            path.write_bytes(text.encode(code))
        return read_predictions(*paths)

    return reading


def said(found) -> str:
    return " ".join(found.join.sentences)


# Encodings


@pytest.mark.parametrize(
    "code", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_unicode_of_every_kind_needs_no_word(read, code):
    found = read(TABLE, code=code)
    assert found.column("centre").tolist() == ["Čakovec", "Zürich"] * 2
    assert found.join.count("encoding") == 0


@pytest.mark.parametrize(
    "code, name, places",
    [
        ("cp1250", "Windows-1250", ("Čakovec", "Zürich")),
        ("cp1250", "Windows-1250", ("Đurđevac", "Bjelovar")),
        ("cp1250", "Windows-1250", ("Łódź", "Kraków")),
        ("cp1252", "Windows-1252", ("Genève", "Zürich")),
        ("cp1252", "Windows-1252", ("Besançon", "La Coruña")),
    ],
)
def test_code_pages_are_told_apart_and_named(read, code, name, places):
    text = TABLE.replace("Čakovec", places[0]).replace("Zürich", places[1])
    found = read(text, code=code)
    assert found.labels("centre") == tuple(sorted(places))
    assert f"not UTF-8 and was read as {name}" in said(found)
    assert next(place for place in places if not place.isascii()).split()[-1] in said(found)


# Separators and numbers


@pytest.mark.parametrize("separator", ",;\t|")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_ends_of_lines(read, separator, end):
    found = read(TABLE.replace(",", separator).replace("\n", end))
    assert found.probability.tolist() == [0.9, 0.2, 0.4, 0.1] and found.groupings() == ("centre",)


@pytest.mark.parametrize("separator", ";\t")
def test_decimal_commas_are_read_and_said(read, separator):
    found = read(TABLE.replace(",", separator).replace("0.", "0,"))
    assert found.probability.tolist() == [0.9, 0.2, 0.4, 0.1]
    assert "probability of malignancy from prob (0,9 as 0.9)" in said(found)


def test_percent_with_decimal_commas_is_said_both_ways(read):
    found = read("image;prob;target\na;20,5 %;1\nb;90 %;0\n")
    assert found.probability.tolist() == [0.205, 0.9]
    assert "percent, divided by 100; 20,5 as 20.5" in said(found)


def band(year: float) -> str:
    """The group of an age, which nobody has at 120 years and more."""
    edges = ((30, "0-29"), (45, "30-44"), (60, "45-59"), (75, "60-74"), (120, "75+"))
    return next((name for end, name in edges if year < end), "unknown")


@pytest.mark.parametrize(
    "cells, years",
    [
        (["1,234", "45", "50", "61"], [1234, 45, 50, 61]),  # nothing has decimals: thousands
        (["45,125", "45,500", "50,250", "61,125"], [45.125, 45.5, 50.25, 61.125]),  # all have
        (["1,234", "45,5", "50", "61"], [1.234, 45.5, 50, 61]),  # 45,5 is decimal, so all are
        (["1.234,5", "45", "50", "61"], [1234.5, 45, 50, 61]),
        (["1'234", "45", "50", "61"], [1234, 45, 50, 61]),
    ],
)
def test_what_a_comma_means_follows_from_the_column_and_is_said(read, cells, years):
    """An age of "1,234" was once read as 1, in silence."""
    rows = "".join(f"i{i};0.{i};{i % 2};{cell}\n" for i, cell in enumerate(cells))
    found = read("image;prob;target;age\n" + rows)
    assert found.column("age").tolist() == list(map(band, years))
    assert found.join.count("bad_age") == sum(year >= 120 for year in years)
    assert f"{cells[0]} as {years[0]:g}" in said(found)


def test_a_column_of_words_costs_little():
    """A Parquet file of 990 such columns once took half a minute."""
    start = time.process_time()
    assert np.isnan(numbers(pd.Series(["lesion"] * 200_000))).all()
    assert time.process_time() - start < 0.6


# Names


def test_names_that_differ_in_case_or_leading_zeros_are_matched_and_counted(read):
    found = read(
        "image,prob\nISIC_0001,0.9\nisic_2,0.3\nX,0.1\nsame,0.5\n",
        "image,target\nISIC_1,1\nISIC_0002,0\nx,0\nsame,1\n",
    )
    assert found.target.tolist() == [1, 0, 0, 1] and found.probability.tolist() == [
        0.9,
        0.3,
        0.1,
        0.5,
    ]
    assert found.join.count("same_name") == 3
    assert "3 images have names that differ in case or leading zeros alone" in said(found)
    assert "ISIC_0001 and ISIC_1" in said(found)


def test_a_name_that_could_be_two_is_left_out_and_counted(read):
    found = read("image,prob\n1,0.9\n2,0.3\n", "image,target\n01,1\n001,0\n2,0\n")
    assert found.image.tolist() == ["2"] and found.join.count("same_name") == 0
    assert found.join.count("no_metadata") == 1 and found.join.count("no_prediction") == 2


@pytest.mark.parametrize(
    "no, yes", [("no", "yes"), ("nein", "ja"), ("Ne", "Da"), ("non", "oui"), ("n", "y")]
)
def test_labels_in_words_are_said(read, no, yes):
    found = read(f"image,prob,target\na,0.9,{yes}\nb,0.2,{no}\n")
    assert found.target.tolist() == [1, 0] and f"{no} as 0; {yes} as 1" in said(found)


# Several answers


def test_a_label_that_disagrees_with_a_probability(read):
    found = read("image,prob,pred,target\na,0.9,0,1\nb,0.2,0,0\nc,0.3,1,0\n")
    assert found.join.count("prediction_conflict") == 2
    assert "pred decides until a threshold is chosen, prob then" in said(found)
    agree = read("image,prob,pred,target\na,0.9,1,1\nb,0.2,0,0\n")
    assert agree.join.count("prediction_conflict") == 0


def test_answers_that_disagree_with_logits(read):
    """The logits decide: a label or a probability beside them is compared with their rule."""
    logits = np.array([[0, 9, 0, 9, 0, 9, 0, 9], [9, 0, 9, 0, 9, 0, 9, 0]], float)
    assert RULES[DEFAULT_RULE](logits).decision.tolist() == [1, 0]
    cells = [",".join(f"{value:g}" for value in row) for row in logits]
    header = ",".join(f"logit_{i}" for i in range(8))
    found = read(f"image,{header},pred,prob,target\na,{cells[0]},0,0.8,1\nb,{cells[1]},0,0.9,0\n")
    conflicts = [each for each in found.join.findings if each.key == "prediction_conflict"]
    assert [(each.count, each.examples) for each in conflicts] == [(1, ("b",)), (1, ("a",))]
    for each, name in zip(conflicts, ("a probability in prob", "a label in pred")):
        assert name in each.text and "the logits decide, by the rule that is chosen" in each.text


# What a spreadsheet would run


HARMFUL = ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+x"]


@pytest.mark.parametrize("cell", HARMFUL)
def test_a_cell_that_a_spreadsheet_would_run_is_a_text_in_the_csv_of_a_figure(read, cell):
    rows = "".join(f'i{i},0.{i},{i % 2},"{cell}"\n' for i in range(8))
    found = read(f"image,prob,target,centre\n{rows}i8,0.5,0,Wien\n")
    assert found.labels("centre") == tuple(sorted(("Wien", cell))), "as it is, inside"
    report = analyse_predictions(found, "centre", resamples=20).report
    lines = list(csv.reader(io.StringIO(Drawn.of(metric_bars(report, "recall")).csv)))
    assert f"'{cell}" in [line[0] for line in lines]
    assert not [line for line in lines if cell in line]


def test_a_run_as_csv_is_read_back_as_it_was(tmp_path):
    """Names of images, of columns, and their cells."""
    facts = {"weights_sha256": "a", "metadata_columns": ["=1+1"], "precision": "float32"}
    with RunStore(tmp_path / "run", facts) as kept:
        for i, cell in enumerate(HARMFUL):
            kept.append({"image_name": f"={i}.jpg", "=1+1": cell})
    path = write_csv(tmp_path / "run")
    table = read_table(path)
    assert table["image_name"].tolist() == [f"={i}.jpg" for i in range(4)]
    assert table["=1+1"].tolist() == HARMFUL
    with open(path, newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert not [cell for cell in cells if cell[:1] in tuple("=@+") or cell[:1] == "-"]
    assert "'=1+1" in cells


# Oddities that once ended in a traceback


def test_a_header_of_more_characters_than_the_csv_module_takes(read):
    found = read(f"image,prob,target,{'x' * 140_000}\na,0.9,1,f\nb,0.2,0,g\n")
    assert len(found) == 2 and all(len(text) < 400 for text in found.join.sentences)
    refused = f"image,target,{'x' * 140_000}\na,1,f\nb,0,g\n"
    with pytest.raises(ExplorerError, match="no predictions") as caught:
        read(refused)
    assert len(str(caught.value)) <= LONGEST


def test_a_header_cell_over_two_lines(read):
    found = read('image,prob,target,"my\ngroup"\na,0.9,1,f\nb,0.2,0,g\n')
    assert found.groupings() == ("my group",)


def test_tabs_with_the_index_of_pandas(tmp_path):
    table = pd.DataFrame({"image": ["a", "b"], "prob": [0.9, 0.2], "target": [1, 0]})
    table.to_csv(tmp_path / "a.tsv", sep="\t")
    assert read_predictions(tmp_path / "a.tsv").probability.tolist() == [0.9, 0.2]


def test_a_return_within_a_cell_is_no_end_of_a_line(tmp_path):
    """As pandas writes a cell with one: without quotes."""
    table = pd.DataFrame({"image": ["a", "b"], "prob": [0.9, 0.2], "target": [1, 0]})
    table.assign(centre=["x\r0", "y"]).to_csv(tmp_path / "a.csv", index=False)
    found = read_predictions(tmp_path / "a.csv")
    assert found.image.tolist() == ["a", "b"] and found.labels("centre") == ("x 0", "y")


def test_columns_called_as_the_explorer_calls_its_own(read):
    one = read("image,predicted:prob,target,predicted:target\na,0.9,1,1\nb,0.2,0,0\n")
    assert one.probability.tolist() == [0.9, 0.2]
    two = read(
        "image,prob,target,predicted:target\na,0.9,1,1\nb,0.2,0,0\n",
        "image,target,predicted:\na,0,f\nb,1,m\n",
    )
    assert two.target.tolist() == [0, 1] and "predicted:target" in two.groupings()


def test_two_columns_of_one_name(tmp_path):
    with pytest.raises(ExplorerError, match="two columns named 'sex': rename one of them"):
        (tmp_path / "a.csv").write_text("image,prob,target,sex,sex\na,0.9,1,f,m\n")
        draft(tmp_path / "a.csv")


def test_parquet_text_that_is_not_utf8(tmp_path):
    raw = pa.array([b"a", b"\xff\xfe"])
    text = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    table = pa.table({"image": text, "prob": [0.9, 0.2], "target": [1, 0]})
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(ExplorerError, match=r"cannot read a\.parquet"):
        draft(tmp_path / "a.parquet")
