"""A CSV that one run appends to row by row, and that the next run continues.

Every row is flushed as one line, so that a run that is killed loses at most the row it was
writing; the next run cuts a half-written line off. Columns that must be equal in all rows, such
as the settings, keep results of different kinds out of one file.
"""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from explorer.evaluate.store import PART, RowStore, disk_trouble, lock, one_line, whole
from explorer.util.cells import plain_cell, safe_cell
from explorer.util.errors import ExplorerError


class CsvStore(RowStore):
    """Append rows to ``path``, a new file or one that an earlier run with equal columns left.

    Parameters
    ----------
    path : str or Path
    columns : tuple of str
        The first one names the image. Where there is a column ``error``, rows with a text in it
        are forgotten at the start, so that they are tried again.
    fixed : dict of str to str
        Columns that have one value throughout.

    Raises
    ------
    ExplorerError
        If the file holds something else, or cannot be read or written.
    """

    def __init__(self, path: str | Path, columns: tuple[str, ...], fixed: dict[str, str]):
        self.path, self.columns, self.fixed = Path(path), tuple(columns), dict(fixed)
        self.key, self.done = self.columns[0], set()
        with disk_trouble(self.path):
            self._file = _open(self.path, "a")
            try:
                self._take_up()
            except BaseException:
                self._file.close()
                raise

    def append(self, row: dict) -> None:
        """Write one row as a line, at once; the fixed columns are filled in."""
        row = row | self.fixed
        with disk_trouble(self.path):  # it may be full
            self._file.write(_line(row.get(column, "") for column in self.columns))
            self._file.flush()

    def close(self, complete: bool) -> None:
        """Close the file; every row is in it already."""
        self._file.close()

    def _take_up(self) -> None:
        """Make the file hold the header and the complete, good rows; nothing foreign is touched."""
        lock(self._file, self.path)
        header = _line(self.columns)
        with open(self.path, "rb") as file:
            present = file.read(len(header.encode()))
        if not header.encode().startswith(present):
            self._refuse("has other columns than this command writes")
        if present != header.encode():  # new, or killed while the header was written
            self._file.truncate(0)
            self._file.write(header)
            self._file.flush()
            return
        self.path.with_name(self.path.name + PART).unlink(missing_ok=True)  # of a killed run
        names = [name for name, _ in self._rows()]
        self.done = {name for name in names if name is not None}
        if None in names:
            with whole(self.path) as fresh, _open(fresh, "w") as file:
                file.write(header)
                file.writelines(text for name, text in self._rows() if name is not None)
            self._file.close()
            self._file = _open(self.path, "a")
            lock(self._file, self.path)

    def _rows(self) -> Iterator[tuple[str | None, str]]:
        """Name and line of each row; no name where it is to be made again."""
        with _open(self.path, "r") as file:
            next(file)
            for number, text in enumerate(file, start=2):
                if not text.endswith("\n"):  # half written
                    yield None, text
                    return
                row = _cells(text)
                if len(row) != len(self.columns):
                    self._refuse(f"is damaged in line {number}")
                values = dict(zip(self.columns, row))
                if any(values[name] != value for name, value in self.fixed.items()):
                    self._refuse("holds results of another method or other settings")
                yield None if values.get("error") else row[0], text

    def _refuse(self, reason: str) -> NoReturn:
        raise ExplorerError(f"{self.path} {reason}; name another file or delete it.")


def revise(path: Path, change: Callable[[dict], dict | None]) -> None:
    """Correct the rows of a finished or interrupted CSV, if there is one.

    Parameters
    ----------
    path : Path
    change : callable
        A row by column to what it should be; None for a row that is no longer true. A damaged
        line stays for :class:`CsvStore` to see.
    """
    if not path.exists():
        return
    with disk_trouble(path), _open(path, "a") as held:
        lock(held, path)
        with _open(path, "r") as old, whole(path) as fresh, _open(fresh, "w") as new:
            header = next(old, "")
            new.write(header)
            columns = _cells(header)
            for text in old:
                cells = _cells(text)
                if text.endswith("\n") and len(cells) == len(columns):
                    row = change(dict(zip(columns, cells)))
                    text = _line(row.values()) if row else ""
                new.write(text)


def _open(path: Path, mode: str):
    # surrogateescape: file names need not be valid UTF-8.
    return open(path, mode, encoding="utf-8", errors="surrogateescape", newline="")


def _cells(text: str) -> list[str]:
    """A line's cells as :func:`_line` was given them; none where it is no CSV."""
    try:
        return list(map(plain_cell, next(csv.reader([text]))))
    except csv.Error:
        return []


def _line(values) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow([safe_cell(one_line(value)) for value in values])
    return text.getvalue()
