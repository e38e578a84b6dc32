"""What the Evaluate view does with images and tables, without a browser."""

import json
import re
import shutil
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.__main__ import main
from explorer.data.datasets import read_metadata
from explorer.data.joining import read_predictions
from explorer.evaluate import evaluate
from explorer.evaluate.folder import find_images
from explorer.evaluate.results import run_predictions
from explorer.image.read import read_image
from explorer.lesion.lesion import read_tone
from explorer.ui.evaluate.html import given as given_html
from explorer.ui.evaluate.run import new_run, work
from explorer.ui.evaluate.staging import read_tables, stage
from explorer.ui.evaluate.state import Desk
from explorer.ui.server import uploads
from explorer.util.errors import ExplorerError
from explorer.util.tables import read_table
from support.evaluate_fixtures import DRAWN, NAMES, pictures
from support.files import left


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Where Gradio would put uploads; all of it counts."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    monkeypatch.setattr(uploads, "_recent", {})
    return tmp_path / "gradio"


def uploaded(server, *paths):
    """Copies as Gradio keeps them, each in a folder of its own."""
    found = []
    for number, path in enumerate(paths):
        (server / str(number)).mkdir(parents=True)
        found.append(shutil.copy(path, server / str(number)))
    return list(map(str, found))


def finish(desk, demo, stop_after=None, tone="published"):
    """Run what waits on a desk to its end; stop it after some images."""
    desk.ask()
    batch, wanted = desk.take()
    known = desk.known(batch)
    run = new_run(batch, demo, tone, known)
    for desk.run in work(batch, run, demo, known, wanted):
        if len(desk.run.rows) == stop_after:
            desk.stop()
    return desk.run


def test_rows_are_those_of_the_command(given, server, demo, tmp_path):
    desk = Desk()
    desk.give(stage(uploaded(server, *pictures(given))))
    desk.metadata = read_metadata(given / "facts.csv")
    run = finish(desk, demo)
    assert not left(server)
    report = evaluate(
        find_images([given]),
        tmp_path / "run",
        demo,
        metadata=read_metadata(given / "facts.csv"),
        workers=1,
    )
    expected = run_predictions(tmp_path / "run")
    found = desk.for_groups()
    assert found.predictions.image.tolist() == sorted(NAMES) == sorted(expected.image.tolist())
    order = np.argsort(expected.image)
    np.testing.assert_allclose(found.predictions.logits, expected.logits[order], atol=1e-5)
    assert found.predictions.groupings() == expected.groupings()
    assert found.predictions.target.tolist() == expected.target[order].tolist()
    for key in expected.groupings():
        assert found.predictions.column(key).tolist() == expected.column(key)[order].tolist()
    assert set(found.pictures) == set(NAMES)
    assert [row["error"] for row in run.bad] == [error for _, error in report.bad]
    assert found.predictions.weights == demo.weights.label


def test_names_of_the_metadata_that_differ_in_case_alone_are_counted(server, tmp_path):
    facts = tmp_path / "facts.csv"
    facts.write_text(f"image_name,target\n{NAMES[0].upper()},1\n")
    batch = stage(uploaded(server, DRAWN[0]))
    said = given_html(batch, read_metadata(facts))
    assert "1 of them are in the metadata." in said
    assert f"case or leading zeros alone ({NAMES[0]} and {NAMES[0].upper()})" in said
    batch.remove()


def test_tone_comes_from_where_it_was_asked_for(server, demo, tmp_path):
    facts = tmp_path / "facts.csv"
    facts.write_text(f"image_name,target,ita\n{NAMES[0]},1,12.5\n")
    desk = Desk()
    desk.metadata = read_metadata(facts)
    desk.give(stage(uploaded(server, DRAWN[0])))
    (row,) = finish(desk, demo, tone="metadata").rows
    assert (row["tone_from"], row["ita_published"]) == ("metadata", 12.5)
    desk.give(stage(uploaded(server / "more", DRAWN[0])))
    (row,) = finish(desk, demo, tone="robust").rows
    expected = read_tone(read_image(DRAWN[0]), method="robust").tone
    assert row["ita_cielab"] == pytest.approx(expected.cielab.ita)


def test_file_and_folder_of_the_command_are_read_alike(given, finished_run, capsys):
    folder = run_predictions(finished_run)
    file = read_predictions(finished_run / "predictions.parquet")
    np.testing.assert_array_equal(folder.logits, file.logits)
    assert folder.groupings() == file.groupings() and "sex" in folder.groupings()
    assert (
        main(
            [
                "groups",
                "--predictions",
                str(finished_run),
                "--by",
                "sex",
                "--group",
                "female",
                "--images",
                str(given),
                "--json",
            ]
        )
        == 0
    )
    found = json.loads(capsys.readouterr().out)["images"]
    assert {row["file"] for row in found} == {str(given / f"{name}.jpg") for name in NAMES[:3]}


