"""The study's way of classifying a folder, written out plainly: what ``evaluate`` is timed beside.

For each image OpenCV reads it, converts to Lab, PIL resizes, torchvision normalises, and a runtime
runs an ONNX export of the weights, one image at a time on all cores. The study used ONNX Runtime;
OpenVINO is the second peer, in float32 and, where the processor has it, bfloat16.
"""

import time
import warnings
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torchvision import transforms

from explorer.benchmarks.published_tone import Stopwatch, reference
from explorer.util import lazy

onnxruntime = lazy.load("onnxruntime")
openvino = lazy.load("openvino")


class StudysWay:
    """The study's prediction and tone scripts, one image after the other.

    Parameters
    ----------
    network : callable
        float32 (1, 3, S, S) to logits, float32 (1, 8).
    facts : explorer.model.checkpoint.Facts
    """

    def __init__(self, network: Callable[[np.ndarray], np.ndarray], facts):
        self.network = network
        self.transform = transforms.Compose(
            [
                transforms.Resize((facts.input_size, facts.input_size)),
                transforms.ToTensor(),
                transforms.Normalize(facts.mean, facts.std),
            ]
        )
        self.seconds = dict.fromkeys(("prepare", "network", "tone"), 0.0)

    def predict(self, files: list[Path]) -> np.ndarray:
        """Logits, float32 (N, 8)."""
        found = []
        for file in files:
            start = time.perf_counter()
            lab = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2LAB)
            batch = self.transform(Image.fromarray(lab))[None].numpy()
            ready = time.perf_counter()
            found.append(self.network(batch)[0])
            self.seconds["prepare"] += ready - start
            self.seconds["network"] += time.perf_counter() - ready
        return np.stack(found)

    def tones(self, files: list[Path]) -> None:
        """The tone script."""
        start = time.perf_counter()
        for file in files:
            reference(cv2.imread(str(file))[..., ::-1], Stopwatch())
        self.seconds["tone"] += time.perf_counter() - start


def by_onnxruntime(onnx: Path) -> Callable[[np.ndarray], np.ndarray]:
    """The network of an ONNX file in ONNX Runtime."""
    session = onnxruntime.InferenceSession(str(onnx))
    name = session.get_inputs()[0].name
    return lambda batch: session.run(None, {name: batch})[0]


def by_openvino(onnx: Path, precision: str) -> Callable[[np.ndarray], np.ndarray]:
    """The network of an ONNX file in OpenVINO; "float32" or "bfloat16"."""
    hints = {"INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[precision]}
    model = openvino.Core().compile_model(str(onnx), "CPU", hints)
    return lambda batch: model(batch)[0]


def export(classifier, path: Path) -> Path:
    """The classifier's network as an ONNX file with a free batch size."""
    size = classifier.facts.input_size
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            classifier.network,
            (torch.zeros(1, 3, size, size),),
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=["input"],
            output_names=["output"],
            dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}},
        )
    return path
