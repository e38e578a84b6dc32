"""Seeded bad inputs to every reader: ``python -m explorer.benchmarks.fuzz [--cases N]``.

Images, CSV, Parquet, run folders, weights, zip files, settings and links, each case made from seed,
target and number alone, so that it can be had again (``--target T --first NUMBER --cases 1``). A
case may end with a result or with one sentence of at most 300 characters, within 10 s and 1 GB;
everything else is counted and listed. Cases run in a worker process, one at a time, which is
replaced when a case ends it or takes far too long. Exit code 1 where anything is listed.
"""

import multiprocessing
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from explorer.benchmarks.common import options_parser, show
from explorer.benchmarks.fuzzing import images, runs, tables, texts, weights, zips
from explorer.util.errors import ExplorerError

TARGETS: dict[str, Callable] = {
    "images": images.images,
    "csv": tables.csv_files,
    "parquet": tables.parquet_files,
    "runs": runs.runs,
    "pth": weights.pth,
    "safetensors": weights.safetensors,
    "onnx": weights.onnx,
    "zip": zips.zips,
    "settings": texts.settings,
    "links": texts.links,
}
#: What a case may take and say.
SECONDS, MEGABYTES, CHARACTERS = 10.0, 1024, 300
#: Seconds that a worker may take to load what it needs.
START = 300.0
#: A worker is replaced after so many seconds in one case, or when it holds so many MB afterwards;
#: it can have no more address space beyond its own than this, in bytes, to spare the machine.
PATIENCE, KEPT, CEILING = 60.0, 2500, 8 * 2**30
ROWS = ("cases", "results", "refused", "traceback", "long", "slow", "large", "ended")


@dataclass(frozen=True)
class Outcome:
    """How one case ended.

    Attributes
    ----------
    number : int
    kind : str
        "results", "refused", "traceback", or "ended" where it took the worker with it.
    text : str
        The refusal, or the class of the error and where it arose.
    seconds, processor, megabytes : float
        Time by the clock and by the processor, and the highest memory above what there was before.
    """

    number: int
    kind: str
    text: str = ""
    seconds: float = 0.0
    processor: float = 0.0
    megabytes: float = 0.0

    @property
    def counts(self) -> list[str]:
        """The rows of the table that it counts in."""
        long = self.kind == "refused" and (len(self.text) > CHARACTERS or "\n" in self.text)
        measured = (long, self.seconds > SECONDS, self.megabytes > MEGABYTES)
        return ["cases", self.kind, *(row for row, true in zip(ROWS[4:], measured) if true)]

    @property
    def fault(self) -> str:
        """What is wrong with it, without what differs from case to case; empty where nothing is."""
        bad = [row for row in self.counts[1:] if row not in ("results", "refused")]
        return f"{'+'.join(bad)}: {self.text[:120]!r}" if bad else ""


# In the worker


def case_of(target: str, seed: int, number: int, folder: Path) -> Callable[[], object]:
    """The call of one case, its files made in ``folder``."""
    return TARGETS[target](random.Random(f"{seed}/{target}/{number}"), folder)


def _memory(field: str) -> float:
    """MB of this process, "VmRSS" or its highest since the last reset, "VmHWM"."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def _outcome(number: int, call: Callable[[], object], folder: str) -> Outcome:
    Path("/proc/self/clear_refs").write_text("5")  # the highest mark starts anew
    before, start, worked = _memory("VmRSS"), time.perf_counter(), time.process_time()
    try:
        call()
        found = Outcome(number, "results")
    except ExplorerError as error:
        found = Outcome(number, "refused", str(error).replace(folder, "DIR"))
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [each for each in frames if f"{os.sep}explorer{os.sep}" in each.filename]
        where = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else "?"
        told = " ".join(str(error).replace(folder, "DIR").split())[:90]
        told = f"{type(error).__name__} at {where}: {told}"
        found = Outcome(number, "traceback", told)
    return replace(
        found,
        seconds=round(time.perf_counter() - start, 3),
        processor=round(time.process_time() - worked, 3),
        megabytes=round(_memory("VmHWM") - before, 1),
    )


def _work(pipe, target: str, seed: int, numbers: range) -> None:
    """Run cases and send how each ended, until all are done or too much memory is kept."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)  # decoders written in C complain there
    with tempfile.TemporaryDirectory() as scratch:
        case_of(target, seed, numbers[0], _new(scratch))  # loads what has to be loaded
        own = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (own + CEILING, own + CEILING))
        for number in numbers:
            folder = _new(scratch)
            call = case_of(target, seed, number, folder)
            pipe.send(number)
            pipe.send(_outcome(number, call, str(folder)))
            shutil.rmtree(folder)
            if _memory("VmRSS") > KEPT:
                return


