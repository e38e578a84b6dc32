"""Time of the published skin-tone estimate, beside the study's own way of computing it.

    python -m explorer.benchmarks.published_tone --shared ../shared [--images 20] [--json]

Both run on the same decoded images in turns, so that a busy machine slows both alike. The plain
reference is FACTS section 4 word for word: ``cv2.kmeans`` for k = 3..9, k-means++ with 10 attempts,
100 iterations or epsilon 0.2, on every skin pixel of the 128x256 image, then Kneedle. Afterwards
the folder command's own code measures ``--folder-images`` files with one worker per core.
"""

import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from kneed import KneeLocator

from explorer.benchmarks.common import options_parser, shared_lesions, show
from explorer.evaluate.folder import Item, measure_to_csv
from explorer.image import colour
from explorer.image.read import read_image
from explorer.skin import study
from explorer.skin.settings import PUBLISHED
from explorer.tone import clustering, reading
from explorer.tone import study as skintone
from explorer.util.workers import default_workers

STAGES = (
    "resize",
    "CLAHE",
    "black-hat",
    "Otsu and morphology",
    "skin pixels",
    "k-means",
    "knee",
    "angle",
)


@dataclass
class Stopwatch:
    """Milliseconds of each stage of one estimate, in the order of :data:`STAGES`."""

    stages: dict[str, float] = field(default_factory=dict)
    last: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.stages[stage] = (now - self.last) * 1000
        self.last = now


def reference(rgb: np.ndarray, clock: Stopwatch) -> tuple[float, int, list[float]]:
    """The estimate as the study's code computes it, written out plainly.

    Returns
    -------
    (ITA by the published convention, skin pixels, compactness for k = 3..9).
    """
    bgr = cv2.resize(np.ascontiguousarray(rgb[..., ::-1]), (128, 256))
    clock.lap("resize")
    lightness, a, b = cv2.split(cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB))
    lightness = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(lightness)
    equalised = cv2.cvtColor(cv2.merge([lightness, a, b]), cv2.COLOR_LAB2BGR)
    clock.lap("CLAHE")
    cross = cv2.getStructuringElement(1, (9, 9))
    blackhat = cv2.morphologyEx(
        cv2.cvtColor(equalised, cv2.COLOR_BGR2GRAY), cv2.MORPH_BLACKHAT, cross
    )
    hair = cv2.GaussianBlur(blackhat, (3, 3), cv2.BORDER_DEFAULT) > 20
    clock.lap("black-hat")
    pigment = _reference_pigment(equalised, hair)
    clock.lap("Otsu and morphology")
    lab8 = cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB)
    pixels = lab8[~(pigment | hair) & (lab8[..., 0] > 0)].astype(np.float32)
    clock.lap("skin pixels")
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 100, 0.2)
    ks = list(range(3, 10))
    results = [cv2.kmeans(pixels, k, None, stop, 10, cv2.KMEANS_PP_CENTERS) for k in ks]
    clock.lap("k-means")
    compactness = [result[0] for result in results]
    knee = KneeLocator(ks, compactness, S=1.0, curve="convex", direction="decreasing").knee
    # the index by the study's slip; past the end, where its code stops, the last
    chosen = 6 if knee is None else min(int(knee), 6)
    clock.lap("knee")
    _, labels, centres = results[chosen]
    centre = centres[np.bincount(labels.ravel()).argmax()].astype(np.uint8)
    angle = float(colour.ita_published(colour.rgb_to_lab8(colour.lab8_to_rgb(centre))))
    clock.lap("angle")
    return angle, len(pixels), compactness


def _reference_pigment(equalised: np.ndarray, hair: np.ndarray) -> np.ndarray:
    shaved = equalised.copy()
    shaved[hair] = 0
    value = cv2.GaussianBlur(cv2.cvtColor(shaved, cv2.COLOR_BGR2HSV)[..., 2], (5, 5), 0)
    _, mask = cv2.threshold(value, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, ellipse, iterations=5)
    mask = cv2.dilate(mask, ellipse, iterations=5)
    return cv2.morphologyEx(mask, cv2.MORPH_CLOSE, ellipse, iterations=5) > 0


