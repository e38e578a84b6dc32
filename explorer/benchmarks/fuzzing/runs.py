"""Folders of a run of ``evaluate``, some of whose files are cut, changed, or something else."""

import json
import random
import shutil
import tempfile
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

from PIL import Image

from explorer.benchmarks.fuzzing.oddities import damaged, text, value
from explorer.evaluate import evaluate
from explorer.evaluate.folder import Item, find_images
from explorer.evaluate.results import run_predictions, write_csv
from explorer.model.classifier import load_classifier
from explorer.synthetic.draw import draw_lesion
from explorer.synthetic.spec import LesionSpec
from explorer.util import lazy

pa = lazy.load("pyarrow")
pq = lazy.load("pyarrow.parquet")


def runs(rng: random.Random, folder):
    """Reading a run's folder as predictions, as CSV, or going on with it."""
    items, whole = _made()
    run = folder / "run"
    shutil.copytree(whole, run)
    for _ in range(rng.choice((1, 1, 2))):
        if files := sorted(path for path in run.rglob("*") if path.is_file()):
            _changed(rng, rng.choice(files))
    draw = rng.random()
    if draw < 0.1:
        return partial(evaluate, items, run, load_classifier("embedded"), workers=1)
    return partial(run_predictions if draw < 0.6 else write_csv, run)


@cache
def _made() -> tuple[list[Item], Path]:
    """Three drawn lesions and a run on them with metadata, made once in a worker."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-run-"))
    for seed in range(3):
        spec = LesionSpec(ita=50 - 40 * seed, seed=seed, size=128)
        Image.fromarray(draw_lesion(spec).image).save(folder / f"a{seed}.png")
    items = find_images([folder])
    evaluate(items, folder / "run", load_classifier("embedded"), workers=1)
    table = pq.read_table(next((folder / "run").glob("*.parquet")))
    target = pa.array([str(i % 2) for i in range(len(table))])
    name = next((folder / "run").glob("*.parquet"))
    pq.write_table(table.append_column("target", target), name)
    return items, folder / "run"


def _changed(rng: random.Random, path: Path) -> None:
    data = path.read_bytes()
    match rng.randrange(8):
        case 0:
            path.unlink()
        case 1:
            path.unlink()
            path.mkdir()
        case 2:
            path.write_bytes(b"")
        case 3:
            other = path.with_name(rng.choice(("run.json", "predictions.parquet", "notes.txt")))
            if not other.is_dir():
                other.write_bytes(data)
        case 4 if path.suffix == ".json":
            _changed_facts(rng, path)
        case 4 | 5 if path.suffix == ".parquet":
            _changed_table(rng, path)
        case _:
            path.write_bytes(damaged(rng, data))


def _changed_facts(rng: random.Random, path: Path) -> None:
    with suppress(ValueError, AttributeError, OSError):  # it was damaged before
        facts = json.loads(path.read_text(encoding="utf-8", errors="replace"))
        facts[rng.choice((*facts, text(rng)))] = value(rng)
        path.write_text(json.dumps(facts), encoding="utf-8")


def _changed_table(rng: random.Random, path: Path) -> None:
    with suppress(OSError, ValueError, pa.ArrowException):
        table = pq.read_table(path)
        place = rng.randrange(table.num_columns)
        match rng.randrange(4):
            case 0:
                table = table.remove_column(place)
            case 1:
                table = table.append_column(table.column_names[place], table.column(place))
            case 2:
                other = pa.array([rng.choice((text(rng), "1")) for _ in range(len(table))])
                table = table.set_column(place, table.column_names[place], other)
            case 3:
                kind = rng.choice((pa.nulls(len(table)), pa.array([[1]] * len(table))))
                table = table.set_column(place, table.column_names[place], kind)
        pq.write_table(table, path)
