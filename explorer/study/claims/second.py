"""Cards on the second system: a frozen SAM encoder with three heads, a bachelor thesis of 2025.

Its images and networks are not carried here. What can be computed is what a constant answer would
score on its test split, and what its loss amounts to as coded; the rest is read off its tables.
"""

from types import MappingProxyType

import numpy as np

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.metrics import wilson
from explorer.study.claims.card import AuditCard, named

#: Images of its test split by label; lesions of class "unknown" have no lesion label.
TEST_SPLIT = MappingProxyType(
    {
        "AK": 216,
        "BCC": 655,
        "BKL": 521,
        "DF": 54,
        "MEL": 951,
        "NV": 3074,
        "SCC": 89,
        "VASC": 60,
        "unknown": 4282,
        "not skin": 160,
    }
)
#: Accuracy of its best configuration (parallel networks, LMF) by head, as on its slides.
ACCURACY = MappingProxyType({"skin or not skin": 0.999, "eight lesion classes": 0.645})
#: F1 of one configuration by its repository's tables, averaged in both ways.
F1 = MappingProxyType({"weighted": 0.593, "macro": 0.238})
#: Largest margin of the loss, as usual for LDAM.
LARGEST_MARGIN = 0.5

_TABLES = "the tables of the system's public repository"
_SLIDES = "The thesis's slides; the counts are of its repository's test split."


def constant_answers() -> dict[str, tuple[int, int]]:
    """Right answers and all answers, by head, of always naming the most common class."""
    everything = sum(TEST_SPLIT.values())
    labelled = [n for name, n in TEST_SPLIT.items() if name not in ("unknown", "not skin")]
    return {
        "skin or not skin": (everything - TEST_SPLIT["not skin"], everything),
        "eight lesion classes": (max(labelled), sum(labelled)),
    }


def margin_effect(images: int = 1000, seed: int = 0) -> dict[str, float]:
    """Mean cross-entropy of drawn logits, by how the margin of the true class is subtracted.

    ``none``, ``all``: from every logit, as the system's code does; ``true``: from the true class's
    alone, which is LDAM [1]_. Margins fall with the fourth root of a class's count.

    References
    ----------
    .. [1] Cao et al. (2019), "Learning imbalanced datasets with label-distribution-aware margin
       loss", arXiv 1906.07413.
    """
    counts = np.array([n for name, n in TEST_SPLIT.items() if name not in ("unknown", "not skin")])
    margins = LARGEST_MARGIN * (counts.min() / counts) ** 0.25
    drawn = np.random.default_rng(seed)
    logits = drawn.normal(size=(images, len(counts)))
    truth = drawn.choice(len(counts), size=images, p=counts / counts.sum())
    own = margins[truth][:, None]
    one_hot = np.eye(len(counts))[truth]

    def loss(shifted: np.ndarray) -> float:
        log_sum = np.log(np.exp(shifted).sum(axis=1))
        return float((log_sum - (shifted * one_hot).sum(axis=1)).mean())

    return {"none": loss(logits), "all": loss(logits - own), "true": loss(logits - own * one_hot)}


