"""Reading a CSV or Parquet file as text, whatever its separator, encoding and decimal mark.

Everything stays text until a column's meaning is known: that way an identifier keeps its leading
zeros, and a number that cannot be read can be counted instead of turning a column into objects.
"""

import io
import re
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

from explorer.util import lazy
from explorer.util.cells import ESCAPED, plain_cell
from explorer.util.encoding import decoded
from explorer.util.errors import ExplorerError, one_line

kinds = lazy.load("pyarrow.types")
pa = lazy.load("pyarrow")
pc = lazy.load("pyarrow.compute")
pd = lazy.load("pandas")
pq = lazy.load("pyarrow.parquet")

#: Larger files are refused, of CSV as they lie on disk: 100,000 rows of 20 columns are about 15 MB.
MOST_BYTES = 300 * 2**20
#: More rows, cells or columns are refused before anything is read: ISIC 2024's metadata, the
#: largest file that is known, has 401,059 rows of 55 columns, 22 million cells.
MOST_ROWS, MOST_CELLS, MOST_COLUMNS = 1_000_000, 25_000_000, 1_000
PARQUET = ".parquet"
SEPARATORS = (";", "\t", ",", "|")
#: Excel's own line in front of the header.
HINT = re.compile(r'"?sep=([;\t,|])"?\n')
#: Cells (lower case, stripped) that mean "not known".
BLANK = frozenset({"", "na", "n/a", "nan", "null", "none", "unknown", "-"})
#: Characters of all names that a sentence lists, and of one.
LONGEST_LIST, LONGEST_NAME = 160, 40


def read_table(path):
    """A CSV or Parquet file as a table of stripped text.

    Of CSV, the separator (``; , tab |``) is taken from the header, and the encoding from the
    bytes (:mod:`explorer.util.encoding`).
    Of Parquet, numbers as Python writes them, and nothing where a cell is null.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    pandas.DataFrame
        Every cell is a str; column names are stripped, on one line, and otherwise as they are.
        ``attrs["name"]`` is the file's, ``attrs["notes"]`` a tuple of sentences on how it was read.

    Raises
    ------
    ExplorerError
        If there is no such file, it is too large, empty, has no rows, or is not a table.
    """
    path = Path(path)
    table, notes = _parquet(path) if path.suffix.lower() == PARQUET else _csv(path)
    table.columns = [one_line(str(name)) for name in table.columns]
    unnamed = [place for place, name in enumerate(table.columns) if not name]
    empty = [place for place in unnamed if (table.iloc[:, place] == "").all()]
    if empty:  # behind a separator at the end of every line
        table = table.iloc[:, [i for i in range(table.shape[1]) if i not in empty]]
    if not len(table):
        raise ExplorerError(f"{path.name} has a header but no rows: give one row per image")
    twice = [name for name, count in Counter(table.columns).items() if count > 1]
    if twice:
        name = twice[0][:LONGEST_NAME]
        raise ExplorerError(f"{path.name} has two columns named {name!r}: rename one of them")
    table.attrs = {"name": path.name, "notes": notes}
    return table


# CSV


def _csv(path: Path) -> tuple:
    text, said = _text(path)
    hint = HINT.match(text)
    text = text[hint.end() :] if hint else text
    header = re.sub(r'"[^"]*"', "", text[:100_000]).partition("\n")[0]
    separator = hint[1] if hint else max(SEPARATORS, key=header.count)
    rows, columns = text.count("\n"), header.count(separator) + 1
    _check_size(path.name, rows, rows + text.count(separator), columns)
    try:
        with warnings.catch_warnings():  # a row with too many cells would lose some
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                io.BytesIO(text.encode()),
                sep=separator,
                header=None,
                dtype=str,
                keep_default_na=False,
                na_filter=False,
                skipinitialspace=True,
                index_col=False,
            ).fillna("")
    except (ValueError, pd.errors.ParserWarning) as error:
        raise ExplorerError(
            f"{path.name} is not a table: save it as CSV with one header line and the same number "
            "of cells in every row"
        ) from error
    names, table = map(plain_cell, table.iloc[0]), table.iloc[1:].reset_index(drop=True)
    table = table.apply(_unescaped)
    table.columns = list(names)
    return table, (f"{path.name} {said}.",) if said else ()


