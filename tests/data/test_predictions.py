"""Reading and joining a user's files: the study's formats, and everything that can be wrong."""

import time

import numpy as np
import pandas as pd
import pytest

from explorer.data.groupings import GROUPINGS, UNKNOWN
from explorer.data.joining import read_predictions
from explorer.data.predictions import Predictions
from explorer.image import colour
from explorer.study.counts import published_counts
from explorer.util.errors import ExplorerError
from support.study_files import TONE_COLOURS, counted_rows, write_study_files


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return read_predictions(
        *write_study_files(tmp_path_factory.mktemp("study"), patients=1691, training_rows=50)
    )


def write(folder, name, text):
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(folder, predictions, metadata=None):
    paths = [write(folder, "p.csv", predictions)]
    return read_predictions(*paths, *([write(folder, "m.csv", metadata)] if metadata else []))


def test_made_colours_have_their_tone():
    for tone, rgb in TONE_COLOURS.items():
        angle = colour.ita(np.array(rgb, np.uint8), "cielab")
        assert colour.tone_name(float(angle)) == tone


def test_the_study_files_load_as_they_are(study):
    assert len(study) == 6562 and study.target.sum() == 137
    assert (study.label == counted_rows()["prediction"]).all()
    assert study.join.prediction_rows == 6562 and study.join.metadata_rows == 6612
    assert study.join.count("no_prediction") == 50 and study.join.count("label_conflict") == 0
    taken = study.join.mapping
    assert taken.of("prediction").columns == ("target",) == taken.of("target").columns
    assert (taken.of("prediction").file, taken.of("target").file) == (0, 1)
    assert taken.of("tone_group").columns == ("group",), (
        "the study's own file, known by its columns"
    )
    assert study.has_patients and len(set(study.patient)) == len(set(study.patient) - {""})
    assert not study.has_logits and not study.has_probability


@pytest.mark.parametrize("by", GROUPINGS)
def test_groupings_agree_with_the_published_counts(study, by):
    counts = published_counts(by)
    assert study.labels(by) == counts.names
    sizes = [int((study.column(by) == name).sum()) for name in counts.names]
    assert sizes == counts.cells.sum(axis=0).tolist()


def test_age_bands_and_sites_of_the_real_table(shared, tmp_path):
    """lesions.csv holds raw ages and sites of images that validation_counts bands."""
    table = pd.read_csv(shared / "lesions.csv").query("split == 'valid'")
    table.assign(prediction=0).to_csv(tmp_path / "one.csv", index=False)
    found = read_predictions(tmp_path / "one.csv")
    assert len(found) == len(table) and found.has_patients
    assert set(found.labels("site")) <= set(GROUPINGS["site"].labels)
    ages = table["age"].to_numpy()
    for band, low, high in (("0-29", 0, 30), ("30-44", 30, 45), ("75+", 75, 200)):
        assert (found.column("age") == band).sum() == ((ages >= low) & (ages < high)).sum()
    rgb = table[["color_r", "color_g", "color_b"]].to_numpy(np.uint8)
    expected = [colour.tone_name(float(colour.ita(x, "cielab"))) for x in rgb]
    assert found.column("cielab").tolist() == expected
    assert (found.tone_group == table["group_published"]).all()


def test_names_match_with_and_without_extension_and_folder(tmp_path):
    found = read(
        tmp_path,
        "image_name,target\nx/ISIC_1.jpg,1\nISIC_2,0\nISIC_3.PNG,1\n",
        "isic_id,target,sex\nISIC_1,1,male\nISIC_2.jpeg,0,female\nISIC_3,0,male\n",
    )
    assert found.image.tolist() == ["ISIC_1", "ISIC_2", "ISIC_3"]
    assert found.label.tolist() == [1, 0, 1] and found.target.tolist() == [1, 0, 0]


def test_every_loss_is_counted_and_told(tmp_path):
    found = read(
        tmp_path,
        "image_name,prediction\na,1\na,1\nb,0\nb,1\nc,0\nd,x\ne,1\nf,0\ng,\n,1\nlonely,1\n",
        "image_name;target;sex;age_approx\na;1;m;50\nb;0;f;50\nc;;f;50\nd;0;m;50\ne;0;robot;999\n"
        "f;1;;\ng;0;f;50\nextra;1;f;40\nextra;1;f;40\nh;0;f;4\nh;1;f;4\n",
    )
    counts = {finding.key: finding.count for finding in found.join.findings}
    assert counts == {
        "no_name": 1,
        "duplicate_predictions": 1,
        "conflicting_predictions": 1,
        "duplicate_metadata": 1,
        "conflicting_metadata": 1,
        "no_metadata": 1,
        "no_prediction": 2,
        "missing_label": 1,
        "missing_prediction": 1,
        "bad_prediction": 1,
        "bad_age": 1,
    }
    assert found.image.tolist() == ["a", "e", "f"]
    assert found.column("sex").tolist() == ["m", "robot", UNKNOWN]
    assert found.column("age").tolist() == ["45-59", UNKNOWN, UNKNOWN]
    text = " ".join(found.join.sentences)
    assert "11 prediction rows and 11 metadata rows gave 3 images" in text
    for name in ("lonely", "extra", "b"):
        assert name in text


