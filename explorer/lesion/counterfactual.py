"""What the model would say of the same lesion on other skin: one curve against target ITA.

The picture is taken to a series of target angles, either by melanin absorption
(:mod:`explorer.transform.melanin`, targets by float CIELAB) or by the study's skin-former
(:mod:`explorer.transform.skinformer`, targets in its own convention), and every version goes
through the same network. ``reached_*`` is measured on the dominant colour after the transform, not
by running the estimator again, so that it says what the transform did and not how the estimator
scatters.

The domain-conditional rule takes, at every point, the tone group of the reached published angle:
the group that the study would have given such a picture, its wrap-around for very dark colours
included (a note says where).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explorer.fairness.cutoffs import Cutoff, Cutoffs
from explorer.image import colour
from explorer.image.resize import shrink
from explorer.lesion.lesion import ToneResult
from explorer.model.classifier import Classifier
from explorer.model.hub import Progress
from explorer.model.weights import Weights
from explorer.rules.rules import RULES, Verdict
from explorer.transform.contract import SKIN
from explorer.transform.painter import Painter
from explorer.transform.transforms import DEFAULT_SCOPE, DEFAULT_TRANSFORM, TRANSFORMS
from explorer.util.errors import ExplorerError
from explorer.util.registry import find

THUMBNAIL_SIDE = 96
#: Images per pass of the network, and the time between two chances to cancel.
BATCH = 4


@dataclass(frozen=True)
class Point:
    """One version of the picture.

    Attributes
    ----------
    target_ita : float
        Degrees, in the transform's convention.
    reached_cielab, reached_published : float
        ITA of the dominant colour after the transform.
    colour_rgb : tuple of int
        That colour, sRGB 0..255.
    group : int
        The study's group 0..3 at the reached published angle.
    melanin : float or None
        m of the melanin transform.
    clipped : float
        Share of the changed pixels that left the gamut, 0..1.
    """

    target_ita: float
    reached_cielab: float
    reached_published: float
    colour_rgb: tuple[int, int, int]
    group: int
    melanin: float | None
    clipped: float


@dataclass(frozen=True)
class Curve:
    """Every version of one picture with the network's answers, darkest target first.

    Attributes
    ----------
    image : str
        Its name.
    weights : Weights
        Whose answers these are.
    transform, scope : str
        Key of :data:`explorer.transform.transforms.TRANSFORMS`, and what was changed.
    own : int
        Index of the point at the image's own ITA: the picture as it is.
    points : tuple of Point
        Sorted by target.
    logits : float32 (N, 8)
    rules : tuple of str
        Keys of the rules that were asked for.
    thumbnails : uint8 (N, h, w, 3)
        The pictures, longer side at most 96 px.
    notes : tuple of str
        What a reader must know.
    cutoffs : Cutoffs or None
        From where on each rule calls malignant; None is its own cut-off, 0.5.
    """

    image: str
    weights: Weights
    transform: str
    scope: str
    own: int
    points: tuple[Point, ...]
    logits: np.ndarray
    rules: tuple[str, ...]
    thumbnails: np.ndarray
    notes: tuple[str, ...] = ()
    cutoffs: Cutoffs | None = None

    @property
    def convention(self) -> str:
        """Of the targets, one of :data:`explorer.image.colour.CONVENTIONS`."""
        return TRANSFORMS[self.transform].convention

    @cached_property
    def targets(self) -> np.ndarray:
        """Target ITA of every point, degrees, float (N,), rising."""
        return np.array([point.target_ita for point in self.points])

    @property
    def own_ita(self) -> float:
        """ITA of the picture as it is, in the targets' convention."""
        return self.points[self.own].target_ita

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """Every asked-for rule on all points at once, by key."""
        groups = np.array([point.group for point in self.points])
        return {key: RULES[key](self.logits, groups) for key in self.rules}

    @cached_property
    def decisions(self) -> dict[str, np.ndarray]:
        """By rule, what each version is called, int (N,): 0 benign, 1 malignant."""
        return decisions(self.verdicts, self.cutoffs)

    def probability(self, rule: str) -> np.ndarray:
        """Probability of malignancy at every point, float (N,)."""
        return self.verdicts[rule].probability_malignant

    def level(self, rule: str) -> float:
        """The probability from which on a rule calls malignant."""
        return 0.5 if self.cutoffs is None else self.cutoffs.of(rule).probability

    @cached_property
    def flips(self) -> dict[str, tuple[float, ...]]:
        """By rule, the target angles at which the decision changes, rising.

        Where the straight line between neighbouring points crosses the cut-off: of probabilities,
        or of log-odds where the cut-off is too near to 0 or 1.
        """
        return {
            key: flips(self.targets, verdict, self.decisions[key], self.cutoffs)
            for key, verdict in self.verdicts.items()
        }

    @cached_property
    def range(self) -> dict[str, float]:
        """By rule, largest minus smallest probability of malignancy along the curve."""
        return {key: float(np.ptp(self.probability(key))) for key in self.rules}

    @cached_property
    def stable(self) -> dict[str, tuple[float, float]]:
        """By rule, the targets around the image's own between which the decision is unchanged.

        An end is a flip, or the end of the curve.
        """
        ends = {}
        for key, flips in self.flips.items():
            own = self.own_ita
            below = [angle for angle in flips if angle < own]
            above = [angle for angle in flips if angle >= own]
            ends[key] = (
                max(below, default=float(self.targets[0])),
                min(above, default=float(self.targets[-1])),
            )
        return ends


