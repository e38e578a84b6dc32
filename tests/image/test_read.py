"""Every container and mode in, one kind of array out; every bad file one clear sentence."""

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from explorer.image.read import MAX_BYTES, read_image
from explorer.util.errors import ExplorerError

RNG = np.random.default_rng(3)
SMOOTH = cv2.resize(RNG.integers(0, 256, (9, 12, 3), dtype=np.uint8), (96, 72))


def encode(picture: Image.Image, format: str, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def opencv(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


@pytest.mark.slow
def test_real_jpegs_decode_as_in_opencv(shared, lesions):
    paths = list(lesions["path"].iloc[::60]) + sorted((shared / "lesions_original").glob("*.jpg"))
    for path in paths:
        image = read_image(path)
        expected = cv2.imread(str(path))[..., ::-1]
        assert image.rgb.dtype == np.uint8
        assert np.abs(image.rgb.astype(int) - expected).max() <= 1
        assert image.name == path.name and image.notes == ()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
def test_containers(format):
    options = {"lossless": True} if format == "WEBP" else {}
    data = encode(Image.fromarray(SMOOTH), format, **options)
    image = read_image(data, "x")
    assert image.format == format
    assert np.abs(image.rgb.astype(int) - opencv(data)).max() <= 1
    if format != "JPEG":
        np.testing.assert_array_equal(image.rgb, SMOOTH)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_exif_orientation_is_applied_as_opencv_does(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(Image.fromarray(SMOOTH), "JPEG", exif=exif)
    image = read_image(data)
    assert np.abs(image.rgb.astype(int) - opencv(data)).max() <= 1
    assert "EXIF" in image.notes[0]


def test_alpha_is_composited_on_white():
    alpha = np.full((72, 96), 255, np.uint8)
    alpha[:, :48] = 0
    alpha[:, 48] = 51  # 20 %
    data = encode(Image.fromarray(np.dstack([SMOOTH, alpha])), "PNG")
    image = read_image(data)
    assert (image.rgb[:, :48] == 255).all()
    np.testing.assert_array_equal(image.rgb[:, 49:], SMOOTH[:, 49:])
    mixed = 255 * 0.8 + SMOOTH[:, 48] * 0.2
    assert np.abs(image.rgb[:, 48] - mixed).max() <= 1
    assert "white" in image.notes[0]


def test_modes_are_converted():
    picture = Image.fromarray(SMOOTH)
    grey = np.asarray(picture.convert("L"))
    got = read_image(encode(picture.convert("L"), "PNG")).rgb
    np.testing.assert_array_equal(got, np.repeat(grey[..., None], 3, axis=2))

    deep = grey.astype(np.uint16) * 257
    got = read_image(encode(Image.fromarray(deep), "PNG")).rgb
    np.testing.assert_array_equal(got[..., 0], grey)

    palette = picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=64)
    got = read_image(encode(palette, "PNG")).rgb
    np.testing.assert_array_equal(got, np.asarray(palette.convert("RGB")))
    palette.info["transparency"] = 0
    clear = read_image(encode(palette, "PNG", transparency=0)).rgb
    assert (clear[np.asarray(palette) == 0] == 255).all()

    cmyk = read_image(encode(picture.convert("CMYK"), "JPEG", quality=98))
    assert np.abs(cmyk.rgb.astype(int) - SMOOTH).mean() < 4 and "CMYK" in cmyk.notes[0]


def test_deep_colour_is_read():
    deep = (SMOOTH.astype(np.uint16) * 257)[..., ::-1]
    for suffix in (".png", ".tiff"):
        ok, data = cv2.imencode(suffix, deep)
        assert ok
        got = read_image(data.tobytes()).rgb
        assert np.abs(got.astype(int) - SMOOTH).max() <= 1, suffix


def test_metadata_is_dropped():
    exif = Image.Exif()
    exif[0x010E] = "patient name"
    image = read_image(encode(Image.fromarray(SMOOTH), "JPEG", exif=exif))
    assert "patient" not in repr(image.notes) and not hasattr(image.rgb, "info")


def bad(data, match):
    with pytest.raises(ExplorerError, match=match) as caught:
        read_image(data, "scan.png")
    assert "\n" not in str(caught.value) and str(caught.value).startswith("scan.png")


def test_bad_input_gives_one_sentence(tmp_path):
    whole = encode(Image.fromarray(RNG.integers(0, 256, (200, 200, 3), dtype=np.uint8)), "PNG")
    bad(b"", "empty")
    bad(b"hello, this is text", "not an image")
    bad(whole[: len(whole) // 2], "damaged")
    bad(encode(Image.fromarray(SMOOTH), "GIF"), "not an image")
    bad(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image")
    bad(encode(Image.new("RGB", (63, 400)), "PNG"), "at least 64x64")
    bad(encode(Image.new("1", (9000, 8000)), "PNG"), "64 megapixels")
    bad(encode(Image.new("1", (30000, 30000)), "PNG"), "64 megapixels")
    bad(bytes(MAX_BYTES + 1), "32 MB allowed")
    for path, match in ((tmp_path / "no.jpg", "does not exist"), (tmp_path, "is a folder")):
        with pytest.raises(ExplorerError, match=match):
            read_image(path)


def test_truncated_real_jpeg_is_refused(lesions):
    data = lesions["path"].iloc[0].read_bytes()
    bad(data[: len(data) // 3], "damaged")


@pytest.mark.parametrize("tag", [256, 257, 258, 259, 262, 273, 277, 278, 279])
@pytest.mark.parametrize("field, kind", [(2, "<H"), (4, "<I"), (8, "<I")])
def test_a_tiff_whose_directory_lies_is_an_image_or_one_sentence(tag, field, kind):
    """Type, count and value of every tag that pixels are found by, set to what cannot be."""
    whole = encode(Image.fromarray(SMOOTH), "TIFF")
    start = struct.unpack_from("<I", whole, 4)[0]
    entries = struct.unpack_from("<H", whole, start)[0]
    places = [start + 2 + 12 * i for i in range(entries)]
    (place,) = [at for at in places if struct.unpack_from("<H", whole, at)[0] == tag]
    for value in (0, 1, 3, 99, 2**31, 2**32 - 1):
        data = bytearray(whole)
        struct.pack_into(kind, data, place + field, value % 2 ** (8 * struct.calcsize(kind)))
        try:
            assert read_image(bytes(data), "scan.png").rgb.ndim == 3
        except ExplorerError as error:
            assert str(error).startswith("scan.png") and "\n" not in str(error)
