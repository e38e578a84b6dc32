"""``groups`` as declared by its own module, on the sources and on files in the study's format."""

import argparse
import json

import pytest

from explorer.cli import groups
from explorer.fairness.planning import plan
from explorer.fairness.resampling import GAPS
from explorer.fairness.statement import statement_of
from explorer.study.counts import group_report
from explorer.util.errors import ExplorerError
from support.study_files import write_study_files


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_study_files(tmp_path_factory.mktemp("files"), patients=1691)


def run(capsys, *arguments) -> str:
    parser = argparse.ArgumentParser()
    groups.add_parser(parser.add_subparsers())
    options = parser.parse_args(["groups", *map(str, arguments)])
    assert options.run(options) == 0
    return capsys.readouterr().out


def published(by):
    """The published counts as JSON, with the statement on them."""
    report = group_report(by)
    return report.to_json() | {"statement": statement_of(report).to_json()}


@pytest.mark.parametrize("by", ["published", "site"])
def test_published_json_is_the_report_and_its_statement(capsys, by):
    assert json.loads(run(capsys, "--by", by, "--json")) == published(by)
    same = run(capsys, "--by", by, "--source", "published", "--json")
    assert json.loads(same) == published(by)


def test_published_is_the_default(capsys):
    assert json.loads(run(capsys, "--json")) == published("published")
    text = run(capsys)
    assert "Equal opportunity difference" in text and "0.26 [" in text


def test_the_study_files_give_the_published_figures(capsys, files):
    found = json.loads(
        run(
            capsys, "--predictions", files[0], "--metadata", files[1], "--by", "published", "--json"
        )
    )
    counted = group_report("published")
    assert found["data"]["images"] == 6562 and set(found["gaps"]) == set(GAPS)
    for name, gap in found["gaps"].items():
        assert {"value", "low", "high", "null_mean", "null_p95", "p_value"} <= set(gap)
        assert gap["value"] == pytest.approx(counted.gaps[name].value)
    for group, other in zip(found["groups"], counted.to_json()["groups"], strict=True):
        assert group["recall"] == other["recall"] and group["count"] == other["count"]
    assert found["data"]["join"]["joined"] == 6562 and "By patient" in found["interval"]
    said = {each["key"]: each["text"] for each in found["statement"]["sentences"]}
    assert "with patients as units" in said["patients"]
    assert found["statement"]["distinguishable"] == ["false_positive_rate", "selection_rate"]
    assert set(found["power"]) == {"recall", "false_positive_rate", "selection_rate"}


def test_two_attributes_and_the_minimum(capsys, files):
    found = json.loads(
        run(
            capsys,
            "--predictions",
            files[0],
            "--metadata",
            files[1],
            "--by",
            "published,sex",
            "--minimum",
            "5",
            "--json",
        )
    )
    names = [group["name"] for group in found["groups"]]
    assert "very light × female" in names and found["by"] == "published,sex"
    assert found["small"] == 5
    for metric, spread in found["spreads"].items():
        if metric == "recall":
            few = [g["name"] for g in found["groups"] if g["positives"] < 5]
            assert spread["left_out"] == few


def test_any_metadata_column(capsys, files):
    found = json.loads(
        run(
            capsys,
            "--predictions",
            files[0],
            "--metadata",
            files[1],
            "--by",
            "age_approx",
            "--json",
        )
    )
    assert [group["name"] for group in found["groups"]][:2] == ["25.0", "40.0"]


def test_map_says_what_a_guess_gets_wrong_and_by_takes_the_users_names(capsys, tmp_path):
    path = tmp_path / "mine.csv"
    cells = [
        f"p{i},{i % 2},{(i // 2) % 2},{i % 3 + 1},{['AKH Wien', 'Graz'][i % 5 > 1]}"
        for i in range(60)
    ]
    path.write_text("\n".join(["picture,seen,said,group,Centre", *cells]))
    options = ["--predictions", path, "--map", "target=seen", "--map", "prediction=said"]
    found = json.loads(run(capsys, *options, "--by", "Centre", "--json"))
    assert [group["name"] for group in found["groups"]] == ["AKH Wien", "Graz"]
    assert [group["count"] for group in found["groups"]] == [24, 36]
    taken = {each["role"]: each["columns"] for each in found["data"]["join"]["mapping"]["taken"]}
    assert taken["target"] == ["seen"] and taken["prediction"] == ["said"]
    names = json.loads(run(capsys, *options, "--by", "group", "--json"))["groups"]
    assert [group["name"] for group in names] == ["1", "2", "3"]
    tones = json.loads(run(capsys, *options, "--map", "tone_group=group", "--json"))
    assert tones["by"] == "published"
    assert "true label from seen" in run(capsys, *options, "--by", "centre")


def test_demo_rule_threshold_and_images(capsys):
    found = json.loads(
        run(
            capsys,
            "--source",
            "demo",
            "--rule",
            "discriminative",
            "--threshold",
            "0.3",
            "--threshold",
            "light=0.01",
            "--cell",
            "false positives",
            "--group",
            "light",
            "--json",
        )
    )
    light = next(group for group in found["groups"] if group["name"] == "light")
    assert len(found["images"]) == light["false_positives"] > 0
    assert {row["label"] for row in found["images"]} == {"benign"}
    assert all(float(row["probability"]) >= 0.0095 for row in found["images"])
    assert "light from 0.01" in found["rule"] and "no prior shift" in found["rule"]


