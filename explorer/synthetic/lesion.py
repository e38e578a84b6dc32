"""Pigmented lesions as maps of extra melanin, blood and blue-white veil over the skin."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from explorer.synthetic.fields import cell_lines, discs, fractal_noise, smooth_noise, smoothstep
from explorer.synthetic.skin import BLOOD, MELANIN
from explorer.synthetic.spec import LesionSpec

#: Light that dense pigment still returns, per channel: keeps thick pigment from pure black.
_FLOOR = np.array([0.05, 0.06, 0.085], np.float32)
#: Light that a blue-white veil returns, relative to the skin around it.
_VEIL = np.array([0.24, 0.42, 0.74], np.float32)


@dataclass(frozen=True)
class LesionMaps:
    """What the lesion adds to the skin; float32 maps of shape (size, size).

    ``cover`` is 0 on clean skin and 1 inside the lesion; ``melanin`` and ``blood`` are extra
    densities, ``veil`` the opacity (0..1) of the blue-white veil.
    """

    cover: np.ndarray
    melanin: np.ndarray
    blood: np.ndarray
    veil: np.ndarray

    def transmission(self) -> np.ndarray:
        """Factor on the linear light of the skin, float32 (size, size, 3), in (0, 1]."""
        density = self.melanin[..., None] * MELANIN.astype(np.float32)
        density = density + self.blood[..., None] * BLOOD.astype(np.float32)
        light = _FLOOR + (1 - _FLOOR) * cv2.exp(-density)
        return light + self.veil[..., None] * (_VEIL - light)


def lesion_maps(spec: LesionSpec) -> LesionMaps | None:
    """Maps of the lesion of ``spec``, or None for kind "none"."""
    if spec.kind == "none":
        return None
    rng = spec.rng("lesion")
    return (_irregular if spec.kind == "irregular" else _naevus)(spec, rng)


def _depth_field(
    spec: LesionSpec, rng: np.random.Generator, wobble: float, rough: float, notches: int
) -> np.ndarray:
    """How far inside the lesion each pixel lies, in lesion radii; 0 on the outline.

    An ellipse whose radius varies with the angle, with rough edges and dents; the zero level is
    set so that exactly ``spec.area`` of the picture is inside.
    """
    size = spec.size
    radius = size * math.sqrt(spec.area / math.pi)
    tilt, aspect = rng.uniform(0, np.pi), rng.uniform(1.0, 1.25 + wobble)
    y, x = np.mgrid[:size, :size].astype(np.float32)
    x, y = (x - spec.centre[0] * size) / radius, (y - spec.centre[1] * size) / radius
    cos, sin, root = math.cos(tilt), math.sin(tilt), math.sqrt(aspect)
    x, y = (x * cos + y * sin) / root, (y * cos - x * sin) * root
    angle = np.arctan2(y, x)
    outline = np.ones_like(angle)
    for k in range(2, 6):
        outline += rng.normal(0, wobble / k) * np.cos(k * angle + rng.uniform(0, 2 * np.pi))
    for _ in range(notches):
        gap = (angle - rng.uniform(-np.pi, np.pi) + np.pi) % (2 * np.pi) - np.pi
        outline -= rng.uniform(0.2, 0.45) * np.exp(-((gap / rng.uniform(0.12, 0.3)) ** 2))
    field = outline - np.sqrt(x * x + y * y)
    field += rough * fractal_noise(rng, size, radius * 0.6, octaves=5)
    return field - np.float32(np.quantile(field, 1 - spec.area))


def _naevus(spec: LesionSpec, rng: np.random.Generator) -> LesionMaps:
    """Regular lesion: even brown, darker middle, soft border; network or globules."""
    size, u = spec.size, spec.unit
    field = _depth_field(spec, rng, wobble=0.1, rough=0.05, notches=0)
    cover = smoothstep(-0.14, 0.14, field)
    body = 0.5 + 0.4 * smoothstep(0.0, 0.8, field) + 0.14 * fractal_noise(rng, size, 50 * u)
    if spec.kind == "naevus":
        # Lines are clear at the rim, where the body is thin, and fade towards the middle.
        lines = cell_lines(rng, size, 9 * u, jitter=0.9, width=1.5 * u)
        clarity = np.clip(
            0.9 - 0.55 * smoothstep(0.1, 0.9, field) + 0.25 * fractal_noise(rng, size, 45 * u),
            0.1,
            1.4,
        )
        detail = clarity * (lines - 0.35)
    else:
        count = int(900 * spec.area / 0.12)
        detail = 0.9 * discs(rng, field > 0.0, count, (1.8 * u, 4.0 * u), 1.2 * u) - 0.25
    melanin = spec.depth * cover * np.maximum(body + 0.65 * detail, 0.05)
    blood = 0.12 * cover * (1 + 0.4 * fractal_noise(rng, size, 50 * u))
    return LesionMaps(cover, melanin, np.maximum(blood, 0), np.zeros_like(cover))


def _irregular(spec: LesionSpec, rng: np.random.Generator) -> LesionMaps:
    """Melanoma-like lesion: notched, asymmetric, brown, black, red, blue-white and pale parts."""
    size, u = spec.size, spec.unit
    field = _depth_field(spec, rng, wobble=0.28, rough=0.12, notches=int(rng.integers(2, 5)))
    # The border is abrupt in some places and fades in others.
    fade = np.clip(0.12 + 0.07 * smooth_noise(rng, size, 110 * u), 0.05, 0.28)
    cover = smoothstep(-fade, fade, field)
    inside = smoothstep(0.0, 0.3, field)
    patches = fractal_noise(rng, size, 75 * u, octaves=5)
    lines = cell_lines(rng, size, 13 * u, jitter=1.0, width=2.0 * u) - 0.35
    clarity = np.clip(0.5 + 0.5 * fractal_noise(rng, size, 70 * u), 0, 1.3)
    dots = discs(rng, field > 0.05, int(110 * spec.area / 0.12), (1.8 * u, 5.0 * u), 0.8 * u)
    body = 0.95 + 0.42 * patches + 0.12 * fractal_noise(rng, size, 14 * u, octaves=3)
    body += 0.9 * smoothstep(0.6, 1.5, patches) + 0.65 * clarity * lines
    scar = inside * smoothstep(0.9, 1.6, fractal_noise(rng, size, 80 * u, octaves=3))
    body = np.maximum(body, 0.25) * (1 - 0.7 * scar) + 1.0 * dots
    red = smoothstep(0.4, 1.6, fractal_noise(rng, size, 90 * u, octaves=3))
    veil = inside * smoothstep(0.5, 1.3, fractal_noise(rng, size, 110 * u, octaves=4)) * (1 - scar)
    return LesionMaps(cover, spec.depth * cover * body, cover * (0.15 + 0.5 * red), 0.62 * veil)
