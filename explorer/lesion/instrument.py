"""One lesion on every skin: all that the page's instrument shows, worked out once.

The picture is taken to some 28 skins, from light to dark, and every version goes through the
network. What a page needs to show any of them under any rule is then in one table
(:mod:`explorer.lesion.instrument_table`): a look-up table per skin that makes the picture, the
eight logits, and what each rule makes of them. Nothing is interpolated: a skin that is shown is a
skin that was computed.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explorer.fairness.cutoffs import Cutoffs
from explorer.lesion.counterfactual import decisions, flips
from explorer.model.weights import Weights
from explorer.rules.rules import RULES, Verdict
from explorer.transform.transforms import TRANSFORMS


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
        As it is, longer side at most :data:`explorer.lesion.workshop.SHOWN_SIDE`.
    mask : uint8 (H, W) or None
        Where the transform acts, 0..255; None for the whole picture.
    tables : uint8 (N, 256, 3) or None
        New byte of every byte and channel, by skin; None where ``frames`` are given.
    frames : tuple of uint8 (h, w, 3), or None
        The pictures themselves, where a transform is no matter of single channels.
    oriented : float32 (8, 8) or None
        Logits of the picture as it is in its eight orientations.
    notes : tuple of str
    cutoffs : Cutoffs or None
        From where on each rule calls malignant; None is its own cut-off, 0.5.
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
    cutoffs: Cutoffs | None = None

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
    def decisions(self) -> dict[str, np.ndarray]:
        """By rule, what the skins of :attr:`known` are called, int (n,): 0 benign, 1 malignant;
        one that has no cut-off is left out."""
        return decisions(self.verdicts, self.cutoffs)

    @cached_property
    def flips(self) -> dict[str, tuple[float, ...]]:
        """By rule, the target angles at which the decision changes, falling; none until complete.

        Where the straight line between two neighbouring skins crosses the cut-off.
        """
        if not self.is_complete or len(self.skins) < 2:
            return dict.fromkeys(self.verdicts, ())
        targets = np.array([skin.target for skin in self.skins])
        # mirrored, so that they rise
        return {
            key: tuple(-each for each in flips(-targets, self.verdicts[key], made, self.cutoffs))
            for key, made in self.decisions.items()
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
