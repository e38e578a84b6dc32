"""One or two tables to :class:`~explorer.data.predictions.Predictions`, with every loss counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from explorer.data.attributes import Attributes, read_attributes, text_of
from explorer.data.columns import PREFIX, need_roles, readable
from explorer.data.disagreement import TRUTHS, compare_predictions, compare_truths
from explorer.data.findings import JoinFinding, JoinReport
from explorer.data.guessing import guess_columns
from explorer.data.images import by_image, same_names
from explorer.data.mapping import DERIVED, PREDICTED, ColumnMap, Taken, checked
from explorer.data.names import canonical, named
from explorer.data.predictions import Predictions
from explorer.data.values import looks_like
from explorer.util.errors import ExplorerError
from explorer.util.tables import listed, read_table


@dataclass(frozen=True)
class Tables:
    """One or two tables of text as read, and which of their columns is what.

    Attributes
    ----------
    tables : tuple of pandas.DataFrame
        The predictions, and the metadata where they are apart; ``attrs["name"]`` is the file's.
    mapping : ColumnMap
    chosen : mapping of str to tuple of str
        The roles that were chosen rather than guessed.
    """

    tables: tuple
    mapping: ColumnMap
    chosen: Mapping[str, tuple[str, ...]]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of all files, each once."""
        return tuple(dict.fromkeys(column for table in self.tables for column in table.columns))


def read_tables(
    predictions_csv, metadata_csv=None, columns: Mapping[str, str | Sequence[str]] | None = None
) -> Tables:
    """The files of :func:`read_predictions`, and a guess what each of their columns is.

    Raises
    ------
    ExplorerError
        If a file cannot be read, or a chosen role or column does not exist.
    """
    given = (predictions_csv, metadata_csv)
    tables = [read_table(path) for path in given if path is not None]
    found = list(dict.fromkeys(column for table in tables for column in table.columns))
    chosen = checked(columns, found)
    return Tables(tuple(tables), guess_columns(tables, chosen), chosen)


def read_predictions(
    predictions_csv,
    metadata_csv=None,
    columns: Mapping[str, str | Sequence[str]] | None = None,
    **texts,
) -> Predictions:
    """Predictions from a table, joined with a metadata table where they are apart.

    A table is a CSV or a Parquet file. In CSV, separators ``;``, comma and tab, decimal commas,
    thousands separators, UTF-8, UTF-16 and the code pages of Windows are understood. What each
    column is is guessed by its name (in any case, with or without spaces and underscores) and its
    values, and told in ``join.mapping``:

    image
        ``image_name``, ``image``, ``isic_id``, ``filename`` ..., with or without extension. One
        file without such a column has its rows numbered.
    logits, score, prediction
        ``logit_0`` .. ``logit_7``; a probability or percentage (``probability``, ``y_score``,
        ``y_prob``, ``MEL`` ...); a label (``prediction``, ``y_pred`` ...). In a file beside
        metadata also ``target``, as the study's own file and Kaggle's have it.
    target
        ``target``, ``y_true``, ``label``, ``malignant`` ... in the metadata, or in the one file of
        everything: 0 and 1, benign and malignant, no and yes, nevus and melanoma, neg and pos.
    patient
        ``patient_id``, ``subject_id`` ...
    groups
        Every other column of 2 to :data:`MOST_GROUPS` values, under its own name and with its own
        values. Beside them, ages in bands, the archive's body sites, and tones, see
        :mod:`explorer.data.attributes`.

    Parameters
    ----------
    predictions_csv, metadata_csv : str or Path
        Without ``metadata_csv`` the first file must hold the true labels as well.
    columns : mapping of str to str or sequence of str, optional
        Role (a key of :data:`explorer.data.mapping.ROLES`) to column, for what a guess gets wrong:
        ``{"target": "y_true", "tone_group": "group"}``; an empty text is no column.
    texts
        ``name``, ``weights``, ``source``, ``rule`` or ``warnings`` of :class:`Predictions`.

    Raises
    ------
    ExplorerError
        If a file cannot be read, a needed column is missing, or no image is left.
    """
    return join_tables(read_tables(predictions_csv, metadata_csv, columns), **texts)


def join_tables(given: Tables, **texts) -> Predictions:
    """The predictions of tables whose columns are known; raises as :func:`read_predictions`."""
    need_roles(given.mapping, given.tables)
    findings = [
        JoinFinding("encoding", 1, (), text, left_out=False)
        for table in given.tables
        for text in table.attrs["notes"]
    ]
    named_tables = [
        _named(table, given.mapping.of("image", file), role, findings)
        for file, (table, role) in enumerate(zip(given.tables, ("predictions", "metadata")))
    ]
    table, mapping = named_tables[0], given.mapping
    if len(named_tables) > 1:
        table = _matched(*named_tables, mapping, findings)
    places = {each.role: _places(table, each) for each in mapping if each.role != "image"}
    values, table = readable(table, mapping, places, findings)
    used = {column for role in ("target", *PREDICTED) for column in places.get(role, ())}
    compare_truths(table, places["target"][0], used, values["target"], findings)
    compare_predictions(table, places, values, findings)
    known = _attributes(table, given, places, used)
    mapping = _with_groups(mapping, known)
    rows = [len(each) for each in given.tables] + [None]
    join = JoinReport(rows[0], rows[1], len(table), mapping, (*findings, *known.findings))
    files = " and ".join(each.attrs["name"] for each in given.tables)
    texts = {
        "source": f"{files}, {len(table):,} images",
        "rule": _rule(mapping),
        "join": join,
    } | texts
    patient = text_of(table[places["patient"][0]], "") if "patient" in places else None
    return Predictions(**_arrays(table, values, known.metadata, patient), **texts)