def _text(path: Path) -> tuple[str, str]:
    """The file's text with line ends of one kind, and how it was read where that is worth a word"""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _too_large(path.name, f"{MOST_BYTES // 2**20} MB")
        data = path.read_bytes()
    except OSError as error:
        raise ExplorerError(f"cannot read {path}: give the path of a CSV file") from error
    try:
        text, said = decoded(data)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ExplorerError(f"{path.name} is not text: save it as CSV in UTF-8")
    text = text.replace("\r\n", "\n").lstrip("\r\n \ufeff")
    end = re.search("[\r\n]", re.sub(r'"[^"]*"', "", text[:100_000]))
    # where lines end otherwise than on an old Mac, its end of a line is part of a cell
    text = text.replace("\r", " " if end and end[0] == "\n" else "\n")
    if not text.strip():
        raise ExplorerError(f"{path.name} is empty: give a CSV file with a header line")
    return text, said


def _unescaped(column):
    """Cells as they were before :func:`explorer.util.cells.safe_cell`."""
    if not column.str.startswith("'").any():
        return column
    return column.str.replace(ESCAPED, "", regex=True)


# Parquet


def _parquet(path: Path) -> tuple:
    try:
        table = _bounded(path)
        columns = [_as_text(column) for column in table.columns]
    except ExplorerError:
        raise
    except Exception as error:  # a damaged file makes its reader raise anything
        raise ExplorerError(
            f"cannot read {path.name}: give a Parquet file such as evaluate writes"
        ) from error
    if not columns:
        raise ExplorerError(f"{path.name} has no columns: give a table with one row per image")
    found = pd.concat(columns, axis=1)
    found.columns = table.column_names
    return found, ()


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
    cells = facts.num_rows * facts.num_columns
    _check_size(path.name, facts.num_rows, cells, facts.num_columns)
    texts = [field.name for field in fields if not kinds.is_primitive(field.type)]
    size = packed
    if size <= MOST_BYTES:
        table = pq.ParquetFile(path, read_dictionary=texts).read()
        size = sum(
            pc.sum(pc.binary_length(chunk.dictionary).take(chunk.indices)).as_py() or 0
            for column in table.columns
            if _is_packed_text(column.type)
            for chunk in column.chunks
        )
    if size > MOST_BYTES:
        raise _too_large(path.name, f"{MOST_BYTES // 2**20} MB in memory")
    return table


def _is_packed_text(kind) -> bool:
    if not kinds.is_dictionary(kind):
        return False
    return any(check(kind.value_type) for check in (kinds.is_string, kinds.is_binary))


def _as_text(column):
    """Stripped text of a column, a Series of str; each different value is written once."""
    if not kinds.is_dictionary(column.type):
        column = column.dictionary_encode()
    found = []
    for chunk in column.chunks:
        different = ("" if value is None else str(value) for value in chunk.dictionary.to_pylist())
        words = pa.array([*(word.strip() for word in different), ""], pa.large_string())
        found.append(words.take(chunk.indices.fill_null(len(words) - 1)))
    text = pa.chunked_array(found, pa.large_string())
    return pd.Series(pd.StringDtype(na_value=np.nan).__from_arrow__(text))


# Both


def _check_size(name: str, rows: int, cells: int, columns: int) -> None:
    for found, most, what in (
        (rows, MOST_ROWS, "rows"),
        (cells, MOST_CELLS, "cells"),
        (columns, MOST_COLUMNS, "columns"),
    ):
        if found > most:
            raise _too_large(name, f"{most:,} {what}")


def _too_large(name: str, most: str) -> ExplorerError:
    return ExplorerError(f"{name} has more than {most}: give fewer columns or rows")


def is_blank(column) -> np.ndarray:
    """True where a text column holds nothing known (:data:`BLANK`), bool (N,)."""
    return column.str.strip().str.lower().isin(BLANK).to_numpy(bool)


def listed(names, most: int = 12) -> str:
    """Names for a sentence, shortened: ``a, b, c and 4 more``."""
    names = [one_line(str(name))[:LONGEST_NAME] for name in names]
    kept = names[:most]
    while len(kept) > 1 and sum(map(len, kept)) > LONGEST_LIST:
        kept.pop()
    more = f" and {len(names) - len(kept)} more" if len(names) > len(kept) else ""
    return ", ".join(kept) + more
