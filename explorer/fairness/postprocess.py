"""Post-processing by thresholds per group, judged on patients it has not seen, many times over.

Thresholds per group can equalise rates on the images they were chosen on, and still not on others;
and how well they do on others is itself a matter of which. So the images are cut into two halves
with no patient in both; each half is decided by thresholds fitted on the other, and rates are
counted over both. That is done for many random cuts. What is shown is how the rates vary between
them: this is the part of chance in the choice of thresholds, not an interval for new patients.

Equal rates can be had by making one group worse. Where a group's recall falls, it is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from explorer.fairness import resampling
from explorer.fairness.decisions import Decided
from explorer.fairness.halves import Across, across, halves, held_out_text
from explorer.fairness.metrics import METRICS, Rate
from explorer.fairness.resampling import GAPS, SEED
from explorer.fairness.thresholds import Decision, Scored, common, equalised, hull_of
from explorer.util.errors import ExplorerError
from explorer.util.plain import plain

#: fairlearn's name of a constraint: (plain label, the gap it is meant to close).
CONSTRAINTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "demographic_parity": ("Demographic parity", "demographic_parity_difference"),
        "equalized_odds": ("Equalized odds", "equalized_odds_difference"),
        "true_positive_rate_parity": ("Equal recall (TPR parity)", "equal_opportunity_difference"),
    }
)
#: What is maximised under the constraint: plain accuracy would call hardly anything malignant.
OBJECTIVE = "balanced_accuracy_score"
SPLITS, FEWEST_SPLITS = 40, 20
#: Gaps allowed between groups along the frontier.
ALLOWED = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
OVERALL = "all images"
#: A recall that falls by less, in the median, is not called levelled down.
FALL = 0.01


@dataclass(frozen=True)
class Change:
    """A rate or a gap before, and on held-out images after.

    Attributes
    ----------
    metric : str
        Key of :data:`explorer.fairness.metrics.METRICS`, or of a gap.
    group : str
        A group, :data:`OVERALL`, or empty of a gap.
    before : Rate
        With its 95 % Wilson interval; of a gap the value alone.
    after : Across
    fell : float
        Share of the splits in which it is lower than before, 0..1.
    """

    metric: str
    group: str
    before: Rate
    after: Across
    fell: float


@dataclass(frozen=True)
class ThresholdSpread:
    """Over all fits, a group's threshold: median, 5th and 95th percentile (infinity: never called
    malignant, 0: always), and the share of fits that decide at random between two."""

    group: str
    median: float
    low: float
    high: float
    random: float


@dataclass(frozen=True)
class FrontierPoint:
    """What a gap that is allowed on the images of the fit becomes on the others.

    ``allowed`` is None for one threshold for all. ``lowest_recall`` is that of the worst group.
    """

    allowed: float | None
    gap: Across
    balanced_accuracy: Across
    recall: Across
    lowest_recall: Across


@dataclass(frozen=True)
class PostProcessing:
    """Before and after, on the same images, always held out from the fit that decided them.

    Attributes
    ----------
    constraint : str
        Key of :data:`CONSTRAINTS`.
    splits : int
    gaps, changes : tuple of Change
        The four gaps; then rates of all images and of every group.
    thresholds : tuple of ThresholdSpread
    frontier : tuple of FrontierPoint
        By rising allowance, and one threshold for all.
    held_out : str
        What is disjoint, patients or images, and how many there are.
    left_out : tuple of str
        Groups that mostly lack a class in a half; their images are not counted, before or after.
    """

    constraint: str
    splits: int
    gaps: tuple[Change, ...]
    changes: tuple[Change, ...]
    thresholds: tuple[ThresholdSpread, ...]
    frontier: tuple[FrontierPoint, ...]
    held_out: str
    left_out: tuple[str, ...]

    @property
    def target_gap(self) -> str:
        """Name of the gap that the constraint is meant to close."""
        return CONSTRAINTS[self.constraint][1]

    @property
    def aim(self) -> Change:
        """What becomes of that gap."""
        return next(change for change in self.gaps if change.metric == self.target_gap)

    @property
    def levelled_down(self) -> tuple[Change, ...]:
        """Groups whose recall falls by :data:`FALL` or more in the median of the splits."""
        return tuple(c for c in self._recalls if c.after.median <= c.before.value - FALL)

    @property
    def _recalls(self) -> list[Change]:
        return [c for c in self.changes if c.metric == "recall" and c.group != OVERALL]

    @property
    def warning(self) -> str:
        """The sentences on levelling down; empty where no group's recall falls."""
        fallen = self.levelled_down
        if not fallen:
            return ""
        texts = [
            f"Levelling down: recall falls in {c.group} from {c.before.value:.2f} to "
            f"{c.after.median:.2f} (lower in {round(c.fell * self.splits)} of {self.splits} "
            f"splits, n = {c.before.n:,})."
            for c in fallen
        ]
        rises = any(c.after.median > c.before.value for c in self._recalls)
        return " ".join(texts + ["No group's recall rises."] * (not rises))

    def to_json(self) -> dict:
        """Every field, ``levelled_down`` and ``warning``; of the aim also the value of each split.

        A threshold of null is one that nothing reaches.
        """
        found = plain(self)
        for change in (*found["gaps"], *found["changes"]):
            if change["metric"] != self.target_gap:
                del change["after"]["values"]
        for point in found["frontier"]:
            for part in ("gap", "balanced_accuracy", "recall", "lowest_recall"):
                del point[part]["values"]
        for group in found["thresholds"]:
            for key in ("median", "low", "high"):
                group[key] = group[key] if np.isfinite(group[key]) else None
        fallen = [change.group for change in self.levelled_down]
        return found | {"objective": OBJECTIVE, "levelled_down": fallen, "warning": self.warning}


