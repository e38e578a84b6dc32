"""What the benchmarks share: options, a clock, and the app in a process of its own."""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer.util.paths import ROOT
from explorer.util.plain import print_json


def options_parser(about: str, shared: bool = False, json: bool = False) -> argparse.ArgumentParser:
    """The options of a benchmark; ``about`` is its docstring.

    ``shared`` adds ``--shared DIR``, ``json`` adds ``--json``.
    """
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    if shared:
        parser.add_argument("--shared", type=Path, default=Path("../shared"), metavar="DIR")
    if json:
        parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    return parser


def shared_lesions(parser: argparse.ArgumentParser, options: argparse.Namespace) -> list[Path]:
    """The shared lesions, sorted; without any the program ends with exit code 2."""
    files = sorted((options.shared / "lesions").glob("*.jpg"))
    if not files:
        parser.error(f"{options.shared} holds no lesions; give --shared.")
    return files


def show(result: dict, options: argparse.Namespace, in_words: Callable[[dict], None]) -> None:
    """Print a result as ``--json`` asks."""
    print_json(result) if options.json else in_words(result)


def seconds_of(call: Callable[[], object], repeats: int = 1) -> list[float]:
    """Seconds of some calls, one after the other."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return times


@contextmanager
def started(
    script: Path, scratch: str | Path, log=subprocess.DEVNULL, weights: str = "embedded"
) -> Iterator[tuple[int, subprocess.Popen]]:
    """``python script``, a Gradio app, on a free port: yields the port and the process.

    Its files go to the folder ``scratch``, its output to ``log``; it is ended at the end.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_TEMP_DIR": str(scratch),
        "EXPLORER_WEIGHTS": weights,
    }
    process = subprocess.Popen(
        [sys.executable, str(script)], cwd=ROOT, env=environment, stdout=log, stderr=log
    )
    try:
        yield port, process
    finally:
        process.terminate()
        process.wait(20)