def staged(rgb: np.ndarray, clock: Stopwatch) -> None:
    """The explorer's estimate with a lap after each stage."""
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    bgr = cv2.resize(bgr, (PUBLISHED.width, PUBLISHED.height))
    clock.lap("resize")
    equalised = study._equalise(bgr, PUBLISHED)
    clock.lap("CLAHE")
    hair = study._hair_response(equalised, PUBLISHED) > PUBLISHED.hair_threshold
    clock.lap("black-hat")
    value = study._value_without_hair(equalised, hair)
    _, dark = cv2.threshold(value, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    study._clean(dark, PUBLISHED)
    clock.lap("Otsu and morphology")
    found = study.segment(rgb)
    clock.last = time.perf_counter()  # the masks as one object; not a stage of its own
    pixels = reading.skin_lab8(found)
    clock.lap("skin pixels")
    results = clustering.cluster_colours(pixels, range(3, 10))
    clock.lap("k-means")
    choice = skintone.choose_clustering(results)
    clock.lap("knee")
    dominant = skintone._dominant_colour(results[choice.chosen])
    reading.ToneReading.of(dominant, "published")
    reading.ToneReading.of(dominant, "cielab")
    clock.lap("angle")


def compare(images: list[np.ndarray]) -> dict:
    """Medians over the images of the whole estimate and of its stages, both ways, in turns."""
    reference(images[0], Stopwatch())  # warm up: libraries are loaded on first use
    skintone.estimate_skin_tone(images[0])
    whole, plain, stages, plain_stages, apart = [], [], [], [], []
    for rgb in images:
        start = time.perf_counter()
        tone = skintone.estimate_skin_tone(rgb)
        whole.append((time.perf_counter() - start) * 1000)
        clock = Stopwatch()
        angle, _, _ = reference(rgb, clock)
        plain_stages.append(clock.stages)
        plain.append(sum(clock.stages.values()))
        apart.append(abs(angle - tone.published.ita))
        clock = Stopwatch()
        staged(rgb, clock)
        stages.append(clock.stages)
    return {
        "images": len(images),
        "explorer_ms": _summary(whole),
        "reference_ms": _summary(plain),
        "ratio_of_medians": float(np.median(plain) / np.median(whole)),
        "median_difference_degrees": float(np.median(apart)),
        "stages_ms": {
            stage: {
                "explorer": float(np.median([one[stage] for one in stages])),
                "reference": float(np.median([one[stage] for one in plain_stages])),
            }
            for stage in STAGES
        },
    }


def _summary(values: list[float]) -> dict[str, float]:
    low, median, high = np.percentile(values, [25, 50, 75])
    return {"median": float(median), "quartile_1": float(low), "quartile_3": float(high)}


def folder_rate(files: list[Path], workers: int) -> dict:
    """Estimates per second of the folder command's code, decoding included.

    ``per_second`` is between the first and the last row; ``seconds`` includes starting the workers.
    """
    rows = []
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        items = [Item(file, file.name) for file in files]
        measure_to_csv(
            items,
            Path(place, "out.csv"),
            workers=workers,
            on_row=lambda row: rows.append(time.perf_counter()),
        )
    return {
        "images": len(rows),
        "workers": workers,
        "seconds": rows[-1] - start,
        "per_second": (len(rows) - 1) / (rows[-1] - rows[0]),
    }


def main() -> int:
    """Measure and print."""
    parser = options_parser(__doc__, shared=True, json=True)
    parser.add_argument("--images", type=int, default=20, metavar="N")
    parser.add_argument("--folder-images", type=int, default=200, metavar="N")
    options = parser.parse_args()
    files = shared_lesions(parser, options)
    chosen = files[:: max(len(files) // options.images, 1)][: options.images]
    result = {"load": os.getloadavg()[0], "cores": default_workers(len(files))}
    result |= compare([read_image(file).stored for file in chosen])
    result["folder"] = [
        folder_rate(files[: options.folder_images], n) for n in (1, result["cores"])
    ]
    show(result, options, _print)
    return 0


def _print(result: dict) -> None:
    print(f"{result['cores']} cores, load average {result['load']:.1f} at the start\n")
    for key, title in (("explorer_ms", "explorer"), ("reference_ms", "plain reference")):
        times = result[key]
        print(
            f"{title:16s} median {times['median']:6.1f} ms  (quartiles "
            f"{times['quartile_1']:.1f} to {times['quartile_3']:.1f}, n = {result['images']})"
        )
    print(
        f"{result['ratio_of_medians']:.1f} times as fast; the angles differ by "
        f"{result['median_difference_degrees']:.2f} degrees in the median\n"
    )
    print(f"{'stage (median ms)':22s} explorer  reference")
    for stage, times in result["stages_ms"].items():
        print(f"{stage:22s} {times['explorer']:8.2f} {times['reference']:10.2f}")
    print()
    for rate in result["folder"]:
        print(
            f"folder of {rate['images']} images, {rate['workers']} worker(s): "
            f"{rate['per_second']:.1f} images/s, {rate['seconds']:.1f} s with the start"
        )


if __name__ == "__main__":
    sys.exit(main())
