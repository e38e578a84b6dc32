"""CIELAB, the individual typology angle (ITA) and the tone groups, both ways.

Two conventions live side by side under the same names everywhere in the explorer:

``cielab``
    The definition: float CIELAB (D65, 2 degree observer, from scikit-image) and
    ITA = atan2(L* - 50, b*) in degrees [1]_.
``published``
    What the study's code computes: OpenCV's 8-bit encoding (L scaled to 0..255, a and b offset
    by 128) and arctan(((L8 - 50) mod 256) / b8), in 8-bit arithmetic. It squeezes all skin into
    about 0..62 degrees, cannot report dark skin, and wraps around for L8 < 50.

References
----------
.. [1] Chardon, Cretois, Hourseau (1991), "Skin colour typology and suntanning pathways",
   Int. J. Cosmetic Science 13(4).
.. [2] Del Bino, Bernerd (2013), "Variations in skin colour and the biological consequences of
   ultraviolet radiation exposure", British J. Dermatology 169(s3).
"""

import cv2
import numpy as np

from explorer.util import lazy

color = lazy.load("skimage.color")

#: Tone names of [2]_, lightest first; ``TONE_BOUNDS[i]`` separates name i from name i + 1, and an
#: angle equal to a bound belongs to the darker side.
TONE_NAMES = ("very light", "light", "intermediate", "tan", "brown", "dark")
TONE_BOUNDS = (55.0, 41.0, 28.0, 10.0, -30.0)

#: The study's four training domains; tan, brown and dark are one.
GROUP_NAMES = ("very light", "light", "intermediate", "tan, brown and dark")

#: The two conventions of the angle; "published", which links, files and JSON hold, means 8-bit.
EIGHT_BIT, CIELAB = "published", "cielab"
CONVENTIONS = (EIGHT_BIT, CIELAB)


def encode_srgb(linear: np.ndarray) -> np.ndarray:
    """Linear light 0..1 to encoded sRGB 0..1 (IEC 61966-2-1), same shape and float type."""
    linear = np.clip(linear, 0.0, 1.0)
    return np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.power(linear, 1 / 2.4) - 0.055
    ).astype(linear.dtype)


def decode_srgb(rgb: np.ndarray) -> np.ndarray:
    """Inverse of :func:`encode_srgb`."""
    rgb = np.asarray(rgb, float)
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def rgb_to_lab8(rgb: np.ndarray) -> np.ndarray:
    """OpenCV's 8-bit CIELAB of sRGB bytes.

    Parameters
    ----------
    rgb : uint8, shape (..., 3)
        sRGB in 0..255.

    Returns
    -------
    uint8, same shape
        L* * 255 / 100, a* + 128, b* + 128 (D65), rounded and saturated by OpenCV.
    """
    rgb = np.asarray(rgb)
    if rgb.dtype != np.uint8:
        raise TypeError(f"8-bit Lab needs uint8 RGB, not {rgb.dtype}")
    flat = np.ascontiguousarray(rgb.reshape(-1, 1, 3))
    return cv2.cvtColor(flat, cv2.COLOR_RGB2LAB).reshape(rgb.shape)


def lab8_to_rgb(lab8: np.ndarray) -> np.ndarray:
    """Inverse of :func:`rgb_to_lab8` as OpenCV computes it (uint8 to uint8, lossy)."""
    flat = np.ascontiguousarray(np.asarray(lab8, np.uint8).reshape(-1, 1, 3))
    return cv2.cvtColor(flat, cv2.COLOR_LAB2RGB).reshape(np.shape(lab8))


def rgb_to_cielab(rgb: np.ndarray) -> np.ndarray:
    """Float CIELAB of sRGB.

    Parameters
    ----------
    rgb : uint8 in 0..255 or float in 0..1, shape (..., 3)

    Returns
    -------
    float64, same shape
        L* in 0..100, a*, b* (D65, 2 degree observer; ``skimage.color.rgb2lab``).
    """
    return color.rgb2lab(rgb, illuminant="D65", observer="2")


def ita_cielab(lab: np.ndarray) -> np.ndarray:
    """ITA in degrees of float CIELAB: atan2(L* - 50, b*) [1]_.

    Equal to arctan((L* - 50) / b*) for b* > 0, the only case the definition covers. For b* <= 0
    (violet light, make-up, ink) atan2 stays continuous and exceeds 90 or -90 degrees; callers
    flag that case, see :func:`is_outside_definition`.

    Parameters
    ----------
    lab : float, shape (..., 3)

    Returns
    -------
    float64, shape (...)
    """
    lab = np.asarray(lab, float)
    return np.degrees(np.arctan2(lab[..., 0] - 50.0, lab[..., 2]))


def ita_published(lab8: np.ndarray) -> np.ndarray:
    """ITA in degrees as the study computes it, on 8-bit Lab in 8-bit arithmetic.

    arctan(((L8 - 50) mod 256) / b8). The subtraction wraps around: L8 = 49 counts as 255, which
    puts very dark colours in "very light". b8 = 0 gives 90 degrees (0 if L8 = 50 as well).

    Parameters
    ----------
    lab8 : uint8, shape (..., 3)

    Returns
    -------
    float64, shape (...)
    """
    lab8 = np.asarray(lab8)
    if lab8.dtype != np.uint8:
        raise TypeError(f"the published angle needs uint8 Lab, not {lab8.dtype}")
    lightness = (lab8[..., 0] - np.uint8(50)).astype(float)  # uint8 arithmetic wraps, on purpose
    return np.degrees(np.arctan2(lightness, lab8[..., 2].astype(float)))


def ita(rgb: np.ndarray, convention: str) -> np.ndarray:
    """ITA in degrees of sRGB bytes, shape (..., 3), by a convention as :func:`chosen` knows it."""
    convention = chosen(convention)
    if convention == EIGHT_BIT:
        return ita_published(rgb_to_lab8(rgb))
    return ita_cielab(rgb_to_cielab(np.asarray(rgb, np.uint8)))


def chosen(convention: str) -> str:
    """One of :data:`CONVENTIONS`; "8-bit" is understood for the study's. ValueError for others."""
    found = EIGHT_BIT if convention == "8-bit" else convention
    if found not in CONVENTIONS:
        raise ValueError(f"unknown convention {convention!r}: choose one of {CONVENTIONS}")
    return found


def tone_index(angle: np.ndarray) -> np.ndarray:
    """Index into :data:`TONE_NAMES` for angles in degrees, any shape; NaN is refused."""
    angle = np.asarray(angle, float)
    if np.isnan(angle).any():
        raise ValueError("an angle is not a number")
    return np.sum(angle[..., None] <= np.asarray(TONE_BOUNDS), axis=-1)


def tone_name(angle: float) -> str:
    """Tone name [2]_ of one angle in degrees."""
    return TONE_NAMES[int(tone_index(angle))]


def group_index(angle: np.ndarray) -> np.ndarray:
    """The study's group 0..3 (index into :data:`GROUP_NAMES`) for angles in degrees."""
    return np.minimum(tone_index(angle), 3)


def wraps_around(rgb) -> bool:
    """Whether the published angle of one colour, three sRGB bytes, wraps around: L8 < 50."""
    return int(rgb_to_lab8(np.asarray(rgb, np.uint8))[0]) < 50


def is_outside_definition(lab: np.ndarray) -> np.ndarray:
    """True where b* <= 0, shape (...): there ITA's formula was never meant to be used."""
    return np.asarray(lab, float)[..., 2] <= 0
