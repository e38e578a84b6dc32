"""Does a model treat the same lesion alike on all skin? Curves of many lesions, summed up.

``python -m explorer.study --shared ../shared --out FILE.csv`` makes the file that the page opens
with: the demo model on the 124 validation lesions beside the checkout, melanin transform, whole
image. :func:`load_study` reads that file, or any that ``counterfactual DIR --csv`` wrote.

Shares have Wilson intervals, medians a percentile bootstrap over images. Several images of one
patient count as independent, so the intervals are, if anything, too narrow. The tone is what the
transform made of the picture: no image here is of a person known to have dark skin, and more
melanin in a photograph of light skin is not a photograph of dark skin.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from explorer.fairness.cutoffs import Cutoffs
from explorer.fairness.metrics import Rate, proportion
from explorer.image.colour import GROUP_NAMES, TONE_NAMES, tone_index
from explorer.rules.rules import RULES
from explorer.util import lazy
from explorer.util.errors import ExplorerError
from explorer.util.paths import ASSETS

pd = lazy.load("pandas")
stats = lazy.load("scipy.stats")

#: What the page shows first.
SHIPPED = ASSETS / "counterfactual" / "validation_demo.csv"

#: How lesions can be grouped, and the names of the groups.
GROUPINGS = {"published": GROUP_NAMES, "cielab": TONE_NAMES, "diagnosis": ("benign", "malignant")}
#: Target ITA in degrees, lightest first: the bounds between the six tones, and between them.
TARGETS = (55.0, 48.0, 41.0, 34.0, 28.0, 19.0, 10.0, -10.0, -30.0, -45.0)

#: What all rows of one file have in common.
SAME = ("weights", "weights_sha256", "transform", "scope")
RESAMPLES = 9_999
SEED = 20_240_229


@dataclass(frozen=True)
class RangeSummary:
    """Distribution of the ranges of n curves.

    ``low`` and ``high`` are the median's 95 % interval; None for fewer than 6 curves, from which
    there is none, and where all are alike.
    """

    n: int
    median: float
    low: float | None
    high: float | None
    lower_quartile: float
    upper_quartile: float
    largest: float


@dataclass(frozen=True)
class Study:
    """Curves of many lesions by the same weights.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per image, columns as :mod:`explorer.evaluate.sweep` says.
    rules : tuple of str
    targets : tuple of float
        Target ITA in degrees, lightest first.
    weights, weights_sha256, transform, scope : str
    cutoffs : Cutoffs or None
        From where on each rule calls malignant; None is its own cut-off, above 0.5.
    """

    table: "pd.DataFrame"
    rules: tuple[str, ...]
    targets: tuple[float, ...]
    weights: str
    weights_sha256: str
    transform: str
    scope: str
    cutoffs: Cutoffs | None = None

    def at(self, cutoffs: Cutoffs | None) -> "Study":
        """The same lesions at other cut-offs, by the rules that have one."""
        rules = tuple(key for key in self.rules if cutoffs is None or key in cutoffs.same)
        return replace(self, cutoffs=cutoffs, rules=rules)

    @property
    def images(self) -> int:
        return len(self.table)

    @cached_property
    def ranges(self) -> dict[str, np.ndarray]:
        """By rule, largest minus smallest probability of each lesion, float (n,)."""
        return {rule: self.table[f"range_{rule}"].to_numpy(float) for rule in self.rules}

    @cached_property
    def flipped(self) -> dict[str, np.ndarray]:
        """By rule, whether each lesion's decision changes anywhere along its curve, bool (n,).

        At a rule's own cut-off as the curve says; else between any two of the file's skins.
        """
        if self.cutoffs is None:
            return {rule: self.table[f"flips_{rule}"].notna().to_numpy() for rule in self.rules}
        flipped = {}
        for rule in self.rules:
            values = np.stack([self._values(rule, place) for place in ("own", *self.targets)])
            called, known = self._called(rule, values), ~np.isnan(values)
            flipped[rule] = called.any(axis=0) & (~called & known).any(axis=0)
        return flipped

    def _values(self, rule: str, place: float | str) -> np.ndarray:
        """Probabilities on one skin, float (n,); NaN where it is out of reach."""
        key = place if place == "own" else f"{place:g}"
        return self.table[f"p_{rule}_{key}"].to_numpy(float)

    def _called(self, rule: str, values: np.ndarray) -> np.ndarray:
        if self.cutoffs is None:
            return values > 0.5
        return values >= self.cutoffs.of(rule).probability

    def members(self, by: str) -> dict[str, np.ndarray]:
        """Name of each non-empty group to its lesions, bool (n,).

        ``by`` is a key of :data:`GROUPINGS`: tone of the picture as it is, by either convention,
        or the diagnosis where it is known.
        """
        if by not in GROUPINGS:
            raise ExplorerError(f"Unknown grouping {by!r}: choose {', '.join(GROUPINGS)}.")
        columns_of = {"published": "group_published", "cielab": "ita_cielab"}
        index = self.table[columns_of.get(by, "malignant")].to_numpy(float)
        if by == "cielab":
            index = tone_index(index)
        groups = {name: index == i for i, name in enumerate(GROUPINGS[by])}
        return {name: chosen for name, chosen in groups.items() if chosen.any()}

    def flip_share(self, rule: str, chosen: np.ndarray | None = None) -> Rate:
        """Share of lesions (of ``chosen``, bool (n,)) whose decision flips; Wilson interval."""
        flipped = self.flipped[rule] if chosen is None else self.flipped[rule][chosen]
        return proportion(int(flipped.sum()), len(flipped))

    def called(self, rule: str) -> dict[float | str, Rate]:
        """Share of the lesions called malignant as they are ("own") and at every target."""
        rates = {}
        for place in ("own", *self.targets):
            values = self._values(rule, place)
            known = int((~np.isnan(values)).sum())
            rates[place] = proportion(int(self._called(rule, values).sum()), known)
        return rates

    def spread(self, rule: str, chosen: np.ndarray | None = None) -> RangeSummary:
        """Distribution of the ranges (of ``chosen``), with an interval for the median."""
        values = self.ranges[rule] if chosen is None else self.ranges[rule][chosen]
        lower, median, upper = np.percentile(values, (25, 50, 75))
        low, high = _median_interval(values)
        return RangeSummary(
            len(values), float(median), low, high, float(lower), float(upper), float(values.max())
        )


def _median_interval(values: np.ndarray) -> tuple[float | None, float | None]:
    """95 % percentile bootstrap of the median (``scipy.stats.bootstrap``).

    With n < 6 even the smallest and the largest value enclose the median with less than 95 %:
    1 - 2 / 2^n.
    """
    if len(values) < 6:
        return None, None
    if np.ptp(values) == 0:  # nothing to resample: no interval of width 0
        return None, None
    interval = stats.bootstrap(
        (values,),
        np.median,
        method="percentile",
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return float(interval.low), float(interval.high)


def load_study(path: Path | str = SHIPPED) -> Study:
    """Read a study's CSV.

    Raises
    ------
    ExplorerError
        If it cannot be read, is not such a file, is empty, or mixes weights or transforms.
    """
    path = Path(path)
    try:
        table = pd.read_csv(path, dtype={"image": str, "weights": str, "weights_sha256": str})
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        why = getattr(error, "strerror", None) or "not a CSV file"
        raise ExplorerError(
            f"The study {path.name} cannot be read ({why}): make one with "
            "counterfactual DIR --csv FILE."
        ) from None
    rules = tuple(rule for rule in RULES if f"range_{rule}" in table)
    targets = tuple(
        float(name.rpartition("_")[2])
        for name in table
        if rules and name.startswith(f"p_{rules[0]}_") and not name.endswith("_own")
    )
    known = bool(rules) and list(table) == columns(rules, targets)
    table = table[table["error"].isna()].reset_index(drop=True) if known else table
    if not known or table.empty:
        raise ExplorerError(
            f"{path.name} does not hold a study: make one with counterfactual DIR --csv FILE."
        )
    if any(table[key].nunique() != 1 for key in SAME):
        raise ExplorerError(f"{path.name} mixes several weights or transforms: keep them apart.")
    facts = {key: str(table[key].iloc[0]) for key in SAME}
    return Study(table=table, rules=rules, targets=targets, **facts)


def validation_lesions(shared: Path) -> "pd.DataFrame":
    """The lesions of ``shared/lesions.csv`` with split = valid; columns image, target, path.

    Raises
    ------
    ExplorerError
        If the table is not there.
    """
    try:
        table = pd.read_csv(Path(shared) / "lesions.csv")
    except OSError:
        raise ExplorerError(f"{shared} holds no lesions.csv: name the shared folder.") from None
    valid = table[table["split"] == "valid"]
    return valid.assign(path=[Path(shared) / "lesions" / name for name in valid["image"]])


def columns(rules: Sequence[str], targets: Sequence[float]) -> list[str]:
    """Header of the file."""
    places = ["own", *(f"{target:g}" for target in targets)]
    return [
        "image",
        "malignant",
        *SAME,
        "ita_cielab",
        "ita_published",
        "group_published",
        "largest_miss",
        *(f"p_{rule}_{place}" for rule in rules for place in places),
        *(f"{what}_{rule}" for rule in rules for what in ("flips", "range")),
        "error",
    ]
