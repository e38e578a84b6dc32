"""Reports of made-up counts."""

import numpy as np

from explorer.fairness.gaps import GroupReport, analyse
from explorer.fairness.metrics import Counts


def report_of(**cells) -> GroupReport:
    """A report of explicit counts: name = (TP, FP, FN, TN)."""
    counts = Counts(tuple(cells), *np.array(list(cells.values())).T)
    return analyse(counts, "group", "made group", source="made.", rule="made", weights="made")
