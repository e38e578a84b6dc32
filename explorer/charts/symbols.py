"""Plotly's marker symbols as marks on a sheet, and its dashes as lengths."""

import math

from explorer.charts.sheet import Colour, Disc, Path, Stroke

#: Corners of a symbol of radius 1; y points down.
CORNERS = {
    "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    "triangle-up": ((-2 / math.sqrt(3), 0.5), (2 / math.sqrt(3), 0.5), (0, -1)),
    "cross": (
        (-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4),
        (0.4, 1.2), (-0.4, 1.2), (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4),
    ),
}  # fmt: skip
CORNERS["x"] = tuple(
    ((x - y) * math.sqrt(0.5), (x + y) * math.sqrt(0.5)) for x, y in CORNERS["cross"]
)

#: Lengths of line and gap in turn, in multiples of the line's width or 3 px.
DASHES = {"solid": (), "dot": (1, 1), "dash": (3, 3), "longdash": (5, 5), "dashdot": (3, 1, 1, 1)}


def dashes(name: str | None, width: float) -> tuple[float, ...]:
    """Of a line of a Plotly dash, which may be lengths such as ``2px,3px``, px."""
    if name and name not in DASHES:
        return tuple(float(length.removesuffix("px")) for length in name.split(","))
    return tuple(part * max(width, 3.0) for part in DASHES[name or "solid"])


def symbol(
    name: str,
    x: float,
    y: float,
    size: float,
    fill: Colour,
    line: float = 0.0,
    ink: Colour | None = None,
) -> list:
    """Marks of one symbol, ``size`` px across.

    An open one is white inside, with an outline of ``line`` px in its ``fill``; a closed one has an
    outline of ``line`` px in ``ink``.
    """
    if name == "line-ns":
        points = ((x, y - size * 0.7), (x, y + size * 0.7))
        return [Path(points, Stroke(ink or fill, line))]
    shape, is_open = name.removesuffix("-open"), name.endswith("-open")
    stroke = Stroke(fill, line or 1.0) if is_open else Stroke(ink, line) if line and ink else None
    inside, radius = None if is_open else fill, size / 2
    if shape == "circle":
        return [Disc(x, y, radius, stroke, inside)]
    corners = tuple((x + radius * dx, y + radius * dy) for dx, dy in CORNERS[shape])
    return [Path(corners, stroke, inside, closed=True)]
