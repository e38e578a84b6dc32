"""Images out of a zip file that may be hostile: bounded in number and size, no name trusted.

Nothing is ever written here, and no name of the archive is used as a path: a caller gets bytes
and a name for people. Guarded against archives that unpack to far more than they are (declared
sizes are checked first, then counted again while reading), against names that lead elsewhere, and
against what is not a plain file. An archive in an archive is left closed.
"""

import io
import stat
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from explorer.image.decode import ACCEPTED
from explorer.image.read import MAX_BYTES, SUFFIXES
from explorer.util.errors import ExplorerError

TABLES = (".csv", ".tsv", ".txt")
#: In front of every entry of the list of contents.
SIGNATURE = b"PK\x01\x02"
#: What every packing program uses; other methods may unpack without a bound.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
LONGEST = 120  # characters of a name


@dataclass(frozen=True)
class Limits:
    """How much of an archive is taken.

    Attributes
    ----------
    images, tables, entries : int
        Most images, tables, and entries of any kind.
    file, total : int
        Most bytes that one file, and all files together, may unpack to.
    ratio : int
        Most times its packed size that a file may unpack to.
    """

    images: int = 200
    tables: int = 4
    entries: int = 5000
    file: int = MAX_BYTES
    total: int = 256 * 2**20
    ratio: int = 200


@dataclass(frozen=True)
class Member:
    """A file of an archive: a name for people, which is no path, and where it is in there."""

    name: str
    info: zipfile.ZipInfo

    @property
    def suffix(self) -> str:
        """Of :data:`explorer.image.read.SUFFIXES` or :data:`TABLES`."""
        return PurePosixPath(self.name).suffix.lower()


class Zipped:
    """An opened archive; made by :func:`open_zip`.

    Attributes
    ----------
    images, tables : tuple of Member
    notes : tuple of str
        What was left out, and whose name was changed, one sentence each.
    """

    def __init__(self, archive: zipfile.ZipFile, name: str, limits: Limits):
        self._archive, self._name, self._limits, self._total = archive, name, limits, 0
        members = [Member(safe_name(info.filename), info) for info in archive.infolist()]
        why_not = [_why_not(member) for member in members]
        kept = [member for member, why in zip(members, why_not) if why is None]
        images = [member for member in kept if member.suffix in SUFFIXES]
        self.tables = tuple(member for member in kept if member.suffix in TABLES)
        self._check(images, self.tables)
        before = [member.name for member in images]
        names = distinct_names(before)
        self.images = tuple(Member(name, image.info) for name, image in zip(names, images))
        left_out = [
            f"{count:,} {'entry' if count == 1 else 'entries'} of the zip left out: {why}."
            for why, count in Counter(filter(None, why_not)).items()
        ]
        self.notes = (*left_out, *renamed_note(names, before))

    def read(self, member: Member) -> bytes:
        """A member's content, of which no more is unpacked than is allowed.

        Raises
        ------
        ExplorerError
            If it is damaged, or larger than the archive says.
        """
        most = min(self._limits.file, self._limits.total - self._total)
        try:
            with self._archive.open(member.info) as file:
                data = file.read(min(most, member.info.file_size) + 1)  # it may unpack to more
        except Exception:  # contradictions that zipfile did not expect end in any error
            raise ExplorerError(
                f"{member.name} in {self._name} is damaged: pack it again."
            ) from None
        if len(data) > most:
            raise ExplorerError(_too_large(self._name, self._limits))
        self._total += len(data)
        return data

    def _check(self, images: list[Member], tables: tuple[Member, ...]) -> None:
        limits, infos = self._limits, [member.info for member in (*images, *tables)]
        if not images:
            raise ExplorerError(f"{self._name} holds no image ({ACCEPTED}): pack some into it.")
        for found, most, what in (
            (images, limits.images, "images"),
            (tables, limits.tables, "CSV files"),
        ):
            if len(found) > most:
                raise ExplorerError(
                    f"{self._name} holds {len(found):,} {what}, more than the {most} allowed: "
                    "pack fewer."
                )
        if any(info.flag_bits & 1 for info in infos):
            raise ExplorerError(f"{self._name} is protected by a password: pack it without one.")
        sizes = [info.file_size for info in infos]
        steep = any(info.file_size > max(info.compress_size, 4096) * limits.ratio for info in infos)
        if sum(sizes) > limits.total or max(sizes) > limits.file or steep:
            raise ExplorerError(_too_large(self._name, limits))


@contextmanager
def open_zip(data: bytes, name: str, limits: Limits = Limits()) -> Iterator[Zipped]:
    """Open an archive and check its list of contents; nothing is unpacked yet.

    Parameters
    ----------
    data : bytes
        The zip file.
    name : str
        How to call it in messages.
    limits : Limits

    Yields
    ------
    Zipped

    Raises
    ------
    ExplorerError
        If it is not a zip file, is protected, holds no image, or more than the limits allow.
    """
    if data.count(SIGNATURE) > limits.entries:  # before a list of them is made in memory
        raise ExplorerError(f"{name} has more than {limits.entries:,} entries: pack fewer files.")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception:  # contradictions that zipfile did not expect end in any error
        raise ExplorerError(
            f"{name} is not a zip file that can be read: pack the images again."
        ) from None
    with archive:
        yield Zipped(archive, name, limits)


# Names


def safe_name(text: str) -> str:
    """A name for people of any text: no folder, no drive, nothing that cannot be printed."""
    last = text.replace("\\", "/").rsplit("/", 1)[-1]
    last = last[2:] if last[1:2] == ":" and last[:1].isalpha() else last
    printable = "".join(c for c in last if c.isprintable()).strip()
    stem, dot, suffix = printable.rpartition(".")
    return f"{stem[:LONGEST]}.{suffix[:8]}" if dot else printable[:LONGEST]


def distinct_names(names: Iterable[str]) -> list[str]:
    """Names of which none is there twice: the second ``a.jpg`` becomes ``a (2).jpg``.

    The first of each name keeps it: a number leads to no name that another one has by itself.
    """
    names = list(names)
    taken, own, found = set(), {name.lower() for name in names}, []
    for name in names:
        new, number = name, 2
        while new.lower() in taken or (new != name and new.lower() in own):
            path = PurePosixPath(name)
            new, number = f"{path.stem} ({number}){path.suffix}", number + 1
        taken.add(new.lower())
        found.append(new)
    return found


def renamed_note(names: Iterable[str], before: Iterable[str]) -> list[str]:
    """A sentence where :func:`distinct_names` changed something."""
    changed = [new for new, old in zip(names, before) if new != old]
    if not changed:
        return []
    return [
        f"{len(changed):,} images have the same file name as another one and got a number "
        f"({changed[0]}); metadata is looked up for the first of them only."
    ]


# Contents


def _why_not(member: Member) -> str | None:
    """Why an entry is left out; empty where that needs no words, None where it is taken."""
    info = member.info
    parts = info.filename.replace("\\", "/").split("/")
    if not parts[-1] or info.is_dir() or "__MACOSX" in parts:
        return ""
    if any(part.startswith(".") and part not in (".", "..") for part in parts):
        return ""
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        return "links or other special files"
    if member.suffix not in SUFFIXES + TABLES:
        return "neither images nor CSV files"
    if info.compress_type not in METHODS:
        return "packed in an unusual way (use the usual method, deflate)"
    return None


def _too_large(name: str, limits: Limits) -> str:
    return (
        f"{name} unpacks to too much: at most {limits.file // 2**20} MB per file, "
        f"{limits.total // 2**20} MB in all and {limits.ratio} times its packed size are allowed."
    )
