"""Which column is taken for what: the headers that people have, their values, and their own say."""

import numpy as np
import pytest

from explorer.data.joining import read_predictions, read_tables
from explorer.data.mapping import ROLES
from explorer.data.names import LOGITS
from explorer.fairness.analysis import analyse_predictions
from explorer.util.errors import ExplorerError


@pytest.fixture
def read(tmp_path):
    """Reads texts as files: the predictions, perhaps metadata, and a person's own choices."""

    def reading(predictions, metadata=None, columns=None, by=read_predictions):
        paths = []
        for name, text in (("p.csv", predictions), ("m.csv", metadata)):
            if text is not None:
                paths.append(tmp_path / name)
                paths[-1].write_text(text)
        return by(*paths, columns=columns)

    return reading


def rows(header, *cells):
    return "\n".join((header, *cells)) + "\n"


@pytest.mark.parametrize(
    "name",
    [
        "probability",
        "Probability",
        "prob",
        "p_malignant",
        "prob_malignant",
        "y_score",
        "y_prob",
        "Y_Proba",
        "pred_prob",
        "PredProb",
        "predicted_probability",
        "score",
        "malignant",
        "MEL",
        "melanoma",
        "y_pred",
        "prediction",
        "target",
    ],
)
def test_names_of_a_probability(read, name):
    text = rows(f"image_name,{name}", "a,0.91", "b,0.2", "c,0.125")
    found = read(text, rows("image_name,label", "a,1", "b,0", "c,0"))
    assert found.probability.tolist() == [0.91, 0.2, 0.125] and found.label is None
    assert found.join.mapping.of("score").columns == (name,)
    assert found.rule == f"the probability in column {name}"


@pytest.mark.parametrize("name", ["y_pred", "Prediction", "predicted label", "pred", "yhat"])
def test_names_of_a_predicted_label(read, name):
    found = read(rows(f"image,{name},y_true", "a,1,1", "b,0,1"))
    assert found.label.tolist() == [1, 0] and found.probability is None
    assert found.join.mapping.of("prediction").columns == (name,)


@pytest.mark.parametrize(
    "name",
    [
        "target",
        "y_true",
        "True_Label",
        "ground_truth",
        "gt",
        "label",
        "malignant",
        "Melanoma",
        "MEL",
        "benign_malignant",
        "diagnosis",
        "class",
    ],
)
def test_names_of_the_true_label(read, name):
    found = read(rows(f"image,y_score,{name}", "a,0.7,1", "b,0.2,0", "c,0.4,1"))
    assert found.target.tolist() == [1, 0, 1]
    assert found.join.mapping.of("target").columns == (name,)


@pytest.mark.parametrize(
    "name",
    [
        "image_name",
        "image",
        "image name",
        "ImageName",
        "isic_id",
        "image_id",
        "Image-ID",
        "filename",
        "id",
    ],
)
def test_names_of_the_image(read, name):
    found = read(rows(f"{name},y_pred,y_true", "x/a.jpg,1,1", "b,0,1"))
    assert found.image.tolist() == ["a", "b"]


def test_an_id_that_repeats_names_no_images_and_rows_are_numbered(read):
    found = read(rows("id,y_pred,y_true", *("p1,1,1", "p1,1,1", "p2,0,1") * 4))
    assert len(found) == 12 and found.image[0] == "row 1" and found.image[-1] == "row 12"
    assert any("rows are numbered" in text for text in found.join.sentences)


@pytest.mark.parametrize(
    "benign, malignant",
    [
        ("benign", "malignant"),
        ("Benign", "MALIGNANT"),
        ("no", "Yes"),
        ("False", "TRUE"),
        ("0", "1"),
        ("0.0", "1.0"),
        ("nevus", "melanoma"),
        ("NV", "mel"),
        ("neg", "pos"),
        ("Negative", "Positive"),
        ("non-melanoma", "Melanoma"),
    ],
)
def test_words_of_a_label_in_any_case(read, benign, malignant):
    cells = (f"a,{malignant},{benign}", f"b,{benign},{benign}", f"c,{malignant},{malignant}")
    found = read(rows("image,y_true,y_pred", *cells))
    assert found.target.tolist() == [1, 0, 1] and found.label.tolist() == [0, 0, 1]
    said = found.join.mapping.of("target").done
    assert said == ("" if benign[0] == "0" else f"{benign} as 0; {malignant} as 1")


