"""The folder of a run: rows come in, one Parquet file comes out, and nothing is lost between.

While a run is under way its rows lie in ``parts/``, one small Parquet file every few seconds, each
written under another name first and then renamed, so that a file that is there is whole. At the
end, on Ctrl-C, and when an interrupted run goes on, the parts are merged into
``predictions.parquet`` the same way. A killed run loses the rows of the last few seconds and no
more; the next run makes them again, as it does with rows in a file that the disk damaged.
``run.json`` says what made the rows; rows of other weights or another estimator are refused, and
one run at a time holds the folder. What was made of rows that are no longer all there (CSV, report)
goes with them.
"""

import json
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from explorer.evaluate.csv_store import revise
from explorer.evaluate.record import schema
from explorer.evaluate.review import Review
from explorer.evaluate.store import LOCK, PART, RowStore, alone, disk_trouble, sweep_parts, whole
from explorer.util import lazy
from explorer.util.errors import ExplorerError

pa = lazy.load("pyarrow")
pq = lazy.load("pyarrow.parquet")

PREDICTIONS = "predictions.parquet"
RUN = "run.json"
PARTS = "parts"
CURVES = "counterfactual.csv"
CSV = "predictions.csv"
REPORT = "report.html"
#: What a run makes of all its rows at the end; no longer true when one of them changes.
EXPORTS = (CSV, REPORT, "report.json")

#: A part is written when it has this many rows or is this old, whichever comes first.
PART_ROWS = 2000
PART_SECONDS = 5.0
#: Rows that are in memory at a time when parts are merged, and lie together in the file.
CHUNK = 4096

#: How every Parquet file is written: damage within a page is found when it is read.
CHECKED = {"write_page_checksum": True}

#: What all rows of a folder have in common; keys of ``run.json``.
SAME = ("weights_sha256", "tone_from", "method", "cautions", "metadata_columns", "precision")


