"""Cards on the report's tests of equal confidence."""

from explorer.charts.chart import Chart, Mark, Row
from explorer.fairness.confidence import ALL, DETECTED
from explorer.image.colour import GROUP_NAMES
from explorer.rules.rules import PRIOR_SHIFT_WEIGHTS
from explorer.study import tables
from explorer.study.anova import check_published_anova
from explorer.study.claims.card import COUNTS, AuditCard, listed, named
from explorer.study.claims.scores import WEIGHTS

ANOVA = "The study's report, test of equal confidence (assets/published/anova.csv)"


def anova_table() -> AuditCard:
    """The report's F statistics from its own means and deviations."""
    rows = check_published_anova()
    agree = sum(row.agrees for row in rows)
    odd = next((row for row in rows if not row.agrees), None)
    top = max(max(row.high, row.published_f) for row in rows)
    chart = Chart(
        "F statistic of the report's tests of equal confidence",
        "F statistic",
        {"measured": "recomputed, with the range that rounding allows", "quoted": "published"},
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
        key="anova-table",
        title="Tests of equal confidence: the arithmetic",
        claim="One-way analyses of variance compare the malignant score between tone groups, on "
        "all malignant images and on the detected ones, for three models.",
        published_figure="; ".join(
            f"{row.model}, {row.subset}: F = {row.published_f:.3f}, p = {row.published_p:.3f}"
            for row in rows
        ),
        recomputed_figure=f"{agree} of {len(rows)} F statistics follow from the published means, "
        "standard deviations (divisor n) and group sizes within rounding"
        + (
            ""
            if odd is None
            else f"; the other, {odd.model} on {odd.subset} images, gives {odd.f_statistic:.3f} "
            f"({odd.low:.3f} to {odd.high:.3f}) instead of {odd.published_f:.3f}"
        ),
        path=f"{named(check_published_anova)} on assets/published/anova.csv; group "
        f"sizes from {COUNTS} and the published recalls",
        status="reproduced" if odd is None else "qualified",
        verdict=f"The arithmetic of {agree} tests holds. The row that does not follow is that of "
        "the submitted model's detected images, and its means say why: they cannot come from the "
        'images that the recall table counts as detected (see "Tests of equal confidence: the '
        'score"). A large p-value, as that model has, does not show that confidence is equal: '
        "with these numbers only a large difference could be seen.",
        uncertainty="The range is over all values that round to the published ones. Per-image "
        "scores are not published, so neither a test on ranks nor an interval for the effect can "
        "be given.",
        would_change="The scores, image by image.",
        source=f"{ANOVA}.",
        chart=chart,
        table=_anova_rows(rows),
        values={
            "agree": agree,
            "tests": len(rows),
            **{f"{row.model}, {row.subset}": row.f_statistic for row in rows},
        },
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
    table = []
    for row in rows:
        # share of variance between groups: F scaled by its degrees of freedom
        between, within = len(row.sizes) - 1, sum(row.sizes) - len(row.sizes)
        scaled = row.f_statistic * between
        cells = [
            row.model,
            row.subset,
            ", ".join(map(str, row.sizes)),
            f"{row.published_f:.3f}",
            f"{row.f_statistic:.3f} [{row.low:.3f}, {row.high:.3f}]",
            f"{row.published_p:.3f}",
            f"{row.p_value:.3f}",
            f"{scaled / (scaled + within):.3f}",
            "yes" if row.agrees else "no",
        ]
        table.append(cells)
    return headers, table


def unnormalised() -> AuditCard:
    """The score that the submitted model's test of equal confidence used."""
    ceilings = PRIOR_SHIFT_WEIGHTS[:, 1]
    rows = {
        row.subset: row for row in check_published_anova() if row.model == tables.SUBMITTED_MODEL
    }
    every, detected = rows[ALL], rows[DETECTED]
    recalls, shares = [k / n for k, n in zip(detected.sizes, every.sizes)], detected.largest_share
    means = every.means, detected.means
    groups = list(zip(GROUP_NAMES, every.sizes, ceilings, *means, shares, recalls))
    chart = Chart(
        "Score s1 of the submitted model",
        "score, 0 to 1",
        {
            "range": "what s1 can be for a lesion read wholly by this domain",
            "quoted": "published mean, all malignant images of the group",
            "third": "published mean, detected malignant images of the group",
        },
        tuple(
            Row(
                name,
                f"n = {n} malignant images",
                (Mark("range", low=0.0, high=float(top)), Mark("quoted", a), Mark("third", b)),
            )
            for name, n, top, a, b, *_ in groups
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
        for name, n, top, a, b, share, r in groups
    ]
    return AuditCard(
        key="anova-unnormalised",
        title="Tests of equal confidence: the score",
        claim="The submitted model is equally confident on all tone groups.",
        published_figure=f"F = {every.published_f:.3f}, p = {every.published_p:.3f} on all "
        f"malignant images; F = {detected.published_f:.3f}, p = {detected.published_p:.3f} on "
        "detected ones",
        recomputed_figure=f"the score cannot exceed {listed(ceilings)} for a lesion read wholly by "
        f"{', '.join(GROUP_NAMES[:3])}, or {GROUP_NAMES[3]}. From the published means, at most "
        f"{listed(shares)} of each group's malignant images can be among the "
        f'"detected"; the recalls are {listed(recalls)}',
        path=f"{WEIGHTS}; {named(check_published_anova)}",
        status="differs",
        verdict="The submitted model's test ran on s1 before division by s0 + s1. That is not a "
        "probability, and its ceiling differs by domain, so equal means would not be equal "
        "confidence, nor different means a difference. The published means also show that "
        '"detected" meant something else here than in the recall table: scores are not '
        "negative, so the mean of all malignant images is at least the detected share times the "
        "mean of the detected. The other two models keep to this, the submitted one does not. "
        "The notebook of this test says why: it takes as detected where the unnormalised s1 is "
        "above 0.5, which a lesion read wholly by the intermediate domain can never be. The "
        "normalised test needs the per-image scores.",
        uncertainty="The ceilings follow from the weights and the bounds from arithmetic on means "
        "rounded to three decimals (worth 0.005 of a share at most). A lesion may be read by "
        "another domain than its own tone group's, so a group's mean may lie above the ceiling of "
        "its domain.",
        would_change="The scores, image by image, divided by s0 + s1.",
        source=f"{ANOVA}; the notebook of Experiment 2.",
        chart=chart,
        table=(headers, table),
        values={f"ceiling {name}": float(x) for name, x in zip(GROUP_NAMES, ceilings)}
        | {f"largest share {name}": x for name, x in zip(GROUP_NAMES, shares)},
    )
