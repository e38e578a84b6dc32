"""Heavy libraries, imported when first used and not when the page or a command starts.

``lazy_loader.load`` does the same by :class:`importlib.util.LazyLoader`, but up to Python 3.12.2 a
second thread that uses a library while the first one still imports it sees half of it
(https://github.com/python/cpython/issues/114763); the page has many threads. Here every use asks
Python's import system, one thread at a time: two threads that import libraries which import one
another, plotly and scikit-learn for example, could each be given half of the other's.
"""

import threading
from importlib import import_module
from types import ModuleType
from typing import Any

_importing = threading.RLock()


class _Later(ModuleType):
    def __getattr__(self, name: str) -> Any:
        with _importing:
            module = import_module(self.__name__)
        return getattr(module, name)


def load(name: str) -> Any:
    """The module ``name``, not imported before something of it is used.

    >>> stats = load("scipy.stats")
    >>> round(float(stats.norm.cdf(0.0)), 1)
    0.5
    """
    return _Later(name)
