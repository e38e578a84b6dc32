"""What the cells of a column say: labels in words, probabilities, percentages."""

import numpy as np

from explorer.util.numerals import numbers
from explorer.util.tables import is_blank, listed

#: Words for a label, lower case, with commas between.
BENIGN = (
    "benign, no, n, false, f, negative, neg, b, nevus, naevus, nv, nev, non-melanoma, nonmelanoma, "
    "not melanoma, non-malignant, nonmalignant, not malignant, nein, ne, non, não, gutartig, "
    "benigno, bénin, benigna, benigan, dobroćudno, negativ, negativno"
)
MALIGNANT = (
    "malignant, yes, y, true, t, positive, pos, m, melanoma, mel, cancer, ja, j, da, oui, si, sí, "
    "sim, bösartig, maligno, malin, maligna, maligan, zloćudno, positiv, pozitivno, melanom"
)
WORDS = {word: value for value, text in enumerate((BENIGN, MALIGNANT)) for word in text.split(", ")}

#: A column is one of scores, not of labels, if more of its numbers than this are between 0 and 1;
#: fewer are stray values among labels. Of percentages, if more are above 1.
STRAY = 0.25
#: What is said of a column of percentages.
PERCENT = "percent, divided by 100"
#: About so many cells of a column, spread over all rows, tell what it holds.
LOOKED_AT = 2_000
#: Whole numbers up to this are classes rather than percentages.
MOST_CLASSES = 10


def read_labels(column) -> np.ndarray:
    """0.0, 1.0, or NaN for anything else, of a text column; float64 (N,)."""
    words = column.str.strip().str.lower().map(WORDS).to_numpy(float)
    values = np.where(np.isnan(words), numbers(column), words)
    return np.where((values == 0) | (values == 1), values, np.nan)


def read_scores(column, percent: bool | None = None) -> tuple[np.ndarray, bool]:
    """Probabilities 0..1 of a text column, and whether it held percentages.

    Parameters
    ----------
    column : pandas.Series of str
    percent : bool, optional
        Known already; by default found from the values.

    Returns
    -------
    values : float64 (N,)
        NaN for anything that is not a probability.
    percent : bool
        True where the values were divided by 100: most have a percent sign, or they reach beyond
        1 and none beyond 100.
    """
    text = column.str.strip()
    signed = text.str.endswith("%").to_numpy(bool)
    values = numbers(text.str.rstrip("%").str.strip())
    known = np.isfinite(values)
    if percent is None:
        mostly = known.any() and signed[known].mean() > 0.5
        percent = bool(mostly or _beyond_one(values[known]))
    values = np.where(signed | percent, values / 100, values)
    return np.where((values >= 0) & (values <= 1), values, np.nan), percent


def _beyond_one(values: np.ndarray) -> bool:
    """Whether numbers are percentages: enough above 1, none below 0 or above 100."""
    if not values.size or values.min() < 0 or values.max() > 100:
        return False
    classes = values.max() <= MOST_CLASSES and (values == np.rint(values)).all()
    return bool((values > 1).mean() > STRAY) and not classes


def looks_like(column) -> str:
    """What most of the cells that are not blank are.

    ``labels``, ``scores``, ``percentages`` (scores beyond 1 without a sign, as ages are), or
    ``other``.
    """
    cells = column.iloc[:: max(1, len(column) // LOOKED_AT)]
    cells = cells[~is_blank(cells)]
    if not len(cells):  # what was looked at says nothing
        cells = column[~is_blank(column)].iloc[:LOOKED_AT]
    if not len(cells):
        return "other"
    scores, percent = read_scores(cells)
    between = np.isfinite(scores) & (percent | ((scores > 0) & (scores < 1)))
    if between.mean() > STRAY:
        kind = "percentages" if percent and not cells.str.contains("%").any() else "scores"
        return kind if np.isfinite(scores).mean() > 0.5 else "other"
    return "labels" if np.isfinite(read_labels(cells)).mean() >= 0.5 else "other"


def words_read(column) -> str:
    """Which words of a column of labels were read as which: ``nevus as 0; melanoma as 1``."""
    cells, found = column.str.strip(), []
    for value in (0, 1):
        words = cells[(cells.str.lower().map(WORDS) == value).to_numpy(bool)].unique()
        if len(words):
            found.append(f"{listed(sorted(words), 4)} as {value}")
    return "; ".join(found)
