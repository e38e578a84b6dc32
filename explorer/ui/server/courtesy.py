"""Long work lets short work pass: a first answer comes before anybody's whole table.

All handlers share the processor. Where twenty visitors upload at once, each one's verdict on their
own skin takes a fraction of a second, and each one's table many times that.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds that a piece of long work waits in all, so that it ends on the busiest server as well.
LONGEST = 10.0
PACE = 0.02


class Courtesy:
    """Counts the short work that is going on; safe to share by all handlers."""

    def __init__(self):
        self._lock = threading.Lock()
        self._short = 0

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

    def waiting(self, longest: float = LONGEST):
        """A function for one piece of long work to call between its parts: it lets short work
        pass, for ``longest`` seconds in all."""
        left = longest

        def let_pass() -> None:
            nonlocal left
            start = time.monotonic()
            while self._short and time.monotonic() - start < left:
                time.sleep(PACE)
            left -= time.monotonic() - start

        return let_pass
