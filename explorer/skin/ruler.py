"""Ruler marks: short dark lines of one direction, in a row, at even distances."""

import cv2
import numpy as np

from explorer.image.draw import paint
from explorer.image.resize import shrink
from explorer.skin.robust import line_response

#: Longest side at which marks are looked for, pixels, and of the picture of the evidence.
SIDE = 512
#: Length of a mark in pixels, and least ratio of its length to its width.
LENGTHS = (5, 26)
ELONGATION = 2.2
#: Mask of a mark: this share of the picture's median grey darker than its surroundings.
CONTRAST = 0.15
#: Largest distance of a mark's middle from the row, pixels, and of its direction, degrees.
OFF_ROW, OFF_ANGLE = 5.0, 12.0
#: No more candidate marks than this are compared.
MOST = 90


def find_ruler(rgb: np.ndarray) -> tuple[int, np.ndarray]:
    """Marks in the best row (0 where there is no even row), and the picture with them tinted."""
    image = shrink(rgb, SIDE, least=8)
    labels, numbers, middle, angle = _candidates(image)
    row = _best_row(middle, angle)
    half = shrink(image, max(image.shape) // 2)
    marks = np.isin(labels, numbers[row]).astype(np.uint8)
    marks = cv2.resize(marks, half.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return len(row), paint(half, cv2.dilate(marks, np.ones((3, 3), np.uint8)) > 0, (0, 114, 178))


def _candidates(image: np.ndarray):
    """Labels of the picture, and number, middle (x, y) and direction (degrees) of each mark."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    dark = line_response(grey)[0] > max(8.0, CONTRAST * float(np.median(grey)))
    _, labels, stats, middle = cv2.connectedComponentsWithStats(dark.astype(np.uint8))
    longest = stats[:, 2:4].max(axis=1)
    numbers = np.flatnonzero((longest >= LENGTHS[0]) & (longest <= LENGTHS[1]))
    kept, angles = [], []
    for number in numbers[numbers > 0][:600]:
        x, y, w, h = stats[number, :4]
        points = np.argwhere(labels[y : y + h, x : x + w] == number).astype(float)
        spread, axes = np.linalg.eigh(np.cov(points.T) + 1e-3 * np.eye(2))
        if spread[1] > ELONGATION**2 * (spread[0] + 0.08):
            kept.append(number)
            angles.append(np.degrees(np.arctan2(axes[0, 1], axes[1, 1])) % 180)
    order = np.argsort(-longest[kept], kind="stable")[:MOST] if kept else []
    kept, angles = np.array(kept, int)[order], np.array(angles)[order]
    return labels, kept, middle[kept], angles


def _best_row(middle: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Indices of the marks in the longest evenly spaced row; empty if none."""
    best = np.array([], int)
    for i in range(len(middle)):
        alike = np.abs((angle - angle[i] + 90) % 180 - 90) < OFF_ANGLE
        turn = np.radians(angle[i])
        across = np.array([np.cos(turn), np.sin(turn)])
        # marks stand across the row: their distance from it is measured along the mark
        off = np.abs((middle - middle[i]) @ across)
        row = np.flatnonzero(alike & (off < OFF_ROW))
        if len(row) > len(best):
            along = (middle[row] - middle[i]) @ np.array([-across[1], across[0]])
            best = max(best, row[_even(along)], key=len)
    return best


def _even(along: np.ndarray) -> np.ndarray:
    """Which positions stand at even distances (single gaps allowed), bool (n,)."""
    order = np.argsort(along)
    gaps = np.diff(along[order])
    even = np.zeros(len(along), bool)
    step = float(np.median(gaps)) if len(gaps) >= 4 else 0.0
    if step < 3:
        return even
    ratio = gaps / step
    fits = (np.abs(ratio - np.rint(ratio)) < 0.15) & (np.rint(ratio) >= 1) & (ratio < 2.5)
    if fits.mean() >= 0.75:
        even[order[1:][fits]] = even[order[:-1][fits]] = True
    return even
