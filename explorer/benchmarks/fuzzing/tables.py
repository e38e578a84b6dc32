"""Tables as people send them, and worse: CSV of every spelling, Parquet of every type."""

import csv
import io
import random
from functools import partial
from pathlib import Path

from explorer.benchmarks.fuzzing.oddities import WHOLE, sometimes_damaged, text, value
from explorer.data.datasets import read_metadata
from explorer.data.datasets.known import ADAPTERS
from explorer.data.draft import draft
from explorer.data.mapping import ROLES
from explorer.data.names import IMAGE, PATIENT, PREDICTION, SCORE, TARGET
from explorer.fairness.analysis import analyse_predictions
from explorer.util import lazy
from explorer.util.errors import ExplorerError

pa = lazy.load("pyarrow")
pq = lazy.load("pyarrow.parquet")

NAMES = (IMAGE[:8], TARGET[:6], SCORE[:8], PREDICTION[:6], PATIENT[:3])
GROUPS = ("sex", "age", "age_approx", "group", "group_published", "centre", "ita", "color_r")
ODD_NAMES = ("predicted:target", "predicted:", "Target", "TARGET", "", "index", "Unnamed: 0")
#: How many of the cells are odd, by table: a reader that refuses all sees nothing of what follows.
ODD_CELLS = (0, 0, 0.002, 0.03)
CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1250", "cp1252", "utf-32")


def csv_files(rng: random.Random, folder):
    """One CSV file, or two, read as predictions or as metadata."""
    return _reading(rng, [_csv(rng, folder / f"{i}.csv") for i in range(rng.choice((1, 1, 2)))])


def parquet_files(rng: random.Random, folder):
    """The same as Parquet."""
    made = [_parquet(rng, folder / f"{i}.parquet") for i in range(rng.choice((1, 1, 2)))]
    return _reading(rng, made)


def _reading(rng: random.Random, paths: list[Path]):
    if rng.random() < 0.25:
        kind = rng.choice((None, None, "generic", rng.choice(ADAPTERS).key))
        return partial(_metadata, paths, kind)
    columns = {}
    if rng.random() < 0.2:
        columns[rng.choice((*ROLES, text(rng)))] = rng.choice((*_names(rng), text(rng)))
    return partial(_drafted, paths, columns, rng.random() < 0.03)


def _metadata(paths: list[Path], kind: str | None) -> None:
    found = read_metadata(paths, kind)
    found.lookup(str(next(iter(found.table.index), "a")))


def _drafted(paths: list[Path], columns: dict, analysed: bool) -> None:
    found = draft(*paths, columns=columns)
    found.preview()
    if found.problem:
        raise ExplorerError(found.problem)
    if analysed:
        predictions = found.predictions
        analyse_predictions(predictions, predictions.need_groupings()[:1]).to_json()


# Contents


def _names(rng: random.Random) -> list[str]:
    """Names of columns: most mean something, some are odd, some are there twice."""
    if rng.random() < 0.15:
        found = sorted(rng.choice(rng.choice(ADAPTERS).signatures))
    else:
        found = [
            rng.choice(names) for names in rng.sample(NAMES, rng.choice((1, 2, 3, 4, 5, 5, 5)))
        ]
    found += rng.sample(GROUPS, rng.randrange(4))
    if rng.random() < 0.2:
        found += [f"logit_{i}" for i in range(rng.choice((8, 8, 7)))]
    for _ in range(rng.choice((0, 0, 0, 1, 3))):
        found.insert(rng.randrange(len(found) + 1), rng.choice((*ODD_NAMES, text(rng))))
    if rng.random() < 0.1:
        found.append(rng.choice(found))
    if rng.random() < 0.02:
        found.append(rng.choice(("x" * 140_000, "two\nlines", "q\"uo'te")))
    if rng.random() < 0.01:
        found += [f"c{i}" for i in range(rng.choice((900, 5000)))]
    return found


def _column(rng: random.Random, name: str, rows: int, odd: float) -> list[str]:
    """Cells that fit a name, of one of the spellings that people use, this share of them odd."""
    low = name.lower()
    if any(part in low for part in ("image", "file", "isic", "id")):
        stem = rng.choice(("ISIC_{:07d}", "a{}.jpg", "x/b{}.PNG", "{}"))
        cells = [stem.format(i) for i in range(rows)]
    elif any(part in low for part in ("target", "label", "pred", "truth", "decision")):
        words = rng.choice((("0", "1"), ("no", "yes"), ("ja", "nein"), ("benign", "malignant")))
        cells = [rng.choice(words) for _ in range(rows)]
    elif any(part in low for part in ("prob", "score", "logit", "age", "ita", "color")):
        spelling = rng.choice(("{:.3f}", "{:.1f}%", "{:,.1f}", "{:e}", "{:.0f}"))
        top = rng.choice((1, 1, 100, 5000))
        cells = [spelling.format(rng.random() * top) for _ in range(rows)]
        if rng.random() < 0.3:
            cells = [cell.translate(str.maketrans(",.", ".,")) for cell in cells]
    else:
        some = [text(rng) for _ in range(rng.choice((1, 2, 4, 70)))]
        cells = [rng.choice(some) for _ in range(rows)]
    return [text(rng) if rng.random() < odd else cell for cell in cells]


