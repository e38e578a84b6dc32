"""Print the figures that the project reports: ``python tests/measure.py estimator logits page``.

estimator
    Difference of the deterministic estimate to the published angle over the 1,020 lesions.
logits
    Largest difference to ``expected_logits.json``, from the ``.pth`` and from its ONNX export.
profiles
    How far a tone moves where the lesion is saved as Display P3, followed and ignored.
large
    Memory of sessions that hold a picture of 64 megapixels, each count in a process of its own.
page
    Seconds from ``python app.py`` to the first answered request, and from upload to all drawn.
"""

import gc
import io
import json
import re
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
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


def as_display_p3(job: tuple[str, str]) -> tuple:
    """Angle of a lesion, of the same in Display P3, and of that one's bytes alone; then names."""
    import cv2
    from PIL import Image

    from explorer import read_image, read_tone
    from support.colour_profiles import P3_PROFILE, reencoded

    cv2.setNumThreads(1)
    path, method = job
    original, buffer = read_image(path), io.BytesIO()
    Image.fromarray(reencoded(original.rgb)).save(buffer, "PNG", icc_profile=P3_PROFILE)
    mine = read_tone(original, method=method).tone
    theirs = read_tone(read_image(buffer.getvalue(), "p3"), method=method).tone
    three = mine.cielab, theirs.cielab, theirs.as_stored.cielab
    return tuple(each.ita for each in three), tuple(each.name for each in three)


def profiles() -> None:
    paths = sorted(map(str, (SHARED / "lesions").glob("*.jpg")))[::5]
    for method in ("robust", "published"):
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            found = list(pool.map(as_display_p3, [(path, method) for path in paths], chunksize=8))
        angles, names = (np.array(part) for part in zip(*found))
        for text, at in (("ignored", 2), ("followed", 1)):
            turn = angles[:, at] - angles[:, 0]
            off = np.abs((turn + 180) % 360 - 180)  # of a full circle, which an angle may cross
            print(
                f"profiles, {method}, Display P3 {text}, n = {len(off)} lesions: median "
                f"{np.median(off):.2f}, 90th percentile {np.quantile(off, 0.9):.2f}, largest "
                f"{off.max():.2f} degrees; names changed {(names[:, at] != names[:, 0]).sum()}"
            )


def memory(field: str) -> float:
    """MB of this process, "VmRSS" or its highest, "VmHWM"."""
    line = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(line[1]) / 1024


def hold(path: str, sessions: int) -> tuple[float, float]:
    """MB that each of some sessions at once keeps of a picture, and the highest of all together."""
    from explorer import read_image, read_tone
    from explorer.lesion.workshop import workshop

    def session(name: str):
        """As the page does it, without the network."""
        image = read_image(name)
        if not hasattr(image, "put_away"):  # the code before it, to compare with
            result = read_tone(image)
            return result, workshop(result)
        image = image.put_away()
        result = read_tone(image)
        with image.held():
            return result, workshop(result), image.small

    session(str(ROOT / "assets/examples/synthetic-light.jpg"))  # what is loaded once
    before = memory("VmRSS")
    with ThreadPoolExecutor(sessions) as pool:
        kept = list(pool.map(session, [path] * sessions))
    gc.collect()
    return (memory("VmRSS") - before) / len(kept), memory("VmHWM") - before


def large() -> None:
    from PIL import Image

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "large.jpg"
        lesion = Image.open(sorted((SHARED / "lesions").glob("*.jpg"))[0]).convert("RGB")
        lesion.resize((8000, 8000), Image.Resampling.BICUBIC).save(path, quality=80)
        print(f"large: one JPEG of 64 megapixels, {path.stat().st_size / 2**20:.1f} MB")
        for sessions in (1, 8):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                kept, highest = pool.submit(hold, str(path), sessions).result()
            print(
                f"large, {sessions} at once: {kept:,.1f} MB kept by each session, "
                f"+{highest:,.0f} MB at the highest"
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
    every = {each.__name__: each for each in (estimator, logits, profiles, large, page)}
    for name in sys.argv[1:] or every:
        every[name]()
