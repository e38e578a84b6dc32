"""Cards on scores: prior shift, the doubled softmax, and the tests of equal confidence."""

from types import MappingProxyType

import numpy as np

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.confidence import ALL, DETECTED
from explorer.fairness.metrics import wilson
from explorer.image.colour import GROUP_NAMES
from explorer.rules.rules import PRIOR_SHIFT_WEIGHTS, TRAINING_COUNTS
from explorer.study import tables
from explorer.study.anova import check_published_anova
from explorer.study.claims.card import AuditCard, listed

WEIGHTS = "explorer.rules.rules.PRIOR_SHIFT_WEIGHTS, from the training counts of the study's code"
ANOVA = "The study's report, test of equal confidence (assets/published/anova.csv)"


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
        MappingProxyType(
            {
                "measured": "threshold",
                "second": "malignant share of the group in training, with 95 % interval",
            }
        ),
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
        "prior-shift",
        "Prior shift, seen as thresholds",
        "Dividing by how common each class was in its tone group makes up for the imbalance of "
        "the training data.",
        "weights n[d] / n[d, y] / 100; no threshold is named",
        "thresholds of "
        + listed(100 * found, 1, " %")
        + f" for a lesion read wholly by {', '.join(GROUP_NAMES[:3])}, or {GROUP_NAMES[3]}",
        f"explorer.study.claims.scores.thresholds on {WEIGHTS}",
        "reproduced",
        "The weights do what they are meant to do: they replace the threshold of 50 % by the "
        "share of malignant images in the group's training data. So the rule is a set of "
        "group-wise thresholds. The same probability of malignancy can be called malignant on one "
        f"tone and benign on another: between {100 * found.min():.1f} and {100 * found.max():.1f} "
        "% the call depends on the domain. Whether that is wanted is a question of values, not of "
        "arithmetic; it is worth stating beside the results.",
        "The thresholds are exact given the weights, but the shares they come from rest on as few "
        f"as {min(k for k, _ in shares)} malignant images, so the true shares are known only "
        "roughly (Wilson intervals).",
        "The study's inference code and training counts.",
        chart,
        chart.table(),
        MappingProxyType(dict(zip(GROUP_NAMES, found.tolist()))),
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
        MappingProxyType({"range": "from surely benign to surely malignant"}),
        tuple(
            Row(name, "", (Mark("range", low=float(a), high=float(b)),)) for name, (a, b) in rows
        ),
        digits=3,
    )
    return AuditCard(
        "doubled-softmax",
        "The reported probability",
        "The reporting script prints the probability that a lesion is malignant.",
        "softmax of (s0, s1); no range is named",
        f"between {low:.3f} and {high:.3f}, whatever the lesion",
        f"explorer.study.claims.scores.doubled_range on {WEIGHTS}",
        "differs",
        "s0 and s1 are already weighted sums of probabilities. A softmax on top of them squeezes "
        f"everything into {low:.3f} to {high:.3f}: the surest benign lesion still reads as about "
        "one half. 0.5 still separates the calls, so decisions are unaffected; the order of "
        "lesions can change between domains. Dividing, s1 / (s0 + s1), gives the probability "
        "that was meant.",
        "Exact: the ends follow from the weights alone.",
        "The study's reporting script.",
        chart,
        chart.table(),
        MappingProxyType({"low": low, "high": high}),
    )


def anova_table() -> AuditCard:
    """The report's F statistics from its own means and deviations."""
    rows = check_published_anova()
    agree = sum(row.agrees for row in rows)
    odd = next((row for row in rows if not row.agrees), None)
    top = max(max(row.high, row.published_f) for row in rows)
    chart = Chart(
        "F statistic of the report's tests of equal confidence",
        "F statistic",
        MappingProxyType(
            {"measured": "recomputed, with the range that rounding allows", "quoted": "published"}
        ),
        tuple(
            Row(
                row.model,
                f"{row.subset}, n = {sum(row.sizes)}",
                (
                    Mark("measured", row.f_statistic, row.low, row.high),
                    Mark("quoted", row.published_f),
                ),
            )
            for row in rows
        ),
        (0.0, top * 1.08),
        3,
    )
    return AuditCard(
        "anova-table",
        "Tests of equal confidence: the arithmetic",
        "One-way analyses of variance compare the malignant score between tone groups, on all "
        "malignant images and on the detected ones, for three models.",
        "; ".join(
            f"{row.model}, {row.subset}: F = {row.published_f:.3f}, p = {row.published_p:.3f}"
            for row in rows
        ),
        f"{agree} of {len(rows)} F statistics follow from the published means, standard deviations "
        "(divisor n) and group sizes within rounding"
        + (
            ""
            if odd is None
            else f"; the other, {odd.model} on {odd.subset} images, gives {odd.f_statistic:.3f} "
            f"({odd.low:.3f} to {odd.high:.3f}) instead of {odd.published_f:.3f}"
        ),
        "explorer.study.anova.check_published_anova on assets/published/anova.csv; group "
        "sizes from assets/published/validation_counts.csv and the published recalls",
        "reproduced" if odd is None else "qualified",
        f"The arithmetic of {agree} tests holds. The row that does not follow is that of the "
        "submitted model's detected images, and its means say why: they cannot come from the "
        'images that the recall table counts as detected (see "Tests of equal confidence: the '
        'score"). A large p-value, as that model has, does not show that confidence is equal: '
        "with these numbers only a large difference could be seen.",
        "The range is over all values that round to the published ones. Per-image scores are not "
        "published, so neither a test on ranks nor an interval for the effect can be given.",
        f"{ANOVA}.",
        chart,
        _anova_rows(rows),
        MappingProxyType(
            {
                "agree": agree,
                "tests": len(rows),
                **{f"{row.model}, {row.subset}": row.f_statistic for row in rows},
            }
        ),
    )


