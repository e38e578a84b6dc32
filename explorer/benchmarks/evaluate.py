"""Images per second of ``evaluate``, beside the study's way of doing the same.

    python -m explorer.benchmarks.evaluate --shared ../shared [--images 240] [--json]

The study's way (:mod:`explorer.benchmarks.peers`) runs an ONNX export of the same weights in ONNX
Runtime, one image at a time; with tone, its estimator (``cv2.kmeans``, the reference of
:mod:`explorer.benchmarks.published_tone`) runs over the images first, as its scripts do. Both run
on the same files, in turns, so that a busy machine slows both alike. OpenVINO's network is timed
beside ONNX Runtime's. Where the processor has bfloat16, both precisions are compared on
``--precision-images`` lesions. Weights are random, of the published shape (ConvNeXt-Tiny, 224 px),
unless ``--weights`` names some: the time is the same.

Needs onnxruntime and OpenVINO, which the explorer itself does not (``pip install -r
tests/requirements.txt``).
"""

import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import timm
import torch
from torch.utils.flop_counter import FlopCounterMode

from explorer.benchmarks.common import options_parser, seconds_of, shared_lesions, show
from explorer.benchmarks.peers import StudysWay, by_onnxruntime, by_openvino, export
from explorer.benchmarks.precision import compare_precisions, in_words, peer_rates
from explorer.data.datasets import Metadata, read_metadata
from explorer.evaluate import EvaluateSettings, evaluate
from explorer.evaluate.folder import Item
from explorer.evaluate.record import LOGITS
from explorer.model.classifier import load_classifier
from explorer.model.packed import check_bfloat16
from explorer.util.errors import ExplorerError
from explorer.util.workers import cores

#: What issue 5 of the project asks for.
WANTED = {"metadata": 1.3, "image": 6.0}


def explorers_way(
    classifier,
    files: list[Path],
    tone_from: str,
    precision: str = "float32",
    metadata: Metadata | None = None,
) -> dict:
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
            metadata=metadata or _NoMetadata(),
            workers=cores(),
            settings=EvaluateSettings(tone_from=tone_from, precision=precision),
            on_row=lambda row: seen.append((time.perf_counter(), row)),
        )
    times = np.array([when for when, _ in seen])
    late = times > times[0] + 0.5  # the first batches of all workers come at once
    return {
        "seconds": times[-1] - start,
        "rows": [row for _, row in seen],
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
        ours = explorers_way(classifier, files, tone_from)
        ours_logits = [[row[name] for name in LOGITS] for row in ours["rows"][: len(part)]]
        rates.append(ours["per_second"])
        starts.append(len(files) / ours["seconds"])
        apart = max(apart, float(np.abs(np.array(ours_logits) - logits).max()))
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


def has_bfloat16() -> bool:
    """Whether this processor does."""
    try:
        check_bfloat16()
    except ExplorerError:
        return False
    return True


def _networks(onnx: Path) -> dict:
    """By name, each peer's way through the network; the study's own first."""
    found = {"ONNX Runtime": by_onnxruntime(onnx), "OpenVINO": by_openvino(onnx, "float32")}
    if has_bfloat16():
        found["OpenVINO, bfloat16"] = by_openvino(onnx, "bfloat16")
    return found


def measured(options, every: list[Path]) -> dict:
    """Everything, of the first lesions."""
    files = every[: options.images]
    with tempfile.TemporaryDirectory() as place:
        weights = options.weights or str(stand_in(Path(place)))
        classifier = load_classifier(weights)
        onnx = export(classifier, Path(place, "model.onnx"))
        peers = {
            name: StudysWay(network, classifier.facts) for name, network in _networks(onnx).items()
        }
        result = {
            "cores": cores(),
            "load": os.getloadavg()[0],
            "weights": weights,
            "peak_gflops": peak(),
            "gflop_per_image": operations(classifier),
            "peers": peer_rates(peers, files[:60]),
        }
        study = peers["ONNX Runtime"]
        for tone_from in ("metadata", "image"):
            result[tone_from] = compare(files, classifier, study, tone_from, options.rounds)
        if has_bfloat16():
            result["precision"] = compare_precisions(
                partial(explorers_way, classifier),
                every[: options.precision_images],
                read_metadata(options.shared / "lesions.csv"),
                options.rounds,
            )
    network = result["metadata"]["explorer_cpu_ms"]["network"] / result["cores"]
    result["share_of_peak"] = result["gflop_per_image"] / network * 1000 / result["peak_gflops"]
    return result


def main() -> int:
    """Measure and print."""
    parser = options_parser(__doc__, shared=True, json=True)
    parser.add_argument("--images", type=int, default=240, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--precision-images", type=int, default=1000, metavar="N")
    parser.add_argument("--weights", metavar="SRC")
    options = parser.parse_args()
    show(measured(options, shared_lesions(parser, options)), options, _print)
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
    print("\nthe network alone, one image at a time on all cores:")
    for name, peer in result["peers"].items():
        print(
            f"  {name}: {peer['network_ms']:.1f} ms; logits differ from ONNX Runtime's by at most "
            f"{peer['largest_logit_difference']:.1e}"
        )
    if "precision" in result:
        print(in_words(result["precision"]))
    print(f"\nthe network reaches {result['share_of_peak']:.0%} of the matrix-product peak")


if __name__ == "__main__":
    sys.exit(main())
