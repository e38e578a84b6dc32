"""Evaluating folders: rows against the single-image functions, resuming, killing, bad files."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from explorer.cli.evaluate import write_report
from explorer.data.datasets import read_metadata
from explorer.evaluate import EvaluateSettings, evaluate, run_store
from explorer.evaluate.folder import find_images
from explorer.evaluate.record import COLUMNS, LOGITS, PROBABILITIES
from explorer.evaluate.results import run_predictions
from explorer.evaluate.run_store import RunStore, read_run
from explorer.image.read import read_image
from explorer.lesion.lesion import read_tone
from explorer.rules.rules import RULES, apply_rules
from explorer.tone import estimators
from explorer.tone.interval import tone_interval
from explorer.util.errors import ExplorerError
from support import ROOT
from support.colour_profiles import P3_PROFILE, reencoded
from support.command import explorer, started_explorer

EXAMPLES = sorted((ROOT / "assets" / "examples").glob("synthetic-*.jpg"))
WHOLE = EvaluateSettings()


@pytest.fixture(scope="module")
def real(lesions, tmp_path_factory):
    """Twelve real lesions of several groups with their metadata, one of them not an image."""
    folder = tmp_path_factory.mktemp("real")
    chosen = lesions.groupby("group_published").head(3)
    for path in chosen["path"]:
        shutil.copy(path, folder)
    (folder / "broken.jpg").write_bytes(chosen["path"].iloc[0].read_bytes()[:2000])
    chosen.drop(columns="path").to_csv(folder / "facts.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def finished(real, demo, tmp_path_factory):
    """The report and the rows of a run over those lesions."""
    out = tmp_path_factory.mktemp("runs") / "run"
    report = evaluate(
        find_images([real]), out, demo, metadata=read_metadata(real / "facts.csv"), workers=1
    )
    return report, pq.read_table(report.predictions).to_pandas().set_index("image_name")


@pytest.fixture
def pictures(tmp_path):
    """A folder of eight drawn lesions."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for i in range(8):
        shutil.copy(EXAMPLES[i % len(EXAMPLES)], folder / f"{i}.jpg")
    return folder


# One row


def test_tone_columns_are_those_of_the_estimator(finished, real):
    _, rows = finished
    for name in rows.index.drop("broken.jpg"):
        tone, row = read_tone(read_image(real / name)).tone, rows.loc[name]
        assert tuple(row[["skin_r", "skin_g", "skin_b"]]) == tone.colour_rgb
        assert row["skin_fraction"] == tone.skin_fraction
        assert row["group_published"] == tone.published.group
        assert row["warnings"] == " ".join(estimators.notes(tone))
        for convention in ("published", "cielab"):
            interval = tone_interval(tone, convention=convention)
            assert row[f"ita_{convention}"] == getattr(tone, convention).ita
            assert row[f"tone_{convention}"] == getattr(tone, convention).name
            assert row[f"ita_{convention}_low"] == interval.low
            assert row[f"ita_{convention}_high"] == interval.high


def test_logits_and_probabilities_are_those_of_the_classifier(finished, real, demo):
    _, rows = finished
    for name in rows.index.drop("broken.jpg"):
        row = rows.loc[name]
        logits = demo.logits([read_image(real / name).rgb])[0]
        assert np.abs(row[list(LOGITS)].to_numpy(float) - logits).max() < 1e-4
        verdicts = apply_rules(row[list(LOGITS)].to_numpy(float), int(row["group_published"]))
        assert set(verdicts) == set(RULES)
        for rule, verdict in verdicts.items():
            assert row[f"p_{rule}"] == pytest.approx(float(verdict.probability_malignant))


def test_a_row_has_the_files_hash_size_and_metadata(finished, real, lesions):
    _, rows = finished
    facts = lesions.set_index("image")
    for name in rows.index.drop("broken.jpg"):
        assert rows.loc[name, "sha256"] == hashlib.sha256((real / name).read_bytes()).hexdigest()
        assert (rows.loc[name, "height"], rows.loc[name, "width"]) == (512, 512)
        assert int(rows.loc[name, "target"]) == facts.loc[name, "target"]
        assert rows.loc[name, "patient_id"] == facts.loc[name, "patient_id"]


