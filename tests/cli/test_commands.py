"""The command line as a person runs it; each command once in a process of its own."""

import json
import math
import shutil

import pytest

from explorer.fairness.statement import statement_of
from explorer.rules.rules import RULES
from explorer.study.claims import audit_card, audit_cards, second_system_cards
from explorer.study.counts import group_report
from support import ROOT
from support.command import explorer, explorer_process

DEMO = ROOT / "assets" / "demo_model.safetensors"
EXAMPLE = ROOT / "assets" / "examples" / "synthetic-light.jpg"


@pytest.mark.slow
def test_tone_of_several_images(lesions):
    paths = list(lesions["path"].iloc[:2])
    run = explorer_process("tone", *paths, "--json")
    assert run.returncode == 0 and run.stderr == ""
    rows = json.loads(run.stdout)
    assert [row["image"] for row in rows] == [str(path) for path in paths]
    for row, published in zip(rows, lesions["ita_published"]):
        assert set(row["published"]) == {"ita", "group", "name", "interval", "camera"}
        assert set(row["cielab"]) == {"ita", "name", "interval", "camera"}
        for reading in (row["published"], row["cielab"]):
            own, other = reading["interval"], reading["camera"]
            assert other["low"] < own["low"] <= reading["ita"] <= own["high"] < other["high"]
            assert own["n_patches"] > 0 and own["level"] == 0.95
        assert row["defined"] is True
        assert row["published"]["ita"] == pytest.approx(published, abs=2)
        assert len(row["colour_rgb"]) == 3 and 0 < row["skin_fraction"] <= 1
        assert row["skin_pixels"] == round(row["skin_fraction"] * 128 * 256)


def test_bad_image_is_one_line_and_exit_code_2(tmp_path):
    bad = tmp_path / "notes.jpg"
    bad.write_text("not an image")
    run = explorer("tone", EXAMPLE, bad, "--json")
    assert run.returncode == 2
    assert len(run.stderr.strip().splitlines()) == 1 and "notes.jpg" in run.stderr
    assert len(json.loads(run.stdout)) == 1, "the good image is still reported"
    assert "Traceback" not in run.stderr


def test_no_skin_is_one_line(tmp_path):
    from PIL import Image

    Image.new("RGB", (100, 100)).save(tmp_path / "black.png")
    run = explorer("tone", tmp_path / "black.png")
    assert run.returncode == 2 and "skin" in run.stderr and run.stderr.count("\n") == 1


@pytest.mark.slow
def test_lesion_by_the_demo_model():
    run = explorer_process("lesion", EXAMPLE, "--weights", "embedded", "--json")
    assert run.returncode == 0, run.stderr
    row = json.loads(run.stdout)
    assert row["weights"]["source"] == "embedded" and row["weights"]["label"] == "demo model"
    assert len(row["logits"]) == 8 and set(row["rules"]) == set(RULES)
    text = explorer("lesion", EXAMPLE, "--weights", "embedded").stdout
    assert "demo model" in text and "Not a medical device" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ("lesion", EXAMPLE, "--weights", "/no/such/file.pth"),
        ("lesion", EXAMPLE, "--weights", "hub:nonsense"),
        ("lesion", EXAMPLE, "--weights", EXAMPLE),
        ("weights", "--weights", "/no/such/file.pth"),
        ("weights", "--weights", EXAMPLE),
        ("lesion", "/no/such/image.jpg"),
    ],
)
def test_bad_input_everywhere(arguments):
    run = explorer(*arguments)
    assert run.returncode == 2 and run.stdout == ""
    assert len(run.stderr.strip().splitlines()) == 1 and "Traceback" not in run.stderr


def test_tone_by_hand_feeds_the_conditional_rule():
    dark = ROOT / "assets" / "examples" / "synthetic-dark.jpg"
    run = explorer(
        "lesion", dark, "--weights", "embedded", "--json", "--at", "250,250", "--patch", "9"
    )
    assert run.returncode == 0, run.stderr
    row = json.loads(run.stdout)
    assert row["hand"]["points"] == [[250, 250]] and row["hand"]["size"] == 9
    group, z = row["hand"]["published"]["group"], row["logits"]
    expected = 1 / (1 + math.exp(z[2 * group] - z[2 * group + 1]))
    assert row["rules"]["conditional"]["probability_malignant"] == pytest.approx(expected, rel=1e-5)
    outside = explorer("lesion", dark, "--weights", "embedded", "--at", "9999,1")
    assert outside.returncode == 2 and outside.stderr.count("\n") == 1


def test_files_behind_a_cell_are_named(shared):
    run = explorer(
        "groups",
        "--source",
        "demo",
        "--group",
        "light",
        "--cell",
        "false negatives",
        "--images",
        shared / "lesions",
        "--json",
    )
    assert run.returncode == 0, run.stderr
    images = json.loads(run.stdout)["images"]
    assert images and all(row["file"].endswith(f"{row['image']}.jpg") for row in images)
    assert all(row["label"] == "malignant" and row["called"] == "benign" for row in images)