@pytest.mark.parametrize(
    "cells, expected",
    [
        (["87.5%", "3 %", "0.5%"], [0.875, 0.03, 0.005]),
        (["87.5", "3", "100"], [0.875, 0.03, 1]),
        (["87,5", "3,0", "0"], [0.875, 0.03, 0]),
        (["55%", "12", "99%"], [0.55, 0.12, 0.99]),
        (["0.875", "1", "0"], [0.875, 1, 0]),
    ],
)
def test_percentages_with_and_without_a_sign(read, cells, expected):
    text = rows("image;prob;y", *(f"{i};{cell};{i % 2}" for i, cell in enumerate(cells)))
    found = read(text)
    assert np.allclose(found.probability, expected)
    done = found.join.mapping.of("score").done
    percent = done.startswith("percent, divided by 100")
    assert ("87,5 as 87.5" in done) == ("87,5" in cells)
    assert percent == (max(expected) != float(cells[1]) if cells[1] == "1" else True)


def test_a_stray_value_makes_no_percentages(read):
    cells = [f"i{i},{0.1 * (i % 9):.1f},{i % 2}" for i in range(40)] + ["bad,7.5,1", "worse,-1,0"]
    found = read(rows("image,prob,target", *cells))
    assert len(found) == 40 and found.probability.max() == 0.8
    assert found.join.count("bad_prediction") == 2


def test_classes_are_no_percentages(read):
    """0..6 as HAM10000's seven classes are often numbered: only 0 and 1 are labels."""
    cells = [f"i{i},{i % 7},{i % 2}" for i in range(70)]
    found = read(rows("image,prediction,target", *cells))
    assert found.probability is None and len(found) == 20
    assert found.join.count("bad_prediction") == 50


def test_an_archives_submission_and_truth_share_a_name(read):
    found = read(
        rows("image,MEL,NV", "a,0.7,0.3", "b,0.1,0.9", "c,0.2,0.8"),
        rows("image,MEL,NV,sex", "a,1,0,f", "b,0,1,m", "c,0,1,f"),
    )
    assert found.probability.tolist() == [0.7, 0.1, 0.2] and found.target.tolist() == [1, 0, 0]
    assert [found.join.mapping.of(role).file for role in ("score", "target")] == [0, 1]


def test_two_scores_are_a_guess_that_is_said_aloud(read):
    text = rows("image,y_prob,y_score,target", "a,0.9,0.6,1", "b,0.1,0.2,0")
    found = read(text)
    assert found.probability.tolist() == [0.6, 0.2]
    (said,) = [text for text in found.join.sentences if "could also be" in text]
    assert "y_score was taken" in said and "score=y_prob takes that" in said
    assert found.groupings() == ()
    other = read(text, columns={"score": "y_prob"})
    assert other.probability.tolist() == [0.9, 0.1]
    assert not [text for text in other.join.sentences if "could also be" in text]


def test_a_score_of_another_name_is_found_by_its_values(read):
    found = read(rows("image,resnet50,target,Age", "a,0.9,1,51", "b,0.25,0,22", "c,0.5,0,72"))
    assert found.join.mapping.of("score").why == "the only column of numbers from 0 to 1"
    assert "resnet50 (the only column" in " ".join(found.join.sentences)
    assert found.join.mapping.of("age").columns == ("Age",)
    signed = read(rows("image,vit,target,Age", "a,90%,1,51", "b,25%,0,22", "c,5 %,0,72"))
    assert signed.probability.tolist() == [0.9, 0.25, 0.05]
    with pytest.raises(ExplorerError, match="score=COLUMN"):
        read(rows("image,resnet50,vit,target", "a,0.9,0.8,1", "b,0.25,0.3,0", "c,0.5,0.1,0"))


