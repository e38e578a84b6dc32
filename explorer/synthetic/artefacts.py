"""What lies on the skin or comes from the camera: hair, ruler, reflections, light, frame."""

import cv2
import numpy as np

from explorer.image.resize import average
from explorer.synthetic.fields import smoothstep
from explorer.synthetic.spec import LesionSpec

#: Linear sRGB of the two hair colours and of ruler ink.
_HAIR = {
    "dark": np.array([0.014, 0.010, 0.008], np.float32),
    "light": np.array([0.72, 0.60, 0.42], np.float32),
}
_INK = np.array([0.03, 0.03, 0.035], np.float32)
#: Radius of the circular frame as a share of the picture's size.
FRAME_RADIUS = 0.49


def hair_opacity(spec: LesionSpec) -> np.ndarray:
    """Opacity of the hairs, float32 (size, size) in 0..1: bent, tapering, of varied width."""
    # Twice the size, then averaged down: widths finer than a pixel.
    big = np.zeros((2 * spec.size, 2 * spec.size), np.uint8)
    rng = spec.rng("hair")
    size, main = 2 * spec.size, rng.uniform(0, np.pi)
    for _ in range(spec.hair):
        length = size * rng.uniform(0.35, 1.3)
        heading = main + rng.normal(0, 0.6) + np.pi * rng.integers(2)
        bend = rng.normal(0, 0.9) + rng.normal(0, 0.8) * np.linspace(-1, 1, 40)
        headings = heading + np.cumsum(bend) / 40
        steps = length / 40 * np.stack([np.cos(headings), np.sin(headings)], 1)
        points = rng.uniform(-0.1, 1.1, 2) * size + np.cumsum(steps, 0) - steps.sum(0) / 2
        path = np.round(16 * points).astype(np.int32)[:, None]  # in sixteenths: shift 4 below
        width, value = rng.uniform(2.0, 5.6) * spec.unit, int(rng.integers(190, 256))
        parts = np.array_split(np.arange(len(path)), 4)
        for step, part in enumerate(parts):
            piece = path[part[0] : part[-1] + 2]
            thick = max(round(width * (1 - 0.18 * step)), 1)
            cv2.polylines(big, [piece], False, value, thick, cv2.LINE_AA, 4)
    return average(big, spec.size, spec.size).astype(np.float32) / 255


def ruler_opacity(spec: LesionSpec) -> np.ndarray:
    """Opacity of ruler marks along one side, float32 (size, size) in 0..1."""
    size, u, rng = 2 * spec.size, 2 * spec.unit, spec.rng("ruler")  # drawn at twice the size
    marks = np.zeros((size, size), np.uint8)
    start, gap, base = rng.uniform(20, 60) * u, rng.uniform(24, 34) * u, rng.uniform(30, 42) * u
    thick = max(round(1.6 * u), 1)
    for k in range(int((size - 2 * start) / gap)):
        x, length = int(start + k * gap), (20 if k % 5 == 0 else 11) * u
        cv2.line(marks, (x, int(base)), (x, int(base - length)), 255, thick, cv2.LINE_AA)
    cv2.putText(
        marks,
        "mm",
        (int(start), int(base + 16 * u)),
        cv2.FONT_HERSHEY_SIMPLEX,
        0.4 * u,
        255,
        max(round(u), 1),
        cv2.LINE_AA,
    )
    turned = np.rot90(marks, int(rng.integers(4)))
    return average(turned, spec.size, spec.size).astype(np.float32) / 255


def reflections(spec: LesionSpec) -> np.ndarray:
    """Light of small mirror reflections, float32 (size, size) in 0..1."""
    size, u, rng = spec.size, spec.unit, spec.rng("specular")
    spots = np.zeros((size, size), np.uint8)
    for _ in range(round(60 * spec.specular)):
        centre = (16 * rng.uniform(0, size, 2)).astype(int).tolist()
        r = rng.exponential(1.6) + 0.7
        axes = [int(16 * u * r), int(16 * u * r * rng.uniform(0.3, 1))]
        cv2.ellipse(spots, centre, axes, rng.uniform(0, 180), 0, 360, 255, -1, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(spots.astype(np.float32) / 255, (0, 0), 0.8 * u)


def add_layers(light: np.ndarray, spec: LesionSpec) -> dict[str, np.ndarray]:
    """Lay reflections, ruler and hair over ``light`` (linear, changed in place).

    Returns the opacity maps by name ("specular", "ruler", "hair"), only those in use.
    """
    layers = {}
    if spec.specular:
        layers["specular"] = reflections(spec), np.ones(3, np.float32)
    if spec.ruler:
        layers["ruler"] = 0.9 * ruler_opacity(spec), _INK
    if spec.hair:
        layers["hair"] = 0.93 * hair_opacity(spec), _HAIR[spec.hair_colour]
    for opacity, colour in layers.values():
        light += opacity[..., None] * (colour - light)
    return {name: opacity for name, (opacity, _) in layers.items()}


def _radius(size: int) -> np.ndarray:
    """Distance from the middle as a share of the size, float32 (size, size)."""
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    return np.hypot(axis[:, None], axis[None, :])


def illumination(spec: LesionSpec) -> np.ndarray:
    """Factor on linear light, float32, shape (size, size, 3) or broadcastable to it.

    Exposure and illuminant everywhere; the gradient is 1 along the picture's middle; the vignette
    starts at 0.4 of the size from the middle and takes its full share at the corners (0.707).
    """
    factor = np.float32(2.0**spec.exposure) * np.asarray(spec.illuminant, np.float32)
    field = np.ones((1, 1), np.float32)
    if spec.gradient:
        axis = (np.arange(spec.size, dtype=np.float32) + 0.5) / spec.size - 0.5
        angle = spec.rng("gradient").uniform(0, 2 * np.pi)
        slope = np.cos(angle) * axis[None, :] + np.sin(angle) * axis[:, None]
        field = np.exp(np.float32(spec.gradient) * slope)
    if spec.vignette:
        field = field * (1 - spec.vignette * smoothstep(0.4, 0.707, _radius(spec.size)))
    return field[..., None] * factor


def frame_opacity(spec: LesionSpec) -> np.ndarray:
    """Opacity of the circular frame, float32 (size, size): 0 inside, 1 outside, soft edge."""
    edge = 1.5 / spec.size
    return smoothstep(FRAME_RADIUS - edge, FRAME_RADIUS + edge, _radius(spec.size))
