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
        "Threshold that the prior shift amounts to",
        "probability of malignancy in %",
        {
            "measured": "threshold",
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
        title="Prior shift, seen as thresholds",
        claim="Dividing by how common each class was in its tone group makes up for the imbalance "
        "of the training data.",
        published_figure="weights n[d] / n[d, y] / 100; no threshold is named",
        recomputed_figure="thresholds of "
        + listed(100 * found, 1, " %")
        + f" for a lesion read wholly by {', '.join(GROUP_NAMES[:3])}, or {GROUP_NAMES[3]}",
        path=f"{named(thresholds)} on {WEIGHTS}",
        status="reproduced",
        verdict="The weights do what they are meant to do: they replace the threshold of 50 % by "
        "the share of malignant images in the group's training data. So the rule is a set of "
        "group-wise thresholds. The same probability of malignancy can be called malignant on one "
        f"tone and benign on another: between {100 * found.min():.1f} and {100 * found.max():.1f} "
        "% the call depends on the domain. Whether that is wanted is a question of values, not of "
        "arithmetic; it is worth stating beside the results.",
        uncertainty="The thresholds are exact given the weights, but the shares they come from "
        f"rest on as few as {min(k for k, _ in shares)} malignant images, so the true shares are "
        "known only roughly (Wilson intervals).",
        source="The study's inference code and training counts.",
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
        source="The study's reporting script.",
        chart=chart,
        table=chart.table(),
        values={"low": low, "high": high},
    )
