"""The published classifier: preprocessing, logits, and one loaded network per setting."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from explorer.image.colour import rgb_to_lab8
from explorer.model.architecture import CONVNEXT, EFFICIENTNETV2, build_network
from explorer.model.checkpoint import MEAN, STD, Facts, read_checkpoint
from explorer.model.hub import Progress
from explorer.model.weights import Weights, demo_weights, parse_setting, resolve_weights
from explorer.util import lazy
from explorer.util.errors import ExplorerError

torch = lazy.load("torch")

#: Pixels that are made narrower at a time: Pillow resizes rows first and columns then, so that a
#: large picture in strips gives the same bytes and never stands in memory as CIELAB.
_STRIP = 2**20
#: 4 tone groups times benign and malignant, index 2 * group + class.
OUTPUTS = 8


def preprocess(
    images: Sequence[np.ndarray],
    input_size: int = 224,
    cielab: bool = True,
    mean: Sequence[float] = MEAN,
    std: Sequence[float] = STD,
):
    """The study's input tensor.

    8-bit CIELAB by OpenCV, its three bytes treated as an image, resized to a square (bilinear and
    antialiased on 8-bit pixels, aspect ratio not kept: torchvision's ``Resize`` on a PIL image),
    divided by 255, minus mean, divided by standard deviation.

    Parameters
    ----------
    images : sequence of uint8, shape (H, W, 3)
        sRGB, sizes may differ.
    input_size : int
        Side of the square, in pixels.
    cielab : bool
        False for the study's RGB experiments, which take ImageNet's mean and standard
        deviation (:mod:`explorer.model.checkpoint`).
    mean, std : sequence of 3 float

    Returns
    -------
    torch.Tensor, float32, shape (N, 3, input_size, input_size)
    """
    squares = [shrink(image, input_size, cielab) for image in images]
    if not squares:
        return torch.empty(0, 3, input_size, input_size)
    return normalise(torch.from_numpy(np.stack(squares)), mean, std)


def shrink(image: np.ndarray, input_size: int = 224, cielab: bool = True) -> np.ndarray:
    """The study's small square of one image, before normalisation.

    Parameters
    ----------
    image : uint8, shape (H, W, 3)
        sRGB.
    input_size, cielab
        As for :func:`preprocess`.

    Returns
    -------
    uint8, shape (input_size, input_size, 3)
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise TypeError(f"an image is uint8 (H, W, 3), not {image.dtype} {image.shape}")
    height, width = image.shape[:2]
    narrow, step = [], max(1, _STRIP // width)
    for top in range(0, height, step):
        rows = image[top : top + step]
        planes = Image.fromarray(rgb_to_lab8(rows) if cielab else np.ascontiguousarray(rows))
        narrow.append(planes.resize((input_size, planes.height), Image.Resampling.BILINEAR))
    whole = Image.fromarray(np.concatenate(narrow))
    return np.asarray(whole.resize((input_size, input_size), Image.Resampling.BILINEAR))


def normalise(squares, mean: Sequence[float] = MEAN, std: Sequence[float] = STD):
    """Network input of small squares: uint8 tensor (N, S, S, 3) to float32 (N, 3, S, S)."""
    batch = squares.permute(0, 3, 1, 2).float().div(255)
    mean, std = (
        torch.tensor(tuple(each), device=squares.device).view(1, 3, 1, 1) for each in (mean, std)
    )
    return (batch - mean) / std


@dataclass(frozen=True)
class Classifier:
    """A loaded network with all that a reader must know of it.

    Attributes
    ----------
    weights : Weights
        File, source and why; ``weights.label`` belongs beside every probability.
    facts : Facts
        Architecture, input size, colour space, normalisation, training arguments.
    network : torch.nn.Module
        In evaluation mode, on the CPU.
    """

    weights: Weights
    facts: Facts
    network: object = field(repr=False)

    def preprocess(self, images: Sequence[np.ndarray]):
        """:func:`preprocess` with this network's size, colour space and normalisation."""
        facts = self.facts
        return preprocess(images, facts.input_size, facts.cielab, facts.mean, facts.std)

    def logits(
        self, images: Sequence[np.ndarray], batch_size: int = 16, progress: Progress | None = None
    ) -> np.ndarray:
        """The network's outputs.

        Parameters
        ----------
        images : sequence of uint8, shape (H, W, 3)
            sRGB, any sizes.
        batch_size : int
            Images per pass; bounds the memory, not the result.
        progress : callable, optional
            Called with a fraction in 0..1 and a text before each pass and at the end; what it
            raises stops the run and reaches the caller.

        Returns
        -------
        float32, shape (N, 8)
            z[2 d + y]: tone group d = 0..3, class y = 0 (benign), 1 (malignant).
        """
        parts = [np.empty((0, self.facts.num_outputs), np.float32)]
        for start in range(0, len(images), batch_size):
            _report(progress, start, len(images))
            with torch.inference_mode():
                batch = self.preprocess(images[start : start + batch_size])
                parts.append(self.network(batch).float().numpy())
        _report(progress, len(images), len(images))
        return np.concatenate(parts)

    def oriented_logits(self, image: np.ndarray) -> np.ndarray:
        """Outputs for one image in the eight orientations that a dermatoscope may have.

        The preprocessed square is turned, in one batch: resizing and turning commute.

        Parameters
        ----------
        image : uint8, shape (H, W, 3)

        Returns
        -------
        float32, shape (8, 8)
            Row 0 is the image as it is, the others its rotations and mirrorings.
        """
        with torch.inference_mode():
            (square,) = self.preprocess([image])
            turned = [torch.rot90(square, quarter, (1, 2)) for quarter in range(4)]
            batch = torch.stack(turned + [each.flip(2) for each in turned])
            return self.network(batch).float().numpy()


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress:
        progress(done / max(total, 1), f"Classified {done} of {total} images")


_classifiers: dict[object, Classifier] = {}
_locks: dict[object, threading.Lock] = {}
_guard = threading.Lock()


def load_classifier(setting: str | None = None, progress: Progress | None = None) -> Classifier:
    """The classifier of a weights setting, loaded once per process.

    Safe to call from several threads: the first loads, the others wait for it. A failure is not
    remembered, so the next call tries again.

    Parameters
    ----------
    setting, progress
        As for :func:`explorer.model.weights.resolve_weights`.

    Returns
    -------
    Classifier

    Raises
    ------
    ExplorerError
        If what was asked for by name cannot be had, read or used. Without a setting, the demo
        model takes its place and ``weights.reason`` says why.
    """
    key = parse_setting(setting)
    with _guard:
        lock = _locks.setdefault(key, threading.Lock())
    with lock:
        if key not in _classifiers:
            _classifiers[key] = _load(setting, key.kind == "automatic", progress)
        return _classifiers[key]


def _load(setting: str | None, may_replace: bool, progress: Progress | None) -> Classifier:
    weights = resolve_weights(setting, progress=progress)
    try:
        return open_classifier(weights)
    except ExplorerError as error:
        if not may_replace or weights.is_demo:
            raise
        why = str(error).rstrip(".")
        return open_classifier(
            demo_weights(f"The demo model is used in place of {weights.name}: {why}")
        )


def open_classifier(weights: Weights) -> Classifier:
    """The classifier of weights that were found already, read anew from their file.

    Raises
    ------
    ExplorerError
        If the file cannot be read or is another kind of network.
    """
    checkpoint = read_checkpoint(weights.path)
    if checkpoint.num_outputs != OUTPUTS:
        raise ExplorerError(
            f"{weights.name} has {checkpoint.num_outputs} outputs, not the {OUTPUTS} of 4 tone"
            " groups times 2 classes: choose a checkpoint of a domain-discriminative or"
            " domain-independent experiment."
        )
    classifier = Classifier(weights, checkpoint.facts, build_network(checkpoint))
    if checkpoint.architecture not in (*CONVNEXT, *EFFICIENTNETV2):  # which take any size
        _try(classifier)
    return classifier


def _try(classifier: Classifier) -> None:
    """Refuse a network that cannot answer: many are made for one size of input alone."""
    side = classifier.facts.input_size
    try:
        answer = classifier.logits([np.zeros((side, side, 3), np.uint8)])
    except Exception as error:
        raise ExplorerError(
            f"{classifier.weights.name} cannot read images of {side} pixels: correct input_size in "
            "the file's metadata."
        ) from error
    if answer.shape != (1, OUTPUTS) or not np.isfinite(answer).all():
        raise ExplorerError(
            f"{classifier.weights.name} does not answer with {OUTPUTS} numbers: get it again."
        )
