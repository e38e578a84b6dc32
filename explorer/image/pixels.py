"""Pixels of a large picture that are not kept: they are made anew whenever they are asked for."""

import ctypes
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

#: Pixels from which on a picture is large: one at a time is decoded or searched for skin in a
#: process, since each takes several times its own size meanwhile (64 megapixels: 0.5 to 1.4 GB).
LARGE = 16_000_000

_large = threading.RLock()
#: glibc keeps what Pillow frees in blocks of 16 MB: 170 MB for each picture of 64 megapixels.
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None


@contextmanager
def one_large_at_a_time(pixels: int) -> Iterator[None]:
    """Wait until no other thread works on a large picture, if this is one."""
    if pixels < LARGE:
        yield
        return
    with _large:
        try:
            yield
        finally:
            if _trim is not None:
                _trim(0)


class Recipe:
    """Pixels by the way to make them; whoever holds them shares them with all who ask meanwhile.

    Parameters
    ----------
    made : uint8 (H, W, 3)
        The pixels as they are now, which are not held.
    again : callable () -> uint8 (H, W, 3)
        Makes them anew.
    """

    def __init__(self, made: np.ndarray, again: Callable[[], np.ndarray]):
        self.shape, self._again = made.shape, again
        self._held, self._lock = weakref.ref(made), threading.Lock()

    def __call__(self) -> np.ndarray:
        """The pixels, uint8 (H, W, 3)."""
        with self._lock:
            pixels = self._held()
            if pixels is None:
                pixels = self._again()
                self._held = weakref.ref(pixels)
            return pixels


def made(pixels: np.ndarray | Recipe) -> np.ndarray:
    """The pixels themselves, uint8 (H, W, 3)."""
    return pixels() if isinstance(pixels, Recipe) else pixels
