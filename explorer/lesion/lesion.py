"""One lesion, from a checked image to every rule's verdict, in one object.

The two halves are separate calls, so that a page can draw the tone while the network still loads.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from explorer.image.pixels import one_large_at_a_time
from explorer.image.read import CheckedImage
from explorer.model.classifier import Classifier
from explorer.model.weights import Weights
from explorer.rules import rules, slips
from explorer.rules.rules import Verdict
from explorer.skin.robust import RobustSegmentation
from explorer.skin.settings import PUBLISHED, ToneSettings
from explorer.skin.study import Segmentation
from explorer.tone.contract import Step
from explorer.tone.estimators import DEFAULT_METHOD, ESTIMATORS
from explorer.tone.hand import DEFAULT_SIZE, HandTone, read_patches
from explorer.tone.reading import EstimatedTone
from explorer.tone.study import SkinTone, estimate_skin_tone
from explorer.transform.contract import SKIN, Transformed
from explorer.transform.skinformer import skin_mask
from explorer.transform.transforms import DEFAULT_SCOPE, DEFAULT_TRANSFORM, TRANSFORMS
from explorer.util.errors import ExplorerError, NotEnoughSkin
from explorer.util.registry import find


@dataclass(frozen=True)
class ToneResult:
    """A skin-tone estimate, or the reason why there is none.

    Attributes
    ----------
    image : CheckedImage
    tone : EstimatedTone or None
    problem : str or None
        One sentence where ``tone`` is None.
    segmentation : Segmentation or RobustSegmentation
        Of the method.
    settings : ToneSettings
    method : str
        Key of :data:`explorer.tone.estimators.ESTIMATORS`.
    hand : HandTone or None
        A tone picked by hand, which then takes the estimate's place in the domain-conditional
        rule and in the transforms.
    """

    image: CheckedImage
    tone: EstimatedTone | None
    problem: str | None
    segmentation: Segmentation | RobustSegmentation
    settings: ToneSettings
    method: str = DEFAULT_METHOD
    hand: HandTone | None = None

    @property
    def chosen(self) -> EstimatedTone | HandTone | None:
        """The tone that feeds what follows: the hand value where there is one."""
        return self.hand or self.tone

    @property
    def group(self) -> int | None:
        """The study's group 0..3 by the published angle; None without a tone."""
        return None if self.chosen is None else self.chosen.published.group

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, or those up to the skin mask where there is too little skin."""
        method = ESTIMATORS[self.method]
        if self.tone is None:
            return method.mask_steps(self.segmentation, self.settings)
        return method.steps(self.tone, self.settings)

    @property
    def skin_mask(self) -> np.ndarray:
        """The skin-former's mask at full resolution, bool (H, W); made once, on first use."""
        return np.unpackbits(self._packed_mask, axis=1, count=self.image.size[1]).view(bool)

    @cached_property
    def _packed_mask(self) -> np.ndarray:
        """The mask as it is kept: a bit for each pixel, uint8 (H, W / 8)."""
        height, width = self.image.size
        with one_large_at_a_time(height * width):
            return np.packbits(skin_mask(self.image.stored, self.settings), axis=1)


@dataclass(frozen=True)
class Classification:
    """What one set of weights says of one image, by every rule.

    Attributes
    ----------
    weights : Weights
        Whose numbers these are.
    oriented_logits : float32 (8, 8)
        z[2 d + y] of the image as it is (row 0), and of its seven rotations and mirrorings.
    group : int or None
        Tone group that the domain-conditional rule uses; without it that rule is left out.
    """

    weights: Weights
    oriented_logits: np.ndarray
    group: int | None

    @property
    def logits(self) -> np.ndarray:
        """z[2 d + y] of the image as it is, float32 (8,)."""
        return self.oriented_logits[0]

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """Every rule's verdict on the image as it is, by key; no network is run."""
        return rules.apply_rules(self.logits, self.group)

    @cached_property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Lowest and highest probability over the eight orientations, by rule.

        A dermoscopic image has no up or down, so a spread here is uncertainty of the network
        alone. It is a range of n = 8, not a confidence interval.
        """
        verdicts = rules.apply_rules(self.oriented_logits, self.group)
        values = {key: verdict.probability_malignant for key, verdict in verdicts.items()}
        return {key: (float(v.min()), float(v.max())) for key, v in values.items()}

    @property
    def predict_py(self) -> str:
        """What the study's ``predict.py`` would print for this image."""
        return rules.DECISIONS[int(slips.predict_py_decision(self.logits))]

    @property
    def doubled_softmax(self) -> float:
        """What the study's reporting script would call the probability of malignancy."""
        return float(slips.doubled_softmax(self.logits))


