"""Do the tone's intervals hold for another picture of the same lesion?

``python -m explorer.benchmarks.camera [--lesions 240]`` takes real lesions, makes other pictures of
each (exposure, white balance, crop, compression), reads the tone anew, and counts how often the
sampling interval and the camera interval of the first picture hold what the second one gives. Half
of the patients are those that :data:`explorer.tone.camera.FRAMES` was chosen on, the other half
checks it.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from explorer.benchmarks.common import options_parser, shared_lesions
from explorer.fairness.metrics import wilson
from explorer.image import colour
from explorer.image.read import read_image
from explorer.skin.settings import PUBLISHED
from explorer.tone.camera import BALANCE, EXPOSURE, camera_interval
from explorer.tone.estimators import DEFAULT_METHOD, ESTIMATORS
from explorer.tone.interval import tone_interval
from explorer.util.errors import NotEnoughSkin
from explorer.util.plain import print_json

SEED = 5
#: Side of a crop as a share of the picture's, and the quality of a compressed copy.
CROP, QUALITY = 0.8, 50


@dataclass(frozen=True)
class Case:
    """One other picture: what was changed, and how it fits the first one's intervals.

    ``apart`` are degrees between the two angles; ``sampling`` and ``camera`` whether the interval
    holds the other angle; ``widths`` of the two intervals in degrees.
    """

    kind: str
    convention: str
    apart: float
    sampling: bool
    camera: bool
    widths: tuple[float, float]


def gained(rgb: np.ndarray, gains) -> np.ndarray:
    """The picture, uint8 (H, W, 3), with its channels multiplied in linear light."""
    table = colour.encode_srgb(
        np.clip(colour.decode_srgb(np.arange(256)[:, None] / 255) * gains, 0, 1)
    )
    table = np.rint(255 * table).astype(np.uint8)
    return np.stack([table[:, c][rgb[..., c]] for c in range(3)], axis=-1)


def pictures(rgb: np.ndarray) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """What is changed, the first picture and the other, for every change."""
    for stops in (-EXPOSURE, EXPOSURE):
        yield "exposure", rgb, gained(rgb, [2**stops] * 3)
    for red, blue in ((1, -1), (-1, 1), (1, 1), (-1, -1)):
        gains = [1 + red * BALANCE, 1, 1 + blue * BALANCE]
        yield "white balance", rgb, gained(rgb, gains)
    height, width = (round(CROP * side) for side in rgb.shape[:2])
    corners = (
        np.ascontiguousarray(rgb[:height, :width]),
        np.ascontiguousarray(rgb[-height:, -width:]),
    )
    yield "crop", *corners
    yield "crop", *corners[::-1]
    packed = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    yield (
        "compression",
        rgb,
        np.ascontiguousarray(cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1]),
    )


def cases(rgb: np.ndarray, method: str) -> Iterator[Case]:
    """All cases of one lesion; a picture without enough skin gives none."""
    known, estimate = {}, partial(ESTIMATORS[method].estimate, settings=PUBLISHED)
    for kind, first, other in pictures(rgb):
        try:
            if id(first) not in known:
                known[id(first)] = first, estimate(first)
            tone, again = known[id(first)][1], estimate(other)
        except NotEnoughSkin:
            continue
        for convention in colour.CONVENTIONS:
            sampling = tone_interval(tone, convention=convention)
            camera = camera_interval(tone, convention, sampling)
            own, new = (getattr(each, convention).ita for each in (tone, again))
            apart = (new - own + 180) % 360 - 180
            held = (each.low <= own + apart <= each.high for each in (sampling, camera))
            yield Case(kind, convention, abs(apart), *held, (sampling.width, camera.width))


def halves(options, files) -> dict[str, list]:
    """Lesions to choose on and to check on, by patient, as many of each as asked for."""
    with open(options.shared / "lesions.csv", newline="", encoding="utf-8") as file:
        patient = {row["image"]: row["patient_id"] for row in csv.DictReader(file)}
    order = np.random.default_rng(SEED).permutation(sorted(set(patient.values())))
    first = set(order[: len(order) // 2].tolist())
    shuffled = np.random.default_rng(SEED).permutation(len(files))
    found = {"chosen on": [], "checked on": []}
    for index in shuffled:
        half = "chosen on" if patient[files[index].name] in first else "checked on"
        if len(found[half]) < options.lesions // 2:
            found[half].append(files[index])
    return found


def main() -> int:
    """Print the table, one line per half, method, convention and kind of change."""
    parser = options_parser(__doc__, shared=True, json=True)
    parser.add_argument("--lesions", type=int, default=240, help="by default 240, half and half")
    parser.add_argument("--method", default=DEFAULT_METHOD, choices=tuple(ESTIMATORS))
    options = parser.parse_args()
    rows = []
    for half, files in halves(options, shared_lesions(parser, options)).items():
        by = defaultdict(list)
        for path in files:
            for case in cases(read_image(path).rgb, options.method):
                by[case.convention, case.kind].append(case)
        rows += [_row(half, *key, found) for key, found in sorted(by.items())]
    if options.json:
        print_json(rows)
        return 0
    print(f"| {' | '.join(rows[0])} |\n|{'---|' * len(rows[0])}")
    for row in rows:
        print(f"| {' | '.join(str(value) for value in row.values())} |")
    return 0


def _row(half: str, convention: str, kind: str, found: list[Case]) -> dict:
    held = {name: sum(getattr(case, name) for case in found) for name in ("sampling", "camera")}
    covers = {
        f"{name} covers": "{:.2f} [{:.2f}, {:.2f}]".format(k / len(found), *wilson(k, len(found)))
        for name, k in held.items()
    }
    widths = np.median([case.widths for case in found], axis=0)
    return {
        "lesions": half,
        "angle": convention,
        "change": kind,
        "pictures": len(found),
        "median change": round(float(np.median([case.apart for case in found])), 1),
        **covers,
        "median widths": "{:.1f}, {:.1f}".format(*widths),
    }


if __name__ == "__main__":
    sys.exit(main())