def test_a_bad_file_is_recorded_and_does_not_stop_the_run(finished):
    report, rows = finished
    assert report.images == report.written == len(rows) and not report.skipped
    assert [name for name, _ in report.bad] == ["broken.jpg"]
    assert rows.loc["broken.jpg", "error"] == report.bad[0][1]
    assert "damaged" in rows.loc["broken.jpg", "error"]
    assert rows.loc["broken.jpg", [*LOGITS, *PROBABILITIES]].isna().all()
    assert rows["error"].drop("broken.jpg").isna().all() and report.no_metadata == 1


def test_run_json_says_what_made_the_rows(finished, demo):
    report, _ = finished
    facts = read_run(report.folder)
    assert facts["weights_sha256"] == demo.weights.sha256 and facts["weights"] == "demo model"
    assert facts["state"] == "complete" and facts["tone_from"] == "image"
    assert facts["versions"]["python"].startswith("3.")
    assert set(facts["stage_seconds"]) == {"decode", "tone", "resize", "network"}
    assert facts["runs"][-1]["images"] == report.written


@pytest.mark.slow
def test_worker_processes_give_the_same_rows(finished, real, demo, tmp_path):
    report = evaluate(
        find_images([real]),
        tmp_path / "run",
        demo,
        workers=2,
        batch=3,
        metadata=read_metadata(real / "facts.csv"),
    )
    alone = finished[1]
    rows = pq.read_table(report.predictions).to_pandas().set_index("image_name")
    exact = [column for column in rows if column not in (*LOGITS, *PROBABILITIES)]
    assert list(rows.index) == list(alone.index)
    assert rows[exact].equals(alone[exact])
    assert np.nanmax(np.abs(rows[list(LOGITS)] - alone[list(LOGITS)])) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_one_network_for_many_that_prepare(finished, real, demo, tmp_path, workers):
    """How a GPU is used, with a second name of the processor in the GPU's place."""
    report = evaluate(
        find_images([real]),
        tmp_path / "run",
        demo,
        workers=workers,
        batch=5,
        settings=EvaluateSettings(device="cpu:0"),
    )
    rows = pq.read_table(report.predictions).to_pandas().set_index("image_name")
    alone = finished[1].loc[rows.index]
    assert np.nanmax(np.abs(rows[list(LOGITS)] - alone[list(LOGITS)])) < 1e-4
    assert rows["ita_published"].equals(alone["ita_published"])


def test_tone_from_metadata_feeds_the_conditional_rule(real, demo, lesions, tmp_path):
    report = evaluate(
        find_images([real]),
        tmp_path / "run",
        demo,
        workers=1,
        metadata=read_metadata(real / "facts.csv"),
        settings=EvaluateSettings(tone_from="metadata"),
    )
    rows = pq.read_table(report.predictions).to_pandas().set_index("image_name").drop("broken.jpg")
    groups = lesions.set_index("image")["group_published"]
    assert (rows["group_published"] == groups[rows.index]).all()
    assert (rows["tone_from"] == "metadata").all() and rows["skin_r"].isna().all()
    for name, row in rows.iterrows():
        verdict = RULES["conditional"](row[list(LOGITS)].to_numpy(float), int(groups[name]))
        assert row["p_conditional"] == pytest.approx(float(verdict.probability_malignant))


def test_too_little_skin_is_a_warning_and_the_image_is_still_classified(demo, tmp_path):
    from PIL import Image

    (tmp_path / "in").mkdir()
    Image.new("RGB", (200, 200), "black").save(tmp_path / "in" / "black.png")
    report = evaluate(find_images([tmp_path / "in"]), tmp_path / "run", demo)
    (row,) = pq.read_table(report.predictions).to_pylist()
    assert "skin" in row["warnings"] and row["error"] is None and row["ita_published"] is None
    assert row["logit_0"] is not None and row["p_conditional"] is None
    assert row["p_discriminative_prior_shift"] is not None


