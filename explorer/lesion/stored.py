"""The demo model's stored answers on the shipped examples, so that these need no network pass.

``python -m explorer.synthetic`` writes them to ``assets/examples/demo_answers.json``. They are tied
to the SHA-256 of the demo model's file and of every picture's pixels: what does not match is not
answered, so a changed model or picture costs a network pass, never a wrong number.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from explorer.image.read import read_image
from explorer.lesion import lesion
from explorer.model.classifier import load_classifier
from explorer.model.hub import sha256_of
from explorer.model.weights import Weights, demo_weights
from explorer.transform.transforms import DEFAULT_TRANSFORM
from explorer.util.paths import ASSETS

FILE = ASSETS / "examples" / "demo_answers.json"

#: Where the page's target ITA stands at first, degrees; and the darker skin that it offers to try.
FIRST_TARGET, DARKER_TARGET = 10.0, -30.0
#: Transforms whose result is stored for every example, with their targets.
VERSIONS = ((DEFAULT_TRANSFORM, FIRST_TARGET), (DEFAULT_TRANSFORM, DARKER_TARGET))


class NotStored(LookupError):
    """No stored answer belongs to these pixels: the network is needed."""


@dataclass(frozen=True)
class StoredAnswers:
    """Answers from memory, asked like a :class:`explorer.model.classifier.Classifier`.

    Attributes
    ----------
    weights : Weights
        The demo model, whose answers these are.
    logits : mapping of str to float32 (8, 8)
        By :func:`fingerprint`.
    """

    weights: Weights
    logits: Mapping[str, np.ndarray]

    def oriented_logits(self, image: np.ndarray) -> np.ndarray:
        """Stored outputs for one image, uint8 (H, W, 3), in its eight orientations.

        Raises
        ------
        NotStored
            If they are not among those that ship.
        """
        try:
            return self.logits[fingerprint(image)]
        except KeyError:
            raise NotStored("these pixels have no stored answer") from None


def fingerprint(image: np.ndarray) -> str:
    """SHA-256 of an image's shape and pixels."""
    return sha256(f"{image.shape}".encode() + np.ascontiguousarray(image).tobytes()).hexdigest()


@lru_cache
def stored_answers() -> StoredAnswers:
    """What ships, read once; empty where it is not of the demo model that ships."""
    found = json.loads(FILE.read_text(encoding="utf-8"))
    weights = demo_weights("The demo model's stored answers are used")
    rows = found["answers"] if found["weights_sha256"] == weights.sha256 else []
    return StoredAnswers(
        weights, {row["pixels_sha256"]: np.array(row["logits"], np.float32) for row in rows}
    )


def answers_of(path: Path, classifier) -> Iterable[dict]:
    """Rows of the file for one example: the picture as it is, and its :data:`VERSIONS`."""
    result = lesion.read_tone(read_image(path))
    of = {"image": path.name, "image_sha256": sha256_of(path)}
    yield {**of, "transform": None, "target": None, **_answer(result.image.rgb, classifier)}
    for transform, target in VERSIONS:
        changed = lesion.on_other_skin(result, target, classifier, transform=transform).changed
        yield {**of, "transform": transform, "target": target, **_answer(changed.rgb, classifier)}


def _answer(image: np.ndarray, classifier) -> dict:
    logits = classifier.oriented_logits(image)
    return {
        "pixels_sha256": fingerprint(image),
        "logits": [[float(f"{value:.9g}") for value in row] for row in logits],
    }


def write_answers(paths: Iterable[Path], file: Path = FILE) -> Path:
    """Ask the demo model about every example and write its answers; returns the path."""
    demo = load_classifier("embedded")
    rows = [row for path in paths for row in answers_of(path, demo)]
    lines = ",\n".join(json.dumps(row) for row in rows)
    head = json.dumps(demo.weights.sha256)
    text = f'{{"weights_sha256": {head}, "answers": [\n{lines}\n]}}\n'
    file.write_text(text, encoding="utf-8")
    return file