def test_unmatched_counts_add_up(tmp_path):
    found = read(
        tmp_path,
        "image_name,prediction\na,1\nb,0\nz,0\n",
        "image_name,target,sex\na,1,m\nb,0,f\nc,0,f\n",
    )
    left_out = sum(f.count for f in found.join.findings if f.key == "no_metadata")
    assert found.join.joined + left_out == found.join.prediction_rows == 3


def test_unknown_columns_are_kept_or_told(tmp_path):
    rows = "\n".join(f"i{i},{i % 2},{i % 2},{'AB'[i % 2]},{i},same" for i in range(80))
    found = read(tmp_path, f"image_name,prediction,target,Camera,serial,constant\n{rows}\n")
    assert found.groupings() == ("Camera",) and found.labels("Camera") == ("A", "B")
    unused = next(f for f in found.join.findings if f.key == "unused_columns")
    assert unused.count == 2 and not unused.left_out
    assert "serial" in unused.text and "constant" in unused.text


@pytest.mark.parametrize("separator", ",;\t")
def test_logits_with_any_separator_and_decimal_mark(tmp_path, separator):
    values = np.random.default_rng(0).normal(size=(3, 8)).round(4)
    mark = "." if separator == "," else ","
    cells = [
        [f"i{i}", *(f"{v:.4f}".replace(".", mark) for v in row), str(i % 2)]
        for i, row in enumerate(values)
    ]
    header = ["image_name", *(f"logit_{i}" for i in range(8)), "target"]
    text = "\n".join(separator.join(row) for row in [header, *cells])
    found = read(tmp_path, "\N{BOM}" + text + "\r\n")
    assert found.has_logits and np.allclose(found.logits, values)


def test_target_of_a_submission_is_a_probability(tmp_path):
    found = read(
        tmp_path,
        "image_name,target\na,0.91\nb,0.2\nc,0.3\n",
        "image_name,benign_malignant,sex\na,malignant,m\nb,benign,f\nc,benign,f\n",
    )
    assert found.probability.tolist() == [0.91, 0.2, 0.3] and found.label is None
    assert found.target.tolist() == [1, 0, 0]


def test_disagreeing_labels_are_told(tmp_path):
    found = read(
        tmp_path,
        "image_name,probability,target\na,0.9,1\nb,0.2,1\n",
        "image_name,target,sex\na,1,m\nb,0,f\n",
    )
    assert found.target.tolist() == [1, 0], "the metadata's label is used"
    assert found.join.count("label_conflict") == 1


@pytest.mark.parametrize(
    "predictions, metadata, words",
    [
        ("image_name,other\na,1\n", None, "no predictions"),
        ("nobody,prediction\na,1\n", "image_name,target\na,1\n", "call it image_name"),
        ("image_name,prediction\na,1\n", "nobody,target\na,1\n", "call it image_name"),
        ("image_name,prediction\na,1\n", None, "true labels"),
        ("image_name,target\na,1\n", None, "no predictions"),
        ("image_name,prediction,target\n", None, "no rows"),
        ("", None, "empty"),
        ("image_name,logit_0,target\na,1,1\n", None, "1 of the 8 logits"),
        ("image_name,prediction\na,1\n", "image_name,target\nb,1\n", "no image in common"),
        ("image_name,prediction,target\na,7,1\n", None, "no image is left"),
        ("image_name,prediction,prediction\na,1,1\n", None, "two columns named"),
        ("image_name,probability,target\na,0,5,1\nb,0,3,1\n", None, "not a table"),
        ("image_name,probability,target\na,0.5,1\nb,0,3,1\n", None, "not a table"),
        (b"PK\x03\x04\x00\x00", None, "not text"),
    ],
)
def test_bad_files_are_one_clear_sentence(tmp_path, predictions, metadata, words):
    with pytest.raises(ExplorerError, match=words) as caught:
        read(tmp_path, predictions, metadata)
    assert "\n" not in str(caught.value) and "Traceback" not in str(caught.value)


def test_short_rows_are_missing_values(tmp_path):
    found = read(tmp_path, "image_name,prediction,target\na,1,1\nb,0\n")
    assert found.image.tolist() == ["a"] and found.join.count("missing_label") == 1


def test_missing_file():
    with pytest.raises(ExplorerError, match="cannot read"):
        read_predictions("/nowhere/p.csv")


def test_hash_follows_the_data(study):
    changed = study.label.copy()
    changed[0] = 1 - changed[0]
    other = Predictions(
        study.image, study.target, study.metadata, label=changed, patient=study.patient
    )
    same = Predictions(
        study.image,
        study.target,
        study.metadata,
        label=study.label,
        patient=study.patient,
        name="another name",
    )
    assert other.sha256 != study.sha256 == same.sha256


def test_subset_keeps_columns_together(study):
    kept = study.column("published") == "very light"
    part = study.subset(kept)
    assert len(part) == kept.sum() == 285 and part.labels("published") == ("very light",)
    assert (part.label == study.label[kept]).all()


def test_a_hundred_thousand_rows_in_seconds(tmp_path):
    from explorer.benchmarks.groups import write_made_rows

    paths = write_made_rows(tmp_path, 100_000, "label")
    start = time.process_time()
    found = read_predictions(*paths)
    assert len(found) == 100_000 and time.process_time() - start < 10
