"""One or two CSV files to :class:`~explorer.data.predictions.Predictions`, with every loss counted.

Images are matched by name without folder and without an image's extension. Identical rows of one
image count once; contradicting rows of one image are left out, since nothing says which is right.
"""

import re
from pathlib import Path
from types import MappingProxyType

import numpy as np

from explorer.data.attributes import read_attributes
from explorer.data.findings import Finding, JoinReport
from explorer.data.predictions import Predictions
from explorer.util.errors import ExplorerError
from explorer.util.tables import is_blank, listed, numbers, read_table

IMAGE_COLUMNS = (
    "image_name",
    "image",
    "isic_id",
    "image_id",
    "filename",
    "file_name",
    "file",
    "name",
    "id",
)
LOGIT_COLUMNS = tuple(f"logit_{i}" for i in range(8))
PROBABILITY_COLUMNS = ("probability", "probability_malignant", "prob", "p_malignant", "score")
LABEL_COLUMNS = (
    "prediction",
    "predicted",
    "predicted_label",
    "predicted_class",
    "pred",
    "decision",
)
TRUTH_COLUMNS = ("target", "true_label", "y_true", "ground_truth", "label", "benign_malignant")
#: Columns of a predictions file that hold a prediction only if no other column does.
AMBIGUOUS_COLUMNS = ("target", "label")

EXTENSION = re.compile(r"\.(jpe?g|png|tiff?|bmp|webp|gif|dcm)$", re.IGNORECASE)
#: Marks columns of the predictions file whose name the metadata file has as well.
PREFIX = "predicted:"
WORDS = {"benign": 0.0, "malignant": 1.0, "false": 0.0, "true": 1.0, "no": 0.0, "yes": 1.0}


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
    findings: list[Finding] = []
    table = _named(predictions_csv, "predictions", findings)
    rows, metadata_rows = table.attrs["rows"], None
    predicted = _prediction_columns(table, Path(predictions_csv).name, metadata_csv is not None)
    if metadata_csv is not None:
        facts = _named(metadata_csv, "metadata", findings)
        metadata_rows = facts.attrs["rows"]
        table = _matched(table, facts, predicted, findings)
    truth = _truth_column(table, predicted)
    values, table = _checked(table, truth, predicted, findings)
    return _assembled(
        table,
        values,
        predicted,
        truth,
        findings,
        (rows, metadata_rows),
        texts,
        (predictions_csv, metadata_csv),
    )


# One file


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


def image_key(name: str) -> str:
    """An image's name without folder and image extension, by which files are matched."""
    return EXTENSION.sub("", name.replace("\\", "/").rpartition("/")[2].strip())


def image_keys(names):
    """:func:`image_key` of every name of a pandas Series."""
    return names.map(image_key).astype(str)


def by_image(table, column: str, name: str, role: str, findings: list):
    """A table by the image named in ``column``, each image once; losses go to ``findings``."""
    table = table.set_axis(image_keys(table[column]).rename("image")).drop(columns=column)
    nameless = table.index.str.lower().isin(["", "nan", "none"])
    if nameless.any():
        findings.append(
            Finding(
                "no_name",
                int(nameless.sum()),
                (),
                f"{int(nameless.sum()):,} rows of {name} have no image name: left out.",
            )
        )
    return _unique(table[~nameless], name, role, findings)


def _unique(table, name: str, role: str, findings: list):
    """One row per image: identical rows once, contradicting ones not at all."""
    repeated = table.index.duplicated(keep=False)
    if not repeated.any():
        return table
    again = table[repeated].reset_index(names=PREFIX).drop_duplicates()  # no column's name
    clash = again[PREFIX][again[PREFIX].duplicated(keep=False)].unique()
    extra = int(repeated.sum() - table.index[repeated].nunique())
    same = extra - int(table.index[repeated].isin(clash).sum() - len(clash))
    if same:
        images = table.index[repeated & ~table.index.isin(clash)].unique()
        findings.append(
            Finding(
                f"duplicate_{role}",
                same,
                tuple(images[:5]),
                f"{same:,} rows of {name} repeat an image with the same values "
                f"({listed(images, 3)}): counted once.",
            )
        )
    if len(clash):
        findings.append(
            Finding(
                f"conflicting_{role}",
                len(clash),
                tuple(clash[:5]),
                f"{len(clash):,} images have contradicting rows in {name} ({listed(clash, 3)}): "
                "left out.",
            )
        )
    return table[~table.index.duplicated() & ~table.index.isin(clash)]


