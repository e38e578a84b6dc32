"""Images per second of ``evaluate``, beside the study's way of doing the same.

    python -m explorer.benchmarks.evaluate --shared ../shared [--images 240] [--json]

The study's way, written out plainly: for each image OpenCV reads it, converts to Lab, PIL resizes,
torchvision normalises, and onnxruntime runs an ONNX export of the same weights, one image at a
time; with tone, its estimator (``cv2.kmeans``, the reference of
:mod:`explorer.benchmarks.published_tone`) runs over the images first, as its scripts do. Both run
on the same files, in turns, so that a busy machine slows both alike. Weights are random, of the
published shape (ConvNeXt-Tiny, 224 px), unless ``--weights`` names some: the time is the same.

Needs onnxruntime, which the explorer itself does not (``pip install -r tests/requirements.txt``).
"""

import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

import cv2
import numpy as np
import timm
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode
from torchvision import transforms

from explorer.benchmarks.common import options_parser, seconds_of, shared_lesions, show
from explorer.benchmarks.published_tone import Stopwatch, reference
from explorer.evaluate import EvaluateSettings, evaluate
from explorer.evaluate.folder import Item
from explorer.model.classifier import load_classifier
from explorer.util import lazy
from explorer.util.workers import cores

onnxruntime = lazy.load("onnxruntime")

#: What issue 5 of the project asks for.
WANTED = {"metadata": 1.3, "image": 6.0}


class StudysWay:
    """The study's prediction and tone scripts, one image after the other."""

    def __init__(self, onnx: Path, facts):
        self.session = onnxruntime.InferenceSession(str(onnx))
        self.transform = transforms.Compose(
            [
                transforms.Resize((facts.input_size, facts.input_size)),
                transforms.ToTensor(),
                transforms.Normalize(facts.mean, facts.std),
            ]
        )
        self.input = self.session.get_inputs()[0].name
        self.seconds = dict.fromkeys(("prepare", "network", "tone"), 0.0)

    def predict(self, files: list[Path]) -> np.ndarray:
        """Logits, float32 (N, 8)."""
        found = []
        for file in files:
            start = time.perf_counter()
            lab = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2LAB)
            batch = self.transform(Image.fromarray(lab))[None].numpy()
            ready = time.perf_counter()
            found.append(self.session.run(None, {self.input: batch})[0][0])
            self.seconds["prepare"] += ready - start
            self.seconds["network"] += time.perf_counter() - ready
        return np.stack(found)

    def tones(self, files: list[Path]) -> None:
        """The tone script."""
        start = time.perf_counter()
        for file in files:
            reference(cv2.imread(str(file))[..., ::-1], Stopwatch())
        self.seconds["tone"] += time.perf_counter() - start


def explorers_way(files: list[Path], classifier, tone_from: str) -> dict:
    """One run of ``evaluate`` into a folder that is thrown away.

    ``per_second`` counts from the first answer to the last, as the study's loop is timed without
    its start; ``seconds`` includes the start of the workers.
    """
    items, seen = [Item(file, file.name) for file in files], []
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        report = evaluate(
            items,
            Path(place, "run"),
            classifier,
            metadata=_NoMetadata(),
            workers=cores(),
            settings=EvaluateSettings(tone_from=tone_from),
            on_row=lambda row: seen.append((time.perf_counter(), row)),
        )
    times = np.array([when for when, _ in seen])
    late = times > times[0] + 0.5  # the first batches of all workers come at once
    logits = np.array([[row[f"logit_{i}"] for i in range(8)] for _, row in seen], np.float32)
    return {
        "seconds": times[-1] - start,
        "logits": logits,
        "stages": report.seconds,
        "per_second": late.sum() / (times[-1] - times[~late][-1]),
    }


class _NoMetadata:
    """Stands for metadata that knows nothing: no column to join, no tone to read."""

    columns = ()

    def lookup(self, name: str) -> None:
        return None


