"""The same work on many things, on all cores of this machine, in order and without piling up."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import cv2

from explorer.util.errors import ExplorerError

#: Tasks that wait for or lie in a worker, per worker.
QUEUE = 4

#: With fewer images than this, starting worker processes costs more time than it saves.
WORTH_WORKERS = 40

#: What worker processes inherit: one thread each, since the other cores have workers of their own,
#: and big buffers that are kept instead of being given back and zeroed anew for every image.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**30),
}


def default_workers(count: int) -> int:
    """One worker per available core for a set of ``count`` images; none beside for a small one."""
    return 1 if count < WORTH_WORKERS else cores()


def map_in_order(
    task: Callable,
    items: Iterable,
    workers: int,
    start: Callable | None = None,
    arguments: tuple = (),
    queue: int = QUEUE,
) -> Generator:
    """``task(item)`` of every item, in order, with at most ``queue * workers`` under way.

    Parameters
    ----------
    task : callable
        Can be pickled, as its results can.
    items : iterable
    workers : int
        Processes.
    start : callable, optional
        Called with ``arguments`` once in every new process.

    Raises
    ------
    ExplorerError
        If a worker process is killed.
    """
    context = multiprocessing.get_context("spawn")  # a fork would copy OpenCV's threads half-dead
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_start_worker, initargs=(start, arguments)
    )
    items = iter(items)
    try:
        with for_workers():
            waiting = deque(pool.submit(task, item) for item in islice(items, queue * workers))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(task, item) for item in islice(items, 1))
    except BrokenProcessPool:
        raise ExplorerError(
            "A worker process was killed, perhaps for lack of memory; run the same command again "
            "with --workers 1."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def in_background(call: Callable[[], object], sorry: str | None = None) -> Future:
    """``call()`` in a thread of its own, which unlike an executor's lets the program end.

    Parameters
    ----------
    call : callable
    sorry : str, optional
        The sentence for a person in place of an error that is no :class:`ExplorerError`; the
        operator's log has that in full.
    """
    made = Future()

    def run():
        try:
            made.set_result(call())
        except ExplorerError as error:
            made.set_exception(error)
        except Exception as error:
            made.set_exception(ExplorerError(sorry) if sorry else error)
            if sorry:
                raise

    threading.Thread(target=run, daemon=True).start()
    return made


@contextmanager
def for_workers(**more: str):
    """Processes started inside inherit :data:`ENVIRONMENT` and more, and Ctrl-C is ours alone."""
    inherited = {**ENVIRONMENT, **more}
    before = {name: os.environ.get(name) for name in inherited}
    os.environ.update(inherited)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _start_worker(start: Callable | None, arguments: tuple) -> None:
    def end_with_parent() -> None:
        """Without this a worker would wait for work forever after its parent was killed."""
        multiprocessing.parent_process().join()
        os._exit(1)

    cv2.setNumThreads(1)
    threading.Thread(target=end_with_parent, daemon=True).start()
    if start:
        start(*arguments)


#: Heavy events that run at the same time.
AT_ONCE = 2

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


def share_cores() -> None:
    """Set the libraries' variables, where the operator has not; before they are imported."""
    for name in VARIABLES:
        os.environ.setdefault(name, str(max(1, cores() // AT_ONCE)))


def cores(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Cores that this process may use: a container's quota counts, as on Spaces."""
    usable = getattr(os, "sched_getaffinity", None)
    found = len(usable(0)) if usable else os.cpu_count() or 1
    try:
        allowed, period = quota.read_text().split()
        return max(1, min(found, int(allowed) // int(period)))
    except (OSError, ValueError):  # no such file, or "max" for no limit
        return found
