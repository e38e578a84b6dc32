"""Uploads: read once, then removed from the server's disk.

Gradio names an upload by its content, so a class that uploads one picture at the same time shares
one file. Whoever reads it first deletes it; for the others its content stays in memory for a
while, under the same name, which nobody can know without having the content.
"""

import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from explorer.image.read import CheckedImage, read_image
from explorer.util.errors import ExplorerError

#: Seconds that the content of a deleted upload is remembered, and bytes of all of them.
REMEMBERED, MOST = 45.0, 256 * 1024 * 1024

_recent: dict[str, tuple[float, bytes]] = {}
_lock = threading.Lock()


def take(path: str) -> CheckedImage:
    """Read and check an uploaded image, and delete it whatever comes of it.

    Raises what :func:`explorer.image.read.read_image` raises.
    """
    return read_image(read(path), Path(path).name)


def read(path: str) -> bytes:
    """The content of an upload, which is deleted.

    Raises
    ------
    ExplorerError
        If it is not there (any more).
    """
    forget_old()
    with _lock:
        try:
            data = Path(path).read_bytes()
        except FileNotFoundError:
            if path not in _recent:
                name = Path(path).name
                raise ExplorerError(
                    f"{name} is not on the server any more; send it again."
                ) from None
            data = _recent[path][1]
        finally:
            remove(path)
        _recent.pop(path, None)  # so that it becomes the newest
        _recent[path] = time.monotonic(), data
    return data


@contextmanager
def as_files(contents: Iterable[tuple[str, bytes]]) -> Iterator[list[Path]]:
    """Files of these names and contents while the core, which reads by path, reads them."""
    parent = os.environ.get("GRADIO_TEMP_DIR")  # which goes with this process
    if parent:
        os.makedirs(parent, exist_ok=True)
    with TemporaryDirectory(dir=parent) as folder:
        paths = []
        for number, (name, data) in enumerate(contents):
            paths.append(Path(folder) / str(number) / name)
            paths[-1].parent.mkdir()
            paths[-1].write_bytes(data)
        yield paths


def remove(path: str) -> None:
    """Delete an upload. Its folder stays until :mod:`explorer.ui.server.cache` sweeps it.

    Somebody else's upload of the same content may be about to be written there.
    """
    Path(path).unlink(missing_ok=True)


def forget_old() -> None:
    """Drop what is too old, and the oldest where it is too much; oldest first in the dictionary."""
    with _lock:
        now, total = time.monotonic(), sum(len(data) for _, data in _recent.values())
        for path, (when, data) in list(_recent.items()):
            if now - when < REMEMBERED and total < MOST:
                break
            del _recent[path]
            total -= len(data)
