"""Zip files: odd names, links, bombs, passwords, and directories that contradict themselves."""

import io
import random
import re
import struct
import zipfile
from functools import partial

from explorer.benchmarks.fuzzing.images import corpus
from explorer.benchmarks.fuzzing.oddities import WHOLE, damaged, text
from explorer.image.zipped import open_zip

NAMES = ("a.jpg", "A.JPG", "x/b.png", "../../c.tif", "C:\\d.bmp", "m.csv", ".e.jpg", "", "/", "f/")
#: LZMA, which is refused, is rare, since it is slow to write.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) * 4 + (zipfile.ZIP_LZMA,)
#: Where in an entry of the directory its numbers are: place and size.
FIELDS = ((4, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (42, 4))
#: The same of the record at the end.
LAST = ((4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2))


def zips(rng: random.Random, folder):
    """Opening an archive and reading all that is in it."""
    return partial(_read, _archive(rng), rng.choice(("a.zip", text(rng), "n" * 250)))


def _read(data: bytes, name: str) -> None:
    with open_zip(data, name) as archive:
        for member in (*archive.images, *archive.tables):
            archive.read(member)


def _archive(rng: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for _ in range(rng.choice((0, 1, 2, 5, 30))):
            info = zipfile.ZipInfo(_name(rng))
            info.compress_type = rng.choice(METHODS)
            if rng.random() < 0.1:
                info.external_attr = rng.choice((0o120777, 0o010644, 0o100644)) << 16
            content = rng.choice((rng.choice(corpus()), b"image_name,target\na,1\n", b""))
            archive.writestr(info, bytes(2**22) if rng.random() < 0.02 else content)
    data = out.getvalue()
    if rng.random() < 0.5:
        data = _contradicting(rng, data)
    return damaged(rng, data) if rng.random() < 0.4 else data


def _name(rng: random.Random) -> str:
    name = rng.choice((*NAMES, text(rng), f"{rng.randrange(9)}.jpg"))
    return name.encode("utf-8", "replace").decode()


def _contradicting(rng: random.Random, data: bytes) -> bytes:
    """Numbers of the directory, or of the record at the end, set to something else."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        if rng.random() < 0.3:
            place, fields = data.rfind(b"PK\5\6"), LAST
        else:
            found = [each.start() for each in re.finditer(b"PK\1\2", data)]
            place, fields = (rng.choice(found) if found else -1), FIELDS
        offset, size = rng.choice(fields)
        if place < 0 or place + offset + size > len(changed):
            continue
        number = rng.choice((*WHOLE, rng.randrange(len(data)))) % 2 ** (8 * size)
        struct.pack_into("<H" if size == 2 else "<I", changed, place + offset, number)
    return bytes(changed)
