"""The pixels of a file's bytes, whatever its container and mode, and its colour profile.

Decoding gives OpenCV's pixels for plain JPEG and PNG (the published pipeline reads with OpenCV),
to within one level; a test compares the two libraries.
"""

import io
import warnings

import cv2
import numpy as np
from PIL import Image, ImageOps, TiffImagePlugin

from explorer.image.pixels import one_large_at_a_time
from explorer.image.profile import Profile, UnusableProfile, read_profile
from explorer.util.errors import ExplorerError

MAX_PIXELS = 64_000_000
MIN_SIDE = 64
#: Pillow's names of the accepted containers; its JPEG reader opens a phone's MPO as well.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
ACCEPTED = "JPEG, PNG, WebP, BMP or TIFF"


def decoded(data: bytes, name: str, notes: list[str]) -> tuple[np.ndarray, Image.Image]:
    """The file's own pixels, upright, uint8 (H, W, 3), and Pillow's picture that held them.

    Says in ``notes`` what was changed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's bomb and metadata warnings; checked below
        picture = _open(data, name)
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise ExplorerError(_too_large(name, width, height))
        if min(width, height) < MIN_SIDE:
            raise ExplorerError(
                f"{name} is {width}x{height} pixels; at least {MIN_SIDE}x{MIN_SIDE} are needed."
            )
        try:
            with one_large_at_a_time(width * height):
                picture.load()
                if picture.getexif().get(0x0112, 1) != 1:
                    notes.append("rotated as its EXIF orientation says")
                ImageOps.exif_transpose(picture, in_place=True)
                pixels = _to_rgb(picture, notes)
                picture.close()  # its own copy of the pixels; what it says of itself stays
                return pixels, picture
        except Exception:  # of a damaged file a decoder raises anything
            raise ExplorerError(
                f"{name} is damaged or cut short; export or download it again."
            ) from None


def followed(picture: Image.Image, notes: list[str]) -> Profile | None:
    """The file's colour space, where it can be followed; ``notes`` says where it cannot."""
    icc = picture.info.get("icc_profile")
    try:
        if icc and picture.mode == "CMYK":
            raise UnusableProfile("is for the CMYK inks of a press")
        return read_profile(icc)
    except UnusableProfile as why:
        notes.append(f"its colour profile {why} and is ignored")
        return None


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
    picture.info["icc_profile"] = _tiff_profile(data)
    return picture


def _tiff_profile(data: bytes) -> bytes | None:
    """The colour profile of a TIFF file that Pillow does not open: tag 34675 of its directory."""
    try:
        tags, file = TiffImagePlugin.ImageFileDirectory_v2(data[:8]), io.BytesIO(data)
        file.seek(tags.next)
        tags.load(file)
        return tags.get(TiffImagePlugin.ICCPROFILE)
    except Exception:  # as above
        return None


def _too_large(name: str, width: int = 0, height: int = 0) -> str:
    size = f"is {width}x{height} pixels" if width else "has far too many pixels"
    return (
        f"{name} {size}; at most {MAX_PIXELS // 10**6} megapixels are allowed, so shrink it first."
    )


def _to_rgb(picture: Image.Image, notes: list[str]) -> np.ndarray:
    """uint8 (H, W, 3) of any Pillow mode; says in ``notes`` what was converted."""
    mode = picture.mode
    if mode == "RGB":
        return _in_strips(picture)
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
        return _in_strips(Image.alpha_composite(white, layer).convert("RGB"))
    names = {"L": "grey", "1": "black and white", "P": "palette", "CMYK": "CMYK"}
    notes.append(f"{names.get(mode, mode)} converted to RGB")
    return _in_strips(picture.convert("RGB"))


def _in_strips(picture: Image.Image) -> np.ndarray:
    """Pixels of an RGB picture, uint8 (H, W, 3); at once, Pillow would make two more copies."""
    width, height = picture.size
    pixels, step = np.empty((height, width, 3), np.uint8), max(1, 2**20 // width)
    for top in range(0, height, step):
        strip = picture.crop((0, top, width, min(top + step, height)))
        pixels[top : top + step] = np.asarray(strip)
    return pixels
