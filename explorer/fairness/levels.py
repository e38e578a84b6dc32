"""Levels of a grouping that mean nothing, such as "unknown": listed, and compared with nothing.

Images whose group is not known are a mixture of the others. Their rate says how the classifier
does where a value is missing, not how it treats a group, and with few of them it decides a
largest-minus-smallest gap by chance: of the study's 6,562 validation images ten have no sex, and
these ten make four fifths of the largest gap by sex in the false positive rate.
"""

from collections.abc import Sequence

import numpy as np

from explorer.util.tables import BLANK

#: Between the labels of two attributes.
TIMES = " × "
#: Labels without a meaning, lower case: blank cells, and their other names.
MEANINGLESS = BLANK | {
    "missing",
    "not known",
    "not available",
    "not recorded",
    "not stated",
    "unspecified",
    "undefined",
}


def has_meaning(label: str) -> bool:
    """Whether a group is one; of two attributes both have to be known."""
    return not any(part.strip().lower() in MEANINGLESS for part in label.split(TIMES))


def meaningful(names: Sequence[str]) -> np.ndarray:
    """True for the groups that are compared, bool (groups,)."""
    return np.array([has_meaning(name) for name in names], bool)
