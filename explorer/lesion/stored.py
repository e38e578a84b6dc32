"""The demo model's stored answers on the shipped examples, so that these need no network pass.

``python -m explorer.synthetic`` writes them to ``assets/examples/demo_answers.json``: the example
as it is in its eight orientations, and on every skin of its instrument. They are tied to the
SHA-256 of the demo model's file and of every picture's pixels: what does not match is not answered,
so a changed model or picture costs a network pass, never a wrong number.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from explorer.fairness.cutoffs import Cutoffs
from explorer.image.read import read_image
from explorer.lesion import lesion
from explorer.lesion.instrument import Instrument
from explorer.lesion.instrument_table import table_json
from explorer.lesion.workshop import instrument, workshop
from explorer.model.classifier import load_classifier
from explorer.model.hub import sha256_of
from explorer.model.weights import Weights, demo_weights
from explorer.util.paths import ASSETS

FILE = ASSETS / "examples" / "demo_answers.json"
#: What the page shows before any handler has run: the instrument's table of its first example.
FIRST_TABLE = ASSETS / "examples" / "first_table.json"


class NotStored(LookupError):
    """No stored answer belongs to these pixels: the network is needed."""


@dataclass(frozen=True)
class StoredAnswers:
    """Answers from memory, asked like a :class:`explorer.model.classifier.Classifier`.

    Attributes
    ----------
    weights : Weights
        The demo model, whose answers these are.
    rows : mapping of str to float32 (1, 8) or (8, 8)
        By :func:`fingerprint`; eight rows are the eight orientations, the first as it is.
    """

    weights: Weights
    rows: Mapping[str, np.ndarray]

    def logits(self, images: Sequence[np.ndarray], batch_size: int = 0) -> np.ndarray:
        """Stored outputs of pictures, uint8 (H, W, 3) each: float32 (N, 8).

        Raises
        ------
        NotStored
            If one of them is not among those that ship.
        """
        return np.stack([self._found(image)[0] for image in images])

    def oriented_logits(self, image: np.ndarray) -> np.ndarray:
        """Stored outputs for one image, uint8 (H, W, 3), in its eight orientations.

        Raises
        ------
        NotStored
            If they are not among those that ship.
        """
        found = self._found(image)
        if len(found) < 8:
            raise NotStored("these pixels are stored as they are only")
        return found

    def _found(self, image: np.ndarray) -> np.ndarray:
        try:
            return self.rows[fingerprint(image)]
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
    """Rows of the file for one example: the picture as it is, then on every other skin."""
    result = lesion.read_tone(read_image(path))
    shop = workshop(result)
    of = {"image": path.name, "image_sha256": sha256_of(path)}
    whole = classifier.oriented_logits(result.image.stored)
    yield {**of, "transform": None, "target": None, **_answer(result.image.stored, whole)}
    for i, skin in enumerate(shop.empty.skins):
        if i != shop.empty.own:
            picture, way = shop.picture(i), shop.empty.transform
            said = _answer(picture, classifier.logits([picture]))
            yield {**of, "transform": way, "target": skin.target, **said}


def _answer(image: np.ndarray, logits: np.ndarray) -> dict:
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


def instrument_of(example, stored: StoredAnswers, cutoffs: Cutoffs) -> tuple[Instrument, dict]:
    """The complete instrument of an example and its table, from stored answers alone.

    ``cutoffs`` are the demo model's, for one sensitivity.
    """
    whole = instrument(lesion.read_tone(read_image(example.path, example.title)), stored)
    told = {"caption": example.title, "owned": False, "stored": True}
    return whole, table_json(whole, cutoffs=cutoffs, **told)


def write_first_table(example, cutoffs: Cutoffs, file: Path = FIRST_TABLE) -> Path:
    """Write the table that the page opens on; returns the path."""
    stored_answers.cache_clear()
    _, table = instrument_of(example, stored_answers(), cutoffs)
    file.write_text(json.dumps(table, separators=(",", ":")) + "\n", encoding="utf-8")
    return file


@lru_cache
def first_table() -> dict:
    """The table that the page opens on, as :func:`write_first_table` left it."""
    return json.loads(FIRST_TABLE.read_text(encoding="utf-8"))
