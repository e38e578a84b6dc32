"""What every estimator of skin tone has in common: its contract, and a step of its story."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.skin.settings import PUBLISHED, ToneSettings
from explorer.tone.reading import EstimatedTone


@dataclass(frozen=True)
class Step:
    """One step of the estimate.

    Attributes
    ----------
    key : str
        Stable name, e.g. "clahe".
    title, explanation : str
    picture : uint8 (H, W, 3)
        At the working size of the estimator; masks are drawn white on black.
    numbers : tuple of (str, str)
        Label and value, as they are shown.
    """

    key: str
    title: str
    explanation: str
    picture: np.ndarray
    numbers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Resampled:
    """The skin's colour as other samples of the same skin would give it.

    Attributes
    ----------
    lab8 : float64 (N, 3)
        8-bit-scaled Lab, not rounded, widened.
    blocks, patches : int
        What was resampled, and the patches of skin in it.
    widening : float
        The factor on the deviations.
    """

    lab8: np.ndarray
    blocks: int
    patches: int
    widening: float


@dataclass(frozen=True)
class Estimator:
    """One way to read a tone from an image.

    Attributes
    ----------
    key, label : str
        Its name in links and JSON, and in words.
    estimate : callable (rgb uint8 (H, W, 3), ToneSettings) -> EstimatedTone
        Raises NotEnoughSkin, whose ``segmentation`` shows why.
    mask_steps : callable (segmentation, ToneSettings) -> tuple of Step
        The steps up to the skin mask, which exist for an image without enough skin as well.
    tone_steps : callable (EstimatedTone) -> tuple of Step
        Those from the skin to the angle.
    notes : callable (EstimatedTone) -> tuple of str
        What a reader must know before trusting the angle; empty where nothing is unusual.
    resample : callable (EstimatedTone) -> Resampled
        The skin's colour as other samples of this skin would have given it.
    words : tuple of str
        Further names that are understood where people type one.
    tunable : bool
        Whether it takes settings other than the published ones.
    """

    key: str
    label: str
    estimate: Callable[[np.ndarray, ToneSettings], EstimatedTone]
    mask_steps: Callable[..., tuple[Step, ...]]
    tone_steps: Callable[[EstimatedTone], tuple[Step, ...]]
    notes: Callable[[EstimatedTone], tuple[str, ...]]
    resample: Callable[[EstimatedTone], Resampled]
    words: tuple[str, ...] = ()
    tunable: bool = False

    def steps(self, tone: EstimatedTone, settings: ToneSettings = PUBLISHED) -> tuple[Step, ...]:
        """Every step of an estimate, from the image to the angle."""
        return *self.mask_steps(tone.segmentation, settings), *self.tone_steps(tone)