def post_process(
    decided: Decided, constraint: str = "equalized_odds", splits: int = SPLITS, seed: int = SEED
) -> PostProcessing:
    """Fit thresholds per group on one half of the patients, judge on the other, both ways, often.

    Parameters
    ----------
    decided : Decided
        With a probability per image; its own decisions are "before".
    constraint : str
        Key of :data:`CONSTRAINTS`.
    splits : int
        At least :data:`FEWEST_SPLITS`.
    seed : int
        Of the halves; nothing else is random.

    Raises
    ------
    ExplorerError
        If there is no probability, or fewer than two groups have both classes in both halves.
    """
    if constraint not in CONSTRAINTS:
        raise ExplorerError(
            f"unknown constraint {constraint!r}: choose one of {', '.join(CONSTRAINTS)}"
        )
    if splits < FEWEST_SPLITS:
        raise ExplorerError(f"give at least {FEWEST_SPLITS} splits, not {splits}: one is no answer")
    if decided.probability is None:
        raise ExplorerError(
            "post-processing needs a probability or logits per image: this source has labels only"
        )
    cuts, kept = halves(decided, splits, seed)
    names = tuple(name for name, usable in zip(decided.names, kept) if usable)
    order = np.argsort(-decided.probability, kind="stable")
    members = [order[decided.group[order] == g] for g in np.flatnonzero(kept)]
    groups = [Scored(decided.probability[m], decided.target[m] == 1) for m in members]
    fits = [
        [
            [group.part(half[m] == side) for group, m in zip(groups, members)]
            for side in (False, True)
        ]
        for half in cuts
    ]
    every = [_judged(fits, constraint, allowed) for allowed in (*ALLOWED, None)]
    decisions, cells = every[0]
    before = decided.counts.cells[:, kept]
    return PostProcessing(
        constraint,
        splits,
        *_changes(names, before, cells),
        tuple(_threshold(name, found) for name, found in zip(names, zip(*decisions))),
        tuple(
            _point(allowed, CONSTRAINTS[constraint][1], found)
            for allowed, (_, found) in zip((*ALLOWED, None), every)
        ),
        held_out_text(decided, kept[decided.group], splits),
        tuple(name for name, usable in zip(decided.names, kept) if not usable),
    )


# Fits


def _judged(fits: Sequence, constraint: str, allowed: float | None) -> tuple[list, np.ndarray]:
    """Decisions of every fit, and the expected counts of every split, float64 (4, S, G)."""
    decisions, cells = [], []
    for pair in fits:
        found = [_fitted(half, constraint, allowed) for half in pair]
        decisions += found
        judged = [
            [decision.cells(images) for decision, images in zip(fit, other)]
            for fit, other in zip(found, pair[::-1])
        ]
        cells.append(np.sum(judged, axis=0))
    return decisions, np.moveaxis(np.array(cells), 2, 0)


def _fitted(half: Sequence[Scored], constraint: str, allowed: float | None) -> Sequence[Decision]:
    if allowed is not None:
        return equalised([hull_of(group) for group in half], constraint, allowed)
    score = np.concatenate([group.score for group in half])
    order = np.argsort(-score, kind="stable")
    everyone = Scored(score, np.concatenate([group.malignant for group in half])).part(order)
    return [common(hull_of(everyone))] * len(half)


def _changes(names, before: np.ndarray, after: np.ndarray) -> tuple[tuple, tuple]:
    """Of the gaps, and of rates overall and by group, from counts (4, G) and (4, S, G)."""
    old, new = resampling.gaps(before), resampling.gaps(after)
    gaps = tuple(
        _change(name, "", Rate(float(old[name]), None, None, int(before.sum())), new[name])
        for name in GAPS
    )
    columns = [(OVERALL, before.sum(axis=1), after.sum(axis=2))]
    columns += [(name, before[:, i], after[:, :, i]) for i, name in enumerate(names)]
    wanted = ("recall", "false_positive_rate", "balanced_accuracy")
    return gaps, tuple(
        _change(metric, name, METRICS[metric].rate(one), METRICS[metric].value(many))
        for metric in wanted
        for name, one, many in columns
    )


def _change(metric: str, group: str, before: Rate, after: np.ndarray) -> Change:
    fell = float((after < before.value - 1e-9).mean())
    return Change(metric, group, before, across(after), fell)


def _threshold(name: str, fits: Sequence[Decision]) -> ThresholdSpread:
    main = [max(fit.main, 0.0) for fit in fits]
    low, median, high = np.quantile(main, (0.05, 0.5, 0.95), method="inverted_cdf").tolist()
    random = float(np.mean([fit.is_random for fit in fits]))
    return ThresholdSpread(name, median, low, high, random)


def _point(allowed: float | None, gap: str, cells: np.ndarray) -> FrontierPoint:
    together = cells.sum(axis=2)
    return FrontierPoint(
        allowed,
        across(resampling.gaps(cells)[gap]),
        across(METRICS["balanced_accuracy"].value(together)),
        across(METRICS["recall"].value(together)),
        across(METRICS["recall"].value(cells).min(axis=1)),
    )
