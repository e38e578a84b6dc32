"""A figure for print as a list of simple marks, from which SVG and PNG are both written.

Lengths are in px of which a column of 85 mm has 390, the width of a phone: what fits there fits a
journal's column, in letters of 8.6 points.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from explorer.charts.label import COLUMN

#: mm per px.
SCALE = COLUMN / 390

Colour = tuple[int, int, int, float]
Point = tuple[float, float]
INK: Colour = (31, 41, 55, 1.0)
WHITE: Colour = (255, 255, 255, 1.0)


@dataclass(frozen=True)
class Stroke:
    """A line's look; ``dash`` holds lengths of line and gap in turn, px."""

    colour: Colour
    width: float = 1.0
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Path:
    """A line through points or, if ``closed``, an area; ``hatch`` is "/", "x", "." or empty."""

    points: Sequence[Point]
    stroke: Stroke | None = None
    fill: Colour | None = None
    closed: bool = False
    hatch: str = ""
    hatch_colour: Colour = INK


@dataclass(frozen=True)
class Disc:
    """A circle."""

    x: float
    y: float
    radius: float
    stroke: Stroke | None = None
    fill: Colour | None = None


@dataclass(frozen=True)
class Words:
    """One line of text: ``x`` is its start, middle or end, ``y`` its baseline; or upright."""

    x: float
    y: float
    text: str
    size: float
    colour: Colour = INK
    bold: bool = False
    anchor: str = "start"
    upright: bool = False


@dataclass(frozen=True)
class Picture:
    """A JPEG or PNG."""

    x: float
    y: float
    width: float
    height: float
    data: bytes


@dataclass
class Sheet:
    """Marks in the order in which they are drawn, on white."""

    width: float
    height: float
    marks: list = field(default_factory=list)

    def line(self, points, stroke: Stroke) -> None:
        """Add a line through points."""
        self.marks.append(Path(tuple(points), stroke))

    def box(self, x0, y0, x1, y1, fill=None, stroke=None, hatch="", hatch_colour=INK) -> None:
        """Add a rectangle."""
        corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
        self.marks.append(Path(corners, stroke, fill, True, hatch, hatch_colour))

    @property
    def millimetres(self) -> tuple[float, float]:
        """Width and height in print."""
        return self.width * SCALE, self.height * SCALE


def colour(text: str) -> Colour:
    """``#RRGGBB``, ``rgb(r,g,b)`` or ``rgba(r,g,b,a)`` as numbers; alpha is 0 to 1."""
    if text.startswith("#"):
        red, green, blue = (int(text[i : i + 2], 16) for i in (1, 3, 5))
        return red, green, blue, 1.0
    numbers = [float(number) for number in re.findall(r"[\d.]+", text)]
    red, green, blue = map(int, numbers[:3])
    return red, green, blue, numbers[3] if len(numbers) > 3 else 1.0


def clipped_area(points: Sequence[Point], box: tuple) -> list[Point]:
    """The part of a polygon inside ``box`` (left, top, right, bottom), by Sutherland-Hodgman."""
    for axis, bound, sign in ((0, box[0], 1), (1, box[1], 1), (0, box[2], -1), (1, box[3], -1)):
        kept: list[Point] = []
        for a, b in zip([points[-1], *points[:-1]], points) if points else ():
            inside_a, inside_b = (sign * (p[axis] - bound) >= 0 for p in (a, b))
            if inside_a != inside_b:
                kept.append(_crossing(a, b, axis, bound))
            if inside_b:
                kept.append(b)
        points = kept
    return list(points)


def clipped_line(points: Sequence[Point], box: tuple) -> list[list[Point]]:
    """The parts of a line inside ``box``, by Liang-Barsky on each of its segments."""
    parts: list[list[Point]] = []
    for a, b in itertools.pairwise(points):
        cut = _inside(a, b, box)
        if cut is None:
            continue
        if parts and parts[-1][-1] == cut[0]:
            parts[-1].append(cut[1])
        else:
            parts.append(list(cut))
    return parts


def _inside(a: Point, b: Point, box: tuple) -> tuple[Point, Point] | None:
    start, end = 0.0, 1.0
    for axis in (0, 1):
        step = b[axis] - a[axis]
        for side, room in ((-step, a[axis] - box[axis]), (step, box[axis + 2] - a[axis])):
            if side == 0 and room < 0:
                return None
            if side < 0:
                start = max(start, room / side)
            elif side > 0:
                end = min(end, room / side)
    if start > end:
        return None

    def at(share: float) -> Point:
        return (
            tuple(p + share * (q - p) for p, q in zip(a, b))
            if 0 < share < 1
            else (a, b)[share == 1]
        )

    return at(start), at(end)


def _crossing(a: Point, b: Point, axis: int, bound: float) -> Point:
    share = (bound - a[axis]) / (b[axis] - a[axis])
    return tuple(p + share * (q - p) for p, q in zip(a, b))
