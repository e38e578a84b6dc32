"""A Ray cluster: whether Ray and the cluster are there, connected quietly, left as it was found."""

import logging
import os
import re
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

from explorer.util import lazy
from explorer.util.errors import ExplorerError
from explorer.util.workers import ENVIRONMENT, for_workers

ray = lazy.load("ray")

#: Seconds for the cluster to accept a connection.
TIMEOUT = 5.0

#: How HTTP/2 begins (RFC 9113, 3.4): the client's preface and empty settings; settings answer.
SETTINGS = b"\x04"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + SETTINGS + bytes(5)

#: Ray says much, on stdout too, and reports its use home; whoever wants that sets these otherwise.
#: Ray reads them when it is imported.
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    "RAY_DATA_LOG_LEVEL": "CRITICAL",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}


def check_ray(address: str | None = None) -> None:
    """That Ray is installed, and that something answers at ``address``; both are quick.

    Raises
    ------
    ExplorerError
        If not.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import_module("ray.data")
    except ImportError:
        raise ExplorerError(
            "The engine ray needs Ray, which is not installed: pip install -r requirements-ray.txt."
        ) from None
    if address is None or address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal()) or "/" in host:
        raise ExplorerError(
            f"{address!r} is not a Ray address: give HOST:PORT of the cluster's head, or auto."
        )
    # Ray's head is a server of HTTP/2; Ray itself waits for one for minutes.
    at = (host.strip("[]"), int(port))
    with suppress(OSError, OverflowError), socket.create_connection(at, TIMEOUT) as wire:
        if os.environ.get("RAY_USE_TLS") == "1":
            return
        wire.sendall(PREFACE)
        if wire.makefile("rb").read(9)[3:4] == SETTINGS:
            return
    raise ExplorerError(
        f"No Ray cluster answers at {address}: check the address, or start one with "
        "'ray start --head'."
    )


@contextmanager
def cluster(address: str | None, workers: int | None) -> Iterator[None]:
    """Ray, connected and quiet; left as it was found."""
    check_ray(address)
    if ray.is_initialized():  # the caller's own, who also ends it
        yield
        return
    package = Path(__file__).resolve().parents[1]
    path = os.pathsep.join(filter(None, (str(package.parent), os.environ.get("PYTHONPATH"))))
    if address:  # actors get one thread each, and this very code, which their machine may not have
        sent = {"env_vars": ENVIRONMENT, "py_modules": [str(package)]}
        how = {"address": address, "runtime_env": sent}
    else:
        how = {"address": "local", "num_cpus": workers, "include_dashboard": False}
    try:
        try:
            with for_workers(PYTHONPATH=path), _no_stderr():
                ray.init(log_to_driver=False, logging_level=logging.ERROR, **how)
        except Exception as error:  # of many kinds
            where = f"The Ray cluster at {address}" if address else "Ray"
            raise ExplorerError(
                f"{where} cannot be used ({why(error)}): run this on a machine of the cluster, "
                "with the same versions of Python and Ray."
            ) from None
        yield
    finally:
        ray.shutdown()


@contextmanager
def _no_stderr() -> Iterator[None]:
    """Ray's C++ part writes a line before it reads that it should not."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


@contextmanager
def quiet_data() -> Iterator[None]:
    """Pipelines made inside draw no progress bars; those of others are left alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on max_task_retries, which will one day move
        context = ray.data.DataContext.get_current().copy()
        context.enable_progress_bars = context.print_on_execution_start = False
        with ray.data.DataContext.current(context):
            yield


def why(error: Exception) -> str:
    """The sentence that matters of one of Ray's long messages."""
    lines = [re.sub(r"\x1b\[\d+m", "", line).strip() for line in str(error).splitlines()]
    lines = [line for line in lines if line] or [type(error).__name__]
    named = [re.match(r"(?:\w+\.)*(\w+(?:Error|Exception)): (.+)", line) for line in lines]
    named = [match for match in named if match]
    return (named[-1][2] if named else lines[0]).partition(". ")[0].rstrip(".")
