"""Any other CSV with a column of image names: labels and groups under their usual names."""

from explorer.data.attributes import GROUPING_COLUMNS, PATIENT_COLUMNS
from explorer.data.datasets.adapter import SITE, Adapter
from explorer.data.joining import IMAGE_COLUMNS, TRUTH_COLUMNS

OTHER_NAMES = {
    **dict.fromkeys(PATIENT_COLUMNS, "patient_id"),
    **dict.fromkeys(GROUPING_COLUMNS["sex"], "sex"),
    **dict.fromkeys(GROUPING_COLUMNS["site"], SITE),
    "age": "age_approx",
}


def _label(table):
    """The first column of true labels becomes the target."""
    column = next((name for name in TRUTH_COLUMNS if name in table), None)
    return table if column is None else table.rename(columns={column: "target"})


GENERIC = Adapter(
    key="generic",
    name="a CSV of your own",
    signatures=tuple(frozenset({column}) for column in IMAGE_COLUMNS),
    images=IMAGE_COLUMNS,
    about=(
        f"The label is the first of these columns: {', '.join(TRUTH_COLUMNS)}; 1, malignant, true "
        "or yes is malignant, 0, benign, false or no is benign, anything else has no label."
    ),
    renamed=OTHER_NAMES,
    prepare=_label,
)
