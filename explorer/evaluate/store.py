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
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from explorer.util import lazy
from explorer.util.errors import ExplorerError

fcntl = lazy.load("fcntl")

#: What a file is called while it is written; :func:`sweep_parts` removes what a kill left.
PART = ".part"
#: Held by the run that writes to a folder, and there no longer than that.
LOCK = ".lock"


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
    """A file that is there complete or not at all, even after a power cut.

    It is written beside, made to last, and renamed: renamed first, a file could be there without
    its content.
    """
    beside = path.with_name(path.name + PART)
    try:
        yield beside
        _sync(beside)
        os.replace(beside, path)
        with suppress(OSError):  # some network disks and Windows know no folder's fsync
            _sync(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep_parts(*folders: Path) -> None:
    """Remove what :func:`whole` had begun in these folders when a run was killed."""
    for folder in folders:
        for left in folder.glob("*" + PART):
            left.unlink()


def lock(file, path: Path) -> None:
    """Keep other runs away from ``path`` until ``file`` is closed or this process ends, however.

    Raises
    ------
    ExplorerError
        If another run has it.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ExplorerError(
            f"Another run is writing to {path}: wait for its end, or name another place."
        ) from None
    except (ImportError, OSError):  # Windows, or a disk without locks, as Lustre may be
        pass


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder's :data:`LOCK`; ExplorerError where another run does."""
    path = folder / LOCK
    while True:
        with open(path, "ab") as file:
            lock(file, folder)
            if not _is(file, path):  # it was removed by a run that ended just now
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _is(file, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


@contextmanager
def disk_trouble(path: Path) -> Iterator[None]:
    """Trouble with the disk, in one sentence."""
    try:
        yield
    except OSError as error:
        raise ExplorerError(f"{path} cannot be written ({error.strerror or error}).") from None
