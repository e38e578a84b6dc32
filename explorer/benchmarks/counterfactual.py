"""How exact the melanin transform is, how fast a curve is, and what the shipped study says.

``python -m explorer.benchmarks.counterfactual --shared ../shared`` prints, all from one run:

- the largest miss of a target over the validation lesions and targets from -50 to 55 degrees;
- milliseconds per curve beside a plain reference on the same images: for every target the
  transform in floating point, pixel by pixel, and one pass of the network per picture;
- by how much shrinking a large photograph moves the logits;
- the share of decisions that flip, per rule (the shipped study).
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from explorer.benchmarks.common import options_parser
from explorer.fairness.counterfactual import TARGETS, load_study, validation_lesions
from explorer.fairness.skins import summary
from explorer.image import colour
from explorer.image.read import read_image
from explorer.lesion.counterfactual import Curve, curve
from explorer.lesion.lesion import ToneResult, read_tone
from explorer.model.classifier import Classifier, load_classifier
from explorer.transform import melanin
from explorer.transform.painter import Painter
from explorer.util.errors import ExplorerError

#: Degrees; every 5, and the targets of the study.
GRID = tuple(sorted({*TARGETS, *np.arange(-50.0, 56.0, 5.0).tolist()}))


def misses(results: list[ToneResult]) -> tuple[np.ndarray, int]:
    """Miss of every target within reach, degrees of float CIELAB, and how many are out of it."""
    found, out_of_reach = [], 0
    for result in results:
        start = result.tone.colour_rgb
        for target in GRID:
            try:
                table = melanin.lookup_table(melanin.solve(start, target))
            except ExplorerError:
                out_of_reach += 1
                continue
            reached = colour.ita(table[list(start), range(3)], "cielab")
            found.append(abs(float(reached) - target))
    return np.array(found), out_of_reach


def plain_curve(result: ToneResult, made: Curve, classifier: Classifier) -> np.ndarray:
    """Logits of the same points by the plain way, float32 (N, 8)."""
    rows = []
    value = result.image.rgb / 255.0
    for point in made.points:
        linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
        linear = np.clip(linear * np.exp(-point.melanin * melanin.ABSORPTION), 0, 1)
        low = linear <= 0.0031308
        encoded = np.where(low, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
        rows.append(classifier.logits([np.rint(255 * encoded).astype(np.uint8)])[0])
    return np.array(rows)


def time_curves(results: list[ToneResult], classifier: Classifier) -> str:
    """Median milliseconds per curve, here and by the plain way, and how far the logits differ."""
    curve(results[0], classifier)  # the first pass of a network is slower
    ours, plain, points, apart = [], [], [], []
    for result in results:
        start = time.perf_counter()
        made = curve(result, classifier)
        middle = time.perf_counter()
        reference = plain_curve(result, made, classifier)
        plain.append(time.perf_counter() - middle)
        ours.append(middle - start)
        points.append(len(made.points))
        apart.append(np.abs(reference - made.logits).max() / np.ptp(made.logits))
    return (
        f"{classifier.facts.architecture}, {classifier.weights.label}: median "
        f"{1e3 * np.median(ours):.0f} ms per curve of {np.median(points):.0f} points; plain "
        f"reference {1e3 * np.median(plain):.0f} ms; logits differ by at most {max(apart):.1%} of "
        f"their spread ({len(results)} lesions)"
    )


def shrink_effect(folder: Path, classifier: Classifier) -> str:
    """Largest change of a logit when a full-size photograph is shrunk to the working size."""
    worst, spread = 0.0, []
    for path in sorted(folder.glob("*.jpg")):
        result = read_tone(read_image(path))
        painter = Painter.of(result.image.rgb, result.tone.colour_rgb, melanin.MELANIN, None)
        for target in (painter.own, 28.0, 10.0, -30.0):
            full = melanin.transform(result.image.rgb, result.tone.colour_rgb, target).rgb
            logits = classifier.logits([full, painter.paint(target).rgb])
            worst = max(worst, float(np.abs(logits[0] - logits[1]).max()))
            spread.append(float(np.ptp(logits[0])))
    return (
        f"Shrinking full-size photographs moves a logit by at most {worst:.3f}; the eight "
        f"logits of one picture spread over {np.median(spread):.1f}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit code."""
    parser = options_parser(__doc__, shared=True)
    parser.add_argument("--curves", type=int, default=10, help="lesions that are timed")
    options = parser.parse_args(arguments)
    lesions = validation_lesions(options.shared)
    results = [read_tone(read_image(path)) for path in lesions["path"]]
    results = [result for result in results if result.tone is not None]
    found, out_of_reach = misses(results)
    print(
        f"Melanin transform, {len(results)} validation lesions, {len(GRID)} targets: largest miss "
        f"{found.max():.2f} degrees, 99 % below {np.percentile(found, 99):.2f}, "
        f"{(found > 0.5).sum()} of {found.size} above 0.5; {out_of_reach} out of reach"
    )
    demo = load_classifier("embedded")
    print(time_curves(results[: options.curves], demo))
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "stand-in.pth"
        maker = options.shared / "published" / "make_checkpoint.py"
        subprocess.run([sys.executable, maker, path], check=True, stdout=subprocess.DEVNULL)
        print(time_curves(results[: options.curves], load_classifier(str(path))))
    print(shrink_effect(options.shared / "lesions_original", demo))
    print(summary(load_study()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
