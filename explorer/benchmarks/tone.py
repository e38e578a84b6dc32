"""Judge skin-tone estimators: ``python -m explorer.benchmarks.tone --shared ../shared``.

Prints one table of candidates: error on synthetic lesions with known tone, extra error with
artefacts, agreement with expert masks, agreement of two crops of one real lesion, time; then the
coverage of the 95 % intervals on synthetic lesions that were not used to calibrate them, and with
``--cautions`` how often each caution fires.
"""

import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context

import cv2
import numpy as np

from explorer.benchmarks.common import options_parser, seconds_of
from explorer.benchmarks.tone_candidates import CANDIDATES
from explorer.image import colour
from explorer.image.read import read_image
from explorer.image.resize import average
from explorer.skin.artefacts import KEYS, find_cautions
from explorer.skin.robust import segment_robust
from explorer.skin.study import segment
from explorer.synthetic import draw_lesion, random_spec
from explorer.tone.interval import tone_interval
from explorer.tone.robust import estimate_robust
from explorer.tone.study import estimate_skin_tone
from explorer.util.errors import NotEnoughSkin

#: Seed of the set that widening and floor of the intervals were calibrated on, of the set that
#: checks them, and of the artefact pairs.
CALIBRATION_SEED, CHECK_SEED, PAIR_SEED = 11, 2026, 77
#: What is changed in each artefact pair.
CHANGES = {
    "hair": {"hair": 25},
    "vignette": {"vignette": 0.7},
    "white frame": {"frame": "white"},
    "black frame": {"frame": "black"},
    "exposure -0.4": {"exposure": -0.4},
    "crop": {},
}


def _try(estimate, rgb) -> float:
    try:
        return estimate(np.ascontiguousarray(rgb))
    except NotEnoughSkin:
        return np.nan


def synthetic_case(job) -> dict:
    """Error of every candidate, and both intervals, on one case: ``job`` is a spec."""
    drawn = draw_lesion(job)
    errors = [_try(estimate, drawn.image) - drawn.truth.ita for estimate in CANDIDATES.values()]
    return {"errors": errors, "cover": coverage_case(drawn)}


def coverage_case(drawn) -> dict:
    """By method and convention: (covered, width), or None without an estimate."""
    truth = {
        "cielab": drawn.truth.ita,
        "published": float(
            colour.ita(np.rint(255 * np.array(drawn.truth.rgb)).astype(np.uint8), "published")
        ),
    }
    result = {}
    for name, estimate in (("robust", estimate_robust), ("published", estimate_skin_tone)):
        try:
            tone = estimate(drawn.image)
        except NotEnoughSkin:
            continue
        for convention, angle in truth.items():
            found = tone_interval(tone, 0.95, convention)
            result[name, convention] = (found.low <= angle <= found.high, found.width)
    return result


def artefact_case(spec) -> dict[str, list[float]]:
    """|error| with each change minus |error| without it, by candidate."""
    clean = draw_lesion(spec)
    base = [abs(_try(e, clean.image) - clean.truth.ita) for e in CANDIDATES.values()]
    rows = {}
    for name, change in CHANGES.items():
        crop = clean.image[51:461, 64:500]
        image = draw_lesion(replace(spec, **change)).image if change else crop
        error = [abs(_try(e, image) - clean.truth.ita) for e in CANDIDATES.values()]
        rows[name] = [a - b for a, b in zip(error, base)]
    return rows


def crop_case(path) -> list[float]:
    """|difference| in degrees between the upper left and lower right 80 % of a picture."""
    rgb = read_image(path).rgb
    h, w = (int(0.8 * side) for side in rgb.shape[:2])
    parts = rgb[:h, :w], rgb[-h:, -w:]
    pairs = [[_try(estimate, part) for part in parts] for estimate in CANDIDATES.values()]
    return [abs((a - b + 180) % 360 - 180) for a, b in pairs]


def mask_case(path) -> dict[str, tuple[float, ...]]:
    """Lesion counted as skin, skin kept, Dice of not-skin and of the lesion mask; by mask."""
    rgb = read_image(path).rgb
    expert = cv2.imread(str(path.with_name(path.stem + "_lesion.png")), cv2.IMREAD_GRAYSCALE)
    plain, careful = segment(rgb), segment_robust(rgb)
    return {
        "published": _overlap(plain.skin, plain.pigment, expert),
        "robust": _overlap(careful.skin, careful.lesion, expert),
    }


def _overlap(skin, lesion, expert) -> tuple[float, ...]:
    truth = average(expert, *skin.shape[::-1]) > 127
    return (
        float((skin & truth).sum() / truth.sum()),
        float((skin & ~truth).sum() / max((~truth).sum(), 1)),
        _dice(~skin, truth),
        _dice(lesion, truth),
    )


