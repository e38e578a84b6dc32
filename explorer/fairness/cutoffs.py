"""The cut-off at which each rule finds one stated share of malignant images.

A rule's own cut-off is where its two class scores are equal, P = 0.5. The rules' probabilities
are no two alike, so at 0.5 one rule calls most melanomas malignant and another calls none: what is
compared there is where the cut-offs happen to lie. Here every rule is asked for the same
sensitivity (recall of malignant images) on a named set of images, the *calibration set*, by the
same weights; what it costs there in false positives is told beside it.

Cut-offs are log-odds as well as probabilities: of a rule whose probabilities are all 0.000 the
log-odds still tell images apart.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from explorer.data.predictions import Predictions
from explorer.fairness.metrics import Rate, proportion
from explorer.rules.rules import RULES, Verdict
from explorer.util.errors import ExplorerError
from explorer.util.plain import plain

#: Share of the malignant images of a calibration set that every rule is to find.
SENSITIVITY = 0.8
#: At which cut-offs decisions are shown, as links have it: each rule's own, or for one sensitivity.
CUTOFFS = OWN, SAME = "own", "same"
#: Log-odds by which a cut-off lies below the image that sets it: answers of the same weights on the
#: same image differ by less, from one machine or rounding to another.
SLACK = 0.001
#: With fewer malignant images there is no cut-off.
FEWEST = 10
#: Probabilities this near to 0 or 1 are printed as 0.000 or 1.000.
SATURATED = 0.0005

#: Where the images that are judged are the calibration set.
SAME_IMAGES = (
    "The cut-off was chosen on these same images: recall over all of them is set by it, not "
    "found; differences between groups are found."
)


@dataclass(frozen=True)
class CalibrationSet:
    """Images with a known label, answered by one set of weights.

    Attributes
    ----------
    name : str
        What they are, in words: "validation lesions of the demo model".
    logits : float (N, 8)
        z[2 d + y].
    target : int (N,)
        0 benign, 1 malignant.
    group : int (N,) or None
        Tone group 0..3, -1 where unknown, for the rule that needs it.
    weights_sha256 : str or None
        Of the weights' file; None where nothing states it.
    """

    name: str
    logits: np.ndarray
    target: np.ndarray
    group: np.ndarray | None = None
    weights_sha256: str | None = None

    @classmethod
    def of(
        cls, predictions: Predictions, name: str = "", weights_sha256: str | None = None
    ) -> "CalibrationSet":
        """The images of per-image predictions; raises ExplorerError where they have no logits."""
        if not predictions.has_logits:
            raise ExplorerError(
                f"a cut-off for one sensitivity needs the 8 logits per image: {predictions.name} "
                "has none"
            )
        return cls(
            name or predictions.name,
            predictions.logits,
            predictions.target,
            predictions.tone_group,
            weights_sha256,
        )

    def check_weights(self, sha256: str) -> None:
        """Raise ExplorerError if other weights than these are known to have answered."""
        if self.weights_sha256 not in (None, sha256):
            raise ExplorerError(
                f"{self.name} was answered by other weights (SHA-256 {self.weights_sha256[:8]}..., "
                f"not {sha256[:8]}...): evaluate labelled images with the weights in use."
            )


@dataclass(frozen=True)
class Cutoff:
    """From where on one rule calls an image malignant, and what that gives on a calibration set.

    Attributes
    ----------
    rule : str
        Key of the rule.
    probability, log_odds : float
        The same cut-off twice; an image is called where it is at least this.
    sensitivity, false_positive_rate : Rate
        On the set, each with n and Wilson interval.
    """

    rule: str
    probability: float
    log_odds: float
    sensitivity: Rate
    false_positive_rate: Rate

    @property
    def is_extreme(self) -> bool:
        """Whether the probability would be printed as 0.000 or 1.000."""
        return not SATURATED <= self.probability <= 1 - SATURATED

    @property
    def text(self) -> str:
        """``P = 0.012``, or the log-odds where P is too near to 0 or 1 to be told."""
        if self.is_extreme:
            return f"log-odds {self.log_odds:.1f}"
        return f"P = {self.probability:.2g}"


@dataclass(frozen=True)
class Cutoffs:
    """Every rule's own cut-off and that for one sensitivity, on one calibration set.

    Attributes
    ----------
    wanted : float
        The sensitivity that was asked for, 0..1.
    name : str
        Of the set.
    weights_sha256 : str or None
    n, malignant : int
        Images of the set.
    own, same : mapping of str to Cutoff
        By rule: at P = 0.5, and at the sensitivity; without a rule that needs tone groups where
        there are none.
    """

    wanted: float
    name: str
    weights_sha256: str | None
    n: int
    malignant: int
    own: Mapping[str, Cutoff]
    same: Mapping[str, Cutoff]

    @property
    def wanted_text(self) -> str:
        """``80 %``."""
        return f"{100 * self.wanted:g} %"

    def of(self, rule: str) -> Cutoff:
        """The rule's cut-off for the sensitivity; raises ExplorerError where there is none."""
        if rule not in self.same:
            raise ExplorerError(
                f"the rule {rule!r} has no cut-off for {self.wanted_text}: no tone groups are "
                f"known of {self.name}"
            )
        return self.same[rule]

    def decision(self, verdict: Verdict) -> np.ndarray:
        """The decisions of a verdict at this sensitivity, int (...): 0 benign, 1 malignant."""
        return (verdict.log_odds >= self.of(verdict.rule).log_odds).astype(int)

    def to_json(self, said: Mapping[str, Mapping]) -> dict:
        """These fields; ``same`` by the rules of ``said``, with what is said at the cut-off."""
        same = {key: {**plain(self.of(key)), **more} for key, more in said.items()}
        return {**plain(self), "same": same}

    def brief(self, rule: str) -> str:
        """The cut-off, for a title: what it finds is said elsewhere."""
        return (
            f"malignant from {self.of(rule).text}, for a sensitivity of {self.wanted_text} on "
            f"{self.name}"
        )

    def text(self, rule: str) -> str:
        """The cut-off and what it finds, as part of a sentence."""
        cutoff = self.of(rule)
        found, costs = cutoff.sensitivity, cutoff.false_positive_rate
        return (
            f"malignant from {cutoff.text}, the cut-off for a sensitivity of {self.wanted_text}: "
            f"on {self.name} (n = {self.n}) it finds {percent(found)} of {found.n} malignant and "
            f"calls {percent(costs)} of {costs.n} benign ones malignant"
        )