def _named(table, image: Taken | None, role: str, findings: list):
    """A file's table by image, each once; without a column of names, by the number of the row."""
    if image is None:
        return table.set_axis([f"row {i + 1}" for i in range(len(table))]).rename_axis("image")
    return by_image(table, image.columns[0], table.attrs["name"], role, findings)


def _matched(table, facts, mapping: ColumnMap, findings: list):
    """Rows of both files, joined by image; what has no partner is counted and left out."""
    table = same_names(table, facts.index, findings)
    alone, extra = (
        a.index.difference(b.index, sort=False) for a, b in ((table, facts), (facts, table))
    )
    for key, images, what in (
        ("no_metadata", alone, "images with a prediction are not in the metadata"),
        ("no_prediction", extra, "images of the metadata have no prediction"),
    ):
        if len(images):
            findings.append(JoinFinding.about(key, images, what))
    if len(alone) == len(table):
        raise ExplorerError(
            "the two files have no image in common: check that both name images the same way, "
            f"for example {listed(table.index, 1)} and {listed(facts.index, 1)}"
        )
    # side by side: prediction columns, and those of both files, get the prefix
    columns = {c for each in mapping if each.role in PREDICTED for c in each.columns}
    both = [c for c in table.columns if c in facts.columns and c not in columns]
    joined = table.rename(columns={c: PREFIX + c for c in (*columns, *both)})
    joined = joined.join(facts, how="inner")
    shadowed = [c for c in both if c not in named(both, TRUTHS)]
    if count := len(shadowed):
        names = listed(shadowed)
        text = f"{count} columns are in both files, and the metadata's are used: {names}."
        findings.append(
            JoinFinding("unused_columns", count, tuple(shadowed[:5]), text, left_out=False)
        )
    return joined


def _places(table, taken: Taken) -> tuple[str, ...]:
    """Where the columns of one role are in the joined table."""
    return tuple(
        PREFIX + column if taken.file == 0 and PREFIX + column in table else column
        for column in taken.columns
    )


def _attributes(table, given: Tables, places: dict, used: set) -> Attributes:
    """Groups of all kinds; a column that is a group already by the explorer's own key is not two"""
    derived = {role: places[role] for role in DERIVED if role in places}
    others = [
        *places.get("patient", ()),
        *derived.get("tone_group", ()),
        *given.chosen.get("ignore", ()),
    ]
    if len(derived.get("cielab", ())) == 1:
        others += derived["cielab"]
    others += [c for role in ("age", "site") for c in derived.get(role, ()) if canonical(c) == role]
    truths = named(table.columns, TRUTHS)
    forced = given.chosen.get("group", ())
    if score := given.mapping.of("score"):  # another model's answers group nothing
        others += [column for column in score.others if column not in forced]
    others += [c for c in truths if c not in forced and looks_like(table[c]) == "labels"]
    shadowed = [c for c in table.columns if c.startswith(PREFIX)]
    return read_attributes(table, derived, {*used, *others, *shadowed}, forced)


def _with_groups(mapping: ColumnMap, known: Attributes) -> ColumnMap:
    """The mapping with the columns that are groups as they are."""
    others = tuple(each for each in mapping if each.role != "group")
    if not known.own:
        return ColumnMap(others)
    why = "2 to 60 different values"
    return ColumnMap((*others, Taken("group", tuple(known.own.values()), why)))


def _rule(mapping: ColumnMap) -> str:
    """By which rule the decisions were made, where that is not chosen later."""
    if mapping.of("logits"):
        return ""
    score = mapping.of("score")
    taken, kind = (score, "probability") if score else (mapping.of("prediction"), "label")
    return f"the {kind} in column {taken.columns[0]}"


def _arrays(table, values: dict[str, np.ndarray], metadata: dict, patient) -> dict:
    """Every array of :class:`Predictions`, read-only."""
    arrays = {"image": table.index.to_numpy(str), "patient": patient, **values}
    for key in ("target", "label"):
        if key in arrays:
            arrays[key] = arrays[key].astype(np.int64)
    for array in [*arrays.values(), *metadata.values()]:
        if array is not None:
            array.setflags(write=False)
    return {**arrays, "metadata": MappingProxyType(metadata)}