def test_report_is_written_with_everything(capsys, tmp_path):
    out = tmp_path / "out.html"
    text = run(
        capsys,
        "--source",
        "demo",
        "--by",
        "sex",
        "--post-process",
        "true_positive_rate_parity",
        "--splits",
        20,
        "--report",
        out,
    )
    html, twin = out.read_text(), json.loads(out.with_suffix(".json").read_text())
    for title in (
        "Data",
        "Differences, ratios and worst groups",
        "Curves",
        "What these counts cannot show",
        "Post-processing",
    ):
        assert title in html and title in [s["title"] for s in twin["sections"]]
    assert "20 random cuts of" in text and "one for all" in text and "<script" not in html
    (section,) = (s for s in twin["sections"] if s["title"] == "Post-processing")
    assert section["data"]["splits"] == 20 and len(section["data"]["frontier"]) == 10
    assert len(twin["data_sha256"]) == 64


def test_why_is_printed_and_in_json_and_the_report(capsys, tmp_path):
    out = tmp_path / "out.html"
    found = json.loads(run(capsys, "--why", "--json", "--report", out))["why"]
    values = [round(part["value"], 3) for part in found["decomposition"]["parts"]]
    assert values == [0.035, 0.011, 0.14] and found["first"] == "tan, brown and dark"
    assert "Parts of the difference in selection rate" in out.read_text()
    text = run(capsys, "--by", "sex", "--why", "--pair", "male", "female")
    assert "Why is there a gap? male and female" in text and "0.030" in text


def test_the_report_source_is_figures(capsys):
    found = json.loads(run(capsys, "--source", "report", "--json"))
    assert len(found["experiments"]) == 24 and "no data per image" in found["about"]
    assert "ConvNeXt" in run(capsys, "--source", "report")


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--by", "nose"], "no grouping column"),
        (["--threshold", "0.5"], "labels only"),
        (["--source", "demo", "--threshold", "half"], "give a number"),
        (["--source", "demo", "--threshold", "nobody=0.5"], "no group 'nobody'"),
        (["--source", "demo", "--rule", "best"], "unknown inference rule"),
        (["--source", "demo", "--minimum", "0"], "at least 1"),
        (["--source", "demo", "--predictions", "x.csv"], "not both"),
        (["--pair", "male", "female"], "--pair needs --why"),
        (["--source", "report", "--why"], "figures only"),
        (["--source", "demo", "--splits", "30"], "--splits needs --post-process"),
        (
            ["--source", "demo", "--post-process", "equalized_odds", "--splits", "1"],
            "at least 20 splits, not 1",
        ),
        (["--metadata", "x.csv"], "needs --predictions"),
        (["--map", "target=y"], "--map needs --predictions"),
        (["--predictions", "assets/demo_logits.csv", "--map", "target"], "write ROLE=COLUMN"),
        (["--predictions", "assets/demo_logits.csv", "--map", "truth=sex"], "no role 'truth'"),
        (["--predictions", "assets/demo_logits.csv", "--map", "target=y"], "image, logit_0"),
        (["--predictions", "/nowhere.csv"], "cannot read"),
        (["--source", "report", "--by", "sex"], "figures only"),
        (["--source", "demo", "--group", "nobody"], "unknown group"),
    ],
)
def test_bad_requests_are_one_sentence(capsys, arguments, words):
    with pytest.raises(ExplorerError, match=words) as caught:
        run(capsys, *arguments)
    assert "\n" not in str(caught.value)


def test_tests_pairs_and_patients_are_printed(capsys):
    text = run(capsys, "--by", "sex")
    assert "female − male" in text and "p by patient, corrected" in text
    assert "False positive rate, image by image and by patient" in text
    assert "recall and false positive rate together" in text
    assert "compared with nothing: unknown (10 images)" in text


def test_a_plan_and_its_protocol(capsys, tmp_path):
    target = tmp_path / "protocol.txt"
    text = run(capsys, "--plan", "recall=0.1", "--protocol", target)
    planned = plan(group_report("published"), "recall", 0.1)
    assert planned.sentence in text and target.read_text() == planned.protocol()
    found = json.loads(run(capsys, "--plan", "false_positive_rate=0.05", "--json"))["plan"]
    assert found["gap"] == 0.05 and found["groups"][0]["name"] == "very light"
    assert "plan" not in json.loads(run(capsys, "--json"))


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("--plan", "recall"), "METRIC=GAP"),
        (("--plan", "recall=much"), "METRIC=GAP"),
        (("--plan", "f1=0.1"), "no plan for"),
        (("--protocol", "p.txt"), "needs --plan"),
        (("--plan", "recall=0.1", "--protocol", "/nowhere/p.txt"), "cannot write"),
        (("--source", "report", "--plan", "recall=0.1"), "figures only"),
    ],
)
def test_a_plan_that_cannot_be(capsys, arguments, words):
    with pytest.raises(ExplorerError, match=words):
        run(capsys, *arguments)
