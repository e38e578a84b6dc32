"""The estimators of skin tone, by key: to add one, write a file like its neighbours and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from explorer.skin.settings import ToneSettings
from explorer.tone import robust, robust_story, story, study
from explorer.tone.reading import EstimatedTone
from explorer.tone.story import Step
from explorer.util.errors import ExplorerError


@dataclass(frozen=True)
class Estimator:
    """One way to read a tone from an image.

    Attributes
    ----------
    key, label : str
        Its name in links and JSON, and in words.
    estimate : callable (rgb uint8 (H, W, 3), ToneSettings) -> EstimatedTone
        Raises NotEnoughSkin, whose ``segmentation`` shows why.
    steps : callable (EstimatedTone) -> tuple of Step
        Every step with its picture, sentence and numbers.
    mask_steps : callable (segmentation, ToneSettings) -> tuple of Step
        The steps up to the skin mask, for an image without enough skin.
    notes : callable (EstimatedTone) -> tuple of str
        What a reader must know before trusting the angle; empty where nothing is unusual.
    """

    key: str
    label: str
    estimate: Callable[[np.ndarray, ToneSettings], EstimatedTone]
    steps: Callable[[EstimatedTone], tuple[Step, ...]]
    mask_steps: Callable[..., tuple[Step, ...]]
    notes: Callable[[EstimatedTone], tuple[str, ...]]


#: "published" is the key of the study's estimator in links and JSON, from before there were others.
ESTIMATORS: Mapping[str, Estimator] = MappingProxyType(
    {
        each.key: each
        for each in (
            Estimator(
                "published",
                "As published",
                study.estimate_skin_tone,
                story.tone_steps,
                story.segmentation_steps,
                story.tone_notes,
            ),
            Estimator(
                "robust",
                "Robust (float CIELAB)",
                lambda rgb, settings: robust.estimate_robust(rgb),
                robust_story.robust_steps,
                lambda segmentation, settings: robust_story.robust_mask_steps(segmentation),
                robust_story.robust_notes,
            ),
        )
    }
)


def estimator(key: str) -> Estimator:
    """The estimator of this key.

    Raises
    ------
    ExplorerError
        If there is none.
    """
    if key not in ESTIMATORS:
        raise ExplorerError(f"Unknown method {key!r}: choose one of {', '.join(ESTIMATORS)}.")
    return ESTIMATORS[key]


def notes(tone: EstimatedTone) -> tuple[str, ...]:
    """What is unusual about an estimate, in sentences."""
    return ESTIMATORS[tone.method].notes(tone)
