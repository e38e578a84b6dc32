"""A CSV that one run appends to row by row, and that the next run continues.

Every row is flushed as one line, so that a run that is killed loses at most the row it was
writing; the next run cuts a half-written line off. Columns that must be equal in all rows, such
as the settings, keep results of different kinds out of one file.
"""

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

from explorer.util.errors import ExplorerError


class ResumableCsv:
    """Append rows to ``path``, a new file or one that an earlier run with equal columns left.

    Use it in a ``with`` statement.

    Parameters
    ----------
    path : str or Path
    columns : tuple of str
        The first one identifies a row. Where there is a column ``error``, rows with a text in it
        are forgotten at the start, so that they are tried again.
    fixed : dict of str to str
        Columns that have one value throughout.

    Attributes
    ----------
    done : set of str
        First column of the rows that the file holds.

    Raises
    ------
    ExplorerError
        If the file holds something else, or cannot be read or written.
    """

    def __init__(self, path: str | Path, columns: tuple[str, ...], fixed: dict[str, str]):
        self.path, self.columns, self.fixed = Path(path), tuple(columns), dict(fixed)
        self.done: set[str] = set()
        try:
            self._continue()
            self._file = self._open("a")
        except OSError as error:
            raise ExplorerError(f"{path} cannot be written ({error.strerror}).") from None

    def __enter__(self) -> "ResumableCsv":
        return self

    def __exit__(self, *_) -> None:
        self._file.close()

    def append(self, row: dict) -> None:
        """Write one row; columns that it lacks stay empty, and the fixed ones are filled in."""
        row = row | self.fixed
        try:
            self._file.write(_line(row.get(column, "") for column in self.columns))
            self._file.flush()
        except OSError as error:  # the disk is full
            raise ExplorerError(f"{self.path} cannot be written ({error.strerror}).") from None
        self.done.add(one_line(row[self.columns[0]]))

    def _open(self, mode: str, path: Path | None = None):
        # surrogateescape: file names need not be valid UTF-8.
        return open(path or self.path, mode, encoding="utf-8", errors="surrogateescape", newline="")

    def _continue(self) -> None:
        """Make the file hold the header and the complete, good rows; nothing foreign is touched."""
        header = _line(self.columns)
        present = b""
        if self.path.exists():
            with open(self.path, "rb") as file:
                present = file.read(len(header.encode()))
        if not header.encode().startswith(present):
            self._refuse("has other columns than this command writes")
        if present != header.encode():  # new, or killed while the header was written
            with self._open("w") as file:
                file.write(header)
            return
        fresh = self.path.with_name(self.path.name + ".part")
        with self._open("w", fresh) as file:
            file.write(header)
            complete = self._copy_good_rows(file)
        if complete:
            fresh.unlink()
        else:
            os.replace(fresh, self.path)

    def _copy_good_rows(self, file: io.TextIOBase) -> bool:
        """Copy the rows to keep, noting them in ``done``; False if some were left out."""
        complete = True
        try:
            for number, text in self._rows():
                if not text.endswith("\n"):  # half written
                    return False
                row = next(csv.reader([text]))
                if len(row) != len(self.columns):
                    self._refuse(f"is damaged in line {number}")
                values = dict(zip(self.columns, row))
                if any(values[name] != value for name, value in self.fixed.items()):
                    self._refuse("holds results of another method or other settings")
                if values.get("error"):
                    complete = False
                    continue
                self.done.add(row[0])
                file.write(text)
        except csv.Error:
            self._refuse(f"is damaged in line {number}")
        return complete

    def _rows(self) -> Iterator[tuple[int, str]]:
        with self._open("r") as file:
            lines = enumerate(file, start=1)
            next(lines)
            yield from lines

    def _refuse(self, reason: str) -> None:
        self.path.with_name(self.path.name + ".part").unlink(missing_ok=True)
        raise ExplorerError(f"{self.path} {reason}; name another file or delete it.")


def one_line(value) -> str:
    """A value as it stands in the file: a line break, possible in a file's name, is a space."""
    return " ".join(str(value).splitlines()) if isinstance(value, str) else str(value)


def _line(values) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow([one_line(value) for value in values])
    return text.getvalue()
