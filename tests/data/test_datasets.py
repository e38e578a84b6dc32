"""Metadata of known data sets, on small made files in the real layout (real header lines)."""

import numpy as np
import pandas as pd
import pytest

from explorer.data.datasets import ADAPTERS, KINDS, read_metadata
from explorer.util.errors import ExplorerError
from support.study_files import write_study_files

ISIC2020 = (
    "image_name,patient_id,sex,age_approx,anatom_site_general_challenge,diagnosis,"
    "benign_malignant,target\n"
    "ISIC_2637011,IP_7279968,male,45.0,head/neck,unknown,benign,0\n"
    "ISIC_0149568,IP_0962375,female,55.0,upper extremity,melanoma,malignant,1\n"
    "ISIC_0015719,IP_3075186,,,,nevus,benign,0\n"
)
ISIC2020_V2 = (
    "image_name,patient_id,lesion_id,sex,age_approx,anatom_site_general_challenge,diagnosis,"
    "benign_malignant,target\n"
    "ISIC_0149568,IP_0962375,IL_6381819,female,55,upper extremity,melanoma,malignant,1\n"
)
ISIC2019_TRUTH = (
    "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK\n"
    "ISIC_0000000,0.0,1.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0\n"
    "ISIC_0000002,1.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0\n"
    "ISIC_0024463,0.0,0.0,0.0,1.0,0.0,0.0,0.0,0.0,0.0\n"
    "ISIC_0053453_downsampled,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,0.0\n"
    "ISIC_0053454,0.0,0.0,1.0,0.0,0.0,0.0,0.0,0.0,0.0\n"
    "ISIC_9999999,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0\n"
)
ISIC2019_METADATA = (
    "image,age_approx,anatom_site_general,lesion_id,sex\n"
    "ISIC_0000002,60.0,upper extremity,,female\n"
    "ISIC_0000000,55.0,anterior torso,,female\n"
    "ISIC_0053453_downsampled,30.0,,BCN_0003884,male\n"
    "ISIC_0000077,30.0,,BCN_0003885,male\n"
)
HAM10000 = (
    "lesion_id,image_id,dx,dx_type,age,sex,localization\n"
    "HAM_0000118,ISIC_0027419,bkl,histo,80.0,male,scalp\n"
    "HAM_0000871,ISIC_0025964,mel,histo,40.0,female,chest\n"
    "HAM_0002730,ISIC_0026769,akiec,histo,,unknown,unknown\n"
    "HAM_0002731,ISIC_0026770,nv,follow_up,50.0,male,back\n"
)
PAD_UFES_20 = (
    "patient_id,lesion_id,smoke,drink,background_father,background_mother,age,pesticide,gender,"
    "skin_cancer_history,cancer_history,has_piped_water,has_sewage_system,fitspatrick,region,"
    "diameter_1,diameter_2,diagnostic,itch,grew,hurt,changed,bleed,elevation,img_id,biopsed\n"
    "PAT_1516,1765,,,,,8,,,,,,,,ARM,,,NEV,False,False,False,False,False,False,"
    "PAT_1516_1765_530.png,False\n"
    "PAT_46,881,False,False,POMERANIA,POMERANIA,55,False,FEMALE,True,True,True,True,3.0,NECK,6.0,"
    "5.0,BCC,True,True,False,True,True,True,PAT_46_881_939.png,True\n"
    "PAT_1545,1867,,,,,77,,,,,,,2.0,FACE,,,ACK,True,False,False,False,False,False,"
    "PAT_1545_1867_547.png,False\n"
)
DDI = (
    ",DDI_ID,DDI_file,skin_tone,malignant,disease\n"
    "0,1,000001.png,56,True,melanoma-in-situ\n"
    "1,2,000002.png,12,False,seborrheic-keratosis\n"
    "2,3,000003.png,34,False,melanocytic-nevi\n"
)
FITZPATRICK17K = (
    "md5hash,fitzpatrick_scale,fitzpatrick_centaur,label,nine_partition_label,"
    "three_partition_label,qc,url,url_alphanum\n"
    "5e82a45bc5d78bd24ae9202d194423f8,3,3,drug induced pigmentary changes,inflammatory,"
    "non-neoplastic,,https://example.org/a.jpg,a.jpg\n"
    "fa2911a9b13b6f8af79cb700937cc14f,6,5,malignant melanoma,malignant melanoma,malignant,,"
    "https://example.org/b.jpg,b.jpg\n"
    "d2bac3c9e4499032ca8e9b07c7d3bc40,-1,1,seborrheic keratosis,benign epidermal,benign,"
    "1 Diagnostic,https://example.org/c.jpg,c.jpg\n"
)


