"""Long work lets short work pass: a first answer comes before anybody's whole table.

All handlers share the processor. Where twenty visitors upload at once, each one's verdict on their
own skin takes a fraction of a second, and each one's table many times that.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from explorer.util import lazy
from explorer.util.workers import cores

torch = lazy.load("torch")

#: Seconds that a piece of long work waits in all, so that it ends on the busiest server as well.
LONGEST = 10.0
PACE = 0.02


class Courtesy:
    """Counts the work that is going on; safe to share by all handlers."""

    def __init__(self):
        self._lock = threading.Lock()
        self._short = self._long = 0

    @contextmanager
    def first(self) -> Iterator[None]:
        """Short work, before which others should wait."""
        with self._lock:
            self._short += 1
        try:
            yield
        finally:
            with self._lock:
                self._short -= 1

    @contextmanager
    def long(self, longest: float = LONGEST) -> Iterator[Callable[[], None]]:
        """Long work, with a function to call between its parts: it lets short work pass, for
        ``longest`` seconds in all, and then gives this thread's network its share of the cores."""
        left = longest

        def let_pass() -> None:
            nonlocal left
            start = time.monotonic()
            while self._short and time.monotonic() - start < left:
                time.sleep(PACE)
            left -= time.monotonic() - start
            # Of this thread alone; the parts of one handler may run in several.
            torch.set_num_threads(max(1, cores() // max(1, self._long)))

        with self._lock:
            self._long += 1
        try:
            yield let_pass
        finally:
            with self._lock:
                self._long -= 1
