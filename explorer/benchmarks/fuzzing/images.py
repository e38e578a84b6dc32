"""Images in every accepted container, whole, damaged, and with headers that lie."""

import io
import random
import struct
import zlib
from functools import cache, partial

import cv2
import numpy as np
from PIL import Image, ImageCms

from explorer.benchmarks.fuzzing.oddities import WHOLE, damaged, text
from explorer.image.read import read_image
from explorer.lesion.lesion import read_tone
from explorer.util.errors import ExplorerError


def images(rng: random.Random, folder):
    """Reading one image, of some also the tone."""
    data = _content(rng)
    name = rng.choice(("a.jpg", "a.tif", text(rng), "n" * 250 + ".png"))
    return partial(_read, data, name, rng.random() < 0.1)


def _read(data: bytes, name: str, tone: bool) -> None:
    checked = read_image(data, name)
    if tone and (result := read_tone(checked)).tone is None:
        raise ExplorerError(result.problem)


def _content(rng: random.Random) -> bytes:
    data = rng.choice(corpus())
    draw = rng.random()
    if draw < 0.1:
        return data
    if draw < 0.15:
        return rng.randbytes(rng.randrange(2000))
    if draw < 0.4 and data[:4] in (b"II*\0", b"MM\0*"):
        return _tiff(rng, data)
    if draw < 0.4 and data[1:4] == b"PNG":
        return _png(rng, data)
    return damaged(rng, data)


@cache
def corpus() -> tuple[bytes, ...]:
    """Whole images: containers, modes, depths, compressions, profiles."""
    noise = np.random.default_rng(0).integers(-12, 12, (80, 96, 3))
    rgb = np.clip(np.array([214, 164, 140]) + noise, 0, 255).astype(np.uint8)
    rgb[30:50, 40:60] //= 2
    picture, found = Image.fromarray(rgb), []

    def save(image: Image.Image, kind: str, **options) -> None:
        out = io.BytesIO()
        image.save(out, kind, **options)
        found.append(out.getvalue())

    exif = Image.Exif()
    exif[0x0112] = 6
    modes = ("RGB", "L", "1", "P", "CMYK", "RGBA", "LA", "I;16", "F", "YCbCr", "LAB")
    made = {mode: _as_mode(picture, mode) for mode in modes}
    for kind, possible in (
        ("JPEG", ("RGB", "L", "CMYK")),
        ("PNG", ("RGB", "L", "1", "P", "RGBA", "LA", "I;16")),
        ("WEBP", ("RGB", "RGBA")),
        ("BMP", ("RGB", "L", "1", "P")),
        ("TIFF", modes),
    ):
        for mode in possible:
            save(made[mode], kind)
    profiles = [
        ImageCms.ImageCmsProfile(ImageCms.createProfile(kind)).tobytes() for kind in ("sRGB", "LAB")
    ]
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        for profile in (*profiles, profiles[0][:200], b"no profile" * 20):
            save(picture, kind, icc_profile=profile)
    for mode in ("L", "CMYK"):  # whose pixels are not what the profile is about
        save(made[mode], "JPEG", icc_profile=profiles[0])
    save(picture, "JPEG", exif=b"Exif\0\0" + bytes(range(60)))
    save(picture, "JPEG", exif=exif, progressive=True)
    save(picture, "WEBP", lossless=True)
    save(picture, "WEBP", save_all=True, append_images=[picture])
    save(picture, "GIF")
    save(picture, "MPO", save_all=True, append_images=[picture])
    for compression in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg", "tiff_adobe_deflate"):
        save(picture, "TIFF", compression=compression, exif=exif)
    save(picture, "TIFF", save_all=True, append_images=[picture])
    save(made["1"], "TIFF", compression="group4")
    deep = rgb.astype(np.uint16) * 257
    found += [cv2.imencode(ending, deep)[1].tobytes() for ending in (".png", ".tif")]
    return tuple(found)


def _as_mode(picture: Image.Image, mode: str) -> Image.Image:
    grey = np.asarray(picture.convert("L"))
    if mode == "I;16":
        return Image.fromarray(grey.astype(np.uint16) * 257)
    if mode == "F":
        return Image.fromarray(grey.astype(np.float32) / 255)
    if mode == "LAB":
        return Image.frombytes("LAB", picture.size, picture.tobytes())
    return picture.convert(mode)


def _tiff(rng: random.Random, data: bytes) -> bytes:
    """A TIFF some of whose directory's entries say something else."""
    order = "<" if data[:2] == b"II" else ">"
    data = bytearray(data)
    start = struct.unpack_from(order + "I", data, 4)[0]
    if start + 2 > len(data):
        return bytes(data)
    entries = struct.unpack_from(order + "H", data, start)[0]
    for _ in range(rng.choice((1, 1, 2, 3))):
        place = start + 2 + 12 * rng.randrange(max(entries, 1))
        if place + 12 > len(data):
            break
        tag, kind, count, entry = struct.unpack_from(order + "HHII", data, place)
        match rng.randrange(4):
            case 0:
                tag = rng.choice((256, 257, 258, 259, 262, 273, 277, 278, 279, 317, 339, 34665))
            case 1:
                kind = rng.randrange(20)
            case 2:
                count = rng.choice(WHOLE) % 2**32
            case 3:
                entry = rng.choice((*WHOLE, rng.randrange(len(data)))) % 2**32
        struct.pack_into(order + "HHII", data, place, tag, kind, count, entry)
    return bytes(data)


def _png(rng: random.Random, data: bytes) -> bytes:
    """A PNG whose header claims another size, depth or colour, with a valid checksum."""
    width, height, *rest = struct.unpack(">IIBBBBB", data[16:29])
    size = (1, 63, 64, 8000, 20000, 2**31 - 1)
    head = struct.pack(
        ">IIBBBBB",
        rng.choice((width, *size)),
        rng.choice((height, *size)),
        rng.choice((rest[0], 1, 2, 4, 8, 16, 32)),
        rng.choice((rest[1], 0, 2, 3, 4, 6, 7)),
        *rest[2:],
    )
    return data[:16] + head + struct.pack(">I", zlib.crc32(b"IHDR" + head)) + data[33:]