def _prediction_columns(table, name: str, second_file: bool) -> dict[str, tuple[str, ...]]:
    """Kind of prediction to its columns, at least one kind."""
    found = {}
    logits = [c for c in LOGIT_COLUMNS if c in table]
    if 0 < len(logits) < 8:
        raise ExplorerError(
            f"{name} has {len(logits)} of the 8 logits: give logit_0 to logit_7, index 2 d + y"
        )
    if logits:
        found["logits"] = LOGIT_COLUMNS
    for kind, columns in (("probability", PROBABILITY_COLUMNS), ("label", LABEL_COLUMNS)):
        chosen = next((c for c in columns if c in table), None)
        if chosen:
            found[kind] = (chosen,)
    if not found:
        found = _ambiguous(table, second_file)
    if not found:
        raise ExplorerError(
            f"{name} has no predictions: give a column prediction (0 or 1), probability, or "
            f"logit_0 to logit_7 (found: {listed(table.columns)})"
        )
    return found


def _ambiguous(table, second_file: bool) -> dict[str, tuple[str, ...]]:
    """``target`` or ``label`` as the prediction, where another column can be the truth."""
    columns = [c for c in AMBIGUOUS_COLUMNS if c in table]
    chosen = next((c for c in columns if second_file or c == "label"), None)
    if chosen is None or not (second_file or "target" in columns):
        return {}
    values = numbers(table[chosen])
    fraction = np.isfinite(values) & (values != 0) & (values != 1)
    # a few stray values among labels are bad labels, not probabilities
    return {"probability" if fraction.mean() > 0.5 else "label": (chosen,)}


# Two files


def _matched(table, facts, predicted: dict, findings: list):
    """Rows of both files, joined by image; what has no partner is counted and left out."""
    alone, extra = (
        a.index.difference(b.index, sort=False) for a, b in ((table, facts), (facts, table))
    )
    if len(alone):
        findings.append(
            Finding(
                "no_metadata",
                len(alone),
                tuple(alone[:5]),
                f"{len(alone):,} images with a prediction are not in the metadata "
                f"({listed(alone, 3)}): left out.",
            )
        )
    if len(extra):
        findings.append(
            Finding(
                "no_prediction",
                len(extra),
                tuple(extra[:5]),
                f"{len(extra):,} images of the metadata have no prediction ({listed(extra, 3)}): "
                "left out.",
            )
        )
    if len(alone) == len(table):
        raise ExplorerError(
            "the two files have no image in common: check that both name images the same way, "
            f"for example {listed(table.index, 1)} and {listed(facts.index, 1)}"
        )
    return _side_by_side(table, facts, predicted, findings)


def _side_by_side(table, facts, predicted: dict, findings: list):
    """Columns of both files; prediction columns, and those of both files, get the prefix."""
    columns = {column for kind in predicted.values() for column in kind}
    both = [c for c in table.columns if c in facts.columns and c not in columns]
    joined = table.rename(columns={c: PREFIX + c for c in (*columns, *both)})
    joined = joined.join(facts, how="inner")
    joined.attrs = {"image": table.attrs["image"]}
    for kind, names in predicted.items():
        predicted[kind] = tuple(PREFIX + c for c in names)
    shadowed = [c for c in both if c not in TRUTH_COLUMNS]
    if shadowed:
        findings.append(
            Finding(
                "unused_columns",
                len(shadowed),
                tuple(shadowed[:5]),
                f"{len(shadowed)} columns are in both files, and the metadata's are used: "
                f"{listed(shadowed)}.",
                left_out=False,
            )
        )
    return joined


def _truth_column(table, predicted: dict) -> str:
    used = {column for kind in predicted.values() for column in kind}
    candidates = [c for c in TRUTH_COLUMNS if c in table and c not in used]
    candidates += [
        PREFIX + c for c in TRUTH_COLUMNS if PREFIX + c in table and PREFIX + c not in used
    ]
    if not candidates:
        raise ExplorerError(
            "there are no true labels: give metadata with a column target (0 benign, 1 "
            f"malignant) (found: {listed(table.columns)})"
        )
    return candidates[0]


# Values


