"""Cards on scores: prior shift, and the doubled softmax."""

import numpy as np

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.metrics import wilson
from explorer.image.colour import GROUP_NAMES
from explorer.rules import rules
from explorer.rules.rules import PRIOR_SHIFT_WEIGHTS, TRAINING_COUNTS
from explorer.study.claims.card import AuditCard, listed, named

WEIGHTS = f"{rules.__name__}.PRIOR_SHIFT_WEIGHTS, from the training counts of the study's code"


def thresholds() -> np.ndarray:
    """Probability p(malignant | x, d) at which the published rule changes sides, (4,).

    For a lesion read wholly by domain d the rule compares w[d, 1] p with w[d, 0] (1 - p).
    """
    benign, malignant = PRIOR_SHIFT_WEIGHTS.T
    return benign / (benign + malignant)


def prior_shift() -> AuditCard:
    """Prior shift as one threshold per tone group."""
    found = thresholds()
    shares = [(int(n[1]), int(n.sum())) for n in TRAINING_COUNTS]
    chart = Chart(
        "Cut on the softmax that the prior shift amounts to",
        "softmax of malignant, in %",
        {
            "measured": "cut",
            "second": "malignant share of the group in training, with 95 % interval",
        },
        tuple(
            Row(
                name,
                f"{k} of {n:,} training images malignant",
                (
                    Mark("measured", 100 * t),
                    Mark("second", 100 * k / n, *(100 * x for x in wilson(k, n))),
                ),
            )
            for name, t, (k, n) in zip(GROUP_NAMES, found, shares)
        ),
        (0.0, 5.0),
        1,
        " %",
    )
    return AuditCard(
        key="prior-shift",
        title="Prior shift, corrected twice",
        claim="Dividing by how common each class was in its tone group makes up for the imbalance "
        "of the training data.",
        published_figure="weights n[d] / n[d, y] / 100 at inference; inverse-frequency weights per "
        "class and tone in training",
        recomputed_figure="the rule cuts the softmax at "
        + listed(100 * found, 1, " %")
        + f" for a lesion read wholly by {', '.join(GROUP_NAMES[:3])}, or {GROUP_NAMES[3]}",
        path=f"{named(thresholds)} on {WEIGHTS}",
        status="qualified",
        verdict="The arithmetic is as described: dividing by how common a class was moves the cut "
        "from 50 % to the share of malignant images in the group. It undoes the imbalance of a "
        "softmax that was trained on the data as they are. The submitted model was trained with "
        "inverse-frequency weights, which undo it already, and with label smoothing. Its softmax "
        "no longer estimates how probable malignancy is in the training data, so the prior is "
        "corrected twice and the four figures are not thresholds on a probability of malignancy. "
        "What they show is that the cut differs by domain: the same softmax can be called "
        "malignant on one tone and benign on another. Whether the second correction helps is a "
        "matter of measurement.",
        uncertainty="The cuts are exact given the weights. The shares that they equal rest on as "
        f"few as {min(k for k, _ in shares)} malignant images (Wilson intervals).",
        would_change="A calibration curve of the model's softmax, from its scores per image.",
        source="The study's inference code, training counts and run file (ifw: true, label "
        "smoothing 0.1).",
        chart=chart,
        table=chart.table(),
        values=dict(zip(GROUP_NAMES, found.tolist())),
    )


def doubled_range() -> tuple[float, float]:
    """Smallest and largest value of the doubled softmax over all lesions.

    s is a weighted mean of the eight (w[d, 0], 0) and (0, w[d, 1]), and the softmax rises with
    s1 - s0, so that the ends are at one of the eight.
    """
    benign, malignant = PRIOR_SHIFT_WEIGHTS.T
    return tuple(float(1 / (1 + np.exp(-x))) for x in (-benign.max(), malignant.max()))


def doubled_softmax() -> AuditCard:
    """The second softmax of the reporting script."""
    low, high = doubled_range()
    ends = [
        (1 / (1 + np.exp(benign)), 1 / (1 + np.exp(-malignant)))
        for benign, malignant in PRIOR_SHIFT_WEIGHTS
    ]
    rows = [("any lesion", (low, high))] + [
        (f"read wholly by {name}", pair) for name, pair in zip(GROUP_NAMES, ends)
    ]
    chart = Chart(
        "Values that the doubled softmax can take",
        'reported "probability", 0 to 1',
        {"range": "from surely benign to surely malignant"},
        tuple(
            Row(name, "", (Mark("range", low=float(a), high=float(b)),)) for name, (a, b) in rows
        ),
        digits=3,
    )
    return AuditCard(
        key="doubled-softmax",
        title="The reported probability",
        claim="The reporting script prints the probability that a lesion is malignant.",
        published_figure="softmax of (s0, s1); no range is named",
        recomputed_figure=f"between {low:.3f} and {high:.3f}, whatever the lesion",
        path=f"{named(doubled_range)} on {WEIGHTS}",
        status="differs",
        verdict="s0 and s1 are already weighted sums of probabilities. A softmax on top of them "
        f"squeezes everything into {low:.3f} to {high:.3f}: the surest benign lesion still reads "
        "as about one half. 0.5 still separates the calls, so decisions are unaffected; the order "
        "of lesions can change between domains. Dividing, s1 / (s0 + s1), gives the probability "
        "that was meant.",
        uncertainty="Exact: the ends follow from the weights alone.",
        would_change="Another version of the reporting script.",
        source="The study's reporting script.",
        chart=chart,
        table=chart.table(),
        values={"low": low, "high": high},
    )
