"""Many visitors at once: ``python -m explorer.benchmarks.visitors [--visitors 1 5 20]``.

Starts ``python app.py``, or takes a running one (``--address``), and lets visitors do over HTTP
what the page does in a browser: open it, click an example, upload a lesion of their own (drawn,
512x512), group by sex. Nobody pauses to think, so 20 visitors here are many more in a lecture room.
Prints the seconds of each step (median and 95th percentile over visitors), every error, and the
server's memory.
"""

import json
import os
import socket
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.benchmarks.common import options_parser, started
from explorer.benchmarks.visitor import STEPS, Visitor
from explorer.synthetic.draw import draw_lesion
from explorer.synthetic.spec import LesionSpec
from explorer.util.paths import ROOT

#: Measured visits per number of visitors, at least.
VISITS = 20


@contextmanager
def drawn_lesions(number: int):
    """Paths of so many different lesions, JPEG of 512x512 pixels, while the context is open."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"lesion-{seed}.jpg" for seed in range(number)]
        for seed, path in enumerate(paths):
            spec = LesionSpec(ita=60 - 5 * (seed % 20), seed=seed, kind="irregular", area=0.12)
            Image.fromarray(draw_lesion(spec).image).save(path, quality=92)
        yield paths


def visits(address: str, visitors: int, rounds: int = 1) -> dict:
    """Let ``visitors`` come at once, each with another lesion, ``rounds`` times; seconds by step,
    and all errors."""
    seconds, errors = {step: [] for step in STEPS}, []
    with drawn_lesions(visitors) as lesions, ThreadPoolExecutor(visitors) as pool:
        for _ in range(rounds):
            for visit in pool.map(lambda lesion: Visitor(address).visit(lesion), lesions):
                errors += visit.errors
                for step, value in visit.seconds.items():
                    seconds[step].append(value)
    return {
        "visitors": visitors,
        "visits": visitors * rounds,
        "errors": errors,
        "seconds": {step: _summary(values) for step, values in seconds.items()},
    }


def _summary(values: list[float]) -> dict:
    if not values:
        return {"n": 0, "p50": None, "p95": None}
    p50, p95 = np.percentile(values, [50, 95])
    return {"n": len(values), "p50": round(float(p50), 3), "p95": round(float(p95), 3)}


@contextmanager
def running_app(weights: str):
    """``python app.py`` on a free port; yields its address and process."""
    with (
        tempfile.TemporaryDirectory() as folder,
        started(ROOT / "app.py", folder, weights=weights) as (port, app),
    ):
        end = time.monotonic() + 60
        while time.monotonic() < end and app.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            raise SystemExit("app.py does not start; run it to see why.")
        yield f"http://127.0.0.1:{port}", app


def resident(process: int) -> dict:
    """Memory of a process in MB: ``now`` and ``peak`` resident (Linux only, else empty)."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return {}
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return {
        name: round(int(lines[key].split()[0]) / 1024)
        for name, key in (("now", "VmRSS"), ("peak", "VmHWM"))
    }


def _print(results: list[dict]) -> None:
    print("| visitors | visits | errors | " + " | ".join(f"{step}, s" for step in STEPS) + " |")
    print("|---" * (3 + len(STEPS)) + "|")
    for result in results:
        cells = (
            f"{value['p50']:.2f} / {value['p95']:.2f}" if value["n"] else "none"
            for value in result["seconds"].values()
        )
        print(
            f"| {result['visitors']} | {result['visits']} | {len(result['errors'])} | "
            + " | ".join(cells)
            + " |"
        )
    print("Cells: median / 95th percentile.")


def _run(options, address: str, process: int | None) -> dict:
    memory, in_all = (lambda: resident(process)) if process else dict, options.visits
    return {  # in this order
        "weights": options.weights,
        "cores": os.cpu_count(),
        "memory_at_start": memory(),
        "first_visit": visits(address, 1),
        "memory_after_first_visit": memory(),
        "runs": [visits(address, count, -(-in_all // count)) for count in options.visitors],
        "memory_at_the_end": memory(),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; exit code 1 where any visitor saw an error."""
    parser = options_parser(__doc__)
    add = parser.add_argument
    add("--visitors", type=int, nargs="+", default=[1, 5, 20], help="at once, by default 1 5 20")
    add("--visits", type=int, default=VISITS, help=f"in all, per number; by default {VISITS}")
    add("--weights", default="embedded", help="of the app that is started")
    add("--address", help="a running app instead, such as http://127.0.0.1:7860")
    add("--json", metavar="OUT.json", help="write the figures there as well")
    options = parser.parse_args(arguments)
    if options.address:
        found = _run(options, options.address.rstrip("/"), None)
    else:
        with running_app(options.weights) as (address, app):
            found = _run(options, address, app.pid)
    _print([found["first_visit"], *found["runs"]])
    print("The first row is the first visitor after the start, who waits for the weights.")
    print("Server's memory, MB:", {key: found[key] for key in found if key.startswith("memory")})
    errors = [error for run in (found["first_visit"], *found["runs"]) for error in run["errors"]]
    for error in dict.fromkeys(errors):
        print(f"error: {error}", file=sys.stderr)
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 1 if errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
