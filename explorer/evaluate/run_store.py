"""The folder of a run: rows come in, one Parquet file comes out, and nothing is lost between.

While a run is under way its rows lie in ``parts/``, one small Parquet file every few seconds, each
written under another name first and then renamed, so that a file that is there is whole. At the
end, on Ctrl-C, and when an interrupted run goes on, the parts are merged into
``predictions.parquet`` the same way. A killed run loses the rows of the last few seconds and no
more; the next run makes them again. ``run.json`` says what made the rows; rows of other weights or
another estimator are refused.
"""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from explorer.evaluate.record import schema
from explorer.evaluate.store import RowStore, disk_trouble, whole
from explorer.util import lazy
from explorer.util.errors import ExplorerError

pa = lazy.load("pyarrow")
pq = lazy.load("pyarrow.parquet")

PREDICTIONS = "predictions.parquet"
RUN = "run.json"
PARTS = "parts"

#: A part is written when it has this many rows or is this old, whichever comes first.
PART_ROWS = 2000
PART_SECONDS = 5.0
#: Rows that are in memory at a time when parts are merged.
CHUNK = 4096

#: What all rows of a folder have in common; keys of ``run.json``.
SAME = ("weights_sha256", "tone_from", "method", "cautions", "metadata_columns", "autocast")


class RunStore(RowStore):
    """Rows into a run's folder.

    Parameters
    ----------
    folder : str or Path
        New, or left by an earlier run of the same kind.
    facts : dict
        For ``run.json``; those named by :data:`SAME` must equal an earlier run's.

    Raises
    ------
    ExplorerError
        If the folder holds something else, or cannot be read or written.
    """

    key = "image_name"

    def __init__(self, folder: str | Path, facts: dict):
        self.folder, self.facts = Path(folder), dict(facts)
        self.schema = schema(facts["metadata_columns"])
        self._rows, self._since, self._started = [], time.monotonic(), time.time()
        self.written = 0
        with disk_trouble(self.folder):
            self._check_earlier()
            (self.folder / PARTS).mkdir(parents=True, exist_ok=True)
            self._merge()
            self.done = set()
            if (self.folder / PREDICTIONS).exists():
                for table in _tables(self.folder / PREDICTIONS, ["image_name", "error"]):
                    good = table.filter(table["error"].is_null())
                    self.done.update(good["image_name"].to_pylist())
            self._tell("running")

    def append(self, row: dict) -> None:
        """Keep one row, in memory for a few seconds; columns that it lacks are null."""
        self._rows.append(row)
        self.written += 1
        if len(self._rows) >= PART_ROWS or time.monotonic() - self._since > PART_SECONDS:
            with disk_trouble(self.folder):
                self._flush()

    def close(self, complete: bool) -> None:
        """Merge all rows into the one file, and say in ``run.json`` how the run ended."""
        with disk_trouble(self.folder):
            self._flush()
            self._merge()
            shutil.rmtree(self.folder / PARTS, ignore_errors=True)
            self._tell("complete" if complete else "interrupted")

    def note(self, **facts) -> None:
        """Add facts to ``run.json``, which is written at the end."""
        self.facts |= facts

    # What is there

    def _check_earlier(self) -> None:
        if not (self.folder / RUN).exists():
            if self.folder.exists() and any(self.folder.iterdir()):
                raise ExplorerError(
                    f"{self.folder} is not empty and holds no {RUN}: give another --out."
                )
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
            pq.write_table(table, path)
        self._rows, self._since = [], time.monotonic()

    def _merge(self) -> None:
        """Older rows first; of an image that was tried again only the latest row."""
        parts = sorted((self.folder / PARTS).glob("[0-9]*.parquet"))
        merged = self.folder / PREDICTIONS
        if not parts and merged.exists():
            return
        files = ([merged] if merged.exists() else []) + parts
        latest, position = {}, 0  # image to the position of its last row over all files
        for table in (table for file in files for table in _tables(file, ["image_name"])):
            names = table["image_name"].to_pylist()
            latest.update(zip(names, range(position, position + len(names))))
            position += len(names)
        with whole(merged) as path, pq.ParquetWriter(path, self.schema) as writer:
            position = 0
            for table in (table for file in files for table in _tables(file)):
                names = table["image_name"].to_pylist()
                kept = [latest[name] == position + i for i, name in enumerate(names)]
                writer.write_table(table.filter(kept).cast(self.schema))
                position += len(names)
        for part in parts:
            part.unlink()

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
    except (OSError, ValueError):
        raise ExplorerError(
            f"{path} cannot be read: name a folder that the evaluate command wrote."
        ) from None
    if not isinstance(facts, dict):
        raise ExplorerError(f"{path} is not a run's description: name another folder.")
    return facts


def _tables(path: Path, columns=None) -> Iterator:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(CHUNK, columns=columns):
            yield pa.Table.from_batches([batch])


def _short(value) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