def decisions(verdicts: Mapping[str, Verdict], cutoffs: Cutoffs | None) -> dict[str, np.ndarray]:
    """By rule, what is called malignant at its own cut-off or at these; without cut-off, left out.

    Returns
    -------
    dict of str to int (N,)
    """
    if cutoffs is None:
        return {key: verdict.decision for key, verdict in verdicts.items()}
    return {key: cutoffs.decision(said) for key, said in verdicts.items() if key in cutoffs.same}


def flips(
    targets: np.ndarray, verdict: Verdict, decision: np.ndarray, cutoffs: Cutoffs | None
) -> tuple[float, ...]:
    """Where a rule's decision changes along rising targets, float (N,)."""
    cutoff: Cutoff | None = cutoffs and cutoffs.of(verdict.rule)
    if cutoff is not None and cutoff.is_extreme:
        return crossings(targets, verdict.log_odds, decision, cutoff.log_odds)
    level = 0.5 if cutoff is None else cutoff.probability
    return crossings(targets, verdict.probability_malignant, decision, level)


def crossings(
    targets: np.ndarray, score: np.ndarray, decision: np.ndarray, level: float = 0.5
) -> tuple[float, ...]:
    """Where the decision changes along rising targets, by linear interpolation to a level.

    Parameters
    ----------
    targets, score : float (N,)
    decision : int (N,)
    level : float
        Of the score.
    """
    found = []
    for i in np.flatnonzero(np.diff(decision)):
        rise = score[i + 1] - score[i]
        share = (level - score[i]) / rise if rise else 0.5
        found.append(float(targets[i] + np.clip(share, 0, 1) * (targets[i + 1] - targets[i])))
    return tuple(found)