def percent(rate: Rate) -> str:
    """``81 % [70, 89]``: a rate and its 95 % Wilson interval; a dash where nothing is counted."""
    if rate.value is None:
        return "–"
    return f"{100 * rate.value:.0f} % [{100 * rate.low:.0f}, {100 * rate.high:.0f}]"


def same_sensitivity(images: CalibrationSet, sensitivity: float = SENSITIVITY) -> Cutoffs:
    """Every rule's cut-offs on a calibration set.

    The cut-off is the largest probability (less :data:`SLACK`) at which at least the stated share
    of the malignant images is called malignant: called is who has at least the cut-off. Images of
    unknown tone group do not enter the rule that needs it.

    Parameters
    ----------
    images : CalibrationSet
    sensitivity : float
        Above 0, up to 1.

    Raises
    ------
    ExplorerError
        For another sensitivity, or fewer than :data:`FEWEST` malignant images.
    """
    if not 0 < sensitivity <= 1:
        raise ExplorerError(f"a sensitivity is above 0 and at most 1: not {sensitivity:g}")
    malignant = int(images.target.sum())
    own, same = {}, {}
    for key, rule in RULES.items():
        group, kept = images.group, np.ones(len(images.target), bool)
        if rule.needs_domain:
            kept = np.zeros_like(kept) if group is None else group >= 0
        target = images.target[kept]
        if rule.needs_domain and target.sum() < FEWEST <= malignant:
            continue
        if target.sum() < FEWEST:
            raise ExplorerError(
                f"{images.name} has {malignant} malignant images: a cut-off for a sensitivity "
                f"needs at least {FEWEST}"
            )
        said = rule(images.logits[kept], None if group is None else group[kept])
        limit = _limit(said.log_odds[target == 1], sensitivity) - SLACK
        own[key] = _measured(key, 0.0, said.decision == 1, target)
        same[key] = _measured(key, limit, said.log_odds >= limit, target)
    return Cutoffs(
        sensitivity,
        images.name,
        images.weights_sha256,
        len(images.target),
        malignant,
        MappingProxyType(own),
        MappingProxyType(same),
    )


def _limit(found: np.ndarray, sensitivity: float) -> float:
    """The largest value that a share of the values reaches."""
    wanted = math.ceil(sensitivity * len(found) - 1e-9)
    return float(np.sort(found)[len(found) - wanted])


def _measured(rule: str, limit: float, called: np.ndarray, target: np.ndarray) -> Cutoff:
    rates = (proportion(int(called[target == y].sum()), int((target == y).sum())) for y in (1, 0))
    return Cutoff(rule, 1 / (1 + math.exp(-limit)) if limit > -700 else 0.0, limit, *rates)
