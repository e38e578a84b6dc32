"""From bytes or a path to a checked RGB image: the only door into the explorer.

Decoding gives OpenCV's pixels for plain JPEG and PNG (the published pipeline reads with OpenCV),
to within one level; a test compares the two libraries.
"""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from explorer.util.errors import ExplorerError

MAX_BYTES = 32 * 1024 * 1024
MAX_PIXELS = 64_000_000
MIN_SIDE = 64

#: Pillow's names of the accepted containers; its JPEG reader opens a phone's MPO as well.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
ACCEPTED = "JPEG, PNG, WebP, BMP or TIFF"
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class CheckedImage:
    """A decoded image that every later step can rely on.

    Attributes
    ----------
    rgb : uint8, shape (H, W, 3)
        sRGB, upright, at least 64x64 and at most 64 megapixels.
    name : str
        What messages and tables call it; the file's name, never its path.
    format : str
        "JPEG", "PNG", ...
    notes : tuple of str
        What was changed on the way in ("alpha composited on white", ...).
    """

    rgb: np.ndarray
    name: str
    format: str
    notes: tuple[str, ...] = ()


def read_image(source: bytes | str | Path, name: str | None = None) -> CheckedImage:
    """Decode and check one image.

    JPEG, PNG, WebP, BMP and TIFF; EXIF orientation is applied and all metadata dropped; alpha is
    composited on white; grey, 16-bit, CMYK and palette images are converted.

    Parameters
    ----------
    source : bytes, str or Path
        The file's content, or where it lies.
    name : str, optional
        How to call it in messages; a path's own name by default.

    Raises
    ------
    ExplorerError
        One sentence: not an image, damaged, too large, too small, unreadable.
    """
    if isinstance(source, bytes):
        data, name = source, name or "the image"
    else:
        path = Path(source)
        name = name or path.name
        try:
            size = path.stat().st_size
            if not (path.is_file() or path.is_dir()):  # a pipe would wait for its writer
                raise ExplorerError(f"{name} is a pipe or a device; name an image file.")
            if path.is_file() and size > MAX_BYTES:
                raise ExplorerError(_too_heavy(name, size))
            data = path.read_bytes()
        except FileNotFoundError:
            raise ExplorerError(f"{name} does not exist; check the path.") from None
        except IsADirectoryError:
            raise ExplorerError(f"{name} is a folder; name an image file in it.") from None
        except OSError as error:
            raise ExplorerError(f"{name} cannot be read ({error.strerror}).") from None
    if len(data) > MAX_BYTES:
        raise ExplorerError(_too_heavy(name, len(data)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's bomb and metadata warnings; checked below
        return _decode(data, name)


def _too_heavy(name: str, size: int) -> str:
    return (
        f"{name} has {size / 2**20:.0f} MB, more than the {MAX_BYTES // 2**20} MB allowed; "
        "save it smaller and try again."
    )


def _decode(data: bytes, name: str) -> CheckedImage:
    picture = _open(data, name)
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise ExplorerError(_too_large(name, width, height))
    if min(width, height) < MIN_SIDE:
        raise ExplorerError(
            f"{name} is {width}x{height} pixels; at least {MIN_SIDE}x{MIN_SIDE} are needed."
        )
    try:
        picture.load()
        notes: list[str] = []
        kind = "JPEG" if picture.format == "MPO" else picture.format
        upright = ImageOps.exif_transpose(picture)
        if picture.getexif().get(0x0112, 1) != 1:
            notes.append("rotated as its EXIF orientation says")
        rgb = _to_rgb(upright, notes)
    except Exception:  # of a damaged file a decoder raises anything
        raise ExplorerError(
            f"{name} is damaged or cut short; export or download it again."
        ) from None
    return CheckedImage(np.ascontiguousarray(rgb), name, kind, tuple(notes))


def _open(data: bytes, name: str) -> Image.Image:
    """Pillow's image with its header read but no pixel decoded."""
    if not data:
        raise ExplorerError(f"{name} is empty; choose a {ACCEPTED} file.")
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise ExplorerError(_too_large(name)) from None
    except Exception:  # of a damaged header Pillow raises anything
        pass
    deep = _open_deep_tiff(data)  # 16-bit colour TIFF, which Pillow does not know
    if deep is None:
        raise ExplorerError(f"{name} is not an image that can be read; use {ACCEPTED}.")
    return deep


def _open_deep_tiff(data: bytes) -> Image.Image | None:
    if data[:4] not in (b"II*\0", b"MM\0*"):
        return None
    try:
        bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # OpenCV's own ceiling on pixels, or a broken file
        return None
    if bgr is None:
        return None
    picture = Image.fromarray(np.ascontiguousarray(bgr[..., ::-1]))
    picture.format = "TIFF"
    return picture


def _too_large(name: str, width: int = 0, height: int = 0) -> str:
    size = f"is {width}x{height} pixels" if width else "has far too many pixels"
    return (
        f"{name} {size}; at most {MAX_PIXELS // 10**6} megapixels are allowed, so shrink it first."
    )


def _to_rgb(picture: Image.Image, notes: list[str]) -> np.ndarray:
    """uint8 (H, W, 3) of any Pillow mode; says in ``notes`` what was converted."""
    mode = picture.mode
    if mode == "RGB":
        return np.asarray(picture)
    if mode.startswith("I;16") or mode in ("I", "F"):
        notes.append("16-bit grey scaled to 8 bits")
        deep = np.asarray(picture)
        if not (deep.min() >= 0 and deep.max() <= (1 if mode == "F" else 65535)):  # NaN as well
            raise ValueError("values outside their range")
        # the high byte of 16, as OpenCV does it; floats lie in 0..1
        grey = np.rint(deep * 255) if mode == "F" else deep.astype(np.uint32) >> 8
        return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    if picture.has_transparency_data:
        notes.append("transparency composited on white")
        layer = picture.convert("RGBA")
        white = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        return np.asarray(Image.alpha_composite(white, layer).convert("RGB"))
    names = {"L": "grey", "1": "black and white", "P": "palette", "CMYK": "CMYK"}
    notes.append(f"{names.get(mode, mode)} converted to RGB")
    return np.asarray(picture.convert("RGB"))
