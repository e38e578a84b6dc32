"""Melanin and a colour: Beer-Lambert absorption, and how much of it takes a colour to an ITA.

In linear sRGB every channel is multiplied by exp(-m e), e proportional to wavelength^-3.33, the
absorption of melanin [1]_, at about 610, 550 and 465 nm; see [2]_ for melanin density in pictures
of skin. One number, m, takes a colour to the wanted ITA by float CIELAB; m < 0 lightens.

Lightening can ask for more light than a channel holds. Instead of clipping, linear values above
:data:`KNEE` are compressed along a monotone curve with a smooth start, so that different bytes
keep their order; the root in m takes this into account.

References
----------
.. [1] Jacques (1998), "Skin optics", Oregon Medical Laser Center News.
.. [2] Tsumura, Haneishi, Miyake (1999), "Independent-component analysis of skin color image",
   J. Optical Society of America A 16(9).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from explorer.image import colour
from explorer.util import lazy
from explorer.util.errors import ExplorerError

optimize = lazy.load("scipy.optimize")

#: Relative absorption of red, green and blue light by melanin, (610 / wavelength)^3.33.
ABSORPTION = np.array([1.0, 1.41, 2.47])
ABSORPTION.setflags(write=False)

#: Search interval of m. From light skin -50 degrees takes m of about 2, white about -1.
MELANIN_RANGE = (-3.0, 6.0)
#: Linear light above which lightening compresses.
KNEE = 0.8
#: Linear light of every byte, for each channel.
_LINEAR = np.repeat(colour.decode_srgb(np.arange(256) / 255)[:, None], 3, axis=1)


@dataclass(frozen=True)
class Change:
    """What is done to a picture: absorb by ``melanin`` (m), then add ``rounding`` to the bytes.

    ``rounding`` makes up for the coarseness of bytes, which can move the angle by a degree. Three
    numbers in bytes: below 1 for most colours and targets, more for greyish colours near L* = 50.
    """

    melanin: float
    rounding: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def is_identity(self) -> bool:
        return self.melanin == 0 and not any(self.rounding)


def reachable(colour_rgb: tuple[int, int, int]) -> tuple[float, float]:
    """Lowest and highest ITA in degrees, float CIELAB, that melanin can take a colour to.

    Only the part with b* > 0, for which ITA was defined, counts where there is one.
    """
    _, angles = _path(tuple(int(each) for each in colour_rgb))
    angles = _turn(angles)
    defined = angles[np.abs(angles) <= 90]
    angles = defined if defined.size else angles
    return float(angles.min()), float(angles.max())


def solve(colour_rgb: tuple[int, int, int], target: float) -> Change:
    """The change that takes a colour, sRGB 0..255, to ``target`` degrees of float CIELAB.

    m is the root in exact arithmetic (Brent's method) nearest to m = 0; then the bytes near the
    exact colour are searched for the one with the right angle. No change at all where the target
    is the colour's own ITA.

    Raises
    ------
    ExplorerError
        If the target is out of reach.
    """
    # a curve asks for each target twice, first whether it is within reach
    return _solve(tuple(int(each) for each in colour_rgb), float(target))


@lru_cache(maxsize=1024)
def _solve(colour_rgb: tuple[int, int, int], target: float) -> Change:
    if not np.isfinite(target):
        raise ExplorerError("The target ITA must be a number of degrees.")
    if abs(target - angle_of(colour_rgb)) < 1e-9:
        return Change(0.0)
    linear = colour.decode_srgb(np.divide(colour_rgb, 255))

    def miss(m: float) -> float:
        return _turn(_exact_angle(linear, m) - target)

    root = float(optimize.brentq(miss, *_bracket(colour_rgb, target), xtol=1e-9))
    return Change(root, _best_rounding(255 * colour.encode_srgb(_absorb(linear, root)), target))


def lookup_table(change: Change) -> np.ndarray:
    """New byte of every byte and channel, uint8 (256, 3)."""
    absorbed = 255 * colour.encode_srgb(_absorb(_LINEAR, change.melanin))
    return np.rint(absorbed + change.rounding).clip(0, 255).astype(np.uint8)


def beyond_gamut(m: float) -> np.ndarray:
    """Whether a byte would ask for more light than its channel holds, bool (256, 3)."""
    return _LINEAR * np.exp(-m * ABSORPTION) > 1


def angle_of(rgb) -> float:
    """ITA in degrees, float CIELAB, of an sRGB colour in bytes."""
    return float(colour.ita(np.asarray(rgb, np.uint8), colour.CIELAB))


def _absorb(linear: np.ndarray, m: np.ndarray | float) -> np.ndarray:
    """Linear light (..., 3) after absorption; in 0..1 for input in 0..1.

    Values above the knee: K + u / (1 + c u), slope 1 at the knee, the gain itself to 1. No effect
    where the gain is at most 1, so that darkening is exactly Beer-Lambert's law.
    """
    gain = np.exp(-np.multiply.outer(m, ABSORPTION))
    light, room = linear * gain, 1 - KNEE
    curvature = 1 / room - 1 / np.maximum(gain - KNEE, room)
    above = np.maximum(light - KNEE, 0)
    return np.where(light > KNEE, KNEE + above / (1 + curvature * above), light)


def _exact_angle(linear: np.ndarray, m: np.ndarray | float) -> np.ndarray:
    """ITA after absorption without rounding to bytes."""
    return colour.ita_cielab(colour.rgb_to_cielab(colour.encode_srgb(_absorb(linear, m))))


def _turn(angle: np.ndarray) -> np.ndarray:
    """An angle difference in -180..180 degrees."""
    return (angle + 180) % 360 - 180


@lru_cache(maxsize=64)
def _path(colour_rgb) -> tuple[np.ndarray, np.ndarray]:
    """m from light to dark, and the ITA there.

    atan2 jumps by 360 degrees for b* < 0 at L* = 50; the path is unrolled from m = 0, so that a
    jump is not taken for a way.
    """
    grid = np.linspace(*MELANIN_RANGE, 901)
    linear = colour.decode_srgb(np.divide(colour_rgb, 255))
    angles = np.unwrap(_exact_angle(linear, grid), period=360)
    here = int(np.abs(grid).argmin())
    return grid, angles + (angle_of(colour_rgb) - angles[here])


def _bracket(colour_rgb, target: float) -> tuple[float, float]:
    """Neighbouring m on either side of the root that is nearest to m = 0."""
    grid, angles = _path(colour_rgb)
    miss = _turn(angles - target)
    passes = (miss[1:] >= 0) != (miss[:-1] >= 0)
    crossings = np.flatnonzero(passes & (np.abs(np.diff(miss)) < 180))
    if len(crossings) == 0:
        low, high = reachable(colour_rgb)
        raise ExplorerError(
            f"No amount of melanin takes this skin colour (ITA {angle_of(colour_rgb):.0f}) to "
            f"{target:g} degrees: choose a target in {low:.0f}..{high:.0f}."
        )
    nearest = crossings[np.abs(grid[crossings] + grid[crossings + 1]).argmin()]
    return float(grid[nearest]), float(grid[nearest + 1])


def _best_rounding(exact: np.ndarray, target: float) -> tuple[float, float, float]:
    """What to add to an exact colour, in bytes, so that it rounds to one with the target's angle.

    The nearest byte triple whose angle is within 0.25 degrees, else, farther away, within 0.45,
    else the one whose angle is nearest. Around 30 degrees only the blue byte moves the angle,
    because there both L* - 50 and b* follow the light that it stands for; so the search goes
    farther in red and green.
    """
    for reach, tolerance in ((3, 0.25), (14, 0.45)):
        sides = [np.arange(-side, side + 2) for side in (reach, reach, 2)]
        steps = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 3)
        near = (np.floor(exact) + steps).clip(0, 255).astype(np.uint8)
        misses = np.abs(_turn(colour.ita(near, colour.CIELAB) - target))
        distances = np.linalg.norm(near - exact, axis=-1)
        best = int(np.lexsort((distances, np.maximum(misses, tolerance)))[0])
        if misses[best] <= tolerance:
            break
    return tuple(float(each) for each in near[best] - exact)