def test_cautions_are_added_when_asked_for(demo, tmp_path):
    frame = next(path for path in EXAMPLES if path.name == "synthetic-white-frame.jpg")
    texts = [
        pq.read_table(
            evaluate(
                find_images([frame]),
                tmp_path / str(wanted),
                demo,
                settings=EvaluateSettings(cautions=wanted),
            ).predictions
        )["warnings"][0].as_py()
        for wanted in (False, True)
    ]
    assert len(texts[1]) > len(texts[0]) and "frame" in texts[1].lower()


# Resuming


def test_a_second_run_does_only_what_is_missing_or_was_bad(pictures, demo, tmp_path):
    (pictures / "3.jpg").write_bytes(b"not an image")
    first = evaluate(find_images([pictures])[:5], tmp_path / "run", demo)
    assert (first.written, len(first.bad)) == (5, 1)
    shutil.copy(EXAMPLES[0], pictures / "3.jpg")
    seen = []
    second = evaluate(
        find_images([pictures]),
        tmp_path / "run",
        demo,
        on_row=lambda row: seen.append(row["image_name"]),
    )
    assert seen == ["3.jpg", "5.jpg", "6.jpg", "7.jpg"]
    assert (second.images, second.skipped, second.written, second.bad) == (8, 4, 4, ())
    rows = pq.read_table(second.predictions)
    assert sorted(rows["image_name"].to_pylist()) == [f"{i}.jpg" for i in range(8)]
    assert rows["error"].null_count == 8
    assert [run["images"] for run in read_run(tmp_path / "run")["runs"]] == [5, 4]
    assert evaluate(find_images([pictures]), tmp_path / "run", demo).written == 0


def test_what_stops_a_run_keeps_its_rows(pictures, demo, tmp_path):
    def stop(row):
        if row["image_name"] == "2.jpg":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(find_images([pictures]), tmp_path / "run", demo, batch=1, on_row=stop)
    names = pq.read_table(tmp_path / "run" / "predictions.parquet")["image_name"].to_pylist()
    assert names == ["0.jpg", "1.jpg", "2.jpg"]
    assert read_run(tmp_path / "run")["state"] == "interrupted"


#: So many that a run of two workers is interrupted long before its end.
MANY = 48


@pytest.fixture
def running(pictures, tmp_path):
    """A run of two workers in a process of its own, and its folder, which holds a part of it."""
    for i in range(8, MANY):
        shutil.copy(EXAMPLES[i % len(EXAMPLES)], pictures / f"{i}.jpg")
    out = tmp_path / "run"
    how = ("--weights", "embedded", "--workers", 2, "--batch", 4)
    process = started_explorer("evaluate", "--images", pictures, "--out", out, *how)
    try:
        _wait(lambda: list(out.glob("parts/[0-9]*.parquet")) or process.poll() is not None)
        yield process, out
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def _children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    return [int(text) for text in found.stdout.split()]


def _wait(condition, seconds=300):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("waited in vain")


@pytest.mark.slow
def test_ctrl_c_keeps_everything_and_the_next_run_goes_on(running, pictures, demo):
    process, out = running
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers as well
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130 and "run it again to go on" in stderr, stderr
    before = pq.read_table(out / "predictions.parquet")["image_name"].to_pylist()
    assert 0 < len(before) < MANY and not (out / "parts").exists()
    assert evaluate(find_images([pictures]), out, demo, workers=1).skipped == len(before)
    names = pq.read_table(out / "predictions.parquet")["image_name"].to_pylist()
    assert len(names) == MANY == len(set(names))


@pytest.mark.slow
def test_a_killed_run_keeps_its_parts_and_leaves_no_process(running, pictures):
    process, out = running
    kept = sum(len(pq.read_table(part)) for part in out.glob("parts/[0-9]*.parquet"))
    workers = _children(process.pid)
    process.kill()
    process.communicate(timeout=30)
    assert kept > 0
    _wait(lambda: not any(os.path.exists(f"/proc/{pid}/exe") for pid in workers), 20)
    again = explorer(
        "evaluate",
        "--images",
        pictures,
        "--out",
        out,
        "--weights",
        "embedded",
        "--json",
        "--limit",
        kept + 5,
    )
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["skipped"] >= kept
    names = pq.read_table(out / "predictions.parquet")["image_name"].to_pylist()
    assert len(names) == len(set(names)) >= kept + 5


