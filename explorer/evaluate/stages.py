"""The work on one image, the same in every engine: decode once, read the tone, shrink, classify.

An engine makes one :class:`Network` per worker. :func:`prepare` needs no network, and the network
nothing but the prepared pictures, so that with a GPU many processes prepare for one network.
"""

import copy
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.evaluate.settings import EvaluateSettings
from explorer.image.colour import CONVENTIONS
from explorer.image.read import MAX_BYTES, read_image
from explorer.lesion.lesion import read_tone
from explorer.model.checkpoint import Facts
from explorer.model.classifier import Classifier, normalise, shrink
from explorer.model.packed import check_bfloat16, pack
from explorer.skin.artefacts import find_cautions
from explorer.tone import estimators
from explorer.tone.interval import tone_interval
from explorer.util import lazy
from explorer.util.errors import ExplorerError

torch = lazy.load("torch")

#: Images per pass of the network on a CPU: the weights stay in the cache, the memory small.
BATCH = 8


@dataclass(frozen=True)
class Prepared:
    """One image, ready for the network, or the reason why not.

    Attributes
    ----------
    name : str
    facts : dict
        Columns of :data:`explorer.evaluate.record.COLUMNS` that are known without the network.
    square : uint8 (S, S, 3) or None
        The network's input before normalisation; None where there is an error.
    seconds : dict of str to float
        Time in reading, tone and shrinking.
    """

    name: str
    facts: dict
    square: np.ndarray | None
    seconds: dict


def prepare(name: str, path: str | Path, settings: EvaluateSettings, facts: Facts) -> Prepared:
    """Everything about one image but its logits; a bad one gives an error, not an exception.

    Parameters
    ----------
    name : str
        What the image is called in the results.
    path : str or Path
    settings : EvaluateSettings
    facts : explorer.model.checkpoint.Facts
        Of the weights: input size and colour space.
    """
    found, square, clock = {}, None, _Clock()
    try:
        path = Path(path)
        small = path.is_file() and path.stat().st_size <= MAX_BYTES
        data = path.read_bytes() if small else None
        if data:
            found["sha256"] = hashlib.sha256(data).hexdigest()
        image = read_image(data or path, Path(name).name)
        found["height"], found["width"] = image.size
        found["warnings"] = image.sentences
        clock.lap("decode")
        if settings.tone_from == "image":
            found |= _tone(image, settings)
            clock.lap("tone")
        square = shrink(image.stored, facts.input_size, facts.cielab)
        clock.lap("resize")
    except ExplorerError as error:
        found["error"] = str(error)
    except Exception as error:  # one image must never end a run over thousands
        found["error"] = f"{Path(name).name} could not be read ({type(error).__name__})."
    return Prepared(name, found, square, clock.seconds)


class _Clock:
    def __init__(self):
        self.seconds, self._last = {}, time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage], self._last = now - self._last, now


def _tone(image, settings: EvaluateSettings) -> dict:
    """Columns of the tone; too little skin is a warning, and the angles stay empty."""
    result = read_tone(image, method=settings.method)
    warnings = image.sentences
    if settings.cautions:
        found = find_cautions(image.rgb, result.segmentation)
        warnings += [f"{caution.title}: {caution.sentence}" for caution in found]
    tone = result.tone
    if tone is None:
        return {"warnings": [*warnings, result.problem]}
    found = {
        "tone_from": "image",
        "group_published": tone.published.group,
        "skin_fraction": tone.skin_fraction,
        "warnings": [*warnings, *estimators.notes(tone)],
    }
    found |= dict(zip(("skin_r", "skin_g", "skin_b"), map(int, tone.colour_rgb)))
    for convention in CONVENTIONS:
        reading = getattr(tone, convention)
        interval = tone_interval(tone, convention=convention)
        found |= {
            f"ita_{convention}": reading.ita,
            f"tone_{convention}": reading.name,
            f"ita_{convention}_low": interval.low,
            f"ita_{convention}_high": interval.high,
        }
    return found


class Network:
    """A classifier on a device, packed for its processor, that takes prepared squares.

    Parameters
    ----------
    classifier : Classifier
    settings : EvaluateSettings
        Device and precision.
    batch : int
        Images per pass; bounds the memory.

    Raises
    ------
    ExplorerError
        If the processor has no bfloat16 and it is asked for.
    """

    def __init__(self, classifier: Classifier, settings: EvaluateSettings, batch: int = BATCH):
        self.facts, self.batch = classifier.facts, batch
        self.device = torch.device(settings.device)
        self.autocast = settings.precision == "bfloat16"
        if self.device.type == "cpu":
            if self.autocast:
                check_bfloat16()
            self.network = pack(classifier.network, batch, settings.precision)
            # a packed network is in bfloat16 where it should be, any other one as torch does it
            self.autocast &= self.network is classifier.network
        else:
            network = copy.deepcopy(classifier.network).to(self.device)
            self.network = network.to(memory_format=torch.channels_last)

    def logits(self, squares: Sequence[np.ndarray]) -> np.ndarray:
        """Outputs of prepared pictures, uint8 (S, S, 3) each, as float32 (N, outputs)."""
        parts = [np.empty((0, self.facts.num_outputs), np.float32)]
        if not self.autocast:  # and no TF32 either, which would be less than float32
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        precision = torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast)
        with torch.inference_mode(), precision:
            for start in range(0, len(squares), self.batch):
                batch = torch.from_numpy(np.stack(squares[start : start + self.batch]))
                batch = normalise(batch.to(self.device), self.facts.mean, self.facts.std)
                parts.append(self.network(batch).float().cpu().numpy())
        return np.concatenate(parts)
