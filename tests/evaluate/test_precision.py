"""bfloat16: said wherever its numbers go, kept apart from float32, refused where it is not."""

import json
import shutil

import numpy as np
import pytest
import torch

from explorer.benchmarks.precision import drift
from explorer.evaluate import EvaluateSettings, evaluate
from explorer.evaluate.folder import find_images
from explorer.evaluate.record import LOGITS, PROBABILITIES
from explorer.evaluate.results import run_predictions
from explorer.evaluate.run_store import read_run
from explorer.rules.rules import apply_rules
from explorer.util.errors import ExplorerError
from support.command import explorer

#: What it needs, as torch names it.
HAS = torch.cpu.get_capabilities()
needed = pytest.mark.skipif(
    not (HAS.get("avx512_bf16") or HAS.get("amx_bf16")), reason="a processor without bfloat16"
)


@pytest.fixture
def images(lesions, tmp_path):
    """Eight real lesions with their metadata."""
    folder = tmp_path / "images"
    folder.mkdir()
    chosen = lesions[:8]
    for path in chosen["path"]:
        shutil.copy(path, folder)
    chosen.drop(columns="path").to_csv(folder / "facts.csv", index=False)
    return folder


@needed
def test_the_run_its_report_and_its_json_name_the_precision(images, tmp_path):
    out = tmp_path / "run"
    command = ("evaluate", "--images", images, "--metadata", images / "facts.csv", "--out", out)
    command += ("--weights", "embedded", "--tone-from", "metadata", "--workers", 1)
    done = explorer(*command, "--precision", "bfloat16", "--report", "--by", "sex", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["precision"] == "bfloat16"
    assert read_run(out)["precision"] == "bfloat16"
    report = json.loads((out / "report.json").read_text())
    assert "network in bfloat16" in report["source"]
    assert "network in bfloat16" in (out / "report.html").read_text()
    other = explorer(*command)
    assert other.returncode == 2 and "another precision (bfloat16, now float32)" in other.stderr


@needed
def test_the_logits_are_those_of_float32_to_its_digits(images, demo, tmp_path):
    seen = {}
    for precision in ("float32", "bfloat16"):
        how = EvaluateSettings(precision=precision, method="robust")
        rows = seen[precision] = []
        evaluate(
            find_images([images]), tmp_path / precision, demo, settings=how, on_row=rows.append
        )
    plain, fast = (
        np.array([[row[name] for name in LOGITS] for row in rows]) for rows in seen.values()
    )
    assert 0 < np.abs(plain - fast).max() < 0.1 * plain.std()
    assert [row["ita_cielab"] for row in seen["float32"]] == [
        row["ita_cielab"] for row in seen["bfloat16"]
    ]


def test_without_the_processor_one_sentence_and_no_folder(images, demo, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
    with pytest.raises(ExplorerError, match="neither AVX512-BF16 nor AMX"):
        evaluate(
            find_images([images]),
            tmp_path / "run",
            demo,
            settings=EvaluateSettings(precision="bfloat16"),
        )
    assert not (tmp_path / "run").exists()


def test_a_run_of_an_earlier_version_tells_its_precision(images, demo, tmp_path):
    report = evaluate(find_images([images])[:1], tmp_path / "run", demo)
    for autocast, precision in ((True, "bfloat16"), (False, "float32")):
        facts = read_run(report.folder)
        del facts["precision"]
        (report.folder / "run.json").write_text(json.dumps({**facts, "autocast": autocast}))
        assert read_run(report.folder)["precision"] == precision
    assert evaluate(find_images([images])[:1], tmp_path / "run", demo).skipped == 1


def test_drift_counts_decisions_that_change():
    logits = np.array([[0.0, 0.1, 0, 0, 0, 0, 0, 0], [3.0, 0, 0, 0, 0, 0, 0, 0]], np.float32)
    moved = logits.copy()
    moved[0, 1] = -0.1
    before, after = (
        [
            dict(zip(LOGITS, row.tolist()))
            | {f"p_{key}": float(v.probability_malignant) for key, v in apply_rules(row, 0).items()}
            for row in each
        ]
        for each in (logits, moved)
    )
    assert set(PROBABILITIES) <= set(before[0])
    found = drift(before, after)
    assert found["drift"] == {"median": 0.0, "largest": pytest.approx(0.2)}
    assert found["decisions"]["conditional"] == {"changed": 1, "of": 2}
    unmoved = drift(before, before)["decisions"].values()
    assert {(count["changed"], count["of"]) for count in unmoved} == {(0, 2)}


def test_run_predictions_names_float32_too(images, demo, tmp_path):
    from explorer.data.datasets import read_metadata

    facts = read_metadata(images / "facts.csv")
    report = evaluate(find_images([images]), tmp_path / "run", demo, metadata=facts)
    assert run_predictions(report.folder).source.endswith("network in float32")
