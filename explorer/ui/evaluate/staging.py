"""Images that were uploaded to the Evaluate view, or a zip of them, until they are evaluated.

Uploads are moved at once into a folder of this visitor's own, under running numbers, and each is
deleted as soon as it is evaluated; the folder goes at the end, on cancel, on error, and when the
visitor gives other files. It lies in the folder that :mod:`explorer.ui.server.cache` sweeps.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from explorer.data.datasets import Metadata, read_metadata
from explorer.evaluate.folder import Item
from explorer.image.zipped import Limits, distinct_names, open_zip, renamed_note, safe_name
from explorer.ui.server import cache, uploads
from explorer.util.errors import ExplorerError

LIMITS = Limits()
#: Most rows of a metadata file; ISIC 2024 has 401,059.
MOST_ROWS = 500_000


@dataclass(frozen=True)
class Batch:
    """Images that wait to be evaluated, in a folder of their own.

    Attributes
    ----------
    folder : Path
    items : tuple of Item
        File and safe name of each.
    metadata : Metadata or None
        From CSV files that were in the zip.
    notes : tuple of str
        What was left out or renamed.
    """

    folder: Path
    items: tuple[Item, ...]
    metadata: Metadata | None = None
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(item.path.stat().st_size for item in self.items if item.path.exists())

    def remove(self) -> None:
        """Delete the folder with all that is left in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def stage(paths: Sequence[str]) -> Batch:
    """Move uploaded images, or the content of one zip, into a new folder.

    Raises
    ------
    ExplorerError
        If they are too many or too large, or the zip cannot be used; nothing stays on disk then.
    """
    paths = list(dict.fromkeys(paths))  # equal files lie at one place
    parent = Path(os.environ.get(cache.VARIABLE) or tempfile.gettempdir())
    folder = parent / f"evaluate-{secrets.token_hex(16)}"  # which nobody can guess
    folder.mkdir(mode=0o700, parents=True)
    try:
        zips = [path for path in paths if path.lower().endswith(".zip")]
        if not zips:
            return _stage_images(paths, folder)
        if len(paths) > 1:
            raise ExplorerError("Give single images or one zip file, not both.")
        return _stage_zip(uploads.read(zips[0]), safe_name(Path(zips[0]).name), folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        for path in paths:
            uploads.remove(path)


def read_tables(paths: Sequence[str]) -> Metadata:
    """Metadata of uploaded CSV files, which are deleted; raises as ``read_metadata`` does."""
    return _metadata([(safe_name(Path(path).name), uploads.read(path)) for path in paths])


def _metadata(files: list[tuple[str, bytes]]) -> Metadata:
    """Of files by name and content."""
    for name, data in files:
        if data.count(b"\n") > MOST_ROWS:
            raise ExplorerError(
                f"{name} has more than {MOST_ROWS:,} rows: keep those of your images."
            )
    with uploads.as_files(files) as paths:
        return read_metadata(paths)


def _stage_images(paths: list[str], folder: Path) -> Batch:
    if len(paths) > LIMITS.images:
        raise ExplorerError(
            f"These are {len(paths)} images; at most {LIMITS.images} are evaluated here: choose "
            "fewer, or use the evaluate command."
        )
    found = [Path(path) for path in paths]
    if sum(path.stat().st_size for path in found if path.exists()) > LIMITS.total:
        raise ExplorerError(
            f"The images have more than {LIMITS.total // 2**20} MB together: choose fewer or "
            "smaller ones."
        )
    before = [safe_name(path.name) for path in found]
    names = distinct_names(before)
    contents = ((path, name, uploads.read(str(path))) for path, name in zip(found, names))
    return Batch(folder, _stored(folder, contents), notes=tuple(renamed_note(names, before)))


def _stage_zip(data: bytes, name: str, folder: Path) -> Batch:
    with open_zip(data, name, LIMITS) as archive:
        contents = ((Path(each.name), each.name, archive.read(each)) for each in archive.images)
        items = _stored(folder, contents)
        tables = [(member.name, archive.read(member)) for member in archive.tables]
        notes = archive.notes
    metadata = None
    try:
        metadata = _metadata(tables) if tables else None
    except ExplorerError as error:  # the images still count
        notes = *notes, f"The CSV files in the zip are not used: {error}"
    return Batch(folder, items, metadata, notes)


def _stored(folder: Path, contents: Iterable[tuple[Path, str, bytes]]) -> tuple[Item, ...]:
    """Write images of these paths, names and contents under running numbers."""
    items = []
    for number, (path, name, data) in enumerate(contents, 1):
        items.append(Item(folder / f"{number:04d}{path.suffix.lower()}", name))
        items[-1].path.write_bytes(data)
    return tuple(items)
