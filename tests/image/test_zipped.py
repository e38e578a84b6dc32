"""Zip files that mean harm: made with the zipfile module, and bent by hand where needed."""

import io
import os
import stat
import struct
import tracemalloc
import zipfile
import zlib

import pytest

from explorer.image.read import read_image
from explorer.image.zipped import Limits, distinct_names, open_zip, safe_name
from explorer.util.errors import ExplorerError
from support import ROOT

PICTURE = (ROOT / "assets" / "examples" / "synthetic-light.jpg").read_bytes()
ANY, SMALL = Limits(), Limits(file=2**20, total=3 * 2**20)


def packed(*files, method=zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of (name or ZipInfo, content); equal names may come twice."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return data.getvalue()


def bent(data: bytes, at: int, text: str, value, entry: int = 0) -> bytes:
    """``data`` with a field of an entry's central header changed; the local header as well."""
    central = [i for i in range(len(data)) if data.startswith(b"PK\x01\x02", i)][entry]
    local = [i for i in range(len(data)) if data.startswith(b"PK\x03\x04", i)][entry]
    changed = bytearray(data)
    struct.pack_into(text, changed, central + at, value)
    struct.pack_into(text, changed, local + at - 2, value)
    return bytes(changed)


#: Offsets in a central header; two less in a local one.
FLAGS, SIZE = 8, 24
#: Offsets in the record at the end, of two and four bytes: numbers of disks and of entries, size
#: and place of the list of contents, length of the comment.
END = ((4, "<H"), (6, "<H"), (8, "<H"), (10, "<H"), (12, "<I"), (16, "<I"), (20, "<H"))


def contents(data: bytes, limits: Limits = ANY):
    with open_zip(data, "my.zip", limits) as archive:
        return ([m.name for m in archive.images], [m.name for m in archive.tables], archive.notes)


def unpack_images(data: bytes, name: str, limits: Limits = ANY):
    """Name and content of every image in an archive, one at a time."""
    with open_zip(data, name, limits) as archive:
        for member in archive.images:
            yield member.name, archive.read(member)


def refused(data: bytes, limits: Limits = ANY) -> str:
    """The one sentence with which unpacking ends."""
    with pytest.raises(ExplorerError) as error:
        list(unpack_images(data, "my.zip", limits))
    text = str(error.value)
    assert text.endswith(".") and "\n" not in text and "Traceback" not in text
    return text


@pytest.fixture(autouse=True)
def nothing_written(tmp_path, monkeypatch):
    """Whatever an archive holds, no file appears."""
    monkeypatch.chdir(tmp_path)
    before = set(os.listdir("/")), set(os.listdir(tmp_path.parent))
    yield
    assert not list(tmp_path.iterdir())
    assert (set(os.listdir("/")), set(os.listdir(tmp_path.parent))) == before


def test_images_come_out_as_they_went_in():
    data = packed(("set/a.jpg", PICTURE), ("set/deep/b.JPG", PICTURE), ("facts.csv", "x,y\n1,2\n"))
    found = dict(unpack_images(data, "my.zip"))
    assert found == {"a.jpg": PICTURE, "b.JPG": PICTURE}
    assert read_image(found["a.jpg"], "a.jpg").rgb.shape == read_image(PICTURE, "p").rgb.shape
    with open_zip(data, "my.zip") as archive:
        assert archive.read(archive.tables[0]) == b"x,y\n1,2\n"


@pytest.mark.parametrize(
    "name",
    [
        "/etc/a.jpg",
        "../../a.jpg",
        "..\\..\\a.jpg",
        "C:\\Windows\\a.jpg",
        "C:a.jpg",
        "\\\\host\\share\\a.jpg",
        "set/../../a.jpg",
        "a.jpg\0.exe",
        "a\x1b\r\n.jpg",
        "./a.jpg",
    ],
)
def test_no_name_leads_anywhere(name):
    images, _, _ = contents(packed((name, PICTURE)))
    assert images == ["a.jpg"]


def test_names_stay_readable_and_short():
    assert safe_name("Läsion 1 (links).jpeg") == "Läsion 1 (links).jpeg"
    long = safe_name("x" * 5000 + ".jpg")
    assert len(long) < 140 and long.endswith("x.jpg")


def test_equal_names_get_numbers_and_are_told():
    data = packed(("one/a.jpg", PICTURE), ("two/a.jpg", PICTURE), ("three/A.jpg", PICTURE))
    images, _, notes = contents(data)
    assert images == ["a.jpg", "a (2).jpg", "A (3).jpg"]
    assert any("2 images have the same file name" in note for note in notes)
    assert distinct_names(["a.jpg", "a (2).jpg", "a.jpg"]) == ["a.jpg", "a (2).jpg", "a (3).jpg"]
    last = distinct_names(["a.jpg", "a.JPG", "a (2).jpg"])
    assert last == ["a.jpg", "a (3).JPG", "a (2).jpg"], "a name by which metadata knows an image"


def test_what_is_no_image_is_counted_or_silent():
    link = zipfile.ZipInfo("link.jpg")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    inner = packed(("c.jpg", PICTURE))
    images, tables, notes = contents(
        packed(
            ("a.jpg", PICTURE),
            (link, "/etc/passwd"),
            ("inner.zip", inner),
            ("run.exe", "MZ"),
            ("folder/", ""),
            ("__MACOSX/._a.jpg", "x"),
            (".hidden.jpg", "x"),
            (".git/b.jpg", "x"),
            ("t.csv", "a"),
        )
    )
    assert images == ["a.jpg"] and tables == ["t.csv"]
    assert notes == (
        "1 entry of the zip left out: links or other special files.",
        "2 entries of the zip left out: neither images nor CSV files.",
    )


def test_protected_archives_are_refused():
    assert "password" in refused(bent(packed(("a.jpg", PICTURE)), FLAGS, "<H", 1))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_bound_are_not_used(method):
    data = packed(("a.jpg", PICTURE), method=method)
    assert "holds no image" in refused(data)


def test_a_bomb_that_is_honest_is_refused_before_it_is_unpacked():
    assert "unpacks to too much" in refused(packed(("a.jpg", bytes(2**21))), SMALL)
    five = [(f"{i}.jpg", os.urandom(2**10) * 700) for i in range(5)]  # 0.7 MB each
    assert "unpacks to too much" in refused(packed(*five, method=zipfile.ZIP_STORED), SMALL)
    assert "200 times" in refused(packed(("a.bmp", bytes(30 * 2**20))))


def test_a_bomb_that_lies_about_its_size_unpacks_no_further():
    """100 MB of zeros that say they are 1,000 bytes: no more than that is read, and it is told."""
    data = bent(packed(("a.jpg", bytes(100 * 2**20))), SIZE, "<I", 1000)
    tracemalloc.start()
    text = refused(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "damaged" in text and peak < 2**20


def test_sizes_are_counted_while_reading_as_well():
    data = packed(("a.jpg", os.urandom(900_000)), method=zipfile.ZIP_STORED)
    with open_zip(data, "my.zip", SMALL) as archive:
        for _ in range(3):
            archive.read(archive.images[0])
        with pytest.raises(ExplorerError, match="unpacks to too much"):
            archive.read(archive.images[0])


def test_entries_that_share_their_bytes_add_up():
    """Fifield's way: many entries, one kernel. zipfile refuses them, or their sum does."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = kernel.compress(bytes(10**6)) + kernel.flush()
    crc, name = zlib.crc32(bytes(10**6)), b"a.jpg"
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(body), 10**6, 5, 0) + name
    central = (
        struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, len(body), 10**6, 5, 0, 0, 0, 0, 0, 0
        )
        + name
    )
    data = (
        local
        + body
        + central * 300
        + struct.pack(
            "<4s4H2IH", b"PK\5\6", 0, 0, 300, 300, len(central) * 300, len(local + body), 0
        )
    )
    assert "300 images, more than the 200" in refused(data)
    assert "too much" in refused(data, Limits(images=500, ratio=5000))


def test_too_many_entries_are_refused():
    many = packed(*((f"{i}.txt", "") for i in range(60)))
    assert "more than 50 entries" in refused(many, Limits(entries=50))
    assert "201 images, more than the 200" in refused(
        packed(*((f"{i}.jpg", "x") for i in range(201)))
    )
    assert contents(packed(*((f"{i}.jpg", "x") for i in range(200))))[0][-1] == "199.jpg"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"not a zip at all",
        PICTURE,
        packed(("a.jpg", PICTURE))[:-30],
        packed(("a.jpg", PICTURE))[2000:],
        b"PK\5\6" + b"\xff" * 18,
    ],
)
def test_broken_archives_are_one_sentence(data):
    assert "my.zip" in refused(data)


def test_flipped_bytes_never_escape_as_anything_else():
    whole = packed(("a.jpg", PICTURE[:5000]), ("b.csv", "x" * 50))
    for at in [*range(60), *range(len(whole) - 200, len(whole))]:
        data = bytearray(whole)
        data[at] ^= 0xFF
        try:
            with open_zip(bytes(data), "my.zip") as archive:
                for member in (*archive.images, *archive.tables):
                    archive.read(member)
        except ExplorerError:
            pass


def test_directories_that_contradict_themselves():
    """Every number of the record at the end, set to what cannot be: read as far as it goes."""
    whole = packed(("a.jpg", PICTURE), ("b.jpg", PICTURE))
    end, told = whole.rfind(b"PK\5\6"), 0
    for at, kind in END:
        for value in (0, 1, 2**15, 2**16 - 1, 2**31, 2**32 - 1):
            data = bytearray(whole)
            struct.pack_into(kind, data, end + at, value % 2 ** (8 * struct.calcsize(kind)))
            try:
                assert set(dict(unpack_images(bytes(data), "my.zip"))) <= {"a.jpg", "b.jpg"}
            except ExplorerError as error:
                told += 1
                assert "my.zip" in str(error) and "\n" not in str(error)
    assert told > 5


def test_an_entry_without_a_name_is_left_out():
    nameless = zipfile.ZipInfo("")
    assert contents(packed((nameless, PICTURE), ("a.jpg", PICTURE)))[0] == ["a.jpg"]
    assert "holds no image" in refused(packed((nameless, PICTURE)))


def test_no_image_is_said():
    assert "holds no image" in refused(packed(("a.csv", "x")))
