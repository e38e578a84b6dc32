"""Reading a data set's metadata: which adapter, one or several files, one row per image."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.data.datasets.adapter import Adapter
from explorer.data.datasets.known import ADAPTERS, KINDS
from explorer.data.images import by_image, by_loose_key, image_key, loose_key
from explorer.util.errors import ExplorerError
from explorer.util.tables import listed, read_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Metadata:
    """What is known of a data set's images.

    Attributes
    ----------
    adapter : Adapter
    table : pandas.DataFrame
        One row per image, indexed by its name without folder and extension; every cell a str, ""
        where not known. ``target`` ("0", "1" or "") is always there; see
        :data:`explorer.data.datasets.adapter.KNOWN` for the names of the others.
    notes : tuple of str
        Counts, rows left out, and classes that can be argued about, one sentence each.
    """

    adapter: Adapter
    table: "pd.DataFrame"
    notes: tuple[str, ...]

    @property
    def about(self) -> str:
        """How diagnoses became the target, in words."""
        return self.adapter.about

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the table's columns."""
        return tuple(self.table.columns)

    def lookup(self, image_name: str) -> dict[str, str] | None:
        """An image's row by its name, with or without folder and extension.

        A name that is not there is one that differs in case or leading zeros alone, if one does.
        """
        name = self._name_of(image_name)
        return None if name is None else dict(zip(self.columns, self._cells[self._places[name]]))

    def alike(self, image_names: Iterable[str]) -> dict[str, str]:
        """Of these images, those whose row has another name, and that name."""
        keys = map(image_key, map(str, image_names))
        found = {key: self._name_of(key) for key in keys if key not in self._places}
        return {key: name for key, name in found.items() if name is not None}

    def _name_of(self, image_name: str) -> str | None:
        key = image_key(str(image_name))
        if key in self._places:
            return key
        names = self._loose.get(loose_key(key), ())
        return names[0] if len(names) == 1 else None

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.table.index)}

    @cached_property
    def _loose(self) -> dict[str, list[str]]:
        return by_loose_key(self._places)

    @cached_property
    def _cells(self) -> list[list[str]]:
        return self.table.to_numpy(object).tolist()


def read_metadata(path: str | Path | Sequence[str | Path], kind: str | None = None) -> Metadata:
    """Read a data set's metadata into one table.

    Parameters
    ----------
    path : str, Path, or several
        CSV files of one data set; several are joined by image, and where two know a column the
        first that is not blank counts (ISIC 2019 has its labels and its metadata in two files).
    kind : str, optional
        Key of :data:`KINDS`; found from the columns by default.

    Raises
    ------
    ExplorerError
        If a file cannot be read, is not of that kind, or names no images.
    """
    paths = [path] if isinstance(path, (str, Path)) else list(path)
    if not paths:
        raise ExplorerError("no metadata file was given: give the path of a CSV file")
    files = [(Path(each).name, read_table(each)) for each in paths]
    said = [text for _, table in files for text in table.attrs["notes"]]
    columns = {column.lower() for _, table in files for column in table.columns}
    adapter = _adapter(kind, columns, files[0][0])
    findings: list = []
    tables = []
    for name, table in files:
        column = adapter.image_column(table.columns)
        if column is None:
            raise ExplorerError(
                f"{name} has no column {adapter.images[0]}, by which images of {adapter.name} are "
                f"named (found: {listed(table.columns)})"
            )
        tables.append((name, by_image(table, column, name, "metadata", findings)))
    joined, notes = _joined(tables)
    if not adapter.own:
        _check_cases(joined.columns, files[0][0])
    table = adapter.read(joined)
    notes = [*said, *adapter.notes(table), *(finding.text for finding in findings), *notes]
    return Metadata(adapter, table, tuple(notes))


def _adapter(kind: str | None, columns: set[str], name: str) -> Adapter:
    if kind is None:
        adapter = next((a for a in ADAPTERS if a.recognises(columns)), None)
        if adapter is None:
            raise ExplorerError(
                f"{name} has no column of image names: call it image_name (found: "
                f"{listed(sorted(columns))})"
            )
        return adapter
    if kind not in KINDS:
        raise ExplorerError(f"there is no kind of metadata {kind!r}: use one of {', '.join(KINDS)}")
    adapter = KINDS[kind]
    if not adapter.recognises(columns):
        needed = sorted(min(adapter.signatures, key=lambda each: len(each - columns)) - columns)
        raise ExplorerError(
            f"{name} is not metadata of {adapter.name}: it has no column {listed(needed)}; leave "
            "the kind out to have it found"
        )
    return adapter


def _check_cases(columns: Sequence[str], name: str) -> None:
    """Refuse columns of a known data set that differ in case alone: either could be meant."""
    lower = Counter(map(str.lower, columns))
    if twice := [column for column in columns if lower[column.lower()] > 1]:
        raise ExplorerError(
            f"{name} has columns that differ in case alone ({listed(twice)}): rename one of them"
        )


def _joined(tables: list):
    """All files' rows and columns by image, and what only one of them knows, in words."""
    (first, joined), notes = tables[0], []
    for name, table in tables[1:]:
        for here, there, alone in (
            (first, name, joined.index.difference(table.index)),
            (name, first, table.index.difference(joined.index)),
        ):
            if len(alone):
                notes.append(
                    f"{len(alone):,} images are in {here} but not in {there} "
                    f"({listed(alone, 3)}): what the other file knows is missing."
                )
        shared = [column for column in table if column in joined]
        known = joined[shared].reindex(joined.index.union(table.index, sort=False)).fillna("")
        other = table[shared].reindex(known.index).fillna("")
        joined = joined.join(table.drop(columns=shared), how="outer").fillna("")
        joined = joined.reindex(known.index)
        joined[shared] = known.where(known != "", other)
    return joined, notes
