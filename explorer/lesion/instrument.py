"""One lesion on every skin: all that the page's instrument shows, worked out once.

The picture is taken to some 28 skins, from light to dark, and every version goes through the
network. What a page needs to show any of them under any rule is then in one table
(:mod:`explorer.lesion.instrument_table`): a look-up table per skin that makes the picture, the
eight logits, and what each rule makes of them. Nothing is interpolated: a skin that is shown is a
skin that was computed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from explorer.image import colour
from explorer.image.resize import shrink
from explorer.lesion.counterfactual import crossings
from explorer.lesion.lesion import ToneResult
from explorer.model.weights import Weights
from explorer.rules.rules import RULES, Verdict
from explorer.transform.absorption import lookup_table, solve
from explorer.transform.contract import SKIN
from explorer.transform.melanin import MELANIN, feather
from explorer.transform.painter import Painter
from explorer.transform.transforms import DEFAULT_SCOPE, DEFAULT_TRANSFORM, TRANSFORMS
from explorer.util.registry import find

#: Longest side of the picture that is shown, pixels.
SHOWN_SIDE = 512
#: Longest side of the pictures of a transform that no look-up table can give.
FRAME_SIDE = 360
#: Target ITA, degrees: 28 from very light to dark; the picture's own joins them.
TARGETS = tuple(float(each) for each in range(58, -51, -4))
#: Skins per pass of the network; and every how many-th comes first, for a coarse curve.
BATCH, COARSE = 4, 4


@dataclass(frozen=True)
class Skin:
    """One version of the picture.

    Attributes
    ----------
    target : float or None
        ITA in degrees, in the transform's convention; None where no skin was found.
    reached_cielab, reached_published : float or None
        ITA of the dominant colour after the transform.
    colour_rgb : tuple of int
        That colour, sRGB 0..255.
    group : int or None
        Tone group that the domain-conditional rule uses: at the picture's own skin the estimate,
        elsewhere the study's group 0..3 at the reached published angle.
    melanin : float or None
        m of the melanin transform, in addition to what is there.
    clipped : float
        Share of the changed pixels that left the gamut, 0..1.
    """

    target: float | None
    reached_cielab: float | None
    reached_published: float | None
    colour_rgb: tuple[int, int, int]
    group: int | None
    melanin: float | None
    clipped: float


@dataclass(frozen=True)
class Instrument:
    """One picture on N skins, light to dark, with the network's answers as far as they are there.

    Attributes
    ----------
    name : str
        Of the image.
    weights : Weights or None
        Whose answers these are; None while there are none.
    transform, scope : str
        Key of :data:`explorer.transform.transforms.TRANSFORMS`, and what it changes.
    own : int
        Index of the picture as it is.
    skins : tuple of Skin
        Target ITA falling.
    logits : float32 (N, 8)
        z[2 d + y]; NaN where not computed yet. At ``own`` those of the whole image; elsewhere of
        the picture at working size (:data:`explorer.transform.painter.WORKING_SIDE`).
    picture : uint8 (H, W, 3)
        As it is, longer side at most :data:`SHOWN_SIDE`.
    mask : uint8 (H, W) or None
        Where the transform acts, 0..255; None for the whole picture.
    tables : uint8 (N, 256, 3) or None
        New byte of every byte and channel, by skin; None where ``frames`` are given.
    frames : tuple of uint8 (h, w, 3), or None
        The pictures themselves, where a transform is no matter of single channels.
    oriented : float32 (8, 8) or None
        Logits of the picture as it is in its eight orientations.
    notes : tuple of str
    """

    name: str
    weights: Weights | None
    transform: str
    scope: str
    own: int
    skins: tuple[Skin, ...]
    logits: np.ndarray
    picture: np.ndarray
    mask: np.ndarray | None
    tables: np.ndarray | None
    frames: tuple[np.ndarray, ...] | None
    oriented: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    @property
    def convention(self) -> str:
        """Of the targets, one of :data:`explorer.image.colour.CONVENTIONS`."""
        return TRANSFORMS[self.transform].convention

    @cached_property
    def known(self) -> np.ndarray:
        """Where the network has answered, bool (N,)."""
        return np.isfinite(self.logits).all(axis=1)

    @property
    def is_complete(self) -> bool:
        return bool(self.known.all())

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """Every rule on the skins of :attr:`known`, by key; one that needs a tone group and has
        none is left out."""
        groups = [skin.group for skin in self.skins]
        asked = [rule for rule in RULES.values() if None not in groups or not rule.needs_domain]
        domains = None if None in groups else np.array(groups)[self.known]
        return {rule.key: rule(self.logits[self.known], domains) for rule in asked}

    @cached_property
    def flips(self) -> dict[str, tuple[float, ...]]:
        """By rule, the target angles at which the decision changes, falling; none until complete.

        Where the straight line between two neighbouring skins crosses 0.5.
        """
        if not self.is_complete or len(self.skins) < 2:
            return dict.fromkeys(self.verdicts, ())
        rising = np.array([skin.target for skin in self.skins])[::-1]
        return {
            key: crossings(rising, said.probability_malignant[::-1], said.decision[::-1])[::-1]
            for key, said in self.verdicts.items()
        }

    @cached_property
    def ranges(self) -> dict[str, tuple[float, float]] | None:
        """By rule, lowest and highest probability over the eight orientations of the picture as
        it is: a range of n = 8, not a confidence interval."""
        if self.oriented is None:
            return None
        group = self.skins[self.own].group
        values = {
            key: RULES[key](self.oriented, group).probability_malignant for key in self.verdicts
        }
        return {key: (float(each.min()), float(each.max())) for key, each in values.items()}


@dataclass(frozen=True)
class Workshop:
    """A picture ready to be answered: the instrument without answers, and the way to make them."""

    empty: Instrument
    result: ToneResult
    painter: Painter | None

    def answers(
        self,
        classifier,
        begun: Instrument | None = None,
        before: Callable[[], object] = lambda: None,
    ) -> Iterator[Instrument]:
        """The instrument as it fills in: its own skin first, a coarse curve, then all skins.

        Parameters
        ----------
        classifier : Classifier or what answers like one
            Asked for ``logits`` of uint8 (H, W, 3) pictures.
        begun : Instrument, optional
            What the same classifier has answered already.
        before : callable, optional
            Called before each pass of the network; what it raises ends the work.
        """
        now = begun or replace(self.empty, weights=classifier.weights)
        own = [now.own]
        coarse = [i for i in range(len(now.skins)) if i % COARSE == 0]
        for part in (own, coarse, range(len(now.skins))):
            wanted = [i for i in part if not now.known[i]]
            for start in range(0, len(wanted), BATCH):
                before()
                some = wanted[start : start + BATCH]
                pictures = [self.picture(i) for i in some]
                now = _with(now, some, classifier.logits(pictures, batch_size=BATCH))
            if wanted:
                yield now

    def picture(self, i: int) -> np.ndarray:
        """What the network gets for a skin, uint8 (H, W, 3)."""
        if i == self.empty.own:
            return self.result.image.rgb
        return self.painter.paint(self.empty.skins[i].target).rgb

    def turned(self, instrument: Instrument, classifier) -> Instrument:
        """The instrument with the eight orientations of the picture as it is."""
        return replace(instrument, oriented=classifier.oriented_logits(self.result.image.rgb))


def _with(now: Instrument, at: list[int], logits: np.ndarray) -> Instrument:
    filled = now.logits.copy()
    filled[at] = logits
    return replace(now, logits=filled)


def workshop(
    result: ToneResult, transform: str = DEFAULT_TRANSFORM, scope: str = DEFAULT_SCOPE
) -> Workshop:
    """All skins of a lesion, before any network is asked; takes some 50 ms.

    Parameters
    ----------
    result : ToneResult
        Without a tone there is one skin only, the picture as it is.
    transform, scope : str
        As for :func:`explorer.lesion.lesion.on_other_skin`.

    Raises
    ------
    ExplorerError
        For an unknown transform or scope.
    """
    way = find(TRANSFORMS, transform, "transform")
    scope = way.scope(scope)
    shown = shrink(result.image.rgb, SHOWN_SIDE)
    if result.chosen is None:
        alone = Skin(None, None, None, (128, 128, 128), None, None, 0.0)
        return Workshop(_empty(result, way.key, scope, shown, (alone,), 0), result, None)
    mask = result.skin_mask if scope == SKIN else None
    start = result.chosen.colour_rgb
    painter = Painter.of(result.image.rgb, start, way, mask)
    small = Painter.of(shown, start, way, _fitted(mask, shown))
    targets = _targets(small)
    painted = [small.paint(target) for target in targets]
    own = targets.index(small.own)
    skins = tuple(
        Skin(
            each.target,
            each.reached_cielab,
            each.reached_published,
            each.colour_rgb,
            result.group if i == own else int(colour.group_index(each.reached_published)),
            each.melanin,
            each.clipped,
        )
        for i, each in enumerate(painted)
    )
    made = _empty(result, way.key, scope, shown, skins, own)
    if way is MELANIN:
        tables = np.stack([lookup_table(solve(start, target)) for target in targets])
        soft = None if small.mask is None else feather(small.mask)
        made = replace(made, tables=tables, mask=soft)
    else:
        frames = tuple(shrink(each.rgb, FRAME_SIDE) for each in painted)
        made = replace(made, tables=None, frames=frames)
    return Workshop(replace(made, notes=_notes(painter, skins)), result, painter)


def instrument(
    result: ToneResult,
    classifier,
    *,
    transform: str = DEFAULT_TRANSFORM,
    scope: str = DEFAULT_SCOPE,
) -> Instrument:
    """One lesion on all skins, answered whole, with the range over its eight orientations.

    Parameters
    ----------
    result : ToneResult
    classifier : Classifier
    transform, scope : str
        As for :func:`explorer.lesion.lesion.on_other_skin`.

    Raises
    ------
    ExplorerError
        For an unknown transform or scope.
    """
    shop = workshop(result, transform, scope)
    *_, made = shop.answers(classifier)
    return shop.turned(made, classifier)


def _empty(result: ToneResult, transform: str, scope: str, shown, skins, own: int) -> Instrument:
    same = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    return Instrument(
        name=result.image.name,
        weights=None,
        transform=transform,
        scope=scope,
        own=own,
        skins=skins,
        logits=np.full((len(skins), 8), np.nan, np.float32),
        picture=shown,
        mask=None,
        tables=same[None],
        frames=None,
    )


def _fitted(mask: np.ndarray | None, shown: np.ndarray) -> np.ndarray | None:
    """A mask at the size of the picture that is shown: skin where at least half is."""
    if mask is None or mask.shape == shown.shape[:2]:
        return mask
    return shrink(mask.astype(np.float32), SHOWN_SIDE) >= 0.5


def _targets(painter: Painter) -> list[float]:
    """Those of :data:`TARGETS` within reach, falling, the picture's own among them."""
    apart = [each for each in TARGETS if abs(each - painter.own) >= 1]
    return painter.feasible(apart)[0][::-1]


def _notes(painter: Painter, skins: tuple[Skin, ...]) -> tuple[str, ...]:
    notes = list(painter.notes)
    wrapped = sum(int(colour.rgb_to_lab8(np.uint8(each.colour_rgb))[0]) < 50 for each in skins)
    if wrapped:
        notes.append(
            f"On {wrapped} of the {len(skins)} skins the published 8-bit angle wraps around to "
            "very light; the rule that trusts the tone group follows it."
        )
    return tuple(notes)
