"""Files read as far as it goes: what a form shows before and after somebody put the guess right."""

import pytest

from explorer.data.draft import draft
from explorer.util.errors import ExplorerError
from support.study_files import write_study_files


def test_the_study_files_with_counts_and_rows(tmp_path):
    found = draft(*write_study_files(tmp_path, patients=100))
    counts = dict(found.counts)
    assert counts["rows"] == "6,562 and 6,562" and counts["images"] == "6,562"
    assert counts["malignant"] == "137" and counts["patients"] == "100"
    assert "sex (3)" in counts["groups"]
    headers, rows = found.preview()
    assert headers[:3] == ["image", "true label", "predicted"] and len(rows) == 5
    assert rows[0][0] == "MADE_0000000" and rows[0][1] in ("benign", "malignant")


def test_what_cannot_be_joined_yet_shows_its_columns_and_is_put_right(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("picture,is it,how sure,clinic\na,bad,87%,A\nb,good,3%,B\n")
    first = draft(path)
    assert first.predictions is None and "no true labels" in first.problem
    assert first.mapping.of("score").columns == ("how sure",)
    assert first.preview() == (
        ["picture", "is it", "how sure", "clinic"],
        [["a", "bad", "87%", "A"], ["b", "good", "3%", "B"]],
    )
    assert first.counts == (("rows", "2"),)
    path.write_text("picture,is it,how sure,clinic\na,1,87%,A\nb,0,3%,B\n")
    then = draft(path, columns={"target": "is it"})
    assert not then.problem and dict(then.counts)["groups"] == "clinic (2)"
    headers, rows = then.preview()
    assert headers == ["image", "true label", "P(malignant)", "clinic"]
    assert rows == [["a", "malignant", "0.870", "A"], ["b", "benign", "0.030", "B"]]


def test_two_files_that_name_images_differently(tmp_path):
    one, two = tmp_path / "p.csv", tmp_path / "m.csv"
    one.write_text("id,key,y_score\n1,a,0.9\n2,b,0.1\n")
    two.write_text("id,lesion photo,target\n7,a,1\n8,b,0\n")
    assert "no image in common" in draft(one, two).problem
    found = draft(one, two, {"image": ["key", "lesion photo"]})
    assert found.predictions.image.tolist() == ["a", "b"]


def test_a_file_that_is_no_table_is_one_sentence(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("")
    with pytest.raises(ExplorerError, match=r"p\.csv is empty"):
        draft(path)
