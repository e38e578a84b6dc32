"""A temporary folder of this process alone, swept on a schedule and removed at the end.

What a visitor uploads is deleted as soon as it is read (:mod:`explorer.ui.server.uploads`). This is
for what never gets that far: abandoned uploads, and the copies that Gradio makes on the way.
"""

import asyncio
import atexit
import os
import shutil
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path

from explorer.ui.server import uploads

VARIABLE = "GRADIO_TEMP_DIR"
#: The folder is looked through every 10 minutes, and what is older than 30 goes.
EVERY, AGE = 600, 1800


def own_folder() -> Path:
    """Give Gradio a new folder in ``$GRADIO_TEMP_DIR``, or in the system's; before its import."""
    parent = os.environ.get(VARIABLE)
    if parent:
        Path(parent).mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="explorer-", dir=parent or None)
    os.environ[VARIABLE] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


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
