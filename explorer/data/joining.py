"""One or two tables to :class:`~explorer.data.predictions.Predictions`, with every loss counted."""

from pathlib import Path
from types import MappingProxyType

import numpy as np

from explorer.data.attributes import Attributes, read_attributes
from explorer.data.columns import (
    IMAGE_COLUMNS,
    PREFIX,
    TRUTH_COLUMNS,
    plain_name,
    prediction_columns,
    read_labels,
    readable,
    truth_column,
)
from explorer.data.findings import JoinFinding, JoinReport
from explorer.data.images import by_image
from explorer.data.predictions import Predictions
from explorer.util.errors import ExplorerError
from explorer.util.tables import listed, read_table


def read_predictions(predictions_csv, metadata_csv=None, **texts) -> Predictions:
    """Predictions from a table, joined with a metadata table where they are apart.

    A table is a CSV or a Parquet file. In CSV, separators ``;``, comma and tab, decimal commas and
    a byte-order mark are understood. Column names do not depend on case:

    images
        ``image_name`` (or ``image``, ``isic_id``, ``filename``), with or without extension.
    predictions
        ``logit_0`` .. ``logit_7``, or ``probability``, or ``prediction`` (0 or 1); in a file
        beside metadata also ``target``, as the study's own file and Kaggle's have it: labels if
        the values are 0 and 1, else probabilities.
    true labels
        ``target`` (0, 1, benign, malignant) in the metadata, or in the one file of everything.
    groups
        ``group``, ``sex``, ``age_approx``, ``anatom_site_general_challenge``, ``color_r``,
        ``color_g``, ``color_b`` (tone by float CIELAB), ``patient_id``, see
        :mod:`explorer.data.attributes`; any other column of 2 to :data:`MOST_GROUPS` values.

    Parameters
    ----------
    predictions_csv, metadata_csv : str or Path
        Without ``metadata_csv`` the first file must hold the true labels as well.
    texts
        ``name``, ``weights``, ``source``, ``rule`` or ``warnings`` of :class:`Predictions`.

    Raises
    ------
    ExplorerError
        If a file cannot be read, a needed column is missing, or no image is left.
    """
    findings: list[JoinFinding] = []
    table = _named(predictions_csv, "predictions", findings)
    files, rows = [Path(predictions_csv).name], [table.attrs["rows"], None]
    predicted = prediction_columns(table, files[0], metadata_csv is not None)
    if metadata_csv is not None:
        facts = _named(metadata_csv, "metadata", findings)
        files, rows = [*files, Path(metadata_csv).name], [rows[0], facts.attrs["rows"]]
        table, predicted = _matched(table, facts, predicted, findings)
    truth = truth_column(table, predicted)
    values, table = readable(table, truth, predicted, findings)
    used = {truth, *(column for kind in predicted.values() for column in kind)}
    others = [c for c in table.columns if plain_name(c) in TRUTH_COLUMNS and c not in used]
    _compare_truths(table, truth, others, values["target"], findings)
    used.update(others, (c for c in table.columns if c.startswith(PREFIX)))
    known = read_attributes(table, used)
    columns = {"image": table.attrs.get("image", "image"), "target": plain_name(truth)}
    for kind, names in predicted.items():
        columns[kind] = listed([plain_name(c) for c in names], 8)
    columns = MappingProxyType(columns | known.columns)
    join = JoinReport(*rows, len(table), columns, (*findings, *known.findings))
    source = f"{' and '.join(files)}, {len(table):,} images"
    rule = ""
    if "logits" not in predicted:
        kind, names = next(iter(predicted.items()))
        rule = f"the {kind} in column {plain_name(names[0])}"
    texts = {"source": source, "rule": rule, "join": join} | texts
    return Predictions(**_arrays(table, values, known), **texts)


def _named(path, role: str, findings: list):
    """A file's table by image, each once; ``attrs`` tells its rows and its image column."""
    table, name = read_table(path), Path(path).name
    column = next((c for c in IMAGE_COLUMNS if c in table), None)
    if column is None:
        raise ExplorerError(
            f"{name} has no column of image names: call it image_name (found: "
            f"{listed(table.columns)})"
        )
    rows = len(table)
    table = by_image(table, column, name, role, findings)
    table.attrs = {"rows": rows, "image": column}
    return table


def _matched(table, facts, predicted: dict, findings: list):
    """Rows of both files, joined by image; what has no partner is counted and left out."""
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
    columns = {column for kind in predicted.values() for column in kind}
    both = [c for c in table.columns if c in facts.columns and c not in columns]
    joined = table.rename(columns={c: PREFIX + c for c in (*columns, *both)})
    joined = joined.join(facts, how="inner")
    joined.attrs = {"image": table.attrs["image"]}
    shadowed = [c for c in both if c not in TRUTH_COLUMNS]
    if count := len(shadowed):
        names = listed(shadowed)
        text = f"{count} columns are in both files, and the metadata's are used: {names}."
        findings.append(
            JoinFinding("unused_columns", count, tuple(shadowed[:5]), text, left_out=False)
        )
    return joined, {kind: tuple(PREFIX + c for c in names) for kind, names in predicted.items()}


def _arrays(table, values: dict[str, np.ndarray], known: Attributes) -> dict:
    """Every array of :class:`Predictions`, read-only."""
    arrays = {"image": table.index.to_numpy(str), "patient": known.patient, **values}
    for key in ("target", "label"):
        if key in arrays:
            arrays[key] = arrays[key].astype(np.int64)
    for array in [*arrays.values(), *known.metadata.values()]:
        if array is not None:
            array.setflags(write=False)
    return {**arrays, "metadata": MappingProxyType(known.metadata)}


def _compare_truths(table, truth: str, others: list, target: np.ndarray, findings: list) -> None:
    """Another column of true labels is compared, and told where it disagrees."""
    for column in others:
        other = read_labels(table[column])
        differ = ~np.isnan(other) & (other != target)
        if count := int(differ.sum()):
            name, examples = plain_name(truth), tuple(table.index[differ][:5])
            text = (
                f"{count:,} images have another label in {plain_name(column)} than in {name}: "
                f"{name} is used."
            )
            findings.append(JoinFinding("label_conflict", count, examples, text, left_out=False))
