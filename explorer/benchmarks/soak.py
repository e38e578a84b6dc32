"""An hour of random visits: ``python -m explorer.benchmarks.soak [--minutes 60]``.

Starts ``python app.py`` and lets visitors come and go, a few at once: each opens the page, does
some of what one can do there in random order (seeded), and leaves. Every quarter of a minute the
server's resident memory and its open descriptors are read. What a visitor leaves behind would show
as a slope: at the end, both are compared with their level after five minutes.
"""

import json
import os
import random
import statistics
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from explorer.benchmarks.common import options_parser
from explorer.benchmarks.visitor import DEEDS, Visitor
from explorer.benchmarks.visitors import drawn_lesions, resident, running_app

#: Seconds between two samples, and the level's window: five minutes are too few to be warm before.
EVERY, WARM = 15.0, 300.0
#: Memory may end this far from its level after :data:`WARM`, as a share of it.
ALLOWED = 0.10


@dataclass(frozen=True)
class Sample:
    """Of the server, so many seconds after the start."""

    seconds: float
    megabytes: int
    descriptors: int
    visits: int


@dataclass
class Crowd:
    """Visitors who come one after the other, in as many threads as may be there at once."""

    address: str
    lesions: list[Path]
    until: float
    visits: int = 0
    errors: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def come(self, seed: int) -> None:
        """One visit after the other, with pauses, until the time is over."""
        chance = random.Random(seed)
        while time.monotonic() < self.until:
            deeds = ["open", *chance.choices(DEEDS[1:], k=chance.randint(0, 4))]
            found = Visitor(self.address).visit(chance.choice(self.lesions), deeds)
            with self._lock:
                self.visits += 1
                self.errors += found.errors
            time.sleep(chance.expovariate(1.0))


def soak(address: str, process: int, minutes: float, at_once: int, seed: int = 0):
    """Samples over ``minutes`` of visits, and every error that a visitor met."""
    with drawn_lesions(20) as lesions:
        start = time.monotonic()
        crowd = Crowd(address, lesions, start + 60 * minutes)
        threads = [threading.Thread(target=crowd.come, args=(seed + i,)) for i in range(at_once)]
        for thread in threads:
            thread.start()
        samples = []
        while time.monotonic() < crowd.until:
            samples.append(_sample(process, time.monotonic() - start, crowd.visits))
            time.sleep(max(0.0, min(EVERY, crowd.until - time.monotonic())))
        for thread in threads:
            thread.join()
    return samples, crowd.errors


def _sample(process: int, seconds: float, visits: int) -> Sample:
    descriptors = len(os.listdir(f"/proc/{process}/fd"))
    return Sample(round(seconds, 1), resident(process)["now"], descriptors, visits)


def levels(samples: list[Sample]) -> dict:
    """Medians after five minutes and at the end, over a fifth of the time each, at most 5 minutes.

    Keys: after, end (each with megabytes and descriptors), change (share of memory).
    """
    whole = samples[-1].seconds
    window, warm = min(WARM, whole / 5), min(WARM, whole / 3)
    spans = {
        "after": [each for each in samples if warm <= each.seconds <= warm + window],
        "end": [each for each in samples if each.seconds >= whole - window],
    }
    found = {
        name: {
            what: statistics.median(getattr(each, what) for each in span)
            for what in ("megabytes", "descriptors")
        }
        for name, span in spans.items()
    }
    found["change"] = found["end"]["megabytes"] / found["after"]["megabytes"] - 1
    return found


def _print(samples: list[Sample], found: dict, errors: list[str]) -> None:
    print("| minute | memory, MB | descriptors | visits |\n|---|---|---|---|")
    step = max(1, len(samples) // 20)
    for each in samples[::step]:
        minute = each.seconds / 60
        print(f"| {minute:.1f} | {each.megabytes} | {each.descriptors} | {each.visits} |")
    after, end = found["after"], found["end"]
    print(
        f"Medians: {after['megabytes']:.0f} MB and {after['descriptors']:.0f} descriptors after "
        f"the warm-up, {end['megabytes']:.0f} MB and {end['descriptors']:.0f} at the end "
        f"(memory {found['change']:+.1%}); {samples[-1].visits} visits, {len(errors)} errors."
    )
    for error in dict.fromkeys(errors):
        print(f"error: {error}", file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Run it; exit code 1 where memory left its level or a visitor met an error."""
    parser = options_parser(__doc__)
    add = parser.add_argument
    add("--minutes", type=float, default=60, help="by default 60")
    add("--visitors", type=int, default=3, help="at once, by default 3")
    add("--weights", default="embedded", help="of the app that is started")
    add("--json", metavar="OUT.json", help="write every sample there as well")
    options = parser.parse_args(arguments)
    with running_app(options.weights) as (address, app):
        samples, errors = soak(address, app.pid, options.minutes, options.visitors)
    found = levels(samples)
    _print(samples, found, errors)
    if options.json:
        whole = {"samples": [asdict(each) for each in samples], "levels": found, "errors": errors}
        Path(options.json).write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    return 1 if errors or abs(found["change"]) > ALLOWED else 0


if __name__ == "__main__":
    raise SystemExit(main())