def _dice(a, b) -> float:
    return float(2 * (a & b).sum() / max(a.sum() + b.sum(), 1))


def caution_case(path) -> list[str]:
    """Keys of the cautions of one picture."""
    return [caution.key for caution in find_cautions(read_image(path).rgb)]


def random_specs(seed: int, count: int, **choice) -> list:
    """``count`` random specs of one seed; ``choice`` as for ``random_spec``."""
    rng = np.random.default_rng(seed)
    return [random_spec(rng, **choice) for _ in range(count)]


def milliseconds(images) -> list[float]:
    """Median milliseconds of each candidate, one process, OpenCV and BLAS as they come."""
    result = []
    for estimate in CANDIDATES.values():
        _try(estimate, images[0])
        spent = [seconds_of(partial(_try, estimate, image)) for image in images]
        result.append(1000 * float(np.median(spent)))
    return result


def main(arguments=None) -> int:
    """Entry point; see the module's docstring."""
    parser = options_parser(__doc__, shared=True)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--lesions", type=int, default=300, help="real lesions for the crops")
    parser.add_argument("--cautions", action="store_true", help="count cautions as well")
    options = parser.parse_args(arguments)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for the workers, which share the cores
    spawn = {"mp_context": get_context("spawn"), "initializer": cv2.setNumThreads}
    with ProcessPoolExecutor(**spawn, initargs=(1,)) as pool:
        _report(pool, options)
    return 0


def _report(pool, options) -> None:
    cases = list(pool.map(synthetic_case, random_specs(CHECK_SEED, options.cases), chunksize=4))
    pairs = list(
        pool.map(
            artefact_case, random_specs(PAIR_SEED, options.pairs, artefacts=("noise", "gradient"))
        )
    )
    lesions = sorted((options.shared / "lesions").glob("*.jpg"))
    sample = lesions[:: max(len(lesions) // max(options.lesions, 1), 1)][: options.lesions]
    crops = np.array(list(pool.map(crop_case, sample, chunksize=4)))
    masks = list(pool.map(mask_case, sorted((options.shared / "segmentation").glob("*.jpg"))))
    images = [draw_lesion(spec).image for spec in random_specs(PAIR_SEED, 10)]
    print_table(cases, pairs, crops, masks, milliseconds(images))
    print_coverage(cases)
    sys.stdout.flush()
    if options.cautions:
        print_cautions(list(pool.map(caution_case, lesions, chunksize=8)))


def print_table(cases, pairs, crops, masks, spent) -> None:
    """The one table; degrees of ITA by float CIELAB unless a column says otherwise."""
    errors = np.abs([case["errors"] for case in cases])
    print(
        f"Synthetic n = {len(errors)}, pairs n = {len(pairs)}, real crops n = {len(crops)}, "
        f"expert masks n = {len(masks)}; degrees unless noted."
    )
    heads = ["median", "p90", "over 5", "none", *(f"+{name}" for name in CHANGES)]
    heads += ["crops", "p90", "leak", "kept", "Dice~skin", "Dice", "ms"]
    print(f"{'':24s}" + "".join(f"{head:>14s}" for head in heads))
    for i, name in enumerate(CANDIDATES):
        column = errors[:, i]
        row = [
            np.nanmedian(column),
            np.nanpercentile(column, 90),
            np.nanmean(column > 5),
            np.isnan(column).mean(),
        ]
        row += [np.nanmedian([pair[change][i] for pair in pairs]) for change in CHANGES]
        apart = crops[:, i] if len(crops) else np.array([np.nan])
        row += [np.nanmedian(apart), np.nanpercentile(apart, 90)]
        key = next((k for k in ("published", "robust") if name.startswith(k)), None)
        row += list(np.mean([m[key] for m in masks], axis=0)) if key and masks else [np.nan] * 4
        print(f"{name:24s}" + "".join(f"{value:14.3f}" for value in [*row, spent[i]]))


def print_coverage(cases) -> None:
    """Share of cases whose 95 % interval covers the truth, and its median width."""
    for key in [(m, c) for m in ("robust", "published") for c in colour.CONVENTIONS[::-1]]:
        found = np.array([case["cover"][key] for case in cases if key in case["cover"]], float)
        print(
            f"95 % interval, {key[0]} method, {key[1]} angle: covers {found[:, 0].mean():.1%} "
            f"of {len(found)}, median width {np.median(found[:, 1]):.2f} degrees"
        )


def print_cautions(found: list[list[str]]) -> None:
    """How often each caution fires on the real lesions."""
    counts = Counter(key for keys in found for key in keys)
    for key in KEYS:
        share = counts[key] / max(len(found), 1)
        print(f"caution {key:14s} {counts[key]:5d} of {len(found)} ({share:.1%})")


if __name__ == "__main__":
    raise SystemExit(main())
