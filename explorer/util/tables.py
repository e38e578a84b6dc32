"""Reading a CSV file as text, whatever its separator, encoding and decimal mark.

Everything stays text until a column's meaning is known: that way an identifier keeps its leading
zeros, and a number that cannot be read can be counted instead of turning a column into objects.
"""

import csv
import io
import warnings
from pathlib import Path

import numpy as np

from explorer.util import lazy
from explorer.util.errors import ExplorerError

kinds = lazy.load("pyarrow.types")
pa = lazy.load("pyarrow")
pc = lazy.load("pyarrow.compute")
pd = lazy.load("pandas")
pq = lazy.load("pyarrow.parquet")

#: Larger files are refused: 100,000 rows of 20 columns are about 15 MB.
MOST_BYTES = 300 * 2**20
PARQUET = ".parquet"
SEPARATORS = (";", "\t", ",", "|")
#: Cells (lower case, stripped) that mean "not known".
BLANK = frozenset({"", "na", "n/a", "nan", "null", "none", "unknown", "-"})


def read_table(path):
    """A CSV or Parquet file as a table of stripped text.

    Of CSV, the separator (``; , tab |``) is taken from the header, a byte-order mark dropped, and
    the text read as UTF-8 or else Latin-1.
    Of Parquet, numbers as Python writes them, and nothing where a cell is null.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    pandas.DataFrame
        Every cell is a str; column names are stripped and otherwise as they are.

    Raises
    ------
    ExplorerError
        If there is no such file, it is too large, empty, has no rows, or is not a table.
    """
    if Path(path).suffix.lower() == PARQUET:
        return _read_parquet(Path(path))
    name, text = Path(path).name, _text(Path(path))
    header = text.lstrip().partition("\n")[0]
    separator = max(SEPARATORS, key=header.count)
    try:
        with warnings.catch_warnings():  # a row with too many cells would lose some
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                io.StringIO(text),
                sep=separator,
                dtype=str,
                keep_default_na=False,
                na_filter=False,
                skipinitialspace=True,
                index_col=False,
            ).fillna("")
    except (ValueError, pd.errors.ParserWarning) as error:
        raise ExplorerError(
            f"{name} is not a table: save it as CSV with one header line and the same number of "
            "cells in every row"
        ) from error
    columns = next(csv.reader([header.rstrip("\r")], delimiter=separator))
    table.columns = [column.strip() for column in columns]
    _check(name, table)
    return table


def _read_parquet(path: Path):
    try:
        table = _bounded(path)
    except (OSError, pa.ArrowException) as error:
        raise ExplorerError(
            f"cannot read {path.name}: give a Parquet file such as evaluate writes"
        ) from error
    columns = {
        name.strip(): pd.Series(
            ["" if value is None else str(value).strip() for value in column.to_pylist()], dtype=str
        )
        for name, column in zip(table.column_names, table.columns)
    }
    found = pd.DataFrame(columns)
    _check(path.name, found)
    return found


def _bounded(path: Path):
    """A Parquet file's table, if it is no larger in memory than a CSV file may be on disk.

    A packed column may hold one long text a million times: texts stay packed until they are added.
    """
    with pq.ParquetFile(path) as file:
        facts = file.metadata
        packed = sum(facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
        fields = list(file.schema_arrow)
    if any(kinds.is_nested(field.type) for field in fields):
        raise ExplorerError(f"{path.name} has columns of lists: give one value per cell")
    texts = [field.name for field in fields if not kinds.is_primitive(field.type)]
    size = max(packed, 8 * facts.num_rows * facts.num_columns)
    if size <= MOST_BYTES:
        table = pq.read_table(path, read_dictionary=texts)
        size = sum(
            pc.sum(pc.binary_length(chunk.dictionary).take(chunk.indices)).as_py() or 0
            for column in table.columns
            if kinds.is_dictionary(column.type)
            for chunk in column.chunks
        )
    if size > MOST_BYTES:
        raise ExplorerError(
            f"{path.name} is larger than {MOST_BYTES // 2**20} MB in memory: give fewer columns or "
            "rows"
        )
    return table


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ExplorerError(
                f"{path.name} is larger than {MOST_BYTES // 2**20} MB: give fewer columns or rows"
            )
        data = path.read_bytes()
    except OSError as error:
        raise ExplorerError(f"cannot read {path}: give the path of a CSV file") from error
    if b"\0" in data[:4096]:
        raise ExplorerError(f"{path.name} is not text: save it as CSV in UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if not text.strip():
        raise ExplorerError(f"{path.name} is empty: give a CSV file with a header line")
    return text


def _check(name: str, table) -> None:
    if not len(table):
        raise ExplorerError(f"{name} has a header but no rows: give one row per image")
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise ExplorerError(f"{name} has two columns named {twice[0]!r}: rename one of them")


def is_blank(column) -> np.ndarray:
    """True where a text column holds nothing known (:data:`BLANK`), bool (N,)."""
    return np.array([cell.strip().lower() in BLANK for cell in column.tolist()], bool)


def numbers(column) -> np.ndarray:
    """A text column as float64 (N,), ``0,5`` and ``0.5`` alike; NaN where it is no number."""
    values = pd.to_numeric(column, errors="coerce").to_numpy(float, copy=True)
    again = np.flatnonzero(np.isnan(values))
    if again.size:
        text = column.iloc[again].str.strip().str.replace(",", ".", regex=False)
        values[again] = pd.to_numeric(text, errors="coerce").to_numpy(float)
    return values


def listed(names, most: int = 12) -> str:
    """Names for a sentence, shortened: ``a, b, c and 4 more``."""
    names = [str(name)[:40] for name in names]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