def _checked(table, truth: str, predicted: dict, findings: list):
    """Numbers of labels and predictions for the rows where all can be read, and those rows."""
    target = read_labels(table[truth])
    blank, kept = is_blank(table[truth]), np.ones(len(table), bool)
    kept &= _sieve(table, blank, "missing_label", f"no true label in {_plain(truth)}", findings)
    kept &= _sieve(
        table,
        kept & np.isnan(target),
        "bad_label",
        f"a value in {_plain(truth)} that is not 0, 1, benign or malignant",
        findings,
    )
    values = {"target": target}
    for kind, columns in predicted.items():
        array = _numbers_of(table, kind, columns)
        shown = listed([_plain(c) for c in columns], 2)
        missing = np.any([is_blank(table[c]) for c in columns], axis=0)
        good = _good(kind, array)
        kept &= _sieve(
            table, kept & missing, "missing_prediction", f"no prediction in {shown}", findings
        )
        kept &= _sieve(
            table,
            kept & ~good,
            "bad_prediction",
            f"a value in {shown} that is not a {EXPECTED[kind]}",
            findings,
        )
        values[kind] = array
    if not kept.any():
        raise ExplorerError("no image is left: " + " ".join(f.text for f in findings if f.left_out))
    return {key: array[kept] for key, array in values.items()}, table[kept]


EXPECTED = {
    "logits": "finite number",
    "probability": "probability from 0 to 1",
    "label": "label 0 or 1",
}


def _sieve(table, bad: np.ndarray, key: str, text: str, findings: list) -> np.ndarray:
    """Report the bad rows; returns where they are not."""
    if bad.any():
        examples = table.index[bad]
        count = int(bad.sum())
        findings.append(
            Finding(
                key,
                count,
                tuple(examples[:5]),
                f"{count:,} images have {text} ({listed(examples, 3)}): left out.",
            )
        )
    return ~bad


def read_labels(column) -> np.ndarray:
    """0.0, 1.0, or NaN for anything else, of a text column; float64 (N,)."""
    words = column.str.strip().str.lower().map(WORDS).to_numpy(float)
    values = np.where(np.isnan(words), numbers(column), words)
    return np.where((values == 0) | (values == 1), values, np.nan)


def _numbers_of(table, kind: str, columns: tuple[str, ...]) -> np.ndarray:
    if kind == "logits":
        return np.stack([numbers(table[c]) for c in columns], axis=1)
    return read_labels(table[columns[0]]) if kind == "label" else numbers(table[columns[0]])


def _good(kind: str, array: np.ndarray) -> np.ndarray:
    if kind == "logits":
        return np.isfinite(array).all(axis=1)
    return np.isfinite(array) & (array >= 0) & (array <= 1)


# The result


def _assembled(table, values, predicted, truth, findings, rows, texts, paths) -> Predictions:
    used = {truth, *(column for kind in predicted.values() for column in kind)}
    others = [c for c in table.columns if _plain(c) in TRUTH_COLUMNS and c not in used]
    _compare_truths(table, truth, others, values["target"], findings)
    facts = read_attributes(
        table, used.union(others, (c for c in table.columns if c.startswith(PREFIX)))
    )
    arrays = {kind: values.get(kind) for kind in ("logits", "probability", "label")}
    if arrays["label"] is not None:
        arrays["label"] = arrays["label"].astype(np.int64)
    arrays |= {
        "image": table.index.to_numpy(str),
        "target": values["target"].astype(np.int64),
        "patient": facts.patient,
    }
    for array in [*arrays.values(), *facts.metadata.values()]:
        if array is not None:
            array.setflags(write=False)
    report = JoinReport(
        *rows,
        len(table),
        _columns(table, truth, predicted, facts),
        tuple(findings + facts.findings),
    )
    files = " and ".join(Path(path).name for path in paths if path is not None)
    texts = {"source": f"{files}, {len(table):,} images", "rule": _rule(predicted)} | texts
    return Predictions(metadata=MappingProxyType(facts.metadata), join=report, **arrays, **texts)


def _compare_truths(table, truth: str, others: list, target: np.ndarray, findings: list) -> None:
    """Another column of true labels is compared, and told where it disagrees."""
    for column in others:
        other = read_labels(table[column])
        differ = ~np.isnan(other) & (other != target)
        if differ.any():
            findings.append(
                Finding(
                    "label_conflict",
                    int(differ.sum()),
                    tuple(table.index[differ][:5]),
                    f"{int(differ.sum()):,} images have another label in "
                    f"{_plain(column)} than in {_plain(truth)}: {_plain(truth)} is used.",
                    left_out=False,
                )
            )


def _plain(column: str) -> str:
    return column.removeprefix(PREFIX)


def _columns(table, truth: str, predicted: dict, facts) -> MappingProxyType:
    shown = {"image": table.attrs.get("image", "image"), "target": _plain(truth)}
    shown |= {kind: listed([_plain(c) for c in names], 8) for kind, names in predicted.items()}
    return MappingProxyType(shown | facts.columns)


def _rule(predicted: dict) -> str:
    if "logits" in predicted:
        return ""
    kind, columns = next(iter(predicted.items()))
    return f"the {kind} in column {columns[0].removeprefix('predicted:')}"