def _new(scratch: str) -> Path:
    return Path(tempfile.mkdtemp(dir=scratch))


# Around it


def outcomes(target: str, seed: int, numbers: range) -> Iterator[Outcome]:
    """How each of these cases ended, in order."""
    context = multiprocessing.get_context("spawn")
    while numbers:
        pipe, theirs = context.Pipe()
        worker = context.Process(target=_work, args=(theirs, target, seed, numbers), daemon=True)
        worker.start()
        theirs.close()
        under_way = None
        try:
            while numbers and pipe.poll(PATIENCE if under_way is not None else START):
                message = pipe.recv()
                if isinstance(message, int):
                    under_way = message
                    continue
                yield message
                numbers, under_way = numbers[1:], None
        except EOFError:
            pass
        worker.kill()
        worker.join()
        if under_way is not None:
            yield Outcome(under_way, "ended", f"exit code {worker.exitcode}", PATIENCE)
            numbers = numbers[1:]
        elif numbers and worker.exitcode != 0:
            yield Outcome(numbers[0], "ended", "the case cannot be made")
            numbers = numbers[1:]


def summary(found: list[Outcome]) -> dict:
    """Counts by row of the table, the slowest, the largest, and every class of fault."""
    counts = Counter(row for each in found for row in each.counts)
    faults: dict[str, list[int]] = {}
    for each in found:
        if each.fault:
            faults.setdefault(each.fault, []).append(each.number)
    return {
        **{row: counts[row] for row in ROWS},
        "slowest": max(each.seconds for each in found),
        "processor": max(each.processor for each in found),
        "largest": max(each.megabytes for each in found),
        "faults": [
            {"fault": fault, "cases": len(numbers), "first": numbers[0]}
            for fault, numbers in sorted(faults.items(), key=lambda each: -len(each[1]))
        ],
    }


def _print(result: dict) -> None:
    columns = (*ROWS, "slowest", "processor", "largest")
    print("| target | " + " | ".join(columns) + " |\n|---" + "|---" * len(columns) + "|")
    for target, found in result["targets"].items():
        print(f"| {target} | " + " | ".join(f"{found[column]:,}" for column in columns) + " |")
    print(
        f"Seed {result['seed']}. slow: over {SECONDS:g} s; large: over {MEGABYTES} MB; long: a "
        f"refusal over {CHARACTERS} characters or of two lines; slowest (by the clock) and "
        "processor in s, largest in MB"
    )
    for target, found in result["targets"].items():
        for fault in found["faults"]:
            print(f"{target}: {fault['cases']} x {fault['fault']} (first: {fault['first']})")


def main(arguments: list[str] | None = None) -> int:
    """Run the fuzzer; exit code 1 where a case ended in another way than it may."""
    parser = options_parser(__doc__, json=True)
    add = parser.add_argument
    add("--cases", type=int, default=200, metavar="N", help="per target; by default 200")
    add("--seed", type=int, default=1, metavar="S")
    add("--first", type=int, default=0, metavar="NUMBER", help="number of the first case")
    add("--target", choices=tuple(TARGETS), nargs="+", default=tuple(TARGETS))
    add("--show", action="store_true", help="print how every case ended")
    options = parser.parse_args(arguments)
    numbers, targets = range(options.first, options.first + max(options.cases, 1)), {}
    for target in options.target:
        found = []
        for each in outcomes(target, options.seed, numbers):
            found.append(each)
            if options.show:
                print(target, asdict(each), file=sys.stderr)
        targets[target] = summary(found)
    show({"seed": options.seed, "targets": targets}, options, _print)
    return 1 if any(found["faults"] for found in targets.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