class RunStore(RowStore):
    """Rows into a run's folder.

    Parameters
    ----------
    folder : str or Path
        New, or left by an earlier run of the same kind.
    facts : dict
        For ``run.json``; those named by :data:`SAME` must equal an earlier run's.
    review : explorer.evaluate.review.Review, optional
        Which earlier rows are still true; without it all of them.

    Attributes
    ----------
    written : int
        Rows of this run.
    damaged : int
        Files and parts of files with earlier rows that could not be read.
    outdated : tuple of str
        Names of :data:`EXPORTS` of an earlier run that were removed.

    Raises
    ------
    ExplorerError
        If the folder holds something else, another run writes to it, or it cannot be read or
        written.
    """

    key = "image_name"

    def __init__(self, folder: str | Path, facts: dict, review: Review | None = None):
        self.folder, self.facts = Path(folder), dict(facts)
        self.schema = schema(facts["metadata_columns"])
        self._rows, self._since, self._started = [], time.monotonic(), time.time()
        self.written, self.damaged, self.outdated, self.done = 0, 0, (), set()
        with disk_trouble(self.folder), ExitStack() as held:
            self._check_empty()
            self.folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(alone(self.folder))
            self._check_earlier()
            self._tell("running")
            (self.folder / PARTS).mkdir(exist_ok=True)
            sweep_parts(self.folder, self.folder / PARTS)
            self._merge(review)
            revise(self.folder / CURVES, lambda row: row if row.get("image") in self.done else None)
            if review and review.changed + review.removed + review.corrected + review.damaged:
                self._outdate()
            self._held = held.pop_all()

    def append(self, row: dict) -> None:
        """Keep one row, in memory for a few seconds; columns that it lacks are null."""
        with disk_trouble(self.folder):
            if not self.written:
                self._outdate()
            self._rows.append(row)
            self.written += 1
            if len(self._rows) >= PART_ROWS or time.monotonic() - self._since > PART_SECONDS:
                self._flush()

    def close(self, complete: bool) -> None:
        """Merge all rows into the one file, and say in ``run.json`` how the run ended."""
        with self._held, disk_trouble(self.folder):
            self._flush()
            if self.written:
                self._merge()
            shutil.rmtree(self.folder / PARTS, ignore_errors=True)
            self._tell("complete" if complete else "interrupted")

    def note(self, **facts) -> None:
        """Add facts to ``run.json``, which is written at the end."""
        self.facts |= facts

    # What is there

    def _check_empty(self) -> None:
        """Refuse a folder of something else before anything is written there."""
        if (self.folder / RUN).exists() or not self.folder.exists():
            return
        if any(path.name not in (LOCK, RUN + PART) for path in self.folder.iterdir()):
            raise ExplorerError(
                f"{self.folder} is not empty and holds no {RUN}: give another --out."
            )

    def _check_earlier(self) -> None:
        if not (self.folder / RUN).exists():
            return
        earlier = read_run(self.folder)
        for key in SAME:
            if earlier.get(key) != json.loads(json.dumps(self.facts.get(key))):
                raise ExplorerError(
                    f"{self.folder} holds a run with another {key.replace('_', ' ')} "
                    f"({_short(earlier.get(key))}, now {_short(self.facts.get(key))}): give "
                    "another --out."
                )
        self.facts = {**earlier, **self.facts, "runs": earlier.get("runs", [])}

    # Parts to one file

    def _flush(self) -> None:
        """Write the rows in memory as a part."""
        if not self._rows:
            return
        table = pa.Table.from_pylist(self._rows, schema=self.schema)
        with whole(self.folder / PARTS / f"{time.time_ns():020d}.parquet") as path:
            pq.write_table(table, path, **CHECKED)
        self._rows, self._since = [], time.monotonic()

    def _merge(self, review: Review | None = None) -> None:
        """Older rows first; of an image that was tried again only the latest row."""
        parts = sorted((self.folder / PARTS).glob("[0-9]*.parquet"))
        merged = self.folder / PREDICTIONS
        files = ([merged] if merged.exists() else []) + parts
        rows = self._latest(files)
        with whole(merged) as path, pq.ParquetWriter(path, self.schema, **CHECKED) as writer:
            for table in _gathered(review(rows) if review else rows):
                good = table.filter(table["error"].is_null())
                self.done.update(good["image_name"].to_pylist())
                writer.write_table(table)
        for part in parts:
            part.unlink()

    def _latest(self, files: Iterable[Path]) -> Iterator:
        """Tables of rows, one row for each image, and a count of what cannot be read."""
        latest, position = {}, 0  # image to the position of its last row over all files
        for rows, table in (group for file in files for group in _groups(file, self.schema)):
            if table:
                names = table["image_name"].to_pylist()
                latest.update(zip(names, range(position, position + rows)))
            position += rows
        position = 0
        for rows, table in (group for file in files for group in _groups(file, self.schema)):
            if table:
                names = table["image_name"].to_pylist()
                kept = [latest[name] == position + i for i, name in enumerate(names)]
                yield table.filter(kept)
            self.damaged += table is None
            position += rows

    def _outdate(self) -> None:
        """Remove what was made of earlier rows that are no longer all of them."""
        for path in (self.folder / name for name in EXPORTS):
            if path.exists():
                path.unlink()
                self.outdated += (path.name,)

    def _tell(self, state: str) -> None:
        seconds = round(time.time() - self._started, 3)
        now = {
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._started)),
            "state": state,
            "seconds": seconds,
            "images": self.written,
            "images_per_second": round(self.written / seconds, 3) if seconds else None,
        }
        facts = {**self.facts, "state": state, "runs": [*self.facts.get("runs", []), now]}
        with whole(self.folder / RUN) as path:
            path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def read_run(folder: str | Path) -> dict:
    """``run.json`` of a run's folder.

    Raises
    ------
    ExplorerError
        If there is none, or it cannot be read.
    """
    path = Path(folder) / RUN
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise ExplorerError(
            f"{path} cannot be read: name a folder that the evaluate command wrote."
        ) from None
    if not isinstance(facts, dict) or not isinstance(facts.get("runs", []), list):
        raise ExplorerError(f"{path} is not a run's description: name another folder.")
    autocast = facts.pop("autocast", False)  # what it was called when only GPUs had it
    return {"precision": "bfloat16" if autocast else "float32", **facts}


def _groups(path: Path, schema) -> Iterator[tuple[int, object]]:
    """Each row group of a file: how many rows it has, and the rows, or None for damaged ones."""
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
    except _damage() as error:
        _raise_if_disk(error)
        yield 0, None
        return
    with file:
        for i in range(file.num_row_groups):
            try:
                table = file.read_row_group(i).cast(schema)
                table.validate(full=True)
                if table["image_name"].null_count:
                    raise ValueError("a row without a name")
            except _damage() as error:
                _raise_if_disk(error)
                table = None
            yield file.metadata.row_group(i).num_rows, table


def _damage() -> tuple[type[Exception], ...]:
    return pa.ArrowException, OSError, ValueError, KeyError


def _raise_if_disk(error: Exception) -> None:
    """Arrow calls damage an OSError too, but only the disk's own errors have a number."""
    if isinstance(error, OSError) and error.errno is not None:
        raise error


def _gathered(tables: Iterable) -> Iterator:
    """The same rows in tables of at least :data:`CHUNK` of them, but for the last one."""
    waiting, rows = [], 0
    for table in tables:
        waiting.append(table)
        rows += len(table)
        if rows >= CHUNK:
            yield pa.concat_tables(waiting)
            waiting, rows = [], 0
    if rows:
        yield pa.concat_tables(waiting)


def _short(value) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
