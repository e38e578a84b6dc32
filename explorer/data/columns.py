"""Numbers of the columns that hold labels and predictions, for the rows where all can be read."""

import numpy as np

from explorer.data.findings import JoinFinding
from explorer.data.mapping import PREDICTED, ColumnMap
from explorer.data.values import PERCENT, read_labels, read_scores
from explorer.util.errors import ExplorerError
from explorer.util.numerals import numbers
from explorer.util.tables import is_blank, listed

#: Marks columns of the predictions file whose name the metadata file has as well; no name of a
#: file has this character (:func:`explorer.util.tables.read_table`).
PREFIX = "\x1f"
#: Fields of :class:`~explorer.data.predictions.Predictions` by role.
FIELDS = {"logits": "logits", "score": "probability", "prediction": "label"}
#: What the values of each kind of prediction must be.
EXPECTED = {
    "logits": "finite number",
    "score": "probability from 0 to 1 (or a percentage)",
    "prediction": "label 0 or 1",
}


def plain_name(column: str) -> str:
    """A column's name in its own file."""
    return column.removeprefix(PREFIX)


def need_roles(mapping: ColumnMap, tables) -> None:
    """Refuse what cannot be read: no image names to match by, no predictions, no labels."""
    for file, table in enumerate(tables):
        if len(tables) > 1 and mapping.of("image", file) is None:
            raise ExplorerError(
                f"{table.attrs['name']} has no column of image names, by which the two files are "
                f"matched: call it image_name, or choose it with image=COLUMN (found: "
                f"{listed(table.columns)})"
            )
    if not any(mapping.of(role) for role in PREDICTED):
        raise ExplorerError(
            f"{tables[0].attrs['name']} has no predictions: give a column prediction (0 or 1), "
            "probability, or logit_0 to logit_7, or choose one with score=COLUMN or "
            f"prediction=COLUMN (found: {listed(tables[0].columns)})"
        )
    if mapping.of("target") is None:
        found = dict.fromkeys(column for table in tables for column in table.columns)
        raise ExplorerError(
            "there are no true labels: give a column target (0 benign, 1 malignant), or choose "
            f"one with target=COLUMN (found: {listed(found)})"
        )


def readable(table, mapping: ColumnMap, places: dict, findings: list):
    """Numbers of labels and predictions for the rows where all can be read, and those rows.

    Parameters
    ----------
    table : pandas.DataFrame
        Joined text.
    mapping : ColumnMap
    places : dict of str to tuple of str
        Role to columns of ``table``.
    findings : list of JoinFinding
        What is left out is added.

    Returns
    -------
    values : dict of str to float64 array
        ``target`` and the fields of :data:`FIELDS` that there are.
    table : pandas.DataFrame
    """
    kept = np.ones(len(table), bool)

    def leave_out(bad: np.ndarray, key: str, what: str) -> None:
        bad = kept & bad
        if bad.any():
            findings.append(JoinFinding.about(key, table.index[bad], f"images have {what}"))
            kept[bad] = False

    truth = places["target"][0]
    values, name = {"target": read_labels(table[truth])}, plain_name(truth)
    leave_out(is_blank(table[truth]), "missing_label", f"no true label in {name}")
    what = f"a value in {name} that is not 0, 1, benign or malignant"
    leave_out(np.isnan(values["target"]), "bad_label", what)
    for role in (role for role in PREDICTED if role in places):
        columns = places[role]
        values[FIELDS[role]] = array = _numbers(table, role, columns, mapping)
        shown = listed([plain_name(c) for c in columns], 2)
        missing = np.any([is_blank(table[c]) for c in columns], axis=0)
        leave_out(missing, "missing_prediction", f"no prediction in {shown}")
        what = f"a value in {shown} that is not a {EXPECTED[role]}"
        good = np.isfinite(array)
        leave_out(~(good.all(axis=1) if array.ndim > 1 else good), "bad_prediction", what)
    if not kept.any():
        raise ExplorerError("no image is left: " + " ".join(f.text for f in findings if f.left_out))
    return {key: array[kept] for key, array in values.items()}, table[kept]


def _numbers(table, role: str, columns, mapping: ColumnMap) -> np.ndarray:
    if role == "logits":
        return np.stack([numbers(table[column]) for column in columns], axis=1)
    if role == "score":
        return read_scores(table[columns[0]], PERCENT in mapping.of(role).done)[0]
    return read_labels(table[columns[0]])