def compare(files: list[Path], classifier, study: StudysWay, tone_from: str, rounds: int) -> dict:
    """Both ways in turns on the same files; rates are medians over the rounds."""
    study.predict(files[:4])
    study.seconds = dict.fromkeys(study.seconds, 0.0)
    plain, rates, starts, apart, stages = [], [], [], 0.0, {}
    part = files[: max(len(files) // rounds, 8)]
    for _ in range(rounds):
        start = time.perf_counter()
        if tone_from == "image":
            study.tones(part)
        logits = study.predict(part)
        plain.append(len(part) / (time.perf_counter() - start))
        ours = explorers_way(files, classifier, tone_from)
        rates.append(ours["per_second"])
        starts.append(len(files) / ours["seconds"])
        apart = max(apart, float(np.abs(ours["logits"][: len(part)] - logits).max()))
        for stage, seconds in ours["stages"].items():
            stages[stage] = stages.get(stage, 0.0) + seconds
    done = rounds * len(part)
    return {
        "images": {"study": done, "explorer": rounds * len(files)},
        "study_per_second": float(np.median(plain)),
        "explorer_per_second": float(np.median(rates)),
        "explorer_per_second_with_start": float(np.median(starts)),
        "times_as_fast": float(np.median(np.array(rates) / np.array(plain))),
        "each_round": [round(a / b, 2) for a, b in zip(rates, plain)],
        "wanted": WANTED[tone_from],
        "largest_logit_difference": apart,
        "study_ms": {key: 1000 * s / done for key, s in study.seconds.items() if s},
        "explorer_cpu_ms": {k: 1000 * s / (rounds * len(files)) for k, s in stages.items()},
    }


def peak() -> float:
    """Matrix products of this machine on all cores, 10^9 float operations per second: the best of
    torch's two libraries on 2048 x 2048."""
    a, b = torch.randn(2048, 2048), torch.randn(2048, 2048)
    ways = [lambda: a @ b.T]
    if hasattr(torch.ops.mkldnn, "_reorder_linear_weight"):
        packed = torch.ops.mkldnn._reorder_linear_weight(b, 2048)
        ways.append(lambda: torch.ops.mkldnn._linear_pointwise(a, packed, None, "none", [], ""))
    with torch.inference_mode():
        best = min(min(seconds_of(way, 8)) for way in ways)
    return 2 * 2048**3 / best / 1e9


def operations(classifier) -> float:
    """Float operations of one image in the network, 10^9."""
    size = classifier.facts.input_size
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        classifier.network(torch.zeros(1, 3, size, size))
    return counter.get_total_flops() / 1e9


def stand_in(folder: Path) -> Path:
    """A checkpoint of the published shape with random weights."""
    torch.manual_seed(0)
    network = timm.create_model("convnext_tiny", num_classes=8)
    with torch.no_grad():
        for name, values in network.named_parameters():
            if name.endswith("gamma"):  # as they are drawn, the blocks would do nothing
                values.fill_(0.5)
    path = folder / "stand_in.pth"
    torch.save({"model_state_dict": network.state_dict()}, path)
    return path


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


def main() -> int:
    """Measure and print."""
    parser = options_parser(__doc__, shared=True, json=True)
    parser.add_argument("--images", type=int, default=240, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--weights", metavar="SRC")
    options = parser.parse_args()
    files = shared_lesions(parser, options)[: options.images]
    with tempfile.TemporaryDirectory() as place:
        weights = options.weights or str(stand_in(Path(place)))
        classifier = load_classifier(weights)
        study = StudysWay(export(classifier, Path(place, "model.onnx")), classifier.facts)
        result = {
            "cores": cores(),
            "load": os.getloadavg()[0],
            "weights": weights,
            "peak_gflops": peak(),
            "gflop_per_image": operations(classifier),
        }
        for tone_from in ("metadata", "image"):
            result[tone_from] = compare(files, classifier, study, tone_from, options.rounds)
    network = result["metadata"]["explorer_cpu_ms"]["network"] / result["cores"]
    result["share_of_peak"] = result["gflop_per_image"] / network * 1000 / result["peak_gflops"]
    show(result, options, _print)
    return 0


def _print(result: dict) -> None:
    print(
        f"{result['cores']} cores, load average {result['load']:.1f} at the start; "
        f"{result['gflop_per_image']:.1f} GFLOP per image, matrix products reach "
        f"{result['peak_gflops']:.0f} GFLOP/s here"
    )
    for tone_from, title in (("metadata", "without tone"), ("image", "with tone")):
        found = result[tone_from]
        print(
            f"\n{title}: explorer {found['explorer_per_second']:.1f} images/s "
            f"(n = {found['images']['explorer']}; {found['explorer_per_second_with_start']:.1f} "
            f"with the start of its workers), study's way {found['study_per_second']:.1f} "
            f"(n = {found['images']['study']})"
        )
        print(
            f"  {found['times_as_fast']:.2f} times as fast (rounds: "
            f"{', '.join(map(str, found['each_round']))}; wanted {found['wanted']}); "
            f"logits differ by at most {found['largest_logit_difference']:.1e}"
        )
        for key, who in (("study_ms", "study's way, ms"), ("explorer_cpu_ms", "explorer, core ms")):
            stages = ", ".join(f"{stage} {ms:.1f}" for stage, ms in found[key].items())
            print(f"  {who}: {stages}")
    print(f"\nthe network reaches {result['share_of_peak']:.0%} of the matrix-product peak")


if __name__ == "__main__":
    sys.exit(main())
