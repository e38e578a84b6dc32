"""Which columns of a table hold predictions and true labels, and what their values are."""

import numpy as np

from explorer.data.findings import JoinFinding
from explorer.util.errors import ExplorerError
from explorer.util.tables import is_blank, listed, numbers

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

#: Marks columns of the predictions file whose name the metadata file has as well.
PREFIX = "predicted:"
WORDS = {"benign": 0.0, "malignant": 1.0, "false": 0.0, "true": 1.0, "no": 0.0, "yes": 1.0}
#: What the values of each kind of prediction must be.
EXPECTED = {
    "logits": "finite number",
    "probability": "probability from 0 to 1",
    "label": "label 0 or 1",
}


def plain_name(column: str) -> str:
    """A column's name in its own file."""
    return column.removeprefix(PREFIX)


def prediction_columns(table, name: str, second_file: bool) -> dict[str, tuple[str, ...]]:
    """Kind of prediction to its columns, at least one kind."""
    columns_of = {}
    logits = [c for c in LOGIT_COLUMNS if c in table]
    if 0 < len(logits) < 8:
        raise ExplorerError(
            f"{name} has {len(logits)} of the 8 logits: give logit_0 to logit_7, index 2 d + y"
        )
    if logits:
        columns_of["logits"] = LOGIT_COLUMNS
    for kind, columns in (("probability", PROBABILITY_COLUMNS), ("label", LABEL_COLUMNS)):
        chosen = next((c for c in columns if c in table), None)
        if chosen:
            columns_of[kind] = (chosen,)
    # target or label as the prediction, where another column can be the truth
    columns = [c for c in AMBIGUOUS_COLUMNS if c in table]
    chosen = next((c for c in columns if second_file or c == "label"), None)
    if not columns_of and chosen and (second_file or "target" in columns):
        values = numbers(table[chosen])
        fraction = np.isfinite(values) & (values != 0) & (values != 1)
        # a few stray values among labels are bad labels, not probabilities
        columns_of["probability" if fraction.mean() > 0.5 else "label"] = (chosen,)
    if not columns_of:
        raise ExplorerError(
            f"{name} has no predictions: give a column prediction (0 or 1), probability, or "
            f"logit_0 to logit_7 (found: {listed(table.columns)})"
        )
    return columns_of


def truth_column(table, predicted: dict) -> str:
    """The first column of true labels that holds no prediction."""
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


def readable(table, truth: str, predicted: dict, findings: list):
    """Numbers of labels and predictions for the rows where all can be read, and those rows."""
    kept = np.ones(len(table), bool)

    def leave_out(bad: np.ndarray, key: str, what: str) -> None:
        bad = kept & bad
        if bad.any():
            findings.append(JoinFinding.about(key, table.index[bad], f"images have {what}"))
            kept[bad] = False

    values, name = {"target": read_labels(table[truth])}, plain_name(truth)
    leave_out(is_blank(table[truth]), "missing_label", f"no true label in {name}")
    what = f"a value in {name} that is not 0, 1, benign or malignant"
    leave_out(np.isnan(values["target"]), "bad_label", what)
    for kind, columns in predicted.items():
        if kind == "logits":
            array = np.stack([numbers(table[c]) for c in columns], axis=1)
            good = np.isfinite(array).all(axis=1)
        else:
            array = (read_labels if kind == "label" else numbers)(table[columns[0]])
            good = (array >= 0) & (array <= 1)  # False for NaN
        values[kind] = array
        shown = listed([plain_name(c) for c in columns], 2)
        missing = np.any([is_blank(table[c]) for c in columns], axis=0)
        leave_out(missing, "missing_prediction", f"no prediction in {shown}")
        what = f"a value in {shown} that is not a {EXPECTED[kind]}"
        leave_out(~good, "bad_prediction", what)
    if not kept.any():
        raise ExplorerError("no image is left: " + " ".join(f.text for f in findings if f.left_out))
    return {key: array[kept] for key, array in values.items()}, table[kept]


def read_labels(column) -> np.ndarray:
    """0.0, 1.0, or NaN for anything else, of a text column; float64 (N,)."""
    words = column.str.strip().str.lower().map(WORDS).to_numpy(float)
    values = np.where(np.isnan(words), numbers(column), words)
    return np.where((values == 0) | (values == 1), values, np.nan)
