"""From bytes or a path to a checked RGB image: the only door into the explorer.

The published pipeline reads with OpenCV, which ignores colour profiles, so a picture with one is
held twice: as the file has it, and converted to sRGB.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from explorer.image.decode import decoded, followed
from explorer.image.pixels import Recipe, made
from explorer.image.profile import Profile, levels_apart
from explorer.image.resize import shrink
from explorer.util.errors import ExplorerError

MAX_BYTES = 32 * 1024 * 1024
#: Pixels up to which a picture that is put away stays decoded (12 MB); a larger one is kept as
#: the file that it came in.
KEPT_PIXELS = 4_000_000
#: Longest side of a picture for showing, pixels.
SMALL_SIDE = 1024
#: What the note of every converted picture says.
FOLLOWED = "to sRGB from its colour profile"

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class CheckedImage:
    """A decoded image that every later step can rely on.

    Attributes
    ----------
    pixels : uint8, shape (H, W, 3), or Recipe for such
        sRGB, upright, at least 64x64 and at most 64 megapixels; asked for as :attr:`rgb`.
    name : str
        What messages and tables call it; the file's name, never its path.
    format : str
        "JPEG", "PNG", ...
    notes : tuple of str
        What was changed on the way in ("alpha composited on white", ...).
    profile : Profile or None
        The colour space of the file, where it has one other than sRGB.
    unconverted : as ``pixels``, or None
        The bytes before the conversion to sRGB, where there is a profile.
    file : bytes or None
        What the picture was decoded from.
    """

    pixels: np.ndarray | Recipe
    name: str
    format: str
    notes: tuple[str, ...] = ()
    profile: Profile | None = None
    unconverted: np.ndarray | Recipe | None = None
    file: bytes | None = field(default=None, repr=False)

    @property
    def rgb(self) -> np.ndarray:
        """sRGB, uint8 (H, W, 3): for whatever is said of colours."""
        return made(self.pixels)

    @property
    def stored(self) -> np.ndarray:
        """The file's own bytes as RGB, uint8 (H, W, 3): for what the published code would do,
        which ignores colour profiles; the same as :attr:`rgb` where there is none."""
        return self.rgb if self.unconverted is None else made(self.unconverted)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, pixels."""
        return self.pixels.shape[:2]

    @property
    def sentences(self) -> list[str]:
        """The notes as sentences."""
        return [f"{note[:1].upper()}{note[1:]}." for note in self.notes]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the pixels of a picture that is put away decoded meanwhile."""
        pixels = self.rgb, self.stored
        yield
        del pixels

    @cached_property
    def small(self) -> np.ndarray:
        """sRGB for showing, uint8, longest side at most :data:`SMALL_SIDE`; kept."""
        return shrink(self.rgb, SMALL_SIDE)

    def put_away(self) -> Self:
        """The same for keeping: a picture of more than :data:`KEPT_PIXELS` as its file, which is
        decoded anew for every look at all of its pixels."""
        height, width = self.size
        if self.file is None or height * width <= KEPT_PIXELS:
            return replace(self, file=None)
        data, name, profile = self.file, self.name, self.profile
        stored = Recipe(self.stored, lambda: decoded(data, name, [])[0])
        if profile is None:
            return replace(self, pixels=stored)
        shown = Recipe(self.rgb, lambda: profile.to_srgb(stored()))
        return replace(self, pixels=shown, unconverted=stored)


def read_image(source: bytes | str | Path, name: str | None = None) -> CheckedImage:
    """Decode and check one image.

    JPEG, PNG, WebP, BMP and TIFF; EXIF orientation is applied and all metadata dropped; alpha is
    composited on white; grey, 16-bit, CMYK and palette images are converted; an RGB colour profile
    is followed for :attr:`CheckedImage.rgb`, and a note says what became of any other.

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
    notes: list[str] = []
    stored, picture = decoded(data, name, notes)
    kind = "JPEG" if picture.format == "MPO" else picture.format
    profile = followed(picture, notes)
    if profile is None:
        return CheckedImage(stored, name, kind, tuple(notes), file=data)
    rgb = profile.to_srgb(stored)
    notes.append(
        f"converted {FOLLOWED} ({profile.name}), which moves the median "
        f"pixel by {levels_apart(rgb, stored):.0f} of 255 levels"
    )
    return CheckedImage(rgb, name, kind, tuple(notes), profile, stored, data)


def _too_heavy(name: str, size: int) -> str:
    return (
        f"{name} has {size / 2**20:.0f} MB, more than the {MAX_BYTES // 2**20} MB allowed; "
        "save it smaller and try again."
    )
