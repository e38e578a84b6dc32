"""The Ray engine on a real cluster of two nodes: the local engine's answers, whatever dies."""

import json
import os
import shutil
import signal
import socket
import sys
import time
import uuid
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from explorer.evaluate import EvaluateSettings, evaluate, ray_cluster, ray_engine
from explorer.evaluate.folder import find_images
from explorer.evaluate.local import run_local
from explorer.evaluate.record import COLUMNS, LOGITS, PROBABILITIES
from explorer.model.classifier import open_classifier
from explorer.util.errors import ExplorerError
from support import missing
from support.command import started_explorer

pytestmark = pytest.mark.slow

IMAGES = 48
#: In the environment of every process that a test's cluster starts, and of no other.
MARK = "EXPLORER_TEST_RAY"


def processes(mark: str, name: str = "") -> list[int]:
    """Living processes with this mark in their environment and this text in their title."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if name.encode() not in (place / "cmdline").read_bytes():
                continue
            marked = f"{MARK}={mark}".encode() in (place / "environ").read_bytes().split(b"\0")
            if marked and " Z " not in (place / "stat").read_text().rpartition(")")[2][:3]:
                found.append(int(place.name))
        except OSError:  # it has ended
            continue
    return found


@pytest.fixture(scope="module")
def real(lesions, tmp_path_factory):
    """Real lesions of several groups, and two files that are none."""
    folder = tmp_path_factory.mktemp("real")
    for path in lesions["path"][:: len(lesions) // (IMAGES - 2)][: IMAGES - 2]:
        shutil.copy(path, folder)
    (folder / "broken.jpg").write_bytes(next(folder.glob("*.jpg")).read_bytes()[:2000])
    (folder / "text.png").write_text("not an image")
    return folder


@pytest.fixture(scope="module")
def local(real, demo, tmp_path_factory):
    """The rows of the local engine."""
    out = tmp_path_factory.mktemp("local") / "run"
    return rows(evaluate(find_images([real]), out, demo, workers=1))


@pytest.fixture(scope="module")
def installed():
    """Ray, which is an extra."""
    try:
        ray_cluster.check_ray()
    except ExplorerError as error:
        missing(str(error))


@pytest.fixture(scope="module")
def cluster(installed):
    """Two nodes of one core each, the second with something that calls itself a GPU."""
    import ray
    from ray.cluster_utils import Cluster

    os.environ[MARK] = uuid.uuid4().hex
    head = {"num_cpus": 1, "include_dashboard": False}
    nodes = Cluster(initialize_head=True, head_node_args=head)
    try:
        nodes.add_node(num_cpus=1, num_gpus=1)
        yield nodes
    finally:
        ray.shutdown()
        nodes.shutdown()
        del os.environ[MARK]


def rows(report) -> pd.DataFrame:
    table = pq.read_table(report.predictions).to_pandas()
    assert len(table) == table["image_name"].nunique(), "a row per image"
    return table.set_index("image_name").sort_index()


def assert_equal(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Every column to the last bit but for those that come out of the network."""
    numbers = [*LOGITS, *PROBABILITIES]
    exact = [name for name in COLUMNS if name not in (*numbers, "image_name")]
    assert found["ita_published"].notna().sum() > 40
    pd.testing.assert_frame_equal(found[exact], expected[exact], check_exact=True)
    np.testing.assert_allclose(found[numbers], expected[numbers], atol=1e-4, rtol=0)


def test_equal_to_the_local_engine_though_a_worker_is_killed(cluster, real, demo, local, tmp_path):
    """The weights' file is gone before the cluster starts: the network travels, not the file."""
    copy = shutil.copy(demo.weights.path, tmp_path / "copy.safetensors")
    classifier = open_classifier(replace(demo.weights, path=Path(copy)))
    copy.unlink()
    seen, killed = [], []

    def kill_one(row):
        seen.append(row["image_name"])
        if not killed:
            killed.append(processes(os.environ[MARK], "RayWorker")[-1])
            os.kill(killed[0], signal.SIGKILL)

    report = evaluate(
        find_images([real]),
        tmp_path / "run",
        classifier,
        engine="ray",
        address=cluster.address,
        on_row=kill_one,
    )
    assert len(seen) == len(set(seen)) == IMAGES and killed
    assert {name for name, _ in report.bad} == {"broken.jpg", "text.png"}
    assert_equal(rows(report), local)
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert facts["engine"] == "ray" and facts["state"] == "complete"


