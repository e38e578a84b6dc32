"""Skin tone of folders: rows, resuming, bad files, interruption of the command."""

import csv
import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from explorer.evaluate import folder
from explorer.evaluate.csv_store import CsvStore
from explorer.evaluate.folder import COLUMNS, Item, find_images, measure_images, measure_to_csv
from explorer.image.read import read_image
from explorer.skin.settings import PUBLISHED, ToneSettings
from explorer.tone.study import estimate_skin_tone
from explorer.util import workers
from explorer.util.errors import ExplorerError
from support import ROOT
from support.command import explorer, started_explorer

EXAMPLES = sorted((ROOT / "assets" / "examples").glob("*.jpg"))


def tone(*arguments):
    return explorer("tone", *arguments)


def read_rows(path) -> list[dict]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Three good images, one in a subfolder, and what must be left alone."""
    place = tmp_path / "pictures"
    (place / "more" / ".cache").mkdir(parents=True)
    shutil.copy(EXAMPLES[0], place / "b.jpg")
    shutil.copy(EXAMPLES[1], place / "a.JPG")
    shutil.copy(EXAMPLES[2], place / "more" / "c d, e.jpg")
    shutil.copy(EXAMPLES[2], place / "._a.jpg")
    shutil.copy(EXAMPLES[2], place / "more" / ".cache" / "x.jpg")
    (place / "notes.txt").write_text("not an image")
    return place


@pytest.fixture
def with_bad(pictures) -> Path:
    (pictures / "cut.jpg").write_bytes(EXAMPLES[0].read_bytes()[:3000])
    (pictures / "text.png").write_text("not an image")
    return pictures


def test_images_are_found_below_a_folder_in_order(pictures):
    names = ["a.JPG", "b.jpg", "more/c d, e.jpg"]
    assert [item.name for item in find_images([pictures])] == names
    both = find_images([EXAMPLES[0], pictures])
    assert [item.name for item in both] == [
        str(EXAMPLES[0]),
        *(f"{pictures}/{name}" for name in names),
    ]
    assert find_images([f"{pictures}/./b.jpg"])[0].name == f"{pictures}/./b.jpg", "as it was given"
    (pictures / "empty").mkdir()
    with pytest.raises(ExplorerError, match="holds no image"):
        find_images([pictures / "empty"])


def test_rows_hold_what_the_estimator_says(pictures, tmp_path):
    report = measure_to_csv(find_images([pictures]), tmp_path / "out.csv")
    assert (report.images, report.skipped, report.written, report.bad) == (3, 0, 3, ())
    rows = read_rows(tmp_path / "out.csv")
    assert tuple(rows[0]) == COLUMNS
    for row, item in zip(rows, find_images([pictures]), strict=True):
        expected = estimate_skin_tone(read_image(item.path).rgb)
        assert row["image"] == item.name and row["method"] == "published" and not row["error"]
        assert float(row["published_ita"]) == pytest.approx(expected.published.ita, abs=1e-6)
        assert int(row["published_group"]) == expected.published.group
        assert row["published_name"] == expected.published.name
        assert float(row["cielab_ita"]) == pytest.approx(expected.cielab.ita, abs=1e-6)
        assert row["cielab_name"] == expected.cielab.name
        assert tuple(int(row[f"color_{c}"]) for c in "rgb") == expected.colour_rgb
        assert int(row["skin_pixels"]) == expected.skin_pixels
        assert float(row["skin_fraction"]) == pytest.approx(expected.skin_fraction, abs=1e-6)


@pytest.mark.slow
def test_workers_give_the_same_file(with_bad, tmp_path):
    reports = [
        measure_to_csv(find_images([with_bad]), tmp_path / f"{n}.csv", workers=n) for n in (1, 2)
    ]
    assert reports[0] == reports[1] and [name for name, _ in reports[0].bad] == [
        "cut.jpg",
        "text.png",
    ]
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


@pytest.mark.slow
def test_few_images_are_under_way_at_a_time(pictures):
    taken = []

    def endless():
        while True:
            taken.append(Item(EXAMPLES[0], "x"))
            yield taken[-1]

    results = measure_images(endless(), workers=2)
    assert next(results).row["image"] == next(results).row["image"] == "x"
    results.close()
    assert len(taken) <= 2 * workers.QUEUE + 2


def test_a_second_run_measures_only_what_is_missing(with_bad, tmp_path):
    out = tmp_path / "out.csv"
    measure_to_csv(find_images([with_bad]), out)
    before = out.read_bytes()
    shutil.copy(EXAMPLES[1], with_bad / "cut.jpg")  # mended
    shutil.copy(EXAMPLES[0], with_bad / "new.jpg")
    seen = []
    report = measure_to_csv(
        find_images([with_bad]), out, on_row=lambda row: seen.append(row["image"])
    )
    assert seen == ["cut.jpg", "new.jpg", "text.png"]
    assert (report.skipped, report.written) == (3, 3)
    assert [name for name, _ in report.bad] == ["text.png"]
    rows = read_rows(out)
    assert sorted(row["image"] for row in rows) == [
        "a.JPG",
        "b.jpg",
        "cut.jpg",
        "more/c d, e.jpg",
        "new.jpg",
        "text.png",
    ]
    bad = (b"cut.jpg", b"text.png")
    good = [line for line in before.splitlines() if not line.startswith(bad)]
    assert out.read_bytes().splitlines()[: len(good)] == good, "old rows are left as they were"


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_half_written_last_line_is_measured_again(pictures, tmp_path, cut):
    out = tmp_path / "out.csv"
    measure_to_csv(find_images([pictures]), out)
    whole = out.read_bytes()
    out.write_bytes(whole[:-cut])
    report = measure_to_csv(find_images([pictures]), out)
    assert report.written == 1 and out.read_bytes() == whole
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_a_half_written_header_is_begun_again(pictures, tmp_path):
    out = tmp_path / "out.csv"
    for start in (b"", b"image,meth"):
        out.write_bytes(start)
        assert measure_to_csv(find_images([pictures]), out).written == 3
        assert len(read_rows(out)) == 3


def test_a_foreign_file_is_refused_and_left_alone(pictures, tmp_path):
    out = tmp_path / "out.csv"
    header = ",".join(COLUMNS)
    for content, told in (
        ("image,age\nx.jpg,50\n", "other columns"),
        ("my thesis", "other columns"),
        (f"{header}\na.jpg,robust,{',' * 12}\n", "another method"),
        (f"{header}\na.jpg,published,1,2\n", "damaged in line 2"),
    ):
        out.write_text(content)
        with pytest.raises(ExplorerError, match=told):
            measure_to_csv(find_images([pictures]), out)
        assert out.read_text() == content
    with pytest.raises(ExplorerError, match="cannot be written"):
        measure_to_csv(find_images([pictures]), tmp_path / "no" / "folder.csv")


def test_settings_change_rows_and_keep_files_apart(pictures, tmp_path):
    out, other = tmp_path / "out.csv", tmp_path / "other.csv"
    strict = ToneSettings(hair_threshold=3)
    measure_to_csv(find_images([pictures]), out, strict)
    assert {row["settings"] for row in read_rows(out)} == {'{"hair_threshold": 3}'}
    for wrong in (PUBLISHED, ToneSettings(hair_threshold=4)):
        with pytest.raises(ExplorerError, match="other settings"):
            measure_to_csv(find_images([pictures]), out, wrong)
    measure_to_csv(find_images([pictures]), other)
    assert all(
        int(a["skin_pixels"]) < int(b["skin_pixels"])
        for a, b in zip(read_rows(out), read_rows(other), strict=True)
    )


def test_names_that_csv_finds_difficult(tmp_path):
    names = ['quote".jpg', "comma,.jpg", "line\nbreak.jpg", "ünï.jpg", os.fsdecode(b"\xff.jpg")]
    for name in names:
        shutil.copy(EXAMPLES[0], tmp_path / name)
    out = tmp_path / "out.csv"
    report = measure_to_csv(find_images([tmp_path]), out)
    assert report.written == len(names) and not report.bad
    assert measure_to_csv(find_images([tmp_path]), out).skipped == len(names)
    assert len(out.read_bytes().splitlines()) == len(names) + 1


def test_an_unexpected_failure_is_one_bad_image(pictures, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(folder, "read_tone", fail)
    results = list(measure_images(find_images([pictures])))
    assert [m.error for m in results][:1] == ["a.JPG could not be measured (MemoryError)."]


def test_wrong_calls_are_refused_at_once(pictures):
    items = find_images([pictures])
    for wrong in (
        {"method": "best"},
        {"workers": 0},
        {"method": "robust", "settings": ToneSettings(width=64)},
    ):
        with pytest.raises(ExplorerError):
            measure_images(items, **wrong)


def test_robust_method(pictures, tmp_path):
    robust = pytest.importorskip("explorer.tone.robust")
    measure_to_csv(find_images([pictures]), tmp_path / "out.csv", method="robust")
    for row, item in zip(read_rows(tmp_path / "out.csv"), find_images([pictures]), strict=True):
        expected = robust.estimate_robust(read_image(item.path).rgb)
        assert row["method"] == "robust"
        assert float(row["cielab_ita"]) == pytest.approx(expected.cielab.ita, abs=1e-6)


def test_table_keeps_its_rows_on_any_failure(tmp_path):
    with pytest.raises(RuntimeError), CsvStore(tmp_path / "t.csv", ("key", "value"), {}) as table:
        table.append({"key": "a", "value": 1.5})
        assert (tmp_path / "t.csv").read_text() == "key,value\na,1.5\n", "a kill loses nothing"
        raise RuntimeError
    with CsvStore(tmp_path / "t.csv", ("key", "value"), {}) as table:
        assert table.done == {"a"}
        table.append({"key": "b"})
    assert (tmp_path / "t.csv").read_text() == "key,value\na,1.5\nb,\n"


def test_command_lists_bad_files_at_the_end(with_bad, tmp_path):
    out = tmp_path / "out.csv"
    run = tone(with_bad, "--csv", out)
    assert run.returncode == 1 and "Traceback" not in run.stderr
    assert "5/5" in run.stderr, "the progress bar"
    last = run.stderr.strip().splitlines()[-3:]
    assert "2 of 5" in last[0] and "cut.jpg" in last[1] and "text.png" in last[2]
    assert "3 of 5" in run.stdout
    errors = {row["image"]: row["error"] for row in read_rows(out)}
    assert [name for name, error in errors.items() if error] == ["cut.jpg", "text.png"]
    for name in ("cut.jpg", "text.png"):
        (with_bad / name).unlink()
    again = tone(with_bad, "--csv", out, "--json")
    assert again.returncode == 0, again.stderr
    summary = json.loads(again.stdout)
    assert (summary["images"], summary["skipped"], summary["bad"]) == (3, 3, [])


def test_command_on_a_folder_without_csv(with_bad):
    run = tone(with_bad, "--json")
    assert run.returncode == 1 and len(run.stderr.strip().splitlines()) == 2
    assert [row["image"] for row in json.loads(run.stdout)] == ["a.JPG", "b.jpg", "more/c d, e.jpg"]


def test_command_refuses_in_one_line(pictures, tmp_path):
    (tmp_path / "bad.json").write_text('{"clahe": 1}')
    foreign = tmp_path / "foreign.csv"
    foreign.write_text("name,age\n")
    for arguments, told in (
        ((pictures, "--settings", tmp_path / "bad.json"), "unknown setting"),
        ((pictures, "--settings", tmp_path / "none.json"), "does not exist"),
        ((pictures, "--csv", foreign), "other columns"),
        ((tmp_path / "nowhere", "--csv", tmp_path / "o.csv"), "does not exist"),
        ((pictures, "--workers", "0"), "workers"),
    ):
        run = tone(*arguments)
        assert run.returncode == 2 and run.stdout == "" and told in run.stderr
        assert len(run.stderr.strip().splitlines()) == 1, run.stderr
    assert not (tmp_path / "o.csv").exists()


def test_command_takes_settings(pictures, tmp_path):
    (tmp_path / "s.json").write_text('{"width": 64, "height": 64}')
    run = tone(pictures / "b.jpg", "--settings", tmp_path / "s.json", "--json")
    (row,) = json.loads(run.stdout)
    assert row["skin_pixels"] == round(row["skin_fraction"] * 64 * 64)


@pytest.mark.slow
@pytest.mark.parametrize("how, code", [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_interrupted_and_killed_runs_can_go_on(tmp_path, how, code):
    """Ctrl-C reaches the whole process group; a kill only the parent, whose workers must follow."""
    place = tmp_path / "many"
    place.mkdir()
    for i in range(300):
        (place / f"{i:03d}.jpg").symlink_to(EXAMPLES[i % len(EXAMPLES)])
    out = tmp_path / "out.csv"
    process = started_explorer("tone", place, "--csv", out, "--workers", 2)
    wait_until(lambda: out.exists() and out.read_bytes().count(b"\n") > 20, process)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    if how == signal.SIGINT:
        os.killpg(process.pid, how)
    else:
        process.send_signal(how)
    stderr = process.communicate(timeout=30)[1]
    assert process.returncode == code and "Traceback" not in stderr, stderr
    assert len(children) >= 2
    wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    kept = len(read_rows(out))
    assert 20 <= kept < 300
    if how == signal.SIGINT:
        assert "run it again to go on" in stderr
    items = find_images([place])[: kept + 3]
    report = measure_to_csv(items, out)
    assert kept - 1 <= report.skipped <= kept
    assert [row["image"] for row in read_rows(out)] == [item.name for item in items]


def wait_until(condition, process=None, seconds: float = 60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        assert process is None or process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
