"""Which calibration set fits the weights in use, on the command line and for the page."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from explorer.evaluate import cutoffs
from explorer.evaluate.cutoffs import ENVIRONMENT, calibration_set, cutoffs_for, offered
from explorer.fairness.cutoffs import same_sensitivity
from explorer.model.weights import demo_weights
from explorer.rules.rules import RULES
from explorer.study.sources import DEMO_LOGITS, demo_calibration
from explorer.util.errors import ExplorerError
from support import ROOT
from support.command import explorer

EXAMPLE = ROOT / "assets" / "examples" / "synthetic-light.jpg"
DEMO = demo_weights("A test's weights are used")
OTHER = replace(DEMO, source="path", name="other.pth", sha256="1" * 64)


@pytest.fixture
def run(tmp_path):
    """A run's folder by other weights, with the demo model's logits in it."""
    folder = tmp_path / "night"
    folder.mkdir()
    table = pd.read_csv(DEMO_LOGITS).rename(columns={"image": "image_name"})
    table.to_parquet(folder / "predictions.parquet")
    table.to_csv(folder / "predictions.csv", index=False)
    facts = {"weights": "other.pth", "weights_sha256": OTHER.sha256, "precision": "float32"}
    (folder / "run.json").write_text(json.dumps(facts))
    return folder


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch):
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    cutoffs._offered.cache_clear()


def test_the_demo_model_has_its_own_set():
    found = cutoffs_for(DEMO)
    assert (found.n, found.malignant, found.wanted) == (124, 69, 0.8)
    assert found == same_sensitivity(demo_calibration())
    assert offered(DEMO) == (found, "")


@pytest.mark.parametrize("what", ["", "predictions.parquet", "predictions.csv"])
def test_other_weights_take_a_run_or_its_table(run, what):
    found = cutoffs_for(OTHER, run / what, 0.9)
    assert found.name == "the run night" and found.weights_sha256 == OTHER.sha256
    expected = same_sensitivity(demo_calibration(), 0.9)
    assert {k: v.log_odds for k, v in found.same.items()} == pytest.approx(
        {k: v.log_odds for k, v in expected.same.items()}
    )


def test_a_table_that_stands_alone_states_no_weights(tmp_path):
    alone = tmp_path / "mine.csv"
    alone.write_bytes(DEMO_LOGITS.read_bytes())
    found = cutoffs_for(OTHER, alone)
    assert found.name == "the images of mine.csv" and found.weights_sha256 is None


def test_the_page_takes_what_the_environment_names(run, monkeypatch):
    none, problem = offered(OTHER)
    assert none is None and "no calibration set is known for other.pth" in problem
    monkeypatch.setenv(ENVIRONMENT, str(run))
    found, problem = offered(OTHER)
    assert found.name == "the run night" and problem == ""
    assert offered(DEMO)[0].name == "the demo model's validation lesions"
    wrong = offered(replace(OTHER, sha256="2" * 64))
    assert wrong[0] is None and "was answered by other weights" in wrong[1]
    monkeypatch.setenv(ENVIRONMENT, str(run / "nowhere"))
    none, problem = offered(OTHER)
    assert none is None and "does not exist" in problem and "\n" not in problem


def test_a_run_that_is_written_anew_is_read_anew(run, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT, str(run))
    assert offered(OTHER)[0].n == 124
    table = pd.read_parquet(run / "predictions.parquet")
    table.head(100).to_parquet(run / "predictions.parquet")
    assert offered(OTHER)[0].n == 100


def test_a_run_without_labels_or_logits_is_refused(run):
    table = pd.read_csv(run / "predictions.csv")
    table.drop(columns=[f"logit_{i}" for i in range(8)]).assign(prediction=1).to_csv(
        run / "labels.csv", index=False
    )
    with pytest.raises(ExplorerError, match="8 logits per image"):
        calibration_set(run / "labels.csv")
    (run / "run.json").write_text("{")
    with pytest.raises(ExplorerError, match=r"run\.json cannot be read"):
        calibration_set(run)


# The command line


def said(*arguments):
    done = explorer(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_lesion_tells_every_decision_at_both_cut_offs():
    options = ("lesion", EXAMPLE, "--weights", "embedded", "--sensitivity", "0.8")
    row = said(*options)
    same = row["same_sensitivity"]
    assert (same["n"], same["malignant"], same["weights_sha256"]) == (124, 69, DEMO.sha256)
    for key in RULES:
        p, decision = row["rules"][key]["probability_malignant"], same["same"][key]["decision"]
        assert (decision == "malignant") == (p >= same["same"][key]["probability"])
        assert same["own"][key]["probability"] == 0.5
    assert row["rules"]["independent"]["decision"] == "benign"
    assert same["same"]["independent"]["decision"] == "malignant"
    text = explorer(*options).stdout
    assert "benign; at 80 %: malignant" in text
    assert "sensitivity 81 % [70, 89]" in text and "false positives 45 % [33, 58]" in text
    assert said("lesion", EXAMPLE, "--weights", "embedded")["same_sensitivity"] is None


def test_curve_tells_flips_at_both_cut_offs():
    options = ("counterfactual", EXAMPLE, "--weights", "embedded", "--rules", "independent")
    own, both = said(*options), said(*options, "--sensitivity", "0.8")
    same = both.pop("same_sensitivity")["same"]["independent"]
    assert own.pop("same_sensitivity") is None and own == both, "what there was is unchanged"
    assert own["flips"]["independent"] == []
    p = [point["rules"]["independent"]["probability_malignant"] for point in own["points"]]
    assert same["decisions"] == [
        "malignant" if each >= same["probability"] else "benign" for each in p
    ]
    turns = sum(a != b for a, b in zip(same["decisions"], same["decisions"][1:]))
    assert len(same["flips"]) == turns > 0
    text = explorer(*options, "--sensitivity", "0.8").stdout
    assert "at the cut-off for a sensitivity of 80 %" in text and "0.000M" in text


def test_folder_and_instrument_take_a_sensitivity_too(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(EXAMPLE.read_bytes())
    weights = ("--weights", "embedded", "--sensitivity", "0.8")
    found = said("counterfactual", folder, "--csv", tmp_path / "out.csv", *weights)
    flips = found["same_sensitivity"]["same"]["independent"]["flips"]
    assert (flips["value"], flips["n"]) == (1.0, 1)
    shown = explorer("instrument", EXAMPLE, *weights).stdout
    assert "malignant from log-odds -20" in shown
    assert said("instrument", EXAMPLE, *weights)["same_sensitivity"]["n"] == 124


@pytest.mark.parametrize(
    "options, words",
    [
        (["--sensitivity", "0"], "above 0"),
        (["--sensitivity", "0.8", "--calibration", "/nowhere"], "does not exist"),
        (["--calibration", "/nowhere"], "--calibration needs --sensitivity"),
    ],
)
def test_mistakes_are_one_line(options, words):
    for command in ("lesion", "counterfactual", "instrument"):
        done = explorer(command, EXAMPLE, "--weights", "embedded", *options)
        assert done.returncode == 2 and done.stdout == "", command
        assert words in done.stderr and done.stderr.count("\n") == 1
    done = explorer("groups", "--source", "demo", *options)
    assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1


def test_a_run_of_other_weights_is_refused_wherever_weights_are_known(run):
    wrong = ("--sensitivity", "0.8", "--calibration", run)
    done = explorer("lesion", EXAMPLE, "--weights", "embedded", *wrong)
    assert done.returncode == 2 and "answered by other weights" in done.stderr
    done = explorer("groups", "--source", "demo", *wrong)
    assert done.returncode == 2 and "answered by other weights" in done.stderr
    found = said("groups", "--predictions", run, "--by", "sex", *wrong)
    assert found["same_sensitivity"]["name"] == "the run night"
    assert "set by it, not found" not in found["statement"]["text"]
    alone = said("groups", "--predictions", run, "--by", "sex", "--sensitivity", "0.8")
    assert "set by it, not found" in alone["statement"]["text"]
    assert alone["overall"]["recall"]["value"] == pytest.approx(56 / 69)


def test_the_published_counts_have_no_logits():
    done = explorer("groups", "--sensitivity", "0.8")
    assert done.returncode == 2 and "published model has none" in done.stderr