def curve(
    result: ToneResult,
    classifier: Classifier,
    *,
    transform: str = DEFAULT_TRANSFORM,
    scope: str = DEFAULT_SCOPE,
    rules: Iterable[str] | None = None,
    targets: Sequence[float] | None = None,
    colour_rgb: tuple[int, int, int] | None = None,
    cutoffs: Cutoffs | None = None,
    progress: Progress | None = None,
) -> Curve:
    """Classify one lesion on a series of skins.

    Parameters
    ----------
    result : ToneResult
        With a tone, unless ``colour_rgb`` is given.
    classifier : Classifier
    transform : str
        Of :data:`explorer.transform.transforms.TRANSFORMS`.
    scope : str
        ``"image"``, or ``"skin"``: the estimator's mask with a feathered edge. The study's
        skin-former always changes the skin alone, with its hard mask.
    rules : iterable of str, optional
        Keys of ``rules.RULES``; all by default.
    targets : sequence of float, optional
        ITA in degrees; by default at least 16 from -50 to the image's own
        (:func:`explorer.transform.painter.default_targets`). The image's own is added where it is
        missing, and targets out of reach are left out with a note.
    colour_rgb : three int, optional
        Skin colour to start from, sRGB; by default the one picked by hand, else the estimate.
    cutoffs : Cutoffs, optional
        Where the rules call malignant, for one sensitivity, those left out that have none there;
        by default each at its own, 0.5.
    progress : callable, optional
        Called with a fraction in 0..1 and a text; what it raises stops the run.

    Returns
    -------
    Curve

    Raises
    ------
    ExplorerError
        Without a skin colour, or for an unknown transform, scope or rule.
    """
    rules = checked_rules(rules)
    if cutoffs is not None:
        rules = tuple(key for key in rules if key in cutoffs.same)
    way = find(TRANSFORMS, transform, "transform")
    scope = way.scope(scope)
    if colour_rgb is None and result.chosen is None:
        raise ExplorerError(result.problem)
    mask = result.skin_mask if scope == SKIN else None
    image, profile = result.image, result.image.profile
    start = way.start_from(colour_rgb, profile) if colour_rgb else way.start(result.chosen)
    painter = Painter.of(way.pixels(image), start, way, mask, profile)
    wanted = painter.default_targets() if targets is None else targets
    feasible, notes = painter.feasible(wanted)
    points, logits, thumbnails = [], [], []
    for start in range(0, len(feasible), BATCH):
        _report(progress, start, len(feasible))
        batch = [painter.paint(target) for target in feasible[start : start + BATCH]]
        logits.append(classifier.logits([each.for_network for each in batch], batch_size=BATCH))
        thumbnails += [shrink(each.rgb, THUMBNAIL_SIDE) for each in batch]
        points += [
            Point(
                each.target,
                each.reached_cielab,
                each.reached_published,
                each.colour_rgb,
                int(colour.group_index(each.reached_published)),
                each.melanin,
                each.clipped,
            )
            for each in batch
        ]
    _report(progress, len(feasible), len(feasible))
    return Curve(
        image=image.name,
        weights=classifier.weights,
        transform=way.key,
        scope=scope,
        own=feasible.index(painter.own),
        points=tuple(points),
        logits=np.concatenate(logits),
        rules=rules,
        thumbnails=np.stack(thumbnails),
        notes=(*painter.notes, *notes, *_wrap_note(points)),
        cutoffs=cutoffs,
    )


def checked_rules(rules: Iterable[str] | None) -> tuple[str, ...]:
    """Keys of ``rules.RULES`` in its order; all for None.

    Raises
    ------
    ExplorerError
        If a key is unknown or there is none.
    """
    if rules is None:
        return tuple(RULES)
    rules = list(rules)
    unknown = [key for key in rules if key not in RULES]
    if unknown or not rules:
        what = f"Unknown rule {unknown[0]!r}" if unknown else "No rule is chosen"
        raise ExplorerError(f"{what}: choose among {', '.join(RULES)}.")
    return tuple(key for key in RULES if key in rules)


def _wrap_note(points: list[Point]) -> tuple[str, ...]:
    wrapped = [
        f"{point.target_ita:.0f}" for point in points if colour.wraps_around(point.colour_rgb)
    ]
    note = (
        f"At {', '.join(wrapped)} degrees the skin is so dark that the published 8-bit angle wraps "
        "around to very light; the domain-conditional rule follows it."
    )
    return (note,) if wrapped else ()


def _report(progress, done: int, total: int) -> None:
    if progress:
        progress(done / max(total, 1), f"Classified {done} of {total} skins")
