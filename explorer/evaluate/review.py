"""What of an earlier run is still true, when a run goes on in its folder.

Images are known by what is in them, not by their names: every row is held against the SHA-256 of
the file that has its name now. What the metadata says is held against the metadata of today, and
where that was corrected the row is corrected, without asking the network again.
"""

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from explorer.data.datasets import Metadata
from explorer.evaluate.folder import Item
from explorer.evaluate.record import LOGITS, metadata_columns, refill
from explorer.evaluate.settings import EvaluateSettings
from explorer.image.read import MAX_BYTES
from explorer.util import lazy
from explorer.util.errors import ExplorerError
from explorer.util.workers import cores

pa = lazy.load("pyarrow")


class Review:
    """Rows of an earlier run to those that are true today, corrected.

    Parameters
    ----------
    items : iterable of Item
        Every image that is there, whether or not this run evaluates it.
    metadata : Metadata or None
    settings : EvaluateSettings

    Attributes
    ----------
    changed, removed, corrected, damaged : int
        Rows left out because the image's content is another one, because it is no longer there,
        or because they are incomplete; rows whose metadata was another one.
    """

    def __init__(
        self, items: Iterable[Item], metadata: Metadata | None, settings: EvaluateSettings
    ):
        self.metadata, self.settings = metadata, settings
        self._paths = {item.name: item.path for item in items}
        self._columns = metadata_columns(metadata.columns) if metadata else {}
        self.changed = self.removed = self.corrected = self.damaged = 0

    def __call__(self, tables: Iterable) -> Iterator:
        """Arrow tables of rows, one by one, to what of each is true.

        Raises
        ------
        ExplorerError
            At the end, if there were rows and none was of an image that is there.
        """
        rows = 0
        with ThreadPoolExecutor(cores()) as pool:
            for table in tables:
                rows += len(table)
                yield self._corrected(table.filter(pa.array(self._true(table, pool), pa.bool_())))
        if rows and self.removed == rows:
            raise ExplorerError(
                f"The folder holds {rows:,} rows of other images, none of which is among those "
                "given: give another --out."
            )

    def _true(self, table, pool: ThreadPoolExecutor) -> list[bool]:
        names = table["image_name"].to_pylist()
        there = [name in self._paths for name in names]
        good = np.array(there) & table["error"].is_null().to_numpy()
        whole = np.isfinite([table[name].to_numpy() for name in LOGITS]).all(0)
        ask = good & whole  # an image with an error is tried again anyway
        paths = [self._paths[name] for name, wanted in zip(names, ask) if wanted]
        stored = table["sha256"].filter(pa.array(ask)).to_pylist()
        same = ask.copy()
        same[ask] = [a == b for a, b in zip(pool.map(sha256_of, paths), stored, strict=True)]
        self.removed += there.count(False)
        self.damaged += int((good & ~whole).sum())
        self.changed += int((ask & ~same).sum())
        return (same | (there & ~good)).tolist()

    def _corrected(self, table):
        """The table with today's metadata."""
        names = table["image_name"].to_pylist()
        known = [self.metadata.lookup(name) if self.metadata else None for name in names]
        stored = zip(*(table[to].to_pylist() for to in self._columns.values()))
        now = [tuple((row or {}).get(name) for name in self._columns) for row in known]
        other = [i for i, before in enumerate(stored) if before != now[i]]
        if not other:
            return table
        self.corrected += len(other)
        rows = table.to_pylist()
        for i in other:
            rows[i] = refill(rows[i], known[i], self.settings)
        return pa.Table.from_pylist(rows, schema=table.schema)


def sha256_of(path: Path) -> str | None:
    """Of a file's content; None where there is no such file of a size that is evaluated."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