def constant() -> AuditCard:
    """Its accuracies beside those of a constant answer."""
    found = constant_answers()
    chart = Chart(
        "Accuracy beside that of always naming the most common class",
        "accuracy",
        {"quoted": "published", "measured": "constant answer, with 95 % interval"},
        tuple(
            Row(
                head,
                f"{k:,} of {n:,} test images are of the most common class",
                (Mark("quoted", ACCURACY[head]), Mark("measured", k / n, *wilson(k, n))),
            )
            for head, (k, n) in found.items()
        ),
        digits=3,
    )
    skin, lesion = (k / n for k, n in found.values())
    return AuditCard(
        key="sam-constant",
        title="Accuracy beside a constant answer",
        claim="Frozen features with small heads tell skin from other images with accuracy 0.999, "
        "and eight lesion classes with accuracy 0.645.",
        published_figure="accuracy 0.999 (skin) and 0.645 (lesion), parallel networks with LMF",
        recomputed_figure=f"a constant answer scores {skin:.3f} (n = 10,062) and {lesion:.3f} "
        "(n = 5,620)",
        path=f"{named(constant_answers)} on the counts of {_TABLES}",
        status="open",
        verdict="The accuracies themselves cannot be recomputed: predictions per image are not "
        "published. The counts give what to compare them with. Both lie above a constant answer, "
        "the first by 1.5 percentage points, because only 160 of the test images show no skin. "
        "The runs with balanced MixUp report exactly 0.9841 on this head, which is the constant "
        "answer.",
        uncertainty="The constant answer is a count (Wilson intervals); the published accuracies "
        "have no interval.",
        would_change="Its predictions, image by image.",
        source=_SLIDES,
        chart=chart,
        table=chart.table(),
        values={"skin": skin, "lesion": lesion},
    )


def f1() -> AuditCard:
    """Which mean of the F1 was reported."""
    chart = Chart(
        "F1 of one configuration, averaged in two ways",
        "F1",
        {"quoted": "by the repository's tables"},
        tuple(Row(f"{kind} mean", "5,620 images", (Mark("quoted", F1[kind]),)) for kind in F1),
        digits=3,
    )
    return AuditCard(
        key="sam-f1",
        title="Which mean the F1 is",
        claim="The best configuration reaches a macro F1 of 0.599 on eight lesion classes.",
        published_figure="macro F1 0.599",
        recomputed_figure="not recomputed; the repository's tables give, for the same "
        f"configuration, {F1['weighted']} weighted and {F1['macro']} macro",
        path=f"read off {_TABLES}; the predictions behind them are not carried",
        status="differs",
        verdict="The headline figure agrees with the weighted mean, in which each class counts by "
        "its images, and not with the macro mean, in which all eight count alike. The weighted "
        "mean is mostly about nevi, 3,074 of 5,620 images. Both are sound choices; they answer "
        "different questions.",
        uncertainty="No interval is published, and none can be computed without the predictions.",
        would_change="Its predictions, image by image.",
        source="The thesis's slides, and the result tables of its repository.",
        chart=chart,
        table=chart.table(),
        values=dict(F1),
    )


def margin() -> AuditCard:
    """What the margin of the loss does as coded."""
    found = margin_effect()
    names = {
        "none": "no margin (cross-entropy)",
        "all": "margin from all logits (as coded)",
        "true": "margin from the true class's logit (LDAM)",
    }
    chart = Chart(
        "Mean loss of drawn logits, by how the margin is subtracted",
        "mean loss",
        {"measured": "computed here"},
        tuple(
            Row(name, "1,000 drawn logits", (Mark("measured", found[key]),))
            for key, name in names.items()
        ),
        (2.0, 3.0),
        3,
    )
    return AuditCard(
        key="sam-margin",
        title="The margin in the loss",
        claim="The loss LMF joins LDAM, which gives rare classes a larger margin, and focal loss.",
        published_figure="0.5 LDAM + 0.5 focal loss (gamma 2)",
        recomputed_figure=f"mean loss {found['none']:.3f} without a margin, {found['all']:.3f} "
        f"with the margin as coded, {found['true']:.3f} with that of LDAM",
        path=named(margin_effect),
        status="differs",
        verdict="As coded, the margin of the true class is subtracted from all logits. A softmax "
        "does not see a constant that all its inputs share, so loss and gradient equal 0.5 "
        "cross-entropy + 0.5 focal loss. LDAM subtracts it from the true class's logit alone.",
        uncertainty="The equality is exact; the mean losses are of 1,000 logits drawn from a "
        "normal distribution, with margins by the counts of the test split.",
        would_change="Code of the loss that was used and differs from what is published.",
        source="The loss in the thesis's public code.",
        chart=chart,
        table=chart.table(),
        values=found,
    )
