"""Coverage and power of intervals and tests: ``python -m explorer.benchmarks.coverage [--quick]``.

Every interval and every test that the workbench shows between groups is tried on simulated samples
whose truth is known, with the study's own numbers of images and patients: how often the interval
holds the truth, how often a test sees a difference that is not there, or one that is. Where there
are several true patterns with the same gap, the worst is printed. ``--quick`` takes seconds; the
figures of AUROC are those of ``explorer.benchmarks.coverage_auroc``.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from explorer.benchmarks import coverage_auroc, coverage_patients
from explorer.benchmarks.common import options_parser, show
from explorer.fairness.heterogeneity import chi_square, holm, share_at_least
from explorer.fairness.limits import gap_limits, newcombe, wilson_limits
from explorer.fairness.metrics import METRICS, proportion
from explorer.fairness.pairs import fisher
from explorer.study.counts import published_counts
from explorer.util.plain import plain

TRIALS, QUICK = 10_000, 1_500
#: Shuffles of a test, resamples of a bootstrap.
SHUFFLES = 400
SEED = 20_240_229
#: True gaps, and where a group of the study stands between the lowest (0) and the highest (1).
GAPS = {"recall": (0.0, 0.05, 0.10, 0.26), "false_positive_rate": (0.0, 0.05, 0.10)}
SHAPES = ((0, 1 / 3, 2 / 3, 1), (1, 2 / 3, 1 / 3, 0), (1, 0, 0, 0), (0, 1, 1, 1), (0, 0, 0, 1))


@dataclass(frozen=True)
class Line:
    """One figure of the table.

    Attributes
    ----------
    what, setting : str
        The interval or the test, and the truth that was simulated.
    found : float
        Coverage, or share of samples in which a test is below 5 %.
    aim : str
        What it should be.
    trials : int
    before : float or None
        The same of the method that was used before, or of one that ignores what this one knows.
    """

    what: str
    setting: str
    found: float
    aim: str
    trials: int
    before: float | None = None


def counts_of(metric: str, by: str = "published") -> tuple[np.ndarray, np.ndarray]:
    """Calls and images of the study's groups, int64 (groups,)."""
    (fraction,) = METRICS[metric].fractions
    return fraction.count(published_counts(by).cells)


def held(ends, truth) -> float:
    """Share of intervals (2, trials, ...) that hold the truth."""
    low, high = ends
    return float(np.mean((low <= truth + 1e-12) & (truth - 1e-12 <= high)))


def rates(trials: int, rng) -> Iterator[Line]:
    """Wilson's interval of every group's own rate."""
    for metric in GAPS:
        calls, images = counts_of(metric)
        truth = calls.sum() / images.sum()
        drawn = rng.binomial(images, truth, (trials, len(images))) / images
        ends = wilson_limits(drawn, images)
        worst = min(held([end[:, i] for end in ends], truth) for i in range(len(images)))
        name = METRICS[metric].label.lower()
        yield Line("rate of a group (Wilson)", f"{name} {truth:.2f}", worst, "0.95", trials)


