"""A reading that may fail: what each column was taken for, rows to look at, and what came of it.

What a form needs that lets a person put the guess right: it has something to show even where the
files cannot be joined yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from explorer.data.joining import Tables, join_tables, read_tables
from explorer.data.mapping import ColumnMap
from explorer.data.predictions import Predictions
from explorer.util.errors import ExplorerError

#: Rows of the preview, and columns of groups in it.
ROWS, MOST_COLUMNS = 5, 6
LABELS = ("benign", "malignant")


@dataclass(frozen=True)
class Draft:
    """One or two files, read as far as it went.

    Attributes
    ----------
    tables : Tables
    predictions : Predictions or None
        None where they cannot be joined.
    problem : str
        Why, in one sentence; empty where they can.
    """

    tables: Tables
    predictions: Predictions | None = None
    problem: str = ""

    @property
    def mapping(self) -> ColumnMap:
        """What each column was taken for; with the groups where the files could be joined."""
        return self.predictions.join.mapping if self.predictions else self.tables.mapping

    @property
    def counts(self) -> tuple[tuple[str, str], ...]:
        """Rows, images, malignant ones, patients and groups, as name and number."""
        rows = " and ".join(f"{len(table):,}" for table in self.tables.tables)
        found = self.predictions
        if found is None:
            return (("rows", rows),)
        patients = len(set(found.patient) - {""}) if found.has_patients else 0
        groups = ", ".join(
            f"{found.name_of(key)} ({len(found.labels(key))})" for key in found.groupings()
        )
        return (
            ("rows", rows),
            ("images", f"{len(found):,}"),
            ("malignant", f"{found.target.sum():,}"),
            *([("patients", f"{patients:,}")] if patients else []),
            ("groups", groups or "none"),
        )

    def preview(self) -> tuple[list[str], list[list[str]]]:
        """Headers and the first rows: as they were read, or as the first file has them."""
        if self.predictions is None:
            table = self.tables.tables[0].iloc[:ROWS, : MOST_COLUMNS + 4]
            return list(table.columns), table.to_numpy(str).tolist()
        found = self.predictions.subset(slice(ROWS))
        columns = {"image": found.image, "true label": [LABELS[each] for each in found.target]}
        if found.probability is not None:
            columns["P(malignant)"] = [f"{each:.3f}" for each in found.probability]
        if found.label is not None:
            columns["predicted"] = [LABELS[each] for each in found.label]
        if found.logits is not None:
            columns["logits"] = ["; ".join(f"{z:.1f}" for z in row) for row in found.logits]
        if found.has_patients:
            columns["patient"] = found.patient
        for key in found.groupings()[:MOST_COLUMNS]:
            columns[found.name_of(key)] = found.column(key)
        return list(columns), [list(map(str, row)) for row in zip(*columns.values())]


def draft(
    predictions_csv,
    metadata_csv=None,
    columns: Mapping[str, str | Sequence[str]] | None = None,
    **texts,
) -> Draft:
    """Read files as :func:`~explorer.data.joining.read_predictions` does, as far as it goes.

    Raises
    ------
    ExplorerError
        If a file cannot be read at all, or a role or column that was chosen does not exist.
    """
    tables = read_tables(predictions_csv, metadata_csv, columns)
    try:
        return Draft(tables, join_tables(tables, **texts))
    except ExplorerError as error:
        return Draft(tables, problem=str(error))