def read_tone(
    image: CheckedImage, settings: ToneSettings = PUBLISHED, method: str = DEFAULT_METHOD
) -> ToneResult:
    """Estimate the skin tone of an image; too little skin is an answer here, not an error.

    Where the file has a colour profile the tone is of the converted colours, and its published
    angle of the file's own bytes.

    Parameters
    ----------
    image : CheckedImage
    settings : ToneSettings
        Of the published method.
    method : str
        Of :data:`explorer.tone.estimators.ESTIMATORS`.
    """
    estimator = find(ESTIMATORS, method, "method")
    try:
        tone = estimator.estimate(image.rgb, settings)
        if image.profile is not None:
            tone = tone.with_stored(estimator.estimate(image.stored, settings))
    except NotEnoughSkin as error:
        return ToneResult(image, None, str(error), error.segmentation, settings, estimator.key)
    return ToneResult(image, tone, None, tone.segmentation, settings, estimator.key)


def pick_by_hand(
    result: ToneResult, points: Iterable[tuple[int, int]], size: int = DEFAULT_SIZE
) -> ToneResult:
    """The result with a tone read at picked points, as :func:`explorer.tone.hand.read_patches`.

    Raises what that raises.
    """
    image, points = result.image, list(points)
    hand = read_patches(image.rgb, points, size)
    if image.profile is not None:
        hand = hand.with_stored(read_patches(image.stored, points, size))
    return replace(result, hand=hand)


def classify(result: ToneResult, classifier: Classifier) -> Classification:
    """Run the network on the image in its eight orientations, in one batch.

    It gets the file's own bytes, as from the study's code, which ignores colour profiles.
    """
    logits = classifier.oriented_logits(result.image.stored)
    return Classification(classifier.weights, logits, result.group)


@dataclass(frozen=True)
class OtherSkin:
    """The lesion on other skin, and what the same weights say of it.

    Attributes
    ----------
    transform : str
        Key of :data:`explorer.transform.transforms.TRANSFORMS`.
    changed : Transformed
        The new image with its target and what was reached.
    reestimated : SkinTone or None
        The published estimator on the new image.
    classification : Classification
        The domain-conditional rule uses the re-estimated group.
    """

    transform: str
    changed: Transformed
    reestimated: SkinTone | None
    classification: Classification


def on_other_skin(
    result: ToneResult,
    target: float,
    classifier: Classifier,
    *,
    transform: str = DEFAULT_TRANSFORM,
    scope: str = DEFAULT_SCOPE,
) -> OtherSkin:
    """Transform the image and classify it anew.

    Parameters
    ----------
    result : ToneResult
        With a tone, estimated or picked by hand.
    target : float
        ITA in degrees, in the transform's convention: float CIELAB for melanin, the published one
        for the skin-former.
    transform : str
        Of :data:`explorer.transform.transforms.TRANSFORMS`.
    scope : str
        "skin" or "image"; the skin-former always changes the skin alone.

    Raises
    ------
    ExplorerError
        Without a tone, or if the target is out of reach.
    """
    if result.chosen is None:
        raise ExplorerError("Without a skin tone there is nothing to transform: pick skin by hand.")
    way = find(TRANSFORMS, transform, "transform")
    way.check(target)
    mask = result.skin_mask if way.scope(scope) == SKIN else None
    image = result.image
    changed = way.change(way.pixels(image), way.start(result.chosen), target, mask)
    changed = way.follow(changed, image.profile)
    try:
        again = estimate_skin_tone(changed.rgb, result.settings)
        if changed.stored is not None:
            again = again.with_stored(estimate_skin_tone(changed.stored, result.settings))
    except NotEnoughSkin:
        again = None
    logits = classifier.oriented_logits(changed.for_network)
    group = None if again is None else again.published.group
    found = Classification(classifier.weights, logits, group)
    return OtherSkin(way.key, changed, again, found)
