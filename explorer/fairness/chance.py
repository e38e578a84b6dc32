"""What chance alone would make of one group's rate: the band beside each group's bar.

The same shuffles as behind a gap's null (:func:`explorer.fairness.shuffling.permute`): labels of
groups are dealt anew within each class, so every group keeps its malignant and benign images and
only the calls are exchanged. Of recall and of the false positive rate the number of calls is then
hypergeometric. A group outside its band is not yet a finding: of many groups some lie outside by
chance, which is what the gap's p-value takes into account.
"""

from collections.abc import Sequence

import numpy as np

from explorer.fairness.gaps import GroupMetrics
from explorer.fairness.levels import has_meaning
from explorer.fairness.metrics import ALL_METRICS, CELLS, check_metric
from explorer.fairness.resampling import SEED
from explorer.fairness.shuffling import permute

DRAWS = 4_000


def chance_bands(
    groups: Sequence[GroupMetrics], metric: str, draws: int = DRAWS, seed: int = SEED
) -> tuple[tuple[float, float] | None, ...]:
    """The middle 95 % of every group's rate when calls have nothing to do with groups.

    Parameters
    ----------
    groups : sequence of GroupMetrics
    metric : str
        Key of :data:`explorer.fairness.metrics.ALL_METRICS`.
    draws, seed : int
        Of the shuffles.

    Returns
    -------
    tuple of (float, float) or None, one per group
        In 0..1; None where the rate is undefined, or made of scores, which are not shuffled, and
        for groups without a meaning, which take no part.
    """
    check_metric(metric)
    if not ALL_METRICS[metric].fractions:
        return (None,) * len(groups)
    members = [group for group in groups if has_meaning(group.name)]
    cells = np.array([group.cells for group in members], int).reshape(-1, len(CELLS)).T
    rates = ALL_METRICS[metric].value(permute(cells, draws, np.random.default_rng(seed))).T
    bands = {}
    for group, sample in zip(members, rates):
        sample = sample[np.isfinite(sample)]
        if group.rate(metric).n and sample.size:
            bands[group.name] = tuple(map(float, np.percentile(sample, (2.5, 97.5))))
    return tuple(bands.get(group.name) for group in groups)
