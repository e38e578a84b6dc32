"""The legend of a Plotly figure on a sheet, above the plot."""

from explorer.charts import letters
from explorer.charts.sheet import Sheet, Stroke, colour
from explorer.charts.symbols import dashes, symbol

LINE = 22  # px
SAMPLE = 34  # px, what a trace looks like
GAP = 6  # px between a sample and its name, and below the legend


class Legend:
    """Entries below each other or, of orientation "h", in a row that is broken where it must.

    Parameters
    ----------
    layout : dict
        Of the figure.
    traces : list of dict
        Those with a name have an entry.
    """

    def __init__(self, layout: dict, traces: list[dict]):
        self.size = layout["legend"].get("font", {}).get("size", layout["font"]["size"])
        self.is_row = layout["legend"].get("orientation") == "h"
        self.traces = [trace for trace in traces if trace.get("name")]

    def height(self, left: float, right: float) -> float:
        """px that the legend takes above a plot between two sides."""
        return len(self._lines(left, right)) * LINE + 8

    def draw(self, sheet: Sheet, left: float, right: float, bottom: float) -> None:
        """Draw it above ``bottom``."""
        lines = self._lines(left, right)
        for number, line in enumerate(lines):
            y = bottom - GAP - (len(lines) - number - 0.5) * LINE
            for x, trace in line:
                _sample(sheet, trace, x, y)
                place = x + SAMPLE + GAP, y
                letters.write(sheet, trace["name"], place, self.size, ("left", "middle"))

    def _lines(self, left: float, right: float) -> list[list[tuple[float, dict]]]:
        """Traces with where their entry begins, by line."""
        lines: list[list[tuple[float, dict]]] = [[]]
        x = left
        for trace in self.traces:
            width = SAMPLE + GAP + letters.text_width(trace["name"], self.size) + 2 * GAP
            if lines[-1] and (not self.is_row or x + width > right):
                lines.append([])
                x = left
            lines[-1].append((x, trace))
            x += width
        return lines


def _sample(sheet: Sheet, trace: dict, x: float, y: float) -> None:
    """What a trace looks like: an area or a bar, or its line with a mark."""
    marker, line = trace.get("marker", {}), trace.get("line", {})
    pattern = trace.get("fillpattern") or marker.get("pattern", {})
    if trace["type"] == "bar" or trace.get("stackgroup"):
        shade = colour(trace.get("fillcolor") or marker["color"])
        ink = colour(pattern.get("fgcolor", "#FFFFFF"))
        edge = Stroke(colour(line.get("color", "#1F2937")), 1)
        sheet.box(x, y - 7, x + SAMPLE, y + 7, shade, edge, pattern.get("shape", ""), ink)
        return
    mode = trace.get("mode", "")
    if "lines" in mode:
        width = line.get("width", 2)
        stroke = Stroke(colour(line["color"]), width, dashes(line.get("dash"), width))
        sheet.line(((x, y), (x + SAMPLE, y)), stroke)
    if "markers" in mode:
        shade, outline = marker["color"], marker.get("line", {})
        look = {
            "fill": colour(shade if isinstance(shade, str) else shade[0]),
            "line": outline.get("width", 0),
            "ink": colour(outline["color"]) if outline.get("color") else None,
        }
        name, size = marker.get("symbol", "circle"), min(marker.get("size", 6), 13)
        sheet.marks += symbol(name, x + SAMPLE / 2, y, size, **look)