@pytest.fixture
def written(tmp_path):
    """Writes a text as a file and gives its path."""

    def write(text, name="metadata.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    "text, key, targets",
    [
        (ISIC2020, "isic2020", ["0", "1", "0"]),
        (ISIC2020_V2, "isic2020", ["1"]),
        (ISIC2019_TRUTH, "isic2019", ["0", "1", "0", "1", "1", ""]),
        (ISIC2019_METADATA, "isic2019", [""] * 4),
        (HAM10000, "ham10000", ["0", "1", "1", "0"]),
        (PAD_UFES_20, "pad-ufes-20", ["0", "1", "0"]),
        (DDI, "ddi", ["1", "0", "0"]),
        (FITZPATRICK17K, "fitzpatrick17k", ["0", "1", "0"]),
    ],
)
def test_every_layout_is_recognised_and_labelled(written, text, key, targets):
    path = written(text)
    found = read_metadata(path)
    assert found.adapter.key == key and list(found.table["target"]) == targets
    assert read_metadata(path, key).table.equals(found.table)
    assert found.table.index.is_unique and all(
        isinstance(cell, str) for cell in found.table.to_numpy().ravel()
    )


def test_facts_have_one_name_in_all_data_sets(written):
    pad = read_metadata(written(PAD_UFES_20)).lookup("PAT_46_881_939.png")
    assert (pad["patient_id"], pad["lesion_id"], pad["sex"], pad["age_approx"]) == (
        "PAT_46",
        "881",
        "female",
        "55",
    )
    assert (pad["fitzpatrick"], pad["anatom_site_general_challenge"], pad["diagnosis"]) == (
        "III",
        "neck",
        "BCC",
    )
    assert pad["background_father"] == "POMERANIA"
    ham = read_metadata(written(HAM10000)).lookup("ISIC_0026769")
    assert ham["sex"] == ham["age_approx"] == ham["anatom_site_general_challenge"] == ""
    assert ham["dx_type"] == "histo"
    ddi = read_metadata(written(DDI))
    assert list(ddi.table["fitzpatrick"]) == ["V-VI", "I-II", "III-IV"]
    assert list(ddi.table["skin_tone"]) == ["56", "12", "34"] and "" not in ddi.columns
    groh = read_metadata(written(FITZPATRICK17K)).table
    assert list(groh["fitzpatrick"]) == ["III", "VI", ""]
    assert groh["condition"].iloc[1] == "malignant melanoma"


def test_lookup_takes_a_name_with_or_without_folder_and_extension(written):
    found = read_metadata(written(DDI))
    rows = [
        found.lookup(name)
        for name in ("000001", "000001.png", "some/where/000001.PNG", "C:\\images\\000001.png")
    ]
    assert rows[0]["target"] == "1" and all(row == rows[0] for row in rows)
    assert found.lookup("000009.png") is None
    assert found.alike(["000001.png", "000009.png"]) == {}
    assert read_metadata(written(ISIC2020)).lookup("isic_2637011.JPG")["sex"] == "male"


def test_names_that_differ_in_case_or_leading_zeros_are_looked_up_and_can_be_counted(tmp_path):
    (tmp_path / "m.csv").write_text("image,target\nISIC_01,1\nb,0\nB,1\n7,0\n007,1\n")
    found = read_metadata(tmp_path / "m.csv")
    assert found.lookup("isic_1.jpg")["target"] == found.lookup("x/ISIC_01.png")["target"] == "1"
    assert found.alike(["isic_1.jpg", "ISIC_01.jpg", "7.png", "q"]) == {"isic_1": "ISIC_01"}
    assert found.lookup("B")["target"] == "1" and found.lookup("b")["target"] == "0"
    assert found.lookup("07.png") is None, "it could be 7 or 007"


def test_the_two_files_of_isic_2019_are_joined_in_either_order(written):
    truth, facts = written(ISIC2019_TRUTH, "truth.csv"), written(ISIC2019_METADATA, "facts.csv")
    for paths in ([truth, facts], [facts, truth]):
        found = read_metadata(paths)
        assert found.adapter.key == "isic2019" and len(found.table) == 7
        row = found.lookup("ISIC_0000002.jpg")
        assert (row["target"], row["diagnosis"], row["sex"], row["age_approx"]) == (
            "1",
            "mel",
            "female",
            "60.0",
        )
        assert found.lookup("ISIC_0053454")["sex"] == ""
        assert found.lookup("ISIC_0000077")["target"] == ""
        text = " ".join(found.notes)
        assert "3 images are in truth.csv but not in facts.csv" in text
        assert "1 images are in facts.csv but not in truth.csv (ISIC_0000077)" in text


