"""One lesion, from a checked image to every rule's verdict, in one object.

The two halves are separate calls, so that a page can draw the tone while the network still loads.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from explorer import inference
from explorer.errors import NotEnoughSkin
from explorer.inference import Verdict
from explorer.intake import CheckedImage
from explorer.segmentation import Segmentation
from explorer.settings import PUBLISHED, ToneSettings
from explorer.skinformer import Darkened, darken, skin_mask
from explorer.skintone import SkinTone, estimate_skin_tone
from explorer.steps import Step, segmentation_steps

if TYPE_CHECKING:
    from explorer.classifier import Classifier
    from explorer.weights import Weights


@dataclass(frozen=True)
class ToneResult:
    """A skin-tone estimate, or the reason why there is none.

    Attributes
    ----------
    image : CheckedImage
    tone : SkinTone or None
    problem : str or None
        One sentence where ``tone`` is None.
    segmentation : Segmentation
    settings : ToneSettings
    """

    image: CheckedImage
    tone: SkinTone | None
    problem: str | None
    segmentation: Segmentation
    settings: ToneSettings

    @property
    def group(self) -> int | None:
        """The study's group 0..3 by the published angle; None without an estimate."""
        return None if self.tone is None else self.tone.published.group

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, or those up to the skin mask where there is too little skin."""
        if self.tone is not None:
            return self.tone.steps
        return segmentation_steps(self.segmentation, self.settings)

    @cached_property
    def skin_mask(self) -> np.ndarray:
        """The skin-former's mask at full resolution, bool (H, W); made once, on first use."""
        return skin_mask(self.image.rgb, self.settings)


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

    weights: "Weights"
    oriented_logits: np.ndarray
    group: int | None

    @property
    def logits(self) -> np.ndarray:
        """z[2 d + y] of the image as it is, float32 (8,)."""
        return self.oriented_logits[0]

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """Every rule's verdict on the image as it is, by key; no network is run."""
        return inference.apply_rules(self.logits, self.group)

    @cached_property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Lowest and highest probability over the eight orientations, by rule.

        A dermoscopic image has no up or down, so a spread here is uncertainty of the network
        alone. It is a range of n = 8, not a confidence interval.
        """
        verdicts = inference.apply_rules(self.oriented_logits, self.group)
        values = {key: verdict.probability_malignant for key, verdict in verdicts.items()}
        return {key: (float(v.min()), float(v.max())) for key, v in values.items()}

    @property
    def predict_py(self) -> str:
        """What the study's ``predict.py`` would print for this image."""
        return inference.DECISIONS[int(inference.predict_py_decision(self.logits))]

    @property
    def doubled_softmax(self) -> float:
        """What the study's reporting script would call the probability of malignancy."""
        return float(inference.doubled_softmax(self.logits))


def read_tone(image: CheckedImage, settings: ToneSettings = PUBLISHED) -> ToneResult:
    """Estimate the skin tone of an image; too little skin is an answer here, not an error."""
    try:
        tone = estimate_skin_tone(image.rgb, settings)
    except NotEnoughSkin as error:
        return ToneResult(image, None, str(error), error.segmentation, settings)
    return ToneResult(image, tone, None, tone.segmentation, settings)


def classify(result: ToneResult, classifier: "Classifier") -> Classification:
    """Run the network on the image in its eight orientations, in one batch."""
    logits = classifier.oriented_logits(result.image.rgb)
    return Classification(classifier.weights, logits, result.group)


@dataclass(frozen=True)
class OtherSkin:
    """The lesion on darker skin, and what the same weights say of it.

    Attributes
    ----------
    darkened : Darkened
    classification : Classification
        The domain-conditional rule uses the group re-estimated on the new image.
    """

    darkened: Darkened
    classification: Classification


def on_darker_skin(result: ToneResult, target: float, classifier: "Classifier") -> OtherSkin:
    """Apply the published skin-former and classify the new image.

    Parameters
    ----------
    result : ToneResult
        With an estimate.
    target : float
        ITA in degrees, published convention.
    """
    darkened = darken(
        result.image.rgb, result.tone, target, mask=result.skin_mask, settings=result.settings
    )
    logits = classifier.oriented_logits(darkened.rgb)
    group = None if darkened.reached is None else darkened.reached.published.group
    return OtherSkin(darkened, Classification(classifier.weights, logits, group))