@pytest.mark.slow
def test_unknown_grouping_is_refused():
    run = explorer_process("groups", "--by", "shoe size")
    assert run.returncode == 2 and "shoe size" in run.stderr


@pytest.mark.parametrize("by", ["published", "cielab", "sex", "age", "site"])
def test_groups_json(by):
    run = explorer("groups", "--by", by, "--json")
    assert run.returncode == 0 and run.stderr == ""
    row = json.loads(run.stdout)
    assert row["overall"]["recall"]["value"] == pytest.approx(0.7226, abs=5e-5)  # FACTS section 7
    assert row["overall"]["false_positive_rate"]["value"] == pytest.approx(0.1044, abs=5e-5)
    assert sum(group["count"] for group in row["groups"]) == 6562
    rates = [v for g in row["groups"] for v in g.values() if isinstance(v, dict)]
    assert len(rates) == 8 * len(row["groups"])
    for rate in rates:
        assert set(rate) == {"value", "low", "high", "n"}
        if rate["n"]:
            assert rate["low"] <= rate["value"] + 1e-9 and rate["value"] <= rate["high"] + 1e-9
    assert {
        "demographic_parity_difference",
        "equal_opportunity_difference",
        "equalized_odds_difference",
    } <= set(row["gaps"])
    assert row["statement"] == statement_of(group_report(by)).to_json()
    if by == "published":
        gap = row["gaps"]["demographic_parity_difference"]
        assert gap["value"] == pytest.approx(0.1858, abs=5e-5)


@pytest.mark.slow
def test_weights_json():
    row = json.loads(explorer_process("weights", "--weights", "embedded", "--json").stdout)
    assert row["source"] == "embedded" and row["size"] == DEMO.stat().st_size
    assert len(row["sha256"]) == 64


def test_weights_are_read_before_they_are_said_to_be_used(small_safetensors, tmp_path):
    path = shutil.copy(small_safetensors, tmp_path / "mine.safetensors")
    run = explorer("weights", "--weights", path)
    assert run.returncode == 0 and run.stderr == ""
    assert "mine.safetensors is used: the file that the setting names." in run.stdout
    content = path.read_bytes()
    for name, damaged in {
        "cut.safetensors": content[: len(content) // 2],
        "header.safetensors": b"\xff" * 8 + content[8:],
        "empty.onnx": b"",
        "noise.pth": b"PK\x03\x04" + content[:1000],
    }.items():
        (tmp_path / name).write_bytes(damaged)
        for form in ((), ("--json",)):
            run = explorer("weights", "--weights", tmp_path / name, *form)
            assert run.returncode == 2 and run.stdout == "", name
            assert run.stderr.count("\n") == 1 and name in run.stderr, run.stderr


def test_weights_of_another_network_are_not_said_to_be_used(small_safetensors, tmp_path):
    """Whole and readable, but with two outputs."""
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    tensors = load_file(small_safetensors)
    with safe_open(small_safetensors, "pt") as file:
        metadata = file.metadata() | {"num_outputs": "2"}
    tensors |= {name: tensors[name][:2].clone() for name in ("fc.weight", "fc.bias")}
    save_file(tensors, tmp_path / "two.safetensors", metadata)
    run = explorer("weights", "--weights", tmp_path / "two.safetensors")
    assert run.returncode == 2 and run.stdout == ""
    assert run.stderr.count("\n") == 1 and "2 outputs" in run.stderr


def test_claims_lists_all_and_tells_one():
    lines = explorer("claims").stdout.splitlines()
    assert len(lines) == len((*audit_cards(), *second_system_cards()))
    assert any(line.startswith("multiverse ") for line in lines)
    told = explorer("claims", "patients").stdout
    card = audit_card("patients")
    for text in (card.claim, card.recomputed_figure, card.verdict, card.would_change):
        assert text in told
    (row,) = json.loads(explorer("claims", "sam-margin", "--json").stdout)
    assert row["command"] == "python -m explorer claims sam-margin" and "chart" not in row
    assert {"key", "claim", "values", "table", "would_change"} <= row.keys()
    refused = explorer("claims", "nothing")
    assert refused.returncode == 2 and "choose one of" in refused.stderr


def test_text_output_of_groups_fits_its_table():
    lines = explorer("groups").stdout.splitlines()
    assert lines[0].startswith("By tone group, as published (8-bit CIELAB): false positive rate")
    statement = lines[: lines.index("")]
    assert " ".join(statement) == statement_of(group_report()).text
    assert max(map(len, statement)) <= 100
    assert any(line.startswith("Recall") for line in lines)
    assert any(line.startswith("note:") for line in lines)
