"""What another camera would have read: how far the angle moves with light, balance and framing.

The bootstrap of :mod:`explorer.tone.interval` knows only this picture. The same skin taken again
has another exposure, another white balance, another frame and another compression, and each moves
the angle. The colour found is therefore lit anew: every combination of an exposure up to
:data:`EXPOSURE` stops and of red and blue gains up to :data:`BALANCE` off, in linear light, which
is what exposure and white balance change in a camera [1]_. The interval holds the angles of all
of them, and is widened, in quadrature, by :data:`FRAMES` times the sampling interval for what a
crop and compression do. That factor was chosen on real lesions and the coverage checked on lesions
of other patients: ``python -m explorer.benchmarks.camera``.

References
----------
.. [1] Barnard, Cardei, Funt (2002), "A comparison of computational color constancy algorithms",
   IEEE Trans. Image Processing 11(9): a change of light as one gain per channel (von Kries).
"""

from dataclasses import dataclass

import numpy as np

from explorer.image import colour
from explorer.tone.interval import ToneInterval, tone_interval
from explorer.tone.reading import EstimatedTone

#: Exposures, in stops, and gains of red and blue against green, that another picture may have.
EXPOSURE, BALANCE = 0.2, 0.05
#: Times the sampling interval that another frame and compression may move the angle.
FRAMES = 1.5
#: Values of each gain between its ends.
STEPS = 9


@dataclass(frozen=True)
class CameraInterval:
    """Angles that pictures of the same skin would give.

    Attributes
    ----------
    low, high : float
        Degrees, by ``convention``; by float CIELAB they may pass 90, where b* is 0.
    undefined : bool
        Whether some of these pictures would have b* <= 0, for which ITA is not defined.
    convention : str
        Of ``colour.CONVENTIONS``.
    method : str
        One sentence for the reader.
    """

    low: float
    high: float
    undefined: bool
    convention: str
    method: str = (
        f"Exposure up to {EXPOSURE:g} stops and white balance up to {BALANCE:.0%} otherwise, in "
        f"linear light, and {FRAMES:g} times the sampling interval for another frame and "
        "compression; checked on real lesions."
    )

    @property
    def width(self) -> float:
        """Degrees."""
        return self.high - self.low


def camera_interval(
    tone: EstimatedTone, convention: str = colour.CIELAB, sampling: ToneInterval | None = None
) -> CameraInterval:
    """The angles that the same skin would have in other pictures of it. Deterministic.

    Parameters
    ----------
    tone : EstimatedTone
        By any of the estimators.
    convention : str
        Of ``colour.CONVENTIONS``.
    sampling : ToneInterval, optional
        Of this tone and convention, where it is known already.

    Returns
    -------
    CameraInterval
        Contains the sampling interval.
    """
    convention = colour.chosen(convention)
    sampling = sampling or tone_interval(tone, convention=convention)
    eight_bit = convention == colour.EIGHT_BIT
    rgb = relit(tone.stored_rgb if eight_bit else tone.colour_rgb)
    lab = colour.rgb_to_cielab(rgb)
    if eight_bit:
        angle = colour.ita(np.clip(np.rint(255 * rgb), 0, 255).astype(np.uint8), convention)
    else:
        angle = colour.ita_cielab(lab)
    estimate = getattr(tone, convention).ita
    apart = (angle - estimate + 180) % 360 - 180
    return CameraInterval(
        estimate - float(np.hypot(apart.min(), FRAMES * (estimate - sampling.low))),
        estimate + float(np.hypot(apart.max(), FRAMES * (sampling.high - estimate))),
        bool((lab[:, 2] <= 0).any()),
        convention,
    )


def relit(rgb) -> np.ndarray:
    """A colour in all the lights of :data:`EXPOSURE` and :data:`BALANCE`.

    Parameters
    ----------
    rgb : sequence of 3 numbers in 0..255, sRGB

    Returns
    -------
    float64 in 0..1, shape (STEPS ** 3, 3)
        sRGB; channels that would pass white are cut there, as a camera does.
    """
    stops = 2 ** np.linspace(-EXPOSURE, EXPOSURE, STEPS)
    gains = 1 + np.linspace(-BALANCE, BALANCE, STEPS)
    light, red, blue = (each.ravel() for each in np.meshgrid(stops, gains, gains))
    factors = np.stack([light * red, light, light * blue], axis=-1)
    return colour.encode_srgb(factors * colour.decode_srgb(np.asarray(rgb, float) / 255))