def test_all_logits_in_any_case(read):
    header = ",".join(["image", *(name.upper() for name in LOGITS), "target"])
    found = read(rows(header, "a,0,1,2,3,4,5,6,7,1", "b,7,6,5,4,3,2,1,0,0"))
    assert found.logits.tolist() == [list(range(8)), list(range(7, -1, -1))] and not found.rule


# A user's own columns stay as they are


def own(read, header, *values, columns=None):
    cells = [f"i{i},{i % 2},{(i + 1) % 2},{value}" for i, value in enumerate(values)]
    return read(rows(f"image,y_true,y_pred,{header}", *cells), columns=columns)


def test_a_group_of_numbers_is_a_group_of_numbers(read):
    found = own(read, "group", "1", "2", "3", "1")
    assert found.groupings() == ("group",) and found.labels("group") == ("1", "2", "3")
    assert found.tone_group is None and found.name_of("group") == "group"
    assert analyse_predictions(found, "group", resamples=20).report.label == "group"


def test_only_an_explicit_choice_makes_tone_groups_of_numbers(read):
    found = own(read, "group", "0", "2", "3", "0", columns={"tone_group": "group"})
    names = ["very light", "intermediate", "tan, brown and dark", "very light"]
    assert found.column("published").tolist() == names
    assert found.tone_group.tolist() == [0, 2, 3, 0] and found.key_of("group") == "published"
    with pytest.raises(ExplorerError, match="no value of group can be read as tone_group"):
        own(read, "group", "A", "B", columns={"tone_group": "group"})
    mixed = own(read, "group", "0", "4", columns={"tone_group": "group"})
    assert mixed.column("published").tolist() == ["very light", "unknown"]
    assert mixed.join.count("bad_published") == 1


def test_the_explorers_own_name_for_the_tone_group_is_explicit(read):
    found = own(read, "group_published", "0", "3")
    assert found.tone_group.tolist() == [0, 3] and found.groupings() == ("published",)


@pytest.mark.parametrize(
    "header, values",
    [
        ("sex", ["non-binary", "female", "F", "male"]),
        ("Gender", ["Non-Binary", "woman", "man", "woman"]),
        ("site", ["AKH Wien", "Graz", "AKH Wien", "anterior torso"]),
        ("Site", ["Site A", "Site B", "site c", "Site A"]),
        ("age", ["young", "old", "young", "old"]),
        ("age", ["1", "2", "3", "1"]),
        ("localization", ["Scalp", "BACK", "Scalp", "Foot"]),
        ("skin type", ["I", "II", "VI", "I"]),
    ],
)
def test_own_names_and_values_stay(read, header, values):
    found = own(read, header, *values)
    assert found.groupings() == (header,) and found.column(header).tolist() == values
    assert set(found.labels(header)) == set(values) and found.name_of(header) in (header, "sex")


def test_values_that_differ_in_case_only_are_told(read):
    found = own(read, "centre", "Wien", "wien", "Graz", "Graz")
    assert found.labels("centre") == ("Graz", "Wien", "wien")
    assert found.join.count("cases") == 2


def test_years_are_bands_unless_somebody_says_otherwise(read):
    found = own(read, "Age", "29", "30", "59.5", "75")
    assert found.column("age").tolist() == ["0-29", "30-44", "45-59", "75+"]
    assert found.name_of("age") == "age in years" and found.key_of("AGE") == "age"
    raw = own(read, "age_approx", "29", "30", "59.5", "75")
    assert raw.groupings() == ("age", "age_approx"), "and by the user's name, as it is"
    assert raw.column("age_approx").tolist() == ["29", "30", "59.5", "75"]
    same = own(read, "age", "29", "30", "59", "75")
    assert same.groupings() == ("age",) and same.column("age")[0] == "0-29"
    kept = own(read, "age", "29", "30", "59", "75", columns={"group": "age"})
    assert kept.column("age").tolist() == ["29", "30", "59", "75"] and kept.name_of("age") == "age"