def test_of_two_files_that_know_a_column_the_first_that_is_not_blank_counts(written):
    one = written("image_name,sex,target\na.jpg,female,1\nb.jpg,,0\n", "one.csv")
    two = written("image_name,sex\na.png,male\nb.png,male\n", "two.csv")
    assert list(read_metadata([one, two]).table["sex"]) == ["female", "male"]


def test_what_can_be_argued_about_is_counted_and_told(written):
    def told(text):
        return " ".join(read_metadata(written(text)).notes)

    assert "1 images are ak: counted as benign" in told(ISIC2019_TRUTH)
    assert "1 without a label" in told(ISIC2019_TRUTH)
    assert "1 images are akiec: counted as malignant" in told(HAM10000)
    assert "1 images are ack: counted as benign" in told(PAD_UFES_20)
    assert "1 images are non-neoplastic: counted as benign" in told(FITZPATRICK17K)
    assert told(DDI).startswith("3 images: 1 malignant, 2 benign.")
    odd = told(HAM10000.replace(",mel,", ",blue,"))
    assert "1 images have a diagnosis that counts neither as benign nor as malignant (blue)" in odd


def test_every_mapping_is_stated_in_the_words_for_the_reader():
    for adapter in ADAPTERS:
        assert len(adapter.about) > 40 and KINDS[adapter.key] is adapter
        assert adapter.citation or adapter.key == "generic"
        said = adapter.about.lower()
        for diagnosis in adapter.malignant or ():
            assert diagnosis in said, (adapter.key, diagnosis)
        assert set(adapter.disputed) <= set(adapter.malignant or ())


def test_several_ones_or_none_are_no_diagnosis(written):
    text = ISIC2019_TRUTH.replace("ISIC_0000000,0.0,1.0", "ISIC_0000000,1.0,1.0").replace(
        "ISIC_0000002,1.0", "ISIC_0000002,0.0"
    )
    found = read_metadata(written(text))
    assert found.lookup("ISIC_0000000")["target"] == found.lookup("ISIC_0000002")["target"] == ""


def test_the_studys_own_file(tmp_path):
    _, metadata = write_study_files(tmp_path, patients=50)
    found, raw = read_metadata(metadata), pd.read_csv(metadata, sep=";", dtype=str)
    assert found.adapter.key == "study" and len(found.table) == len(raw)
    assert (found.table["target"] == "1").sum() == (raw["target"] == "1").sum() == 137
    assert set(found.table["ita"]) == {"43.86182299"}


def test_any_table_of_images_is_read(shared, lesions):
    found = read_metadata(shared / "lesions.csv")
    assert found.adapter.key == "generic" and len(found.table) == len(lesions)
    for row in lesions.sample(20, random_state=1).itertuples():
        seen = found.lookup(row.image)
        assert seen["target"] == str(row.target) and seen["patient_id"] == row.patient_id
        assert seen["sex"] == ("" if row.sex != row.sex else row.sex)
        assert np.isclose(float(seen["age"] or "nan"), row.age, equal_nan=True)


def test_a_table_of_ones_own_keeps_its_names_and_values(written):
    text = (
        "Image Name,Dx,Sex,Site,Patient\n"
        "a.jpg,Melanoma,non-binary,AKH Wien,p1\nb.jpg,nevus,F,Graz,p2\n"
    )
    found = read_metadata(written(text))
    assert found.lookup("a") == {
        "target": "1",
        "patient_id": "p1",
        "Sex": "non-binary",
        "Site": "AKH Wien",
    }
    assert "true label from Dx" in " ".join(found.notes)


def test_rows_that_repeat_or_contradict_are_told(written):
    text = ISIC2020 + "ISIC_2637011,IP_7279968,male,45.0,head/neck,unknown,benign,0\n"
    text += "ISIC_0149568,IP_0962375,female,55.0,upper extremity,nevus,benign,0\n"
    found = read_metadata(written(text))
    assert list(found.table.index) == ["ISIC_2637011", "ISIC_0015719"]
    assert "1 images have contradicting rows" in " ".join(found.notes)


@pytest.mark.parametrize(
    "text, kind, sentence",
    [
        ("a,b\n1,2\n", None, "no column of image names"),
        (DDI, "ham10000", "is not metadata of HAM10000: it has no column"),
        (DDI, "kaggle", "no kind of metadata 'kaggle': use one of study, isic2020"),
        ("", None, "is empty"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(written, text, kind, sentence):
    with pytest.raises(ExplorerError, match=sentence):
        read_metadata(written(text), kind)


def test_a_label_that_is_no_label_is_counted(written):
    found = read_metadata(written("image,label,group\na.jpg,1,x\nb.jpg,maybe,y\nc.jpg,benign,x\n"))
    assert list(found.table["target"]) == ["1", "", "0"] and "group" in found.columns
    assert "neither as benign nor as malignant (maybe)" in " ".join(found.notes)