def _csv(rng: random.Random, path: Path) -> Path:
    names = _names(rng)
    rows = rng.choice((0, 1, 2, 8, *[30] * 6, 300)) if len(names) < 100 else 2
    odd = rng.choice(ODD_CELLS)
    columns = [_column(rng, name, rows, odd) for name in names]
    table = [names, *map(list, zip(*columns))]
    if rng.random() < 0.1:  # as pandas writes its index
        table = [[i - 1 if i else "", *row] for i, row in enumerate(table)]
    if rng.random() < 0.1 and rows:  # a row with other cells than the header
        table[-1] = table[-1][: rng.randrange(3)] or [*table[-1], "more"]
    ending = rng.choice(("\n", "\n", "\r\n", "\r"))
    out = io.StringIO()
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    delimiter = rng.choice(",,;\t|")
    csv.writer(out, delimiter=delimiter, lineterminator=ending, quoting=quoting).writerows(table)
    content = rng.choice(("", "", "", "\n", " ")) + out.getvalue()
    if rng.random() < 0.95:  # for which any file is refused
        content = content.replace("\0", "")
    data = content.encode(rng.choice((*CODECS[:2] * 3, *CODECS)), "replace")
    path.write_bytes(sometimes_damaged(rng, data, 0.15))
    return path


def _parquet(rng: random.Random, path: Path) -> Path:
    if rng.random() < 0.01:
        return _bomb(rng, path)
    names, rows = _names(rng)[:300], rng.choice((0, 1, 8, 30, 30, 30))
    odd, typed = rng.choice(ODD_CELLS), rng.choice((0, 0.2, 1))
    arrays = [
        _typed(rng, _column(rng, name, rows, odd))
        if rng.random() < typed
        else pa.array([_unicode(cell) for cell in _column(rng, name, rows, odd)])
        for name in names
    ]
    names = [_unicode(name) for name in names]
    pq.write_table(
        pa.Table.from_arrays(arrays, names=names),
        path,
        compression=rng.choice(("none", "snappy", "gzip", "zstd")),
        use_dictionary=rng.random() < 0.5,
    )
    path.write_bytes(sometimes_damaged(rng, path.read_bytes(), 0.15))
    return path


def _unicode(text: str) -> str:
    """A text without what no UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()


def _typed(rng: random.Random, cells: list[str]):
    """A column of these cells, or one of as many values of another type."""
    cells, rows = [_unicode(cell) for cell in cells], len(cells)
    match rng.randrange(12):
        case 0:
            return pa.array([value(rng) in (True, 1) for _ in cells])
        case 1:
            return pa.array([rng.choice(WHOLE[:9]) for _ in cells], pa.int64())
        case 2:
            return pa.array([rng.random() * 2 for _ in cells], rng.choice((pa.float32(), "double")))
        case 3:
            odd = [rng.choice((b"\xff\xfe", cell.encode())) for cell in cells]
            return rng.choice((pa.array(odd), _as_text(odd)))
        case 4:
            kinds = (pa.date32(), pa.timestamp("ns"), pa.duration("us"), pa.time64("ns"))
            numbers = pa.array([rng.choice(WHOLE[:9]) for _ in cells], pa.int64())
            kind = rng.choice(kinds)
            return numbers.cast(pa.int32()).cast(kind) if kind == kinds[0] else numbers.cast(kind)
        case 5:
            return rng.choice((pa.array([[1]] * rows), pa.array([{"a": 1}] * rows), pa.nulls(rows)))
        case 6:
            return pa.array(cells).dictionary_encode()
    return pa.array([None if rng.random() < 0.05 else cell for cell in cells], pa.string())


def _as_text(values: list[bytes]):
    """Bytes that claim to be UTF-8."""
    whole = pa.array(values, pa.binary())
    return pa.Array.from_buffers(pa.string(), len(whole), whole.buffers())


def _bomb(rng: random.Random, path: Path) -> Path:
    """One value, millions of times, in a few bytes."""
    rows, columns = rng.choice(
        ((900_000, 1), (30_000_000, 1), (900_000, 9), (1000, 9000), (24_000, 990))
    )
    text = "a" * rng.choice((1, 500, 200_000))
    packed = pa.DictionaryArray.from_arrays(pa.repeat(0, rows).cast("int32"), [text])
    array = rng.choice((packed, pa.repeat(1.5, rows)))
    pq.write_table(pa.Table.from_arrays([array] * columns, [f"c{i}" for i in range(columns)]), path)
    return path