def test_by_takes_a_column_by_the_users_name(read):
    found = own(read, "Skin Type,centre", "I,A", "II,B", "I,A", "VI,B")
    assert found.key_of("Skin Type") == found.key_of("skin_type") == "Skin Type"
    assert found.keys_of("skin type, Centre") == ("Skin Type", "centre")
    with pytest.raises(ExplorerError, match="no grouping column 'nose': choose one of Skin Type"):
        found.keys_of("centre,nose")
    quoted = own(read, '"sex, as stated",sex', '"f",f', '"m",m', '"f",d', '"m",m')
    assert quoted.keys_of("sex, as stated") == ("sex, as stated",)
    alike = own(read, "Centre,centre", "A,B", "B,A", "A,B", "B,A")
    assert (alike.key_of("Centre"), alike.key_of("centre")) == ("Centre", "centre")
    with pytest.raises(ExplorerError, match="no grouping column"):
        alike.key_of("CENTRE")


def test_a_column_whose_name_the_explorer_uses_for_another(read):
    """The archive's body site beside a column ``site`` of centres: both are there."""
    found = own(
        read,
        "site,anatom_site_general",
        "Wien,anterior torso",
        "Graz,Lateral Torso",
        "Wien,head/neck",
        "Graz,",
    )
    assert found.column("site").tolist() == ["torso", "torso", "head/neck", "unknown"]
    assert found.column(found.key_of("site")).tolist() == ["Wien", "Graz", "Wien", "Graz"]
    assert found.name_of("site") == "body site"


# A person's own say


def test_every_role_can_be_chosen(read):
    text = rows(
        "file,truth 2,q,call me,who,extra", "a,1,0.9,1,p1,x", "b,0,0.2,0,p1,y", "c,0,0.7,1,p2,x"
    )
    columns = {
        "image": "file",
        "target": "truth 2",
        "score": "Q",
        "prediction": "call_me",
        "patient": "who",
        "ignore": "extra",
    }
    found = read(text, columns=columns)
    assert found.image.tolist() == ["a", "b", "c"] and found.target.tolist() == [1, 0, 0]
    assert found.probability.tolist() == [0.9, 0.2, 0.7] and found.label.tolist() == [1, 0, 1]
    assert found.patient.tolist() == ["p1", "p1", "p2"] and found.groupings() == ()
    assert {taken.why for taken in found.join.mapping} == {"chosen"}


def test_a_guess_can_be_refused(read):
    text = rows("image,y_score,y_pred,y_true", "a,0.9,0,1", "b,0.2,0,0")
    assert read(text).label.tolist() == [0, 0]
    assert read(text, columns={"prediction": ""}).label is None
    with pytest.raises(ExplorerError, match="no predictions"):
        read(text, columns={"prediction": "", "score": ""})


@pytest.mark.parametrize(
    "columns, words",
    [
        ({"target": "y_tru"}, r"no column 'y_tru' to take for target.*image, y_score, y_true"),
        ({"truth": "y_true"}, "no role 'truth': write one of image, target, logits"),
        ({"score": "y_true", "patient": "y_true"}, "y_true is given for score and patient"),
        ({"score": "y_true, y_score"}, "no column"),
        ({"group": "serial"}, "serial has 80 different values: grouping needs 2 to 60"),
    ],
)
def test_a_wrong_choice_is_one_sentence_with_roles_and_columns(read, columns, words):
    cells = [f"i{i},{i / 80},{i % 2},{i}" for i in range(80)]
    with pytest.raises(ExplorerError, match=words) as caught:
        read(rows("image,y_score,y_true,serial", *cells), columns=columns)
    assert "\n" not in str(caught.value)


def test_of_two_files_each_role_is_looked_for_where_it_belongs(read):
    found = read(
        rows("image,label", "a,1", "b,0"),
        rows("image,label,clinic", "a,0,A", "b,0,B"),
        columns={"prediction": "label", "target": "label"},
    )
    assert found.label.tolist() == [1, 0] and found.target.tolist() == [0, 0]


def test_what_was_guessed_is_there_even_where_reading_fails(read):
    given = read(rows("image,y_score,what", "a,0.9,x", "b,0.1,y"), by=read_tables)
    assert given.columns == ("image", "y_score", "what")
    assert given.mapping.of("score").columns == ("y_score",)
    assert given.mapping.of("target") is None
    assert {taken.role for taken in given.mapping} <= set(ROLES)