def test_cores_prepare_for_what_has_a_gpu(cluster, real, demo, local):
    """The pipeline for GPUs on one that is none: Ray hands it out by its name alone."""
    items = find_images([real])[:20]
    with ray_cluster.cluster(cluster.address, None), ray_cluster.quiet_data():
        pipeline = ray_engine._on_gpus(items, demo, EvaluateSettings(), 2, 1, 16)
        answers = {each.prepared.name: each for each in ray_engine._answers(pipeline)}
    assert answers.keys() == {item.name for item in items}
    for name, answer in answers.items():
        expected, facts = local.loc[name], answer.prepared.facts
        if isinstance(expected["error"], str):
            assert (answer.logits, facts["error"]) == (None, expected["error"])
        else:
            assert answer.prepared.square is None, "pixels do not travel back"
            assert facts["ita_published"] == expected["ita_published"]
            np.testing.assert_allclose(
                answer.logits, expected[list(LOGITS)].astype(float), atol=1e-4, rtol=0
            )


def test_an_interrupted_run_keeps_its_rows_and_either_engine_goes_on(
    installed, real, demo, local, tmp_path
):
    out, mark = tmp_path / "run", uuid.uuid4().hex
    with started(real, out, mark) as run:
        wait_for(lambda: list((out / "parts").glob("[0-9]*.parquet")) or run.poll() is not None)
        os.killpg(run.pid, signal.SIGINT)  # as the terminal does: Ray's processes get it too
        printed, complaint = run.communicate(timeout=60)
    assert run.returncode == 130 and "run it again" in complaint and printed == ""
    assert "Traceback" not in complaint and "ray" not in complaint.replace(str(out), "")
    wait_for(lambda: not processes(mark))
    kept = pq.read_table(out / "predictions.parquet").to_pandas()
    good = int(kept["error"].isna().sum())
    assert 0 < len(kept) < IMAGES and json.loads((out / "run.json").read_text())["state"] == (
        "interrupted"
    )
    report = evaluate(find_images([real]), out, demo, workers=1)
    assert report.skipped == good and report.written == IMAGES - good
    assert_equal(rows(report), local)


@contextmanager
def started(images, out, mark):
    """The command with a cluster of its own, in a process group of its own."""
    command = ("evaluate", "--weights", "embedded", "--images", images, "--out", out)
    engine = ("--engine", "ray", "--workers", 2)
    run = started_explorer(*command, *engine, env={**os.environ, MARK: mark})
    try:
        yield run
    finally:
        for pid in processes(mark):
            os.kill(pid, signal.SIGKILL)


def wait_for(condition, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.1)


def test_without_ray_one_sentence_says_how_to_get_it(real, demo, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(ExplorerError, match=r"pip install -r requirements-ray.txt"):
        evaluate(find_images([real]), tmp_path / "run", demo, engine="ray")
    assert not (tmp_path / "run").exists()


def test_an_address_without_a_cluster_is_told_quickly(installed, demo, real, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        taken = f"127.0.0.1:{silent.getsockname()[1]}"
        for address, why in (
            (taken, "No Ray cluster answers"),
            ("127.0.0.1:1", "No Ray cluster"),
            ("ray://head:10001", "HOST:PORT"),
            ("head", "HOST:PORT"),
        ):
            start = time.monotonic()
            with pytest.raises(ExplorerError, match=why):
                evaluate(find_images([real]), tmp_path / "run", demo, engine="ray", address=address)
            assert time.monotonic() - start < 30
    with pytest.raises(ExplorerError, match="--engine ray"):
        evaluate(find_images([real]), tmp_path / "run", demo, address="127.0.0.1:6379")
    assert not (tmp_path / "run").exists()


def test_images_that_only_this_machine_sees_are_refused(tmp_path):
    ray_engine._check_shared(Path(__file__))
    with pytest.raises(ExplorerError, match="same path"):
        ray_engine._check_shared(tmp_path / "not there.jpg")


def test_an_answer_given_twice_counts_once_and_a_missing_one_is_told(real, demo):
    items = find_images([real])[:3]
    answers = list(run_local(items, demo, EvaluateSettings(), 1))
    assert list(ray_engine._until_done(items, lambda left: [*answers, answers[0]])) == answers
    given = ray_engine._until_done(items, lambda left: answers[:2])
    assert [next(given), next(given)] == answers[:2]
    with pytest.raises(ExplorerError, match="lost 1 of 3"):
        next(given)


def test_a_pipeline_that_breaks_starts_again_with_what_is_left(real, demo):
    items, asked = find_images([real])[:3], []

    def breaks_after_one(left):
        asked.append([item.name for item in left])
        yield from run_local(left[:1], demo, EvaluateSettings(), 1)
        raise RuntimeError("a machine is gone")

    names = [item.name for item in items]
    given = ray_engine._until_done(items, breaks_after_one)
    assert [each.prepared.name for each in given] == names
    assert asked == [names, names[1:], names[2:]]


def test_blocks_hold_every_item_once_in_whole_batches():
    for count, workers in ((1, 1), (9, 2), (200, 2), (5000, 4)):
        values = list(range(count))
        blocks = [ray_engine._values(each) for each in ray_engine._blocks(values, 8, workers)]
        assert [value for block in blocks for value in block] == values
        assert all(len(each) % 8 == 0 for each in blocks[:-1])
        assert max(map(len, blocks)) <= 8 * ray_engine.BLOCK_BATCHES