@pytest.mark.slow
def test_a_killed_worker_is_told_and_the_rows_stay(running):
    process, out = running
    os.kill(max(_children(process.pid)), signal.SIGKILL)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2 and "run the same command again" in stderr, stderr
    assert len(pq.read_table(out / "predictions.parquet")) > 0


# The folder


FACTS = {
    "weights_sha256": "a",
    "tone_from": "image",
    "method": "published",
    "cautions": False,
    "metadata_columns": ["split"],
    "precision": "float32",
}


def _row(i: int, **more) -> dict:
    return {"image_name": f"{i}.jpg", "logit_0": float(i), "split": "valid", **more}


def test_parts_become_one_file_with_the_latest_row_of_each_image(tmp_path, monkeypatch):
    monkeypatch.setattr(run_store, "PART_ROWS", 700)
    monkeypatch.setattr(run_store, "CHUNK", 256)
    with RunStore(tmp_path / "run", FACTS) as store:
        for i in range(3000):
            store.append(_row(i, error="bad" if i % 10 == 0 else None))
        assert len(list((tmp_path / "run" / "parts").glob("[0-9]*"))) == 4
    with RunStore(tmp_path / "run", FACTS) as store:
        assert store.done == {f"{i}.jpg" for i in range(3000) if i % 10}
        for i in range(0, 3000, 10):
            store.append(_row(i))
    rows = pq.read_table(tmp_path / "run" / "predictions.parquet")
    assert rows.column_names == [*COLUMNS, "split"] and len(rows) == 3000
    assert rows["error"].null_count == 3000
    table = rows.to_pandas().set_index("image_name")
    assert all(table.loc[f"{i}.jpg", "logit_0"] == i for i in range(0, 3000, 250))


@pytest.mark.parametrize(
    "other, word",
    [
        ({"weights_sha256": "b"}, "weights"),
        ({"tone_from": "metadata"}, "tone"),
        ({"method": "robust"}, "method"),
        ({"precision": "bfloat16"}, "precision"),
        ({"metadata_columns": []}, "metadata columns"),
    ],
)
def test_rows_of_another_kind_are_refused(tmp_path, other, word):
    with RunStore(tmp_path / "run", FACTS) as store:
        store.append(_row(1))
    before = (tmp_path / "run" / "predictions.parquet").read_bytes()
    with pytest.raises(ExplorerError, match=f"another {word}.*--out"):
        RunStore(tmp_path / "run", {**FACTS, **other})
    assert (tmp_path / "run" / "predictions.parquet").read_bytes() == before


def test_a_folder_of_something_else_is_left_alone(tmp_path, pictures, demo):
    with pytest.raises(ExplorerError, match="not empty"):
        evaluate(find_images([pictures]), pictures, demo)
    assert len(list(pictures.iterdir())) == 8
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExplorerError, match="cannot be written"):
        evaluate(find_images([pictures]), tmp_path / "file" / "run", demo)


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"settings": EvaluateSettings(tone_from="metadata")}, "needs metadata"),
        ({"engine": "spark"}, "Unknown engine"),
        ({"workers": 0}, "at least 1"),
        ({"batch": 0}, "at least 1"),
    ],
)
def test_bad_options_are_told_before_anything_is_written(
    pictures, demo, tmp_path, options, sentence
):
    with pytest.raises(ExplorerError, match=sentence):
        evaluate(find_images([pictures]), tmp_path / "run", demo, **options)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "settings", [{"tone_from": "guess"}, {"method": "guess"}, {"precision": "float16"}]
)
def test_bad_settings_are_refused(settings):
    with pytest.raises(ExplorerError):
        EvaluateSettings(**settings)


