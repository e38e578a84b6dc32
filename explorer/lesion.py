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
    logits : float32 (8,)
        z[2 d + y].
    verdicts : dict of str to Verdict
        By rule; without ``conditional`` where the tone group is unknown.
    """

    weights: "Weights"
    logits: np.ndarray
    verdicts: dict[str, Verdict]

    @classmethod
    def of(cls, logits: np.ndarray, weights: "Weights", group: int | None) -> "Classification":
        """Apply every rule to the 8 logits of one image; no network is run."""
        return cls(weights, logits, inference.apply_rules(logits, group))

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
    """Run the network once on the image and apply every rule."""
    (logits,) = classifier.logits([result.image.rgb])
    return Classification.of(logits, classifier.weights, result.group)


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
    (logits,) = classifier.logits([darkened.rgb])
    group = None if darkened.reached is None else darkened.reached.published.group
    return OtherSkin(darkened, Classification.of(logits, classifier.weights, group))
