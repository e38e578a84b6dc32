"""Random maps that skin, lesion and artefacts are made of: float32, shape (size, size)."""

import cv2
import numpy as np


def smoothstep(low, high, x: np.ndarray) -> np.ndarray:
    """0 below ``low``, 1 above ``high``, a smooth cubic between; same shape as ``x``.

    The bounds are numbers or maps of the same shape.
    """
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def smooth_noise(
    rng: np.random.Generator, size: int, scale: float, stretch: float = 1.0, angle: float = 0.0
) -> np.ndarray:
    """Smooth Gaussian noise whose blobs are about ``scale`` pixels wide.

    Coarse normal noise, sampled on a grid that is turned by ``angle`` (radians) and stretched by
    ``stretch`` along its first axis; about zero mean and unit variance.
    """
    step_x, step_y = scale * stretch, scale
    reach = 1.5 * size  # the turned square must lie inside the coarse grid
    coarse = rng.standard_normal(
        (int(reach / step_y) + 6, int(reach / step_x) + 6), dtype=np.float32
    )
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    to_grid = np.diag([1 / step_x, 1 / step_y]) @ turn
    middle = np.array([coarse.shape[1], coarse.shape[0]]) / 2 - 0.5
    offset = middle - to_grid @ np.array([size / 2, size / 2])
    noise = cv2.warpAffine(
        coarse,
        np.column_stack([to_grid, offset]),
        (size, size),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    return noise / max(float(cv2.meanStdDev(noise)[1][0, 0]), 1e-6)


def fractal_noise(
    rng: np.random.Generator, size: int, scale: float, octaves: int = 4, persistence: float = 0.55
) -> np.ndarray:
    """Sum of :func:`smooth_noise` at scale, scale / 2, ...; about zero mean, unit variance."""
    # The finest detail needs about four samples, so coarse maps are made small and enlarged.
    shrink = int(np.clip(scale / 2 ** (octaves - 1) / 3, 1, 4))
    small = -(-size // shrink)
    total = np.zeros((small, small), np.float32)
    for octave in range(octaves):
        width = max(scale / shrink / 2**octave, 1.0)
        total += persistence**octave * smooth_noise(rng, small, width, angle=0.6 * octave)
    total -= total.mean()
    total /= total.std()
    return cv2.resize(total, (size, size), interpolation=cv2.INTER_CUBIC)


def cell_lines(
    rng: np.random.Generator, size: int, spacing: float, jitter: float, width: float
) -> np.ndarray:
    """Honeycomb-like net: 1 on the borders of Voronoi cells, falling to 0 in their middle.

    ``spacing`` is the distance of neighbouring cells, ``jitter`` (0..1) their disorder and
    ``width`` the standard deviation of the lines, in pixels.
    """
    rows, cols = int(size / (spacing * 0.866)) + 3, int(size / spacing) + 3
    y, x = np.mgrid[:rows, :cols].astype(np.float32)
    x = (x - 1 + 0.5 * (y % 2)) * spacing
    y = (y - 1) * spacing * 0.866
    shift = rng.uniform(-0.5, 0.5, (2, rows, cols)) * jitter * spacing
    points = np.stack([x + shift[0], y + shift[1]], -1).reshape(-1, 2).round().astype(int)
    inside = points[(points >= 0).all(1) & (points < size).all(1)]
    seeds = np.full((size, size), 255, np.uint8)
    seeds[inside[:, 1], inside[:, 0]] = 0
    _, cells = cv2.distanceTransformWithLabels(
        seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    edge = np.zeros((size, size), np.float32)
    edge[:, 1:] = cells[:, 1:] != cells[:, :-1]
    edge[1:] = np.maximum(edge[1:], cells[1:] != cells[:-1])
    lines = cv2.GaussianBlur(edge, (0, 0), width)
    return np.minimum(lines / max(float(np.percentile(lines, 97)), 1e-6), 1.0)


def discs(
    rng: np.random.Generator,
    where: np.ndarray,
    count: int,
    radius: tuple[float, float],
    softness: float,
) -> np.ndarray:
    """Soft round dots, 0..1, at random pixels of the bool mask ``where``; radii in pixels."""
    picture = np.zeros(where.shape, np.uint8)
    candidates = np.flatnonzero(where)
    if not len(candidates):
        return picture.astype(np.float32)
    y, x = np.unravel_index(rng.choice(candidates, count), where.shape)
    radii = rng.uniform(*radius, count)
    value = rng.integers(150, 256, count)
    for cx, cy, r, v in zip(x.tolist(), y.tolist(), radii.tolist(), value.tolist()):
        axes = (int(16 * r), int(16 * r * 0.8))
        cv2.ellipse(picture, (16 * cx, 16 * cy), axes, float(v), 0, 360, v, -1, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(picture.astype(np.float32) / 255, (0, 0), max(softness, 0.3))
