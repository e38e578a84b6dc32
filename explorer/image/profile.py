"""Colour profiles inside picture files: what their bytes mean, as sRGB, and the way back.

The conversion is littleCMS's, by relative colorimetry, in 8 bits.

References
----------
ICC.1:2022, "Image technology colour management: architecture, profile format and data structure".
"""

import io
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

#: Bytes of a profile that is read; those of displays and cameras have far fewer.
MAX_PROFILE = 4 * 1024 * 1024
#: Pixels converted at a time, so that a large picture needs no second copy of itself.
_STRIP = 2**20
#: A grid over all of RGB, on which a profile is tried.
_GRID = np.stack(np.meshgrid(*[np.arange(0, 256, 17, np.uint8)] * 3), axis=-1).reshape(-1, 1, 3)
#: Levels on that grid: up to the first a profile is sRGB itself, beyond the second (in the median
#: of there and back) it describes no space that skin could be shown in.
_SAME, _LOST = 1, 8


class UnusableProfile(ValueError):
    """A profile that is not followed; the message says why, to go on after "its colour profile"."""


@dataclass(frozen=True)
class Profile:
    """An RGB colour space other than sRGB.

    Attributes
    ----------
    name : str
        As the profile calls itself, such as "Display P3".
    icc : bytes
    """

    name: str
    icc: bytes = field(repr=False)

    def to_srgb(self, rgb: np.ndarray) -> np.ndarray:
        """The same colours as sRGB bytes: uint8 (..., 3) to uint8 of the same shape."""
        return _applied(_transforms(self.icc)[0], rgb)

    def from_srgb(self, rgb: np.ndarray) -> np.ndarray:
        """Inverse of :meth:`to_srgb`, but for rounding and colours beyond either space."""
        return _applied(_transforms(self.icc)[1], rgb)


def read_profile(icc: bytes | None) -> Profile | None:
    """The profile that bytes hold; None where there is none, or where it is sRGB.

    Raises
    ------
    UnusableProfile
        If it is too large, damaged, not of an RGB space, or works in one direction only.
    """
    if not icc:
        return None
    if not isinstance(icc, bytes):  # a TIFF may say that it is a number
        raise UnusableProfile("is damaged")
    if len(icc) > MAX_PROFILE:
        raise UnusableProfile(f"has more than {MAX_PROFILE // 2**20} MB")
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        space = opened.profile.xcolor_space.strip()
    except (ImageCms.PyCMSError, OSError, ValueError):
        raise UnusableProfile("is damaged") from None
    if space != "RGB":
        what = {"GRAY": "for grey pictures", "CMYK": "for the CMYK inks of a press"}
        raise UnusableProfile(f"is {what.get(space, 'not for RGB')}")
    name = "".join(c for c in opened.profile.profile_description or "" if c.isprintable())
    profile = Profile(name.strip()[:40] or "without a name", icc)
    try:
        shown, back = profile.to_srgb(_GRID), profile.to_srgb(profile.from_srgb(_GRID))
    except (ImageCms.PyCMSError, OSError, ValueError):
        raise UnusableProfile("cannot be followed both ways") from None
    if _apart(shown, _GRID).max() <= _SAME:
        return None
    if np.median(_apart(back, _GRID)) > _LOST:
        raise UnusableProfile("describes no colours that could be told apart")
    return profile


def levels_apart(one: np.ndarray, other: np.ndarray) -> float:
    """Median over pixels of the largest difference of a channel, in levels of 255."""
    step = max(1, round((one.size / (3 * _STRIP)) ** 0.5))  # a sample of a large picture
    return float(np.median(_apart(one[::step, ::step], other[::step, ::step])))


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(one.astype(np.int16) - other).max(axis=-1)


@lru_cache(maxsize=16)
def _transforms(icc: bytes):
    """To sRGB, and back."""
    own, srgb = ImageCms.ImageCmsProfile(io.BytesIO(icc)), ImageCms.createProfile("sRGB")
    how = {"renderingIntent": ImageCms.Intent.RELATIVE_COLORIMETRIC}
    return tuple(
        ImageCms.buildTransform(start, end, "RGB", "RGB", **how)
        for start, end in ((own, srgb), (srgb, own))
    )


def _applied(transform, rgb: np.ndarray) -> np.ndarray:
    rgb = np.asarray(rgb, np.uint8)
    rows = rgb.reshape(-1, rgb.shape[-2] if rgb.ndim > 1 else 1, 3)
    made, step = np.empty_like(rows), max(1, _STRIP // rows.shape[1])
    for start in range(0, len(rows), step):
        strip = Image.fromarray(np.ascontiguousarray(rows[start : start + step]))
        made[start : start + step] = ImageCms.applyTransform(strip, transform)
    return made.reshape(rgb.shape)
