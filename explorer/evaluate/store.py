"""Rows of many images into a file that one run writes and the next run continues.

There is one loop, :func:`write_missing`, and one contract, :class:`RowStore`, with two formats: a
CSV that grows line by line while one watches it (:mod:`.csv_store`), and the folder of an
evaluation, whose rows are of many types and end as one Parquet file (:mod:`.run_store`). Either
loses at most a few rows when a run is killed, tries images with an error again, and refuses rows
of another kind.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from explorer.util.errors import ExplorerError


class RowStore(ABC):
    """Where rows go; use it in a ``with`` statement.

    Attributes
    ----------
    key : str
        The column that names the image.
    done : set of str
        Images that need no work: they have a row without an error.
    """

    key: str
    done: set[str]

    @abstractmethod
    def append(self, row: dict) -> None:
        """Keep one row; columns that it lacks stay empty."""

    @abstractmethod
    def close(self, complete: bool) -> None:
        """Make all rows last; ``complete`` is False where something ended the run early."""

    def __enter__(self):
        return self

    def __exit__(self, kind, *_) -> None:
        self.close(kind is None)


@dataclass(frozen=True)
class RowsReport:
    """What a run over many images did.

    Attributes
    ----------
    images, skipped, written : int
        Asked for; in the store already; rows made now, those with an error included.
    bad : tuple of (str, str)
        Name and reason of every image that gave an error.
    """

    images: int
    skipped: int
    written: int
    bad: tuple[tuple[str, str], ...]


def write_missing(
    items: Iterable,
    store: RowStore,
    work: Callable[[list], Generator[dict, None, None]],
    on_start: Callable[[int, int], None] = lambda images, skipped: None,
    on_row: Callable[[dict], None] = lambda row: None,
) -> RowsReport:
    """Make the rows that a store lacks, and keep each when it is made.

    Parameters
    ----------
    items : iterable of explorer.evaluate.folder.Item
        Of two with one name the last one counts.
    store : RowStore
        Closed at the end.
    work : callable
        Rows of the items that it is given; it is closed when something ends the run, which ends
        its workers.
    on_start : callable
        Called once, with the number of images and how many of them are there already.
    on_row : callable
        Called with every new row after it is kept; what it raises stops the run and reaches the
        caller.
    """
    with store:
        unique = {one_line(item.name): item for item in items}
        todo = [replace(item, name=name) for name, item in unique.items() if name not in store.done]
        on_start(len(unique), len(unique) - len(todo))
        bad = []
        with closing(work(todo)) as rows:
            for row in rows:
                store.append(row)
                if row.get("error"):
                    bad.append((row[store.key], row["error"]))
                on_row(row)
    return RowsReport(len(unique), len(unique) - len(todo), len(todo), tuple(bad))


def one_line(value) -> str:
    """A value as it stands in a row: a line break, possible in a file's name, is a space."""
    return " ".join(str(value).splitlines()) if isinstance(value, str) else str(value)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file that is there complete or not at all: written beside, then renamed."""
    beside = path.with_name(path.name + ".part")
    try:
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def disk_trouble(path: Path) -> Iterator[None]:
    """Trouble with the disk, in one sentence."""
    try:
        yield
    except OSError as error:
        raise ExplorerError(f"{path} cannot be written ({error.strerror or error}).") from None