# What is made of a run


def test_a_run_opens_as_predictions(finished):
    report, rows = finished
    predictions = run_predictions(report.folder)
    assert len(predictions) == len(rows) - 1 and predictions.has_logits
    assert predictions.weights == "demo model"
    assert {"published", "cielab", "sex", "age", "site"} <= set(predictions.groupings())
    assert not set(predictions.groupings()) & {"width", "error", "warnings", "skin_r"}
    assert (
        predictions.join.count("missing_label") + predictions.join.count("missing_prediction") == 1
    )


@pytest.mark.slow
def test_the_command_writes_every_file_and_groups_reads_the_folder(real, tmp_path):
    out = tmp_path / "run"
    done = explorer(
        "evaluate",
        "--images",
        real,
        "--metadata",
        real / "facts.csv",
        "--weights",
        "embedded",
        "--out",
        out,
        "--csv",
        "--counterfactual",
        "--report",
        "--by",
        "sex",
        "--figures",
        out / "figures",
        "--json",
    )
    assert done.returncode == 1 and "broken.jpg" in done.stderr, done.stderr
    said = json.loads(done.stdout)
    assert {path.name for path in out.iterdir()} == {
        "predictions.parquet",
        "predictions.csv",
        "counterfactual.csv",
        "report.html",
        "report.json",
        "run.json",
        "figures",
    }
    assert {path.suffix for path in (out / "figures").iterdir()} == {".svg", ".png", ".csv", ".txt"}
    told = (out / "figures" / "captions.txt").read_text(encoding="utf-8")
    assert "gaps-by-sex" in told and "Lesions called malignant by target ITA" in told
    assert str(out / "figures" / "captions.txt") in said["files"]
    assert said["written"] == said["images"] and len(said["bad"]) == 1
    assert "demo model" in (out / "report.html").read_text()
    groups = explorer("groups", "--predictions", out, "--by", "sex", "--json")
    assert groups.returncode == 0, groups.stderr
    table = pq.read_table(out / "predictions.parquet").to_pandas()
    assert json.loads(groups.stdout)["overall"]["count"] == table["logit_0"].notna().sum()


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--images", "nowhere", "--out", "x"], "does not exist"),
        (["--images", "assets/examples", "--out", "x", "--limit", "0"], "--limit"),
        (["--images", "assets/examples", "--out", "x", "--report"], "true labels"),
        (["--images", "assets/examples", "--out", "x", "--device", "cuda:7"], "cannot be used"),
        (["--images", "assets/examples", "--out", "x", "--weights", "none.pth"], "none.pth"),
    ],
)
def test_mistakes_are_one_line(arguments, sentence):
    done = explorer("evaluate", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr and done.stderr.count("\n") == 1 and not (ROOT / "x").exists()


def test_the_report_counts_pictures_with_a_colour_profile(lesions, demo, tmp_path):
    folder, out = tmp_path / "pictures", tmp_path / "run"
    folder.mkdir()
    chosen = lesions.groupby("target").head(2)
    for path in chosen["path"]:
        shutil.copy(path, folder)
    first = folder / chosen["path"].iloc[0].name
    original = read_image(first)
    Image.fromarray(reencoded(original.rgb)).save(
        first, "JPEG", quality=98, subsampling=0, icc_profile=P3_PROFILE
    )
    chosen.drop(columns="path").to_csv(tmp_path / "facts.csv", index=False)
    known = read_metadata(tmp_path / "facts.csv")
    report = evaluate(find_images([folder]), out, demo, metadata=known, workers=1)
    write_report(out)
    said = "1 of 4 images have a colour profile other than sRGB."
    (note,) = [
        text
        for text in json.loads((out / "report.json").read_text())["warnings"]
        if "colour profile" in text
    ]
    assert note.startswith(said) and said in (out / "report.html").read_text()
    rows = pq.read_table(report.predictions).to_pandas().set_index("image_name")["warnings"]
    assert list(rows.index[rows.str.contains("colour profile")]) == [first.name]
    assert "Display P3" in rows[first.name]
