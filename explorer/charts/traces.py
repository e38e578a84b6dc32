"""Traces of a Plotly figure as marks on a sheet: points, lines, areas, bars and densities."""

import math
from itertools import cycle, islice

import numpy as np

from explorer.charts import letters
from explorer.charts.axes import Axis
from explorer.charts.sheet import INK, Path, Sheet, Stroke, clipped_area, clipped_line, colour
from explorer.charts.symbols import dashes, symbol

#: What is drawn first lies below.
ORDER = ("heatmap", "bar", "scatter")
#: A text on one side of a point has its anchor on the other.
OTHER_SIDE = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}
SIZE = 14  # px, of texts in traces


def each(value, count: int) -> list:
    """A property of a trace for each of its points, whether it has one or many."""
    if isinstance(value, list | tuple | np.ndarray):
        return list(islice(cycle(value), count)) if len(value) else [None] * count
    return [value] * count


class Plot:
    """The traces of one pair of axes.

    Parameters
    ----------
    sheet : Sheet
    across, upright : Axis
    """

    def __init__(self, sheet: Sheet, across: Axis, upright: Axis):
        self.sheet, self.across, self.upright = sheet, across, upright
        ends = sorted((across.start, across.end)), sorted((upright.start, upright.end))
        self.box = ends[0][0], ends[1][0], ends[0][1], ends[1][1]

    def draw(self, traces: list[dict], layout: dict) -> None:
        """Draw traces in Plotly's order, bars of a group beside each other."""
        floor = np.zeros(0)
        bars = [trace for trace in traces if trace["type"] == "bar"]
        for trace in sorted(traces, key=lambda trace: ORDER.index(trace["type"])):
            if trace["type"] == "heatmap":
                self._density(trace)
            elif trace["type"] == "bar":
                self._bars(trace, layout, bars.index(trace), len(bars))
            elif trace.get("stackgroup"):
                floor = self._stacked(trace, floor)
            else:
                self._scatter(trace)

    def _points(self, trace: dict) -> list[tuple[float, float] | None]:
        """px of every point, None for a gap."""
        return [
            None if x is None or y is None else (self.across.place(x), self.upright.place(y))
            for x, y in zip(trace["x"], trace["y"])
        ]

    def _scatter(self, trace: dict) -> None:
        points, mode = self._points(trace), trace.get("mode", "lines+markers")
        if trace.get("fill") == "toself":
            area = clipped_area([point for point in points if point], self.box)
            self.sheet.marks.append(Path(area, None, colour(trace["fillcolor"]), closed=True))
        for name, upright in (("error_x", False), ("error_y", True)):
            if trace.get(name):
                self._whiskers(trace, trace[name], upright)
        if "lines" in mode:
            self._line(points, _stroke(trace["line"]))
        if "markers" in mode:
            self._symbols(points, {"color": trace.get("line", {}).get("color"), **trace["marker"]})
        if "text" in mode:
            self._texts(points, trace)

    def _line(self, points: list, stroke: Stroke) -> None:
        run: list = []
        for point in [*points, None]:
            if point is not None:
                run.append(point)
                continue
            for part in clipped_line(run, self.box):
                self.sheet.line(part, stroke)
            run = []

    def _symbols(self, points: list, marker: dict) -> None:
        outline, count = marker.get("line", {}), len(points)
        alpha = marker.get("opacity", 1)
        looks = zip(
            points,
            each(marker.get("symbol", "circle"), count),
            each(marker.get("size", 6), count),
            each(marker.get("color", outline.get("color")), count),
            each(outline.get("width", 0), count),
            each(outline.get("color"), count),
        )
        for point, name, size, fill, width, ink in looks:
            if point is not None:
                shade = colour(fill or ink)
                shade = (*shade[:3], shade[3] * alpha)
                edge = colour(ink) if ink else None
                self.sheet.marks += symbol(name, *point, size, shade, width, edge)

    def _texts(self, points: list, trace: dict) -> None:
        up, across = trace.get("textposition", "middle center").split()
        sizes = each(trace.get("marker", {}).get("size", 6), len(points))
        anchors = OTHER_SIDE.get(across, across), OTHER_SIDE.get(up, up)
        for point, text, size in zip(points, each(trace.get("text", ""), len(points)), sizes):
            if point is not None and text:
                shift = {"top": -size / 2, "bottom": size / 2}.get(up, 0.0)
                place = point[0], point[1] + shift
                letters.write(self.sheet, text, place, SIZE - 1, anchors)

    def _whiskers(self, trace: dict, error: dict, upright: bool) -> None:
        """Lines to both ends with a tick across each."""
        values = trace["y"] if upright else trace["x"]
        axis, reach = (self.upright if upright else self.across), error.get("width", 4)
        stroke = Stroke(colour(error["color"]), error.get("thickness", 2))
        for value, point, *lengths in zip(
            values, self._points(trace), error["array"], error["arrayminus"]
        ):
            if point is None:
                continue
            for length, sign in zip(lengths, (1, -1)):
                if length is None:
                    continue
                end = axis.place(axis.number(value) + sign * length)
                x, y = point
                ends = ((x, end), (x - reach, end), (x + reach, end))
                if not upright:
                    ends = ((end, y), (end, y - reach), (end, y + reach))
                self.sheet.line((point, ends[0]), stroke)
                self.sheet.line(ends[1:], stroke)

    def _stacked(self, trace: dict, floor: np.ndarray) -> np.ndarray:
        """An area on top of those below it; returns its upper edge."""
        values = np.asarray(trace["y"], float)
        floor = floor if len(floor) else np.zeros(len(values))
        edge = list(
            zip(map(self.across.place, trace["x"]), map(self.upright.place, floor + values))
        )
        base = list(zip(map(self.across.place, trace["x"]), map(self.upright.place, floor)))
        pattern = trace.get("fillpattern", {})
        area = clipped_area([*edge, *reversed(base)], self.box)
        fill, shade = colour(trace["fillcolor"]), colour(pattern.get("fgcolor", "#1F2937"))
        path = Path(area, None, fill, True, pattern.get("shape", ""), shade)
        self.sheet.marks.append(path)
        self._line(edge, _stroke(trace["line"]))
        return floor + values

    def _bars(self, trace: dict, layout: dict, number: int, together: int) -> None:
        """Horizontal bars, with hatches, whiskers and texts at their ends."""
        count, marker = len(trace["x"]), trace["marker"]
        outline, pattern = marker.get("line", {}), marker.get("pattern", {})
        thick = (1 - layout.get("bargap", 0.2)) / together
        shift = (number - (together - 1) / 2) * thick if layout.get("barmode") == "group" else 0.0
        looks = zip(
            trace["x"],
            trace["y"],
            each(trace.get("base", 0.0), count),
            each(trace.get("width", thick), count),
            each(marker["color"], count),
            each(pattern.get("shape", ""), count),
            each(trace.get("text", ""), count),
        )
        for value, row, base, width, shade, hatch, text in looks:
            if value is None:
                continue
            middle = self.upright.number(row) + shift
            x0, x1 = self.across.place(base or 0.0), self.across.place((base or 0.0) + value)
            y0, y1 = (self.upright.place(middle + side * width / 2) for side in (-1, 1))
            edge = (
                Stroke(colour(outline["color"]), outline["width"]) if outline.get("width") else None
            )
            fill, ink = colour(shade), (255, 255, 255, 1.0)
            if hatch and pattern.get("fillmode") == "replace":
                fill, ink = (255, 255, 255, 1.0), fill
            (x0_, x1_), (y0_, y1_) = sorted((x0, x1)), sorted((y0, y1))
            self.sheet.box(x0_, y0_, max(x1_, x0_ + 0.5), y1_, fill, edge, hatch, ink)
            if text:
                end, side = (x1 + 4, "left") if value >= 0 else (x1 - 4, "right")
                letters.write(self.sheet, text, (end, (y0 + y1) / 2), SIZE - 2, (side, "middle"))
        if trace.get("error_x"):
            self._whiskers(trace, trace["error_x"], False)

    def _density(self, trace: dict) -> None:
        """Cells whose colour lies between the two ends of the scale."""
        xs, ys, z = (np.asarray(trace[key], float) for key in ("x", "y", "z"))
        (_, first), (_, last) = trace["colorscale"]
        low, high = np.nanmin(z), np.nanmax(z)
        scale = np.array(colour(first)), np.array(colour(last))
        half_x, half_y = (xs[1] - xs[0]) / 2, (ys[1] - ys[0]) / 2
        for (row, column), value in np.ndenumerate(z):
            if math.isnan(value):
                continue
            share = (value - low) / ((high - low) or 1.0)
            red, green, blue, alpha = scale[0] + share * (scale[1] - scale[0])
            x0, x1 = (self.across.place(xs[column] + side * half_x) for side in (-1, 1))
            y0, y1 = (self.upright.place(ys[row] + side * half_y) for side in (1, -1))
            self.sheet.box(x0, y0, x1, y1, (int(red), int(green), int(blue), float(alpha)))


def _stroke(line: dict) -> Stroke:
    width = line.get("width", 2)
    shade = colour(line["color"]) if line.get("color") else INK
    return Stroke(shade, width, dashes(line.get("dash"), width))
