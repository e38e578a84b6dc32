"""How long the page takes to answer, beside an empty Gradio page started in the same way.

``python -m explorer.benchmarks.startup [--pairs N]`` starts ``python app.py`` and an empty Blocks
in turns, each in a process of its own, and prints the median seconds from the start of Python to
the first answered HTTP request, and the median of the paired differences.
"""

import os
import tempfile
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median

from explorer.benchmarks.common import options_parser, started
from explorer.util.paths import ROOT

EMPTY = "\n".join(
    (
        "import gradio",
        "with gradio.Blocks(analytics_enabled=False) as demo:",
        "    pass",
        "demo.queue(max_size=64)",
        "demo.launch(footer_links=[], run_history=False, enable_monitoring=False, ssr_mode=False)",
    )
)

#: Seconds after which a start counts as failed.
LONGEST = 60.0
POLL = 0.01


@dataclass(frozen=True)
class StartUp:
    """Seconds from the start of Python to the first answer; entry i of all is one pair.

    ``page`` and ``empty`` are by the clock, the others processor time, which a busy machine
    stretches less.
    """

    page: tuple[float, ...]
    empty: tuple[float, ...]
    page_processor: tuple[float, ...]
    empty_processor: tuple[float, ...]

    @property
    def extra(self) -> float:
        """Median of what the page takes more than the empty one, pair by pair."""
        return median(page - empty for page, empty in zip(self.page, self.empty))


def measure(pairs: int = 5) -> StartUp:
    """Start both in turns, ``pairs`` times; the demo model loads behind the page, as shipped."""
    with tempfile.TemporaryDirectory() as scratch:
        empty = Path(scratch) / "empty.py"
        empty.write_text(EMPTY, encoding="utf-8")
        seconds = []
        for _ in range(pairs):
            page = seconds_to_answer(ROOT / "app.py", scratch)
            other = seconds_to_answer(empty, scratch)
            seconds.append((page[0], other[0], page[1], other[1]))
    return StartUp(*zip(*seconds))


def seconds_to_answer(script: Path, scratch: str) -> tuple[float, float]:
    """Seconds from starting ``python script`` until ``GET /`` is answered with 200.

    By the clock, and of processor time (0 where the system does not tell).

    Raises
    ------
    RuntimeError
        If it ends, or does not answer in :data:`LONGEST` seconds.
    """
    start = time.perf_counter()
    with started(script, scratch) as (port, process):
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - start > LONGEST:
                raise RuntimeError(f"{script.name} did not answer")
            time.sleep(POLL)
        seconds = time.perf_counter() - start
        try:
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return seconds, 0.0
        return seconds, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=LONGEST)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        return answer.status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = options_parser(__doc__)
    parser.add_argument("--pairs", type=int, default=5, help="starts of each (default 5)")
    found = measure(parser.parse_args(arguments).pairs)
    print(
        f"start of Python to first answered request, median of n = {len(found.page)} pairs: page "
        f"{median(found.page):.2f} s, empty Blocks {median(found.empty):.2f} s, difference "
        f"{found.extra:+.2f} s ({min(found.page):.2f} to {max(found.page):.2f} and "
        f"{min(found.empty):.2f} to {max(found.empty):.2f} s)"
    )


if __name__ == "__main__":
    main()