def _anova_rows(rows) -> tuple[list[str], list[list[str]]]:
    headers = [
        "model",
        "images",
        "n per group",
        "F published",
        "F recomputed [rounding]",
        "p published",
        "p recomputed",
        "eta squared",
        "agrees",
    ]
    return headers, [
        [
            row.model,
            row.subset,
            ", ".join(map(str, row.sizes)),
            f"{row.published_f:.3f}",
            f"{row.f_statistic:.3f} [{row.low:.3f}, {row.high:.3f}]",
            f"{row.published_p:.3f}",
            f"{row.p_value:.3f}",
            f"{_eta_squared(row):.3f}",
            "yes" if row.agrees else "no",
        ]
        for row in rows
    ]


def _eta_squared(row) -> float:
    """Share of variance between groups: F scaled by its degrees of freedom."""
    between, within = len(row.sizes) - 1, sum(row.sizes) - len(row.sizes)
    scaled = row.f_statistic * between
    return scaled / (scaled + within)


def unnormalised() -> AuditCard:
    """The score that the submitted model's test of equal confidence used."""
    ceilings = PRIOR_SHIFT_WEIGHTS[:, 1]
    rows = {
        row.subset: row for row in check_published_anova() if row.model == tables.SUBMITTED_MODEL
    }
    every, detected = rows[ALL], rows[DETECTED]
    recalls = [k / n for k, n in zip(detected.sizes, every.sizes)]
    chart = Chart(
        "Score s1 of the submitted model",
        "score, 0 to 1",
        MappingProxyType(
            {
                "range": "what s1 can be for a lesion read wholly by this domain",
                "quoted": "published mean, all malignant images of the group",
                "third": "published mean, detected malignant images of the group",
            }
        ),
        tuple(
            Row(
                name,
                f"n = {n} malignant images",
                (Mark("range", low=0.0, high=float(top)), Mark("quoted", a), Mark("third", b)),
            )
            for name, n, top, a, b in zip(
                GROUP_NAMES, every.sizes, ceilings, every.means, detected.means
            )
        ),
    )
    headers = [
        "tone group",
        "ceiling of s1",
        "mean, all malignant",
        "mean, detected",
        "largest possible share detected",
        "recall as published",
    ]
    table = [
        [name, f"{top:.2f}", f"{a:.3f}", f"{b:.3f}", f"{share:.2f}", f"{r:.2f} (n = {n})"]
        for name, top, a, b, share, r, n in zip(
            GROUP_NAMES,
            ceilings,
            every.means,
            detected.means,
            detected.largest_share,
            recalls,
            every.sizes,
        )
    ]
    return AuditCard(
        "anova-unnormalised",
        "Tests of equal confidence: the score",
        "The submitted model is equally confident on all tone groups.",
        f"F = {every.published_f:.3f}, p = {every.published_p:.3f} on all malignant images; "
        f"F = {detected.published_f:.3f}, p = {detected.published_p:.3f} on detected ones",
        f"the score cannot exceed {listed(ceilings)} for a lesion read wholly by "
        f"{', '.join(GROUP_NAMES[:3])}, or {GROUP_NAMES[3]}. From the published means, at most "
        f"{listed(detected.largest_share)} of each group's malignant images can be among the "
        f'"detected"; the recalls are {listed(recalls)}',
        f"{WEIGHTS}; explorer.study.anova.check_published_anova",
        "differs",
        "The submitted model's test ran on s1 before division by s0 + s1. That is not a "
        "probability, and its ceiling differs by domain, so equal means would not be equal "
        "confidence, nor different means a difference. The published means also show that "
        '"detected" meant something else here than in the recall table: scores are not '
        "negative, so the mean of all malignant images is at least the detected share times the "
        "mean of the detected. The other two models keep to this, the submitted one does not. A "
        "cut of s1 at one half would explain it, and so would another score in the second test; "
        "the published figures cannot tell. The normalised test needs the per-image scores.",
        "The ceilings follow from the weights and the bounds from arithmetic on means rounded to "
        "three decimals (worth 0.005 of a share at most). A lesion may be read by another domain "
        "than its own tone group's, so a group's mean may lie above the ceiling of its domain.",
        f"{ANOVA}.",
        chart,
        (headers, table),
        MappingProxyType(
            {
                **{f"ceiling {name}": float(x) for name, x in zip(GROUP_NAMES, ceilings)},
                **{
                    f"largest share {name}": x
                    for name, x in zip(GROUP_NAMES, detected.largest_share)
                },
            }
        ),
    )
