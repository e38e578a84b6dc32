"""A run that goes on keeps only what is still true: it ends with the rows of a run made anew."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.data.datasets import read_metadata
from explorer.evaluate import EvaluateSettings, evaluate, store
from explorer.evaluate.csv_store import CsvStore
from explorer.evaluate.folder import COLUMNS, Item, find_images, measure_to_csv, printable
from explorer.evaluate.results import run_predictions, write_counterfactual, write_csv
from explorer.evaluate.run_store import RunStore, read_run
from explorer.evaluate.store import alone, whole
from explorer.fairness.counterfactual import SAME, TARGETS, columns
from explorer.rules.rules import RULES
from explorer.transform.transforms import DEFAULT_SCOPE, DEFAULT_TRANSFORM
from explorer.util.errors import ExplorerError
from support import ROOT
from support.command import explorer

BY_METADATA = EvaluateSettings(tone_from="metadata")


@pytest.fixture
def images(lesions, tmp_path):
    """Four real lesions by plain names, and a CSV that knows label and angle of each."""
    folder = tmp_path / "images"
    folder.mkdir()
    for i, path in enumerate(lesions["path"][:4]):
        shutil.copy(path, folder / f"{i}.jpg")
    facts(folder, "0010", (60, 20, -40, 35))
    return folder


def facts(folder, targets, angles) -> None:
    lines = [f"{i},{target},{ita}" for i, (target, ita) in enumerate(zip(targets, angles))]
    (folder / "facts.csv").write_text("\n".join(["image_name,target,ita", *lines]) + "\n")


@pytest.fixture
def run(images, demo, tmp_path):
    """Evaluate the images, into ``run`` unless told otherwise, one per pass of the network."""

    def evaluated(out="run", folder=images, **more):
        metadata = read_metadata(images / "facts.csv")
        how = {"settings": BY_METADATA, "metadata": metadata, "workers": 1, "batch": 1, **more}
        return evaluate(find_images([folder]), tmp_path / out, demo, **how)

    return evaluated


def rows(report_or_folder) -> list[dict]:
    folder = getattr(report_or_folder, "folder", report_or_folder)
    found = pq.read_table(folder / "predictions.parquet").to_pylist()
    return sorted(found, key=lambda row: row["image_name"])


def told(report) -> tuple[int, ...]:
    return report.changed, report.corrected, report.removed, report.damaged


# Metadata and images


def test_corrected_metadata_corrects_the_rows_without_the_network(images, run):
    before = rows(run())
    facts(images, "1111", (60, -40, -40, 60))
    again = run()
    assert (again.skipped, again.written, told(again)) == (4, 0, (0, 3, 0, 0))
    assert rows(again) == rows(run("anew"))
    after = rows(again)
    assert [row["target"] for row in after] == ["1"] * 4
    assert before[3]["group_published"] != after[3]["group_published"]
    assert before[3]["p_conditional"] != after[3]["p_conditional"], "by the group's two outputs"
    assert told(run()) == (0, 0, 0, 0)


def test_rows_that_the_metadata_forgot_are_emptied(images, run):
    run()
    facts(images, "00", (60, 20))
    again = run()
    assert told(again) == (0, 2, 0, 0) and rows(again) == rows(run("anew"))
    assert [row["target"] for row in rows(again)] == ["0", "0", None, None]


def test_another_image_under_a_known_name_is_evaluated(images, lesions, run):
    before = rows(run())
    shutil.copy(lesions["path"].iloc[9], images / "1.jpg")
    again = run()
    assert (again.skipped, again.written, told(again)) == (3, 1, (1, 0, 0, 0))
    assert rows(again) == rows(run("anew"))
    assert before[1]["logit_0"] != rows(again)[1]["logit_0"]


def test_another_folder_with_equal_names_is_evaluated(images, lesions, run, tmp_path):
    run()
    other = tmp_path / "other"
    other.mkdir()
    for i, path in enumerate(lesions["path"][20:24]):
        shutil.copy(path, other / f"{i}.jpg")
    again = run(folder=other)
    assert (again.written, told(again)) == (4, (4, 0, 0, 0))
    assert rows(again) == rows(run("anew", folder=other))


def test_a_changed_image_is_gone_even_if_the_run_is_interrupted(images, lesions, run):
    run()
    shutil.copy(lesions["path"].iloc[9], images / "1.jpg")

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(on_start=stop)
    assert [row["image_name"] for row in rows(images.parent / "run")] == ["0.jpg", "2.jpg", "3.jpg"]


def test_rows_of_deleted_images_go_but_a_limit_keeps_what_is_there(images, run):
    run()
    (images / "2.jpg").unlink()
    again = run(limit=1)
    assert (again.images, again.written, told(again)) == (1, 0, (0, 0, 1, 0))
    assert [row["image_name"] for row in rows(again)] == ["0.jpg", "1.jpg", "3.jpg"]


def test_rows_of_which_no_image_is_there_are_not_thrown_away(images, lesions, run, tmp_path):
    run()
    (tmp_path / "other").mkdir()
    shutil.copy(lesions["path"].iloc[9], tmp_path / "other" / "mine.jpg")
    before = (tmp_path / "run" / "predictions.parquet").read_bytes()
    with pytest.raises(ExplorerError, match=r"4 rows of other images.*--out"):
        run(folder=tmp_path / "other")
    assert (tmp_path / "run" / "predictions.parquet").read_bytes() == before
    assert run().skipped == 4


def test_files_made_of_other_rows_go_and_the_command_says_so(images, lesions):
    out = images.parent / "run"
    command = ("evaluate", "--images", images, "--out", out, "--weights", "embedded")
    command += ("--metadata", images / "facts.csv", "--tone-from", "metadata", "--workers", 1)
    assert explorer(*command, "--csv").returncode == 0
    (out / "report.html").write_text("of the rows before")
    assert explorer(*command).returncode == 0 and (out / "predictions.csv").exists()
    facts(images, "1111", (60, 20, -40, 35))
    known = (images / "facts.csv").read_text()
    (images / "facts.csv").write_text(known.replace("\n3", "\n003"))
    shutil.copy(lesions["path"].iloc[9], images / "1.jpg")
    (images / "2.jpg").unlink()
    said = explorer(*command, "--csv").stdout
    assert "1 images have names that differ in case or leading zeros alone (3 and 003)" in said
    assert "1 images are not the ones that were evaluated" in said
    assert "2 rows had other metadata" in said and "1 rows were of images that are not" in said
    assert "1 files told of the rows before and were removed: report.html." in said
    assert not (out / "report.html").exists()
    assert (out / "predictions.csv").read_text().count("\n") == 4


def test_curves_of_other_images_go_and_labels_are_corrected(images, demo, run, lesions, tmp_path):
    run()
    path, labels = tmp_path / "run" / "counterfactual.csv", dict(zip("0123", "0010"))
    same = (demo.weights.label, demo.weights.sha256, DEFAULT_TRANSFORM, DEFAULT_SCOPE)
    with CsvStore(path, tuple(columns(tuple(RULES), TARGETS)), dict(zip(SAME, same))) as curves:
        for name, label in labels.items():
            curves.append({"image": f"{name}.jpg", "malignant": label, "ita_cielab": "50.0"})
    lines = path.read_text().splitlines()
    shutil.copy(lesions["path"].iloc[9], images / "1.jpg")
    facts(images, "1011", (60, 20, -40, 35))
    run()
    assert path.read_text().splitlines() == [lines[0], lines[1], lines[3], lines[4]]
    left = [item for item in find_images([images]) if item.name != "1.jpg"]
    write_counterfactual(tmp_path / "run", left, demo, read_metadata(images / "facts.csv"))
    expected = [lines[i].replace(".jpg,0,", ".jpg,1,") for i in (1, 3, 4)]
    assert path.read_text().splitlines() == [lines[0], *expected], "no curve was made anew"


# Names


def test_names_that_are_not_utf8_or_alike_have_rows_and_are_found_again(lesions, demo, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    names = [os.fsdecode(b"\xe8akovec.jpg"), "\\xe8akovec.jpg", "a\nb.jpg", "a b.jpg", "ünï.jpg"]
    for name, path in zip(names, lesions["path"]):
        shutil.copy(path, folder / name)
    how = {"settings": EvaluateSettings(method="robust"), "workers": 1}
    report = evaluate(find_images([folder]), tmp_path / "run", demo, **how)
    assert report.written == 5 and not report.bad
    found = [row["image_name"] for row in rows(report)]
    assert found == ["\\xe8akovec (2).jpg", "\\xe8akovec.jpg", "a b (2).jpg", "a b.jpg", "ünï.jpg"]
    assert evaluate(find_images([folder]), tmp_path / "run", demo, **how).skipped == 5


def test_a_file_given_twice_is_there_once():
    twice = [Item(Path("in/a.jpg"), "a.jpg"), Item(Path("in/a.jpg"), "a.jpg")]
    assert printable(twice) == twice[:1]
    other = Item(Path("b/a.jpg"), "a.jpg")
    assert [item.name for item in printable([*twice, other])] == ["a.jpg", "a (2).jpg"]


def test_a_pipe_called_like_an_image_is_a_bad_image(images, run):
    os.mkfifo(images / "x.jpg")
    signal.alarm(60)  # it would wait for ever
    try:
        report = run()
    finally:
        signal.alarm(0)
    assert [name for name, _ in report.bad] == ["x.jpg"] and "pipe" in report.bad[0][1]
    assert report.written == 5


# Damage


def _empty(out):
    (out / "parts").mkdir()
    (out / "parts" / "00000000000000000001.parquet").touch()


def _cut_part(out):
    (out / "parts").mkdir()
    whole = (out / "predictions.parquet").read_bytes()
    (out / "parts" / "00000000000000000001.parquet").write_bytes(whole[: len(whole) // 2])


def _cut(out):
    path = out / "predictions.parquet"
    path.write_bytes(path.read_bytes()[:-100])


def _flip(out):
    path = out / "predictions.parquet"
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF  # in the first page
    path.write_bytes(content)


def _without_logit(out):
    path = out / "predictions.parquet"
    table = pq.read_table(path)
    values = [None, float("nan"), *table["logit_3"].to_pylist()[2:]]
    where = table.schema.get_field_index("logit_3")
    pq.write_table(table.set_column(where, "logit_3", pa.array(values, pa.float32())), path)


@pytest.mark.parametrize(
    "damage, written", [(_empty, 0), (_cut_part, 0), (_cut, 4), (_flip, 4), (_without_logit, 2)]
)
def test_damaged_rows_are_told_and_made_again(run, damage, written, tmp_path):
    run()
    damage(tmp_path / "run")
    again = run()
    assert again.damaged >= 1 and again.written == written
    assert rows(again) == rows(run("anew"))
    assert told(run()) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "content, told",
    [
        (b"", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b"9" * 5000, "cannot be read"),
        (b"[]", "not a run's description"),
        (b'{"runs": null}', "not a run's description"),
        (b"{}", "another weights sha256"),
    ],
)
def test_a_damaged_description_is_one_sentence_and_left(tmp_path, content, told):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_bytes(content)
    with pytest.raises(ExplorerError, match=told) as caught:
        RunStore(tmp_path / "run", FACTS)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "run" / "run.json").read_bytes() == content


@pytest.mark.parametrize("name", ["run.json", "predictions.parquet"])
@pytest.mark.parametrize("how", ["gone", "folder", "empty", "other"])
def test_a_damaged_run_is_read_as_one_sentence(tmp_path, name, how):
    with RunStore(tmp_path / "run", FACTS) as kept:
        kept.append({"image_name": "a.jpg"})
    path = tmp_path / "run" / name
    path.unlink()
    if how == "folder":
        path.mkdir()
    elif how != "gone":
        path.write_bytes(b"" if how == "empty" else b'{"runs": []} PAR1')
    for read in (run_predictions,) if name == "run.json" else (run_predictions, write_csv):
        with pytest.raises(ExplorerError) as caught:
            read(tmp_path / "run")
        assert "\n" not in str(caught.value)


FACTS = {"weights_sha256": "a", "metadata_columns": ["split"], "precision": "float32"}


def test_no_flipped_bit_becomes_a_row(tmp_path):
    """A hundred damaged files: what is taken over is what was written, or nothing."""
    out, wrong = tmp_path / "run", 0
    with RunStore(out, FACTS) as kept:
        for i in range(40):
            row = {f"logit_{k}": i + k / 8 for k in range(8)}
            kept.append({"image_name": f"{i}.jpg", "split": "valid", "sha256": f"{i:x}", **row})
    good, content = rows(out), (out / "predictions.parquet").read_bytes()
    random = np.random.default_rng(7)
    for place in random.integers(0, len(content), 100):
        broken = bytearray(content)
        broken[place] ^= 1 << int(random.integers(8))
        (out / "predictions.parquet").write_bytes(broken)
        with RunStore(out, FACTS) as again:
            left = rows(out)
            wrong += bool(again.damaged)
        assert left in (good, []), place
        assert bool(left) != bool(again.damaged)
    assert wrong > 50


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    done, fsync, replace = [], os.fsync, os.replace

    def synced(descriptor):
        done.append(("fsync", os.fstat(descriptor).st_ino, os.fstat(descriptor).st_size))
        fsync(descriptor)

    def renamed(old, new):
        done.append(("rename", os.stat(old).st_ino, os.stat(old).st_size))
        replace(old, new)

    monkeypatch.setattr(store.os, "fsync", synced)
    monkeypatch.setattr(store.os, "replace", renamed)
    with whole(tmp_path / "file") as path:
        path.write_text("content")
    file, folder = (tmp_path / "file").stat().st_ino, tmp_path.stat().st_ino
    assert [what[:2] for what in done] == [("fsync", file), ("rename", file), ("fsync", folder)]
    assert done[0][2] == len("content")


def test_what_a_killed_run_had_begun_is_swept(run, tmp_path):
    run()
    out = tmp_path / "run"
    (out / "parts").mkdir()
    for name in ("predictions.parquet.part", "run.json.part", "parts/1.parquet.part", ".lock"):
        (out / name).write_bytes(b"begun")
    assert run().skipped == 4
    assert sorted(path.name for path in out.iterdir()) == ["predictions.parquet", "run.json"]


def test_a_run_killed_before_it_wrote_anything_is_begun_again(run, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").touch()
    (tmp_path / "run" / "run.json.part").write_text("{")
    assert run().written == 4


# Two runs


HOLD = """
import sys, time
from explorer.evaluate.csv_store import CsvStore
from explorer.evaluate.run_store import RunStore
facts = {"weights_sha256": "a", "metadata_columns": ["split"], "precision": "float32"}
kept = RunStore(sys.argv[1], facts)
table = CsvStore(sys.argv[2], ("image",), {})
print("held", flush=True)
time.sleep(600)
"""


def test_a_second_run_is_told_and_a_killed_one_holds_nothing(tmp_path):
    out, table = tmp_path / "run", tmp_path / "table.csv"
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, out, table], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert first.stdout.readline() == "held\n"
        with pytest.raises(ExplorerError, match=f"Another run is writing to {out}: wait"):
            RunStore(out, FACTS)
        with pytest.raises(ExplorerError, match=f"Another run is writing to {table}: wait"):
            CsvStore(table, ("image",), {})
    finally:
        first.kill()
        first.communicate()
    with RunStore(out, FACTS) as kept, CsvStore(table, ("image",), {}) as lines:
        kept.append({"image_name": "a.jpg"})
        lines.append({"image": "a.jpg"})
    assert not (out / ".lock").exists() and table.read_text() == "image\na.jpg\n"


def test_a_folder_is_held_by_one_at_a_time(tmp_path):
    """Taking and leaving in turns: nobody comes in by a lock that was just removed."""
    inside, most, turns = [], [], []

    def often():
        while len(turns) < 300:
            try:
                with alone(tmp_path):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
                    turns.append(1)
            except ExplorerError:
                pass

    threads = [threading.Thread(target=often) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(most) == {1} and not list(tmp_path.iterdir())


def test_a_refused_run_leaves_the_folder_free(tmp_path):
    with RunStore(tmp_path / "run", FACTS):
        pass
    for _ in range(2):
        with pytest.raises(ExplorerError, match="another weights"):
            RunStore(tmp_path / "run", {**FACTS, "weights_sha256": "b"})
    with RunStore(tmp_path / "run", FACTS) as kept:
        assert kept.done == set()


# What earlier versions left


def test_a_folder_of_an_earlier_version_is_taken_up(run, tmp_path):
    """Before there were checksums in the pages, a lock, and precisions."""
    run()
    out = tmp_path / "run"
    (out / "parts").mkdir()
    table = pq.read_table(out / "predictions.parquet")
    pq.write_table(table.slice(0, 2), out / "predictions.parquet")
    pq.write_table(table.slice(2, 1), out / "parts" / f"{1:020d}.parquet")
    earlier = read_run(out)
    del earlier["precision"]
    earlier |= {"autocast": False, "state": "running"}
    (out / "run.json").write_text(json.dumps(earlier))
    again = run()
    assert (again.skipped, again.written, told(again)) == (3, 1, (0, 0, 0, 0))
    assert rows(again) == rows(run("anew"))


def test_an_interrupted_csv_is_taken_up_and_its_beginnings_swept(images, tmp_path):
    out = tmp_path / "tones.csv"
    measure_to_csv(find_images([images]), out)
    whole = out.read_text()
    lines = whole.splitlines(keepends=True)
    assert lines[0].strip() == ",".join(COLUMNS)
    out.write_text("".join(lines[:3]) + lines[3][:20])
    (tmp_path / "tones.csv.part").write_text("begun")
    assert measure_to_csv(find_images([images]), out).skipped == 2
    assert out.read_text() == whole and not (tmp_path / "tones.csv.part").exists()
