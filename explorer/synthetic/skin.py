"""Colour of synthetic skin: blood and melanin absorb light by Beer-Lambert's law.

References
----------
.. [1] Jacques (1998), "Skin optics": melanin absorption proportional to wavelength^-3.33.
.. [2] Prahl (1999), "Optical absorption of hemoglobin", omlc.org.
.. [3] Tsumura, Haneishi, Miyake (1999), "Independent-component analysis of skin color image",
   J. Opt. Soc. Am. A 16(9): skin colour as densities of melanin and haemoglobin.
"""

from dataclasses import dataclass

import numpy as np

from explorer.image.colour import decode_srgb, encode_srgb, ita_cielab, rgb_to_cielab, tone_name
from explorer.synthetic.fields import fractal_noise, smooth_noise
from explorer.synthetic.spec import LesionSpec
from explorer.util import lazy
from explorer.util.errors import ExplorerError

optimize = lazy.load("scipy.optimize")

#: Relative absorption in linear R, G, B: of melanin at about 610, 550, 465 nm [1]_, ...
MELANIN = np.array([1.0, 1.41, 2.47])
#: ... and of oxygenated blood, rounded from [2]_ over the width of the sRGB primaries.
BLOOD = np.array([0.10, 1.0, 0.75])
#: Linear sRGB of skin with neither melanin nor blood (chosen to resemble dermoscopic pictures).
BARE_SKIN = np.array([0.88, 0.80, 0.76])
#: Share of that light which comes back from above the pigment. Without it dark skin would turn
#: saturated orange; with it, b* falls towards dark skin, as measured on people.
SURFACE = 0.05


@dataclass(frozen=True)
class SkinColour:
    """True colour of the skin, before texture, artefacts and rounding to 8 bits.

    ``linear`` and ``rgb`` are linear and encoded sRGB in 0..1, ``lab`` float CIELAB (D65,
    2 degrees), ``ita`` in degrees by float CIELAB, ``tone`` its name.
    """

    linear: tuple[float, float, float]
    rgb: tuple[float, float, float]
    lab: tuple[float, float, float]
    ita: float
    tone: str


def skin_of_colour(rgb) -> SkinColour:
    """Skin of a given encoded sRGB colour (three floats in 0..1)."""
    rgb = np.asarray(rgb, float)
    if rgb.shape != (3,) or not ((rgb > 0) & (rgb <= 1)).all():
        raise ExplorerError("skin_rgb needs three numbers above 0 and up to 1.")
    lab = rgb_to_cielab(rgb)
    angle = float(ita_cielab(lab))
    return SkinColour(
        tuple(decode_srgb(rgb).tolist()),
        tuple(rgb.tolist()),
        tuple(lab.tolist()),
        angle,
        tone_name(angle),
    )


def skin_with_ita(ita: float, blood: float = 0.3) -> SkinColour:
    """Skin of a wanted ITA in degrees (float CIELAB): the amount of melanin is solved for.

    Raises
    ------
    ExplorerError
        If no amount of melanin gives that angle at this amount of ``blood`` (0..1).
    """

    def colour(melanin: float) -> np.ndarray:
        passed = np.exp(-blood * BLOOD - melanin * MELANIN)
        return encode_srgb(BARE_SKIN * (SURFACE + (1 - SURFACE) * passed))

    def miss(melanin: float) -> float:
        return float(ita_cielab(rgb_to_cielab(colour(melanin)))) - ita

    if not miss(4.0) <= 0 <= miss(0.0):
        raise ExplorerError(
            f"No skin of ITA {ita:g} degrees at blood {blood:g}: choose an angle from "
            f"{miss(4.0) + ita:.0f} to {miss(0.0) + ita:.0f}."
        )
    return skin_of_colour(colour(optimize.brentq(miss, 0.0, 4.0, xtol=1e-6)))


def skin_texture(spec: LesionSpec) -> np.ndarray:
    """Logarithm of the skin's texture per channel, float32 (size, size, 3), about zero median.

    Mottled melanin and blood, skin lines, and fine grain.
    """
    rng, size, u = spec.rng("skin"), spec.size, spec.unit
    melanin = 0.025 * fractal_noise(rng, size, 90 * u, octaves=4)
    blood = 0.055 * fractal_noise(rng, size, 60 * u, octaves=4, persistence=0.7)
    # two crossing families of fine skin lines
    angle = rng.uniform(0, np.pi)
    lines = np.zeros((size, size), np.float32)
    for turn in (0.0, rng.uniform(0.9, 1.4)):
        waves = smooth_noise(rng, size, 8 * u, stretch=4, angle=angle + turn)
        lines += np.exp(-4.0 * np.abs(waves))
    furrows = (lines - lines.mean()) / lines.std()
    grey = 0.03 * furrows + 0.008 * smooth_noise(rng, size, max(1.6 * u, 1.0))
    return -(
        melanin[..., None] * MELANIN.astype(np.float32)
        + blood[..., None] * BLOOD.astype(np.float32)
        + grey[..., None]
    )
