"""Where the instrument is made: a picture taken to every skin, then answered by a network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from explorer.image import colour
from explorer.image.resize import shrink
from explorer.lesion.instrument import Instrument, Skin
from explorer.lesion.lesion import ToneResult
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
            return self.result.image.stored
        return self.painter.paint(self.empty.skins[i].target).for_network

    def turned(self, instrument: Instrument, classifier) -> Instrument:
        """The instrument with the eight orientations of the picture as it is."""
        return replace(instrument, oriented=classifier.oriented_logits(self.result.image.stored))


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
    image, pixels = result.image, way.pixels(result.image)
    shown = shrink(image.rgb, SHOWN_SIDE)
    if result.chosen is None:
        alone = Skin(None, None, None, (128, 128, 128), None, None, 0.0)
        return Workshop(_empty(result, way.key, scope, shown, (alone,), 0), result, None)
    mask = result.skin_mask if scope == SKIN else None
    start = way.start(result.chosen)
    painter = Painter.of(pixels, start, way, mask, image.profile)
    fitted = _fitted(mask, shown)
    small = Painter.of(shrink(pixels, SHOWN_SIDE), start, way, fitted, image.profile)
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
    wrapped = sum(colour.wraps_around(each.colour_rgb) for each in skins)
    if wrapped:
        notes.append(
            f"On {wrapped} of the {len(skins)} skins the published 8-bit angle wraps around to "
            "very light; the rule that trusts the tone group follows it."
        )
    return tuple(notes)