def gaps(trials: int, rng) -> Iterator[Line]:
    """The interval of the largest minus the smallest, and percentiles of a bootstrap."""
    for metric, sizes in GAPS.items():
        calls, images = counts_of(metric)
        for gap in sizes:
            found = []
            for shape in SHAPES:
                truth = calls.sum() / images.sum() + gap * (np.array(shape) - np.mean(shape))
                drawn = rng.binomial(images, truth, (trials, len(images))) / images
                ends = gap_limits(drawn, *wilson_limits(drawn, images))
                old = held(bootstrapped(drawn[: max(100, trials // 20)], images, rng), gap)
                found.append((held(ends, gap), old))
            what = "largest minus smallest (all pairs)"
            setting = f"{METRICS[metric].label.lower()}, true gap {gap:.2f}"
            worst, old = (min(each) for each in zip(*found))
            yield Line(what, setting, worst, "0.95", trials, old)


def bootstrapped(rate: np.ndarray, images: np.ndarray, rng) -> np.ndarray:
    """Percentile intervals of gaps, float64 (2, trials), by redrawn images of every group."""
    drawn = rng.binomial(images, rate[:, None, :], (len(rate), SHUFFLES, len(images))) / images
    return np.percentile(np.ptp(drawn, axis=2), (2.5, 97.5), axis=1)


def differences(trials: int, rng) -> Iterator[Line]:
    """Newcombe's interval of a named pair, and the false findings among all pairs."""
    calls, images = counts_of("recall")
    names, truth = published_counts("published").names, 0.1
    first, second = (rng.binomial(images[i], p, trials) for i, p in ((0, 0.8), (1, 0.7)))
    ends = np.array(
        [
            newcombe(proportion(int(a), int(images[0])), proportion(int(b), int(images[1])))
            for a, b in zip(first[:QUICK], second[:QUICK])
        ]
    ).T
    setting = f"recall, {names[0]} 0.80, {names[1]} 0.70"
    yield Line("named pair (Newcombe)", setting, held(ends, truth), "0.95", min(trials, QUICK))
    common, any_found, any_raw = calls.sum() / images.sum(), 0, 0
    trials = max(300, trials // 10)
    for drawn in rng.binomial(images, common, (trials, len(images))):
        raw = [
            fisher(drawn[i], images[i], drawn[j], images[j])
            for i in range(len(images))
            for j in range(i)
        ]
        any_found += min(holm(raw)) <= 0.05
        any_raw += min(raw) <= 0.05
    setting = "recall, all equal: any pair below 5 %"
    what = "six pairs (Fisher, Holm)"
    yield Line(what, setting, any_found / trials, "at most 0.05", trials, any_raw / trials)


def tests(trials: int, rng) -> Iterator[Line]:
    """The test over all groups, and the test of the largest-minus-smallest gap alone."""
    trials = max(300, trials // 10)
    calls, images = counts_of("recall")
    common = calls.sum() / images.sum()
    yield _tested("recall, all equal", images, np.full(len(images), common), trials, rng)
    yield _tested("recall as observed", images, calls / images, trials, rng)
    calls, images = counts_of("false_positive_rate", "sex")
    common = calls.sum() / images.sum()
    yield _tested(
        "false positive rate by sex and a third group of ten, all equal",
        images,
        np.full(len(images), common),
        trials,
        rng,
    )
    truth = np.array([*(calls / images)[:2], common])
    setting = "false positive rate by sex as observed, and a third group of ten"
    yield _tested(setting, images, truth, trials, rng)


def _tested(setting: str, images, truth, trials: int, rng) -> Line:
    seen = np.zeros(2)
    for calls in rng.binomial(images, truth, (trials, len(images))):
        null = rng.multivariate_hypergeometric(images, int(calls.sum()), SHUFFLES)
        pairs = (
            (chi_square(calls, images), chi_square(null, images)),
            (np.ptp(calls / images), np.ptp(null / images, axis=1)),
        )
        seen += [share_at_least(drawn, float(own)) <= 0.05 for own, drawn in pairs]
    aim = "at most 0.05" if np.ptp(truth) == 0 else "high"
    what = "all groups at once (chi-square, shuffled)"
    return Line(what, setting, seen[0] / trials, aim, trials, seen[1] / trials)


def areas(trials: int, rng) -> Iterator[Line]:
    """AUROC at 0.8, by its own benchmark."""
    trials = max(200, trials // 10)
    for malignant, benign in coverage_auroc.SIZES:
        shape = coverage_auroc.SHAPES[0]
        found = coverage_auroc.coverage(malignant, benign, 0.8, shape, trials, rng, False)
        before = found["DeLong (before)"][0]
        setting = f"0.80, {malignant} malignant, {benign} benign"
        used = found[coverage_auroc.USED][0]
        yield Line("AUROC (see coverage_auroc)", setting, used, "0.95", trials, before)


def table(trials: int = TRIALS, seed: int = SEED) -> list[Line]:
    """Every line."""
    rng = np.random.default_rng(seed)
    parts = (rates, gaps, differences, tests, areas)
    lines = [line for part in parts for line in part(trials, rng)]
    return lines + [Line(*each) for each in coverage_patients.lines(max(100, trials // 10), rng)]


def in_words(lines: list[Line]) -> str:
    """The table as Markdown."""
    rows = [
        "| what | truth | found | aim | before, or unaware | samples |",
        "|---|---|---|---|---|---|",
    ]
    for line in lines:
        before = "" if line.before is None else f"{line.before:.3f}"
        cells = (line.what, line.setting, f"{line.found:.3f}", line.aim, before, f"{line.trials:,}")
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def main(arguments: list[str] | None = None) -> int:
    """Simulate and print; returns the exit code."""
    parser = options_parser(__doc__.partition(":")[0], json=True)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} samples, not {TRIALS:,}")
    options = parser.parse_args(arguments)
    lines = table(QUICK if options.quick else TRIALS)
    show({"lines": plain(lines)}, options, lambda _: print(in_words(lines)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