def test_a_run_that_is_stopped_ends_after_the_image_and_leaves_nothing(given, server, demo):
    desk = Desk()
    desk.give(stage(uploaded(server, *pictures(given))))
    run = finish(desk, demo, stop_after=2)
    assert len(run.rows) == 2 and not left(server)
    assert not list(server.glob("evaluate-*"))


def test_a_generator_that_is_closed_leaves_nothing(given, server, demo):
    desk = Desk()
    desk.give(stage(uploaded(server, *pictures(given))))
    desk.ask()
    batch, wanted = desk.take()
    rows = work(batch, new_run(batch, demo, "published", None), demo, None, wanted)
    next(rows)
    assert left(server), "the others still wait"
    rows.close()
    assert not left(server)


def test_new_images_and_leaving_delete_those_that_wait(given, server):
    desk, paths = Desk(), uploaded(server, *pictures(given))
    desk.give(stage(paths[:3]))
    desk.give(stage(paths[3:]))
    assert len(left(server)) == len(paths) - 3
    desk.close()
    assert not left(server)


def test_a_zip_brings_its_own_metadata(archive, server, demo):
    batch = stage(uploaded(server, archive))
    assert sorted(item.name for item in batch.items) == sorted(
        ["broken.jpg", *(path.name for path in DRAWN)]
    )
    assert all(re.fullmatch(r"\d{4}\.jpg", item.path.name) for item in batch.items)
    assert {item.path.parent for item in batch.items} == {batch.folder}
    assert batch.metadata.lookup(NAMES[1])["target"] == "1"
    assert any("1 entry of the zip left out" in note for note in batch.notes)
    batch.remove()
    assert not left(server)


def test_bad_csv_in_a_zip_is_told_and_the_images_count(server, tmp_path):
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.write(DRAWN[0], "a.jpg")
        packed.writestr("facts.csv", "nose,ear\n1,2\n")
    batch = stage(uploaded(server, path))
    assert len(batch.items) == 1 and batch.metadata is None
    assert any("facts.csv has no column of image names" in note for note in batch.notes)
    batch.remove()


def test_equal_names_stay_apart(server, given, tmp_path):
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.write(DRAWN[0], "one/a.jpg")
        packed.write(DRAWN[1], "two/a.jpg")
    batch = stage(uploaded(server, path))
    assert [item.name for item in batch.items] == ["a.jpg", "a (2).jpg"]
    assert [item.path.read_bytes() for item in batch.items] == [
        path.read_bytes() for path in DRAWN[:2]
    ]
    batch.remove()


@pytest.mark.parametrize(
    "count, size, text",
    [(201, 10, "These are 201 images; at most 200"), (9, 30 * 2**20, "more than 256 MB together")],
)
def test_too_much_is_refused_and_deleted(server, tmp_path, count, size, text):
    server.mkdir()
    paths = [server / f"{i}.jpg" for i in range(count)]
    for path in paths:
        with path.open("wb") as file:
            file.truncate(size)
    with pytest.raises(ExplorerError, match=text):
        stage(list(map(str, paths)))
    assert not left(server) and not list(server.glob("evaluate-*"))


def test_zip_beside_images_is_refused(server, given, archive):
    with pytest.raises(ExplorerError, match="one zip file, not both"):
        stage(uploaded(server, archive, DRAWN[0]))
    assert not left(server)


def test_without_labels_there_are_no_predictions(server, demo, given):
    desk = Desk()
    desk.give(stage(uploaded(server, DRAWN[0])))
    with pytest.raises(ExplorerError, match="press Run"):
        desk.for_groups()
    run = finish(desk, demo)
    assert run.good and not run.labelled
    with pytest.raises(ExplorerError, match="true label"):
        desk.for_groups()
    batch = stage(uploaded(server / "more", DRAWN[0]))
    with pytest.raises(ExplorerError, match="needs a CSV"):
        new_run(batch, demo, "metadata", None)
    batch.remove()


def test_uploaded_tables_are_deleted(server, given, tmp_path):
    assert read_tables(uploaded(server, given / "facts.csv")).adapter.key == "generic"
    endless = tmp_path / "endless.csv"
    endless.write_text("image_name\n" + "a\n" * 500_000)
    with pytest.raises(ExplorerError, match=r"endless\.csv has more than 500,000 rows"):
        read_tables(uploaded(server / "more", endless))
    assert not left(server)


def test_a_packed_table_is_bounded_as_well(tmp_path):
    """A Parquet file of 1 MB of text, repeated a thousand times by number."""
    path = tmp_path / "packed.parquet"
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 1000), pa.array(["x" * 10**6]))
    pq.write_table(pa.table({"image_name": texts}), path, compression="zstd")
    assert path.stat().st_size < 10_000
    with pytest.raises(ExplorerError, match="300 MB in memory"):
        read_table(path)
    pq.write_table(pa.table({"image_name": ["a", "b"], "target": [0, None]}), path)
    assert read_table(path).to_dict("list") == {"image_name": ["a", "b"], "target": ["0", ""]}
    path.write_bytes(b"PAR1 no more")
    with pytest.raises(ExplorerError, match=r"cannot read packed\.parquet"):
        read_table(path)
