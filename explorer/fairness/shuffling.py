"""Group labels shuffled, as counts: the calls that land in each group.

Given how many images are called, the calls per group are multivariate hypergeometric, so one draw
replaces a shuffle of rows. Where there are few possible tables, all are listed with their exact
probabilities and taken in proportion (systematic sampling [1]_): the shuffles then are nearly the
exact distribution, and a percentile of the null does not depend on the seed.

References
----------
.. [1] Cochran (1977), "Sampling Techniques", 3rd ed., chapter 8.
"""

import numpy as np

#: Most tables that are listed.
LISTED = 100_000


def permute(cells: np.ndarray, resamples: int, rng) -> np.ndarray:
    """Group labels shuffled within each class, int64 (4, resamples, groups), of (4, groups)."""
    tp, fp, fn, tn = cells
    called, found = (
        deal(images, int(calls.sum()), resamples, rng)
        for calls, images in ((fp, fp + tn), (tp, tp + fn))
    )
    return np.stack([found, called, tp + fn - found, fp + tn - called])


def deal(images: np.ndarray, calls: int, resamples: int, rng) -> np.ndarray:
    """Calls dealt to groups at random, int64 (resamples, groups), of images (groups,)."""
    few = np.minimum(images, calls) + 1
    if len(images) < 2 or few.prod(dtype=float) / few.max() > min(LISTED, 5 * resamples):
        return rng.multivariate_hypergeometric(images, calls, resamples)
    last = int(few.argmax())  # follows from the others
    others = np.delete(np.arange(len(images)), last)
    listed = np.indices(few[others]).reshape(len(others), -1).T
    tables = np.insert(listed, last, calls - listed.sum(axis=1), axis=1)
    tables = tables[(tables[:, last] >= 0) & (tables[:, last] <= images[last])]
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, images.max() + 1)))])
    chance = -(factorial[tables] + factorial[images - tables]).sum(axis=1)
    reached = np.cumsum(np.exp(chance - chance.max()))
    places = (rng.random() + np.arange(resamples)) / resamples * reached[-1]
    taken = np.minimum(np.searchsorted(reached, places), len(tables) - 1)
    return tables[rng.permutation(taken)]
