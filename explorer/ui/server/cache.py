"""A temporary folder of this process alone, swept on a schedule and removed at the end.

However a process ends, what it had is gone with it or when the next one starts: a folder is locked
for as long as its process lives, and a new process removes those that nobody holds.

What a visitor uploads is deleted as soon as it is read (:mod:`explorer.ui.server.uploads`). This is
for what never gets that far: abandoned uploads, and the copies that Gradio makes on the way.
"""

import asyncio
import atexit
import os
import shutil
import signal
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path

from explorer.ui.server import uploads

try:
    import fcntl
except ImportError:  # Windows, where a folder in use cannot be removed anyway
    fcntl = None

VARIABLE = "GRADIO_TEMP_DIR"
#: How folders of this program begin.
PREFIX = "melanoma-explorer-"
#: The folder is looked through every minute, and what is older than 30 goes.
EVERY, AGE = 60, 1800


def own_folder() -> Path:
    """Give Gradio a new folder in ``$GRADIO_TEMP_DIR``, or in the system's; before its import."""
    parent = Path(os.environ.get(VARIABLE) or tempfile.gettempdir())
    parent.mkdir(parents=True, exist_ok=True)
    remove_dead(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    while not _locked(folder):  # somebody took it for a dead one's
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    os.environ[VARIABLE] = str(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def remove_dead(parent: Path) -> None:
    """Remove the folders that earlier processes of this user left in ``parent``."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            if not folder.is_symlink() and folder.stat().st_uid == os.getuid():
                _if_free(folder)
        except (OSError, AttributeError):  # another user's, gone meanwhile, or no POSIX
            continue


def remove_when_killed(folder: Path) -> None:
    """Remove a folder also where the process is asked to end, which it then does, as usual."""
    owner = os.getpid()

    def end(number, frame):
        if os.getpid() == owner:  # and not a forked process, such as one that holds a GPU
            shutil.rmtree(folder, ignore_errors=True)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)


def _locked(folder: Path) -> bool:
    """Hold a folder until the process ends, in whatever way; False where it is gone."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX)  # never closed
    except FileNotFoundError:
        return False
    return folder.exists()


def _if_free(folder: Path) -> None:
    """Remove a folder that no process holds."""
    if fcntl is None:
        return
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:  # its process lives
        pass
    finally:
        os.close(held)


def sweep(folder: Path, age: float) -> int:
    """Delete files older than ``age`` seconds, and folders that are empty; how many files went."""
    gone, oldest = 0, time.time() - age
    for path in sorted(folder.rglob("*"), reverse=True):  # what is inside comes first
        try:
            if path.is_dir() and not path.is_symlink():
                if path.stat().st_mtime < oldest:
                    path.rmdir()
            elif path.lstat().st_mtime < oldest:
                path.unlink()
                gone += 1
        except OSError:  # somebody else was quicker, or the folder is in use
            continue
    return gone


@asynccontextmanager
async def sweeping(app):
    """While the server runs, :func:`sweep` its folder on schedule. For ASGI's ``lifespan``."""

    async def keep_sweeping():
        while True:
            await asyncio.sleep(EVERY)
            await asyncio.to_thread(sweep, folder, AGE)
            uploads.forget_old()

    folder = Path(os.environ[VARIABLE])
    task = asyncio.create_task(keep_sweeping())
    try:
        yield
    finally:
        task.cancel()
