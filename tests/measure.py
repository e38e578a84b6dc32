"""Print the figures that the project reports: ``python tests/measure.py estimator logits page``.

estimator
    Difference of the deterministic estimate to the published angle over the 1,020 lesions.
logits
    Largest difference to ``expected_logits.json``, from the ``.pth`` and from its ONNX export.
page
    Seconds from ``python app.py`` to the first answered request, and from upload to all drawn.
"""

import json
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
SHARED = ROOT.parent / "shared"


def estimate(path: str) -> float:
    import cv2

    from explorer import estimate_skin_tone, read_image

    cv2.setNumThreads(1)
    return estimate_skin_tone(read_image(path).rgb).published.ita


def estimator() -> None:
    table = pd.read_csv(SHARED / "lesions.csv")
    paths = [str(SHARED / "lesions" / name) for name in table["image"]]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        angles = np.array(list(pool.map(estimate, paths, chunksize=20)))
    difference = np.abs(angles - table["ita_published"])
    print(
        f"estimator, n = {len(difference)} lesions: |difference| to ita_published median "
        f"{difference.median():.2f}, 90th {difference.quantile(0.9):.2f}, 95th percentile "
        f"{difference.quantile(0.95):.2f} degrees"
    )


def logits() -> None:
    from explorer import load_classifier, read_image
    from support.weights_fixtures import export_checkpoint, make_checkpoint

    expected = json.loads((SHARED / "published" / "expected_logits.json").read_text())["logits"]
    images = []
    for name in expected:
        path = SHARED / "lesions_original" / name  # three are expected at full size
        images.append(read_image(path if path.exists() else SHARED / "lesions" / name).rgb)
    with tempfile.TemporaryDirectory() as scratch:
        pth = make_checkpoint(
            SHARED / "published" / "make_checkpoint.py", Path(scratch) / "seed_0.pth"
        )
        for path in (pth, export_checkpoint(pth)):
            got = load_classifier(str(path)).logits(images)
            worst = np.abs(got - np.array(list(expected.values()))).max()
            print(
                f"logits from {path.suffix}, n = {len(images)} images: "
                f"largest difference {worst:.1e}"
            )


def page() -> None:
    from support.browser import chromium, open_page, running_app

    lesions = sorted((SHARED / "lesions").glob("*.jpg"))[:10]
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        start = time.perf_counter()
        with running_app(Path(scratch)) as address:
            print(
                f"python app.py to the first answered request: {time.perf_counter() - start:.1f} s"
            )
            view = open_page(browser, address)
            print(f"... to the first example fully drawn: {time.perf_counter() - start:.1f} s")
            seconds = []
            for path in lesions:
                begin = time.perf_counter()
                view.set_input_files("#upload input[type=file]", str(path))
                view.wait_for_selector(f'#compare [data-image="{path.name}"]')
                seconds.append(time.perf_counter() - begin)
            print(
                f"upload to everything drawn, n = {len(seconds)} lesions, demo model: median "
                f"{np.median(seconds):.1f} s, longest {max(seconds):.1f} s"
            )


if __name__ == "__main__":
    for name in sys.argv[1:] or ("estimator", "logits", "page"):
        {"estimator": estimator, "logits": logits, "page": page}[name]()
