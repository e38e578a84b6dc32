"""Coverage of AUROC's intervals: ``python -m explorer.benchmarks.coverage_auroc [--json]``.

Samples of binormal scores with a known AUROC, of the sizes that the workbench meets: equal spread
of both classes, malignant scores spread more or less than benign ones, and scores rounded until
most are tied. Then images of patients who are alike. Seven intervals of each sample, and how often
each holds the truth.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from explorer.benchmarks.common import options_parser, show
from explorer.fairness import auroc, limits

SIZES = ((8, 260), (16, 209))
AREAS = (0.6, 0.7, 0.8, 0.9, 0.95)
REPEATS, RESAMPLES = 2_000, 500
#: Samples that are bootstrapped and clustered ones, which take longer: a quarter.
FEWER = 4
SEED = 20_240_229
#: The interval that the workbench shows, in the table of all.
USED = "used: wider of logit-DeLong and Newcombe 5"


@dataclass(frozen=True)
class Shape:
    """Scores of a class: spread of the malignant ones, benign being 1; rounded down to ``step``."""

    name: str
    spread: float = 1.0
    step: float = 0.0


SHAPES = (
    Shape("equal spread"),
    Shape("malignant 1.5 times as spread", 1.5),
    Shape("malignant 0.6 times as spread", 0.6),
    Shape("rounded to one standard deviation (ties)", step=1.0),
    Shape("malignant 2.5 times as spread", 2.5),
)


@dataclass(frozen=True)
class Clusters:
    """Patients of equal numbers of images, whose scores share a part.

    ``sick`` patients have ``malignant`` malignant images each among their ``images``; ``alike`` is
    the intraclass correlation of scores, 0..1.
    """

    sick: int = 16
    malignant: int = 2
    patients: int = 100
    images: int = 4
    alike: float = 0.5


# Samples


def samples(
    malignant: int, benign: int, area: float, shape: Shape, repeats: int, rng
) -> tuple[np.ndarray, float]:
    """Which malignant image beats which benign one, and the AUROC of the population.

    Returns
    -------
    float32 (repeats, malignant, benign), float
        1 where it scores above, 0.5 where the same.
    """
    centre = stats.norm.ppf(area) * np.hypot(1, shape.spread)
    first = rng.normal(centre, shape.spread, (repeats, malignant))
    second = rng.normal(0, 1, (repeats, benign))
    if shape.step:
        first, second = (np.floor(x / shape.step) for x in (first, second))
        edges = shape.step * np.arange(-60, 61)
        heavy, light = np.diff(stats.norm.cdf(edges, centre, shape.spread)), stats.norm.cdf(edges)
        area = float(heavy @ (light[:-1] + light[1:]) / 2)
    first, second = first[:, :, None], second[:, None, :]
    return ((first > second) + 0.5 * (first == second)).astype(np.float32), area


def intervals(beats: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Ends of every interval of every sample but the bootstrap's.

    Parameters
    ----------
    beats : float32 (R, malignant, benign)
        As of :func:`samples`.
    """
    _, m, n = beats.shape
    above, below = beats.mean(axis=2, dtype=float), beats.mean(axis=1, dtype=float)
    area = above.mean(axis=1)
    parts = above.var(axis=1, ddof=1) / m, below.var(axis=1, ddof=1) / n
    error = np.sqrt(parts[0] + parts[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = error**4 / (parts[0] ** 2 / (m - 1) + parts[1] ** 2 / (n - 1))
    stretch = stats.t.ppf(0.975, np.nan_to_num(freedom, nan=min(m, n) - 1)) / limits.Z
    return {
        "DeLong (before)": (
            np.maximum(0, area - limits.Z * error),
            np.minimum(1, area + limits.Z * error),
        ),
        "logit-DeLong": auroc.logit_delong(area, error),
        "logit-DeLong with Welch's t": auroc.logit_delong(area, error * stretch),
        "Hanley-McNeil score": hanley_mcneil(area, m, n),
        "Newcombe 5": auroc.newcombe(area, m, n),
        USED: auroc.interval(area, error, m, n),
    }


def hanley_mcneil(area: np.ndarray, m: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Score interval by Hanley and McNeil's variance at the hypothesis, on a grid of 0.001."""
    value = np.linspace(0, 1, 1_001)
    first, second = value / (2 - value), 2 * value**2 / (1 + value)
    spread = value * (1 - value) + (m - 1) * (first - value**2) + (n - 1) * (second - value**2)
    fits = (value - area[:, None]) ** 2 <= limits.Z**2 * spread / (m * n)
    low, high = value[fits.argmax(axis=1)], value[::-1][fits[:, ::-1].argmax(axis=1)]
    some = fits.any(axis=1)
    return np.where(some, np.minimum(low, area), area), np.where(some, np.maximum(high, area), area)


def bias_corrected(beats: np.ndarray, rng) -> tuple[np.ndarray, np.ndarray]:
    """Efron's bias-corrected percentiles of :data:`RESAMPLES` resamples within each class."""
    repeats, m, n = beats.shape
    ends = np.empty((2, repeats))
    times = [rng.multinomial(k, np.full(k, 1 / k), RESAMPLES).astype(np.float32) for k in (m, n)]
    for i, table in enumerate(beats):  # the same resamples of every sample
        drawn = np.einsum("bn,bn->b", times[0] @ table, times[1]) / (m * n)
        below = (drawn < table.mean()).mean() + (drawn == table.mean()).mean() / 2
        bias = stats.norm.ppf(np.clip(below, 1e-3, 1 - 1e-3))
        ends[:, i] = np.quantile(drawn, stats.norm.cdf(2 * bias + np.array([-1, 1]) * limits.Z))
    return ends[0], ends[1]


# Coverage


def coverage(
    malignant: int, benign: int, area: float, shape: Shape, repeats: int, rng, bootstrap=False
) -> dict[str, tuple[float, float]]:
    """Share of samples whose interval holds the truth, and its mean width, by method.

    An interval that is not defined holds nothing.
    """
    beats, truth = samples(malignant, benign, area, shape, repeats, rng)
    found = intervals(beats)
    if bootstrap:
        found["bootstrap, bias-corrected"] = bias_corrected(beats[: repeats // FEWER], rng)
    return {name: _held(low, high, truth) for name, (low, high) in found.items()}


def coverage_of_patients(
    area: float, repeats: int, rng, clusters: Clusters = Clusters()
) -> dict[str, tuple[float, float]]:
    """The same of images of patients: the interval of images, and the one by patient."""
    ends = {"images taken as independent": [], "by patient": []}
    for target, score, patient in _patients(area, repeats, rng, clusters):
        for (_, pairs), cluster in zip(ends.items(), (None, patient)):
            rate = auroc.auroc_rate(target, score, cluster)
            pairs.append((rate.low, rate.high))
    return {name: _held(*np.array(pairs).T, area) for name, pairs in ends.items()}


def _patients(area: float, repeats: int, rng, clusters: Clusters) -> Iterator[tuple]:
    patient = np.repeat(np.arange(clusters.patients), clusters.images)
    within = np.arange(len(patient)) % clusters.images
    target = ((patient < clusters.sick) & (within < clusters.malignant)).astype(int)
    centre = stats.norm.ppf(area) * np.sqrt(2)
    for _ in range(repeats):
        shared, own = rng.normal(size=clusters.patients), rng.normal(size=len(patient))
        alike = np.sqrt(clusters.alike) * shared[patient] + np.sqrt(1 - clusters.alike) * own
        yield target, centre * target + alike, patient


def _held(low: np.ndarray, high: np.ndarray, truth: float) -> tuple[float, float]:
    held = (low <= truth + 1e-12) & (high >= truth - 1e-12)
    return float(held.mean()), float(np.nanmean(high - low))


def table(repeats: int = REPEATS, seed: int = SEED, bootstrap: bool = True) -> list[dict]:
    """A row per size, shape, AUROC and method: coverage and mean width."""
    rng, rows = np.random.default_rng(seed), []
    for m, n in SIZES:
        for shape in SHAPES:
            for area in AREAS:
                found = coverage(m, n, area, shape, repeats, rng, bootstrap)
                facts = {"malignant": m, "benign": n, "shape": shape.name, "auroc": area}
                rows += [_row(facts, *item) for item in found.items()]
    clusters = Clusters()
    facts = {"malignant": clusters.sick * clusters.malignant}
    facts["benign"] = clusters.patients * clusters.images - facts["malignant"]
    for area in AREAS:
        found = coverage_of_patients(area, repeats // FEWER, rng)
        more = {"shape": f"{clusters.patients} patients, ICC {clusters.alike}", "auroc": area}
        rows += [_row(facts | more, *item) for item in found.items()]
    return rows


def _row(facts: dict, method: str, held: tuple[float, float]) -> dict:
    return {**facts, "method": method, "coverage": held[0], "width": held[1]}


def in_words(rows: list[dict]) -> str:
    """A line per size, shape and method: coverage at every AUROC, and the mean width."""
    lines, seen = [f"Coverage at an AUROC of {', '.join(map(str, AREAS))}; mean width."], ""
    groups: dict = {}
    for row in rows:
        key = f"{row['malignant']} malignant, {row['benign']} benign, {row['shape']}"
        groups.setdefault((key, row["method"]), []).append(row)
    for (key, method), found in groups.items():
        if key != seen:
            lines.append(f"\n{key}")
        seen = key
        held = "  ".join(f"{row['coverage']:.3f}" for row in found)
        width = np.mean([row["width"] for row in found])
        lines.append(f"  {method:44s} {held}  {width:.3f}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Simulate and print; returns the exit code."""
    parser = options_parser(__doc__.partition(":")[0], json=True)
    parser.add_argument("--repeats", type=int, default=REPEATS, help="samples of each kind")
    options = parser.parse_args(arguments)
    result = table(options.repeats)
    show({"rows": result}, options, lambda result: print(in_words(result["rows"])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
