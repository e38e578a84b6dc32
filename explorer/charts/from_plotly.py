"""A Plotly figure as a sheet for print, without a browser.

What the house's figures use of Plotly is drawn (:mod:`explorer.charts.theme`); a figure that stands
on a dark page is not for print.
"""

import io
from base64 import b64decode
from types import MappingProxyType

import numpy as np
from PIL import Image

from explorer.charts import letters
from explorer.charts.axes import Axis, axis_of
from explorer.charts.label import Label
from explorer.charts.legend import Legend
from explorer.charts.sheet import SCALE, Picture, Sheet, Stroke, clipped_line, colour
from explorer.charts.symbols import dashes
from explorer.charts.traces import Plot

GRID = colour("#D9D9D9")
TICK = 4  # px between an axis and the texts of its ticks
#: Plotly's own names of the sides that an annotation is anchored to where it says none.
USUAL = MappingProxyType({"xanchor": "center", "yanchor": "middle"})


class Printed:
    """One figure while it is drawn: its layout, its axes, and the sheet."""

    def __init__(self, figure, width: float):
        whole = _decoded(figure.to_plotly_json())
        self.layout, self.traces = whole["layout"], whole["data"]
        self.size = self.layout["font"]["size"]
        self.sheet = Sheet(width, self.layout["height"])
        self.legend = Legend(self.layout, self.traces) if self.layout.get("showlegend") else None
        self.left, self.top, self.right, self.bottom = self._frame()
        self.axes = {key: self._axis(key) for key in self.layout if key[1:].startswith("axis")}

    def draw(self) -> Sheet:
        """Everything, from the grid up."""
        pairs = self._pairs()
        for across, upright in pairs:
            self._grid(self.axes[across], self.axes[upright])
        shapes = self.layout.get("shapes", ())
        self._shapes(shape for shape in shapes if shape.get("layer") == "below")
        for (across, upright), traces in pairs.items():
            Plot(self.sheet, self.axes[across], self.axes[upright]).draw(traces, self.layout)
        self._shapes(shape for shape in shapes if shape.get("layer") != "below")
        for across, upright in pairs:
            self._tick_texts(self.axes[across], self.axes[upright])
        for note in self.layout.get("annotations", ()):
            self._note(note)
        for image in self.layout.get("images", ()):
            self._picture(image)
        if self.legend:
            self.legend.draw(self.sheet, self.left, self.right, self.top)
        return self.sheet

    # Where things lie

    def _frame(self) -> tuple[float, float, float, float]:
        """Sides of the plot area, px: the margins, widened for what stands at the axes."""
        margin, across, upright = (self.layout[key] for key in ("margin", "xaxis", "yaxis"))
        left, bottom = margin["l"], margin["b"]
        if upright.get("visible", True) and upright.get("automargin"):
            left = max(left, self._beside(upright))
        if across.get("automargin") and "yaxis2" not in self.layout:
            below = self._below(across) - self._lift(upright, margin)
            bottom = max(bottom, below)
        if "yaxis2" in self.layout and across.get("automargin"):  # two panels below each other
            bottom = max(bottom, self._below(across))
        top, right = margin["t"], self.sheet.width - margin["r"]
        if self.legend:
            top = max(top, self.legend.height(left, right))
        return left, top, right, self.sheet.height - bottom

    def _lift(self, upright: dict, margin: dict) -> float:
        """px between the bottom of the plot area and the foot of the first axis."""
        inner = self.sheet.height - margin["t"] - margin["b"]
        return upright.get("domain", (0, 1))[0] * inner

    def _beside(self, spec: dict) -> float:
        """px that the texts of an upright axis take."""
        room = 6.0
        if spec.get("showticklabels", True):
            axis = axis_of(spec, self._values("y"), 1.0, 0.0)
            room += max(letters.text_width(text, self.size) for _, text in axis.ticks()) + TICK
        title = spec.get("title", {}).get("text")
        return room + (_lines(title) * letters.height(self.size) + 4 if title else 0.0)

    def _below(self, spec: dict) -> float:
        """px that the texts of an axis at the foot take."""
        title = spec.get("title", {}).get("text")
        texts = letters.height(self.size) + TICK + 4
        return texts + (_lines(title) * letters.height(self.size) + 6 if title else 0.0)

    def _values(self, side: str, number: str = "") -> list:
        """All values of the traces on an axis."""
        found = []
        for trace in self.traces:
            if trace.get(f"{side}axis", side).removeprefix(side) == number:
                found += list(trace.get(side, ()))
        for shape in self.layout.get("shapes", ()):
            if shape.get(f"{side}ref", side) == f"{side}{number}":
                found += [shape[f"{side}0"], shape[f"{side}1"]]
        return found

    def _axis(self, key: str) -> Axis:
        spec, side = self.layout[key], key[0]
        low, high = spec.get("domain", (0.0, 1.0))
        if side == "x":
            ends = (self.left + share * (self.right - self.left) for share in (low, high))
        else:
            ends = (self.bottom - share * (self.bottom - self.top) for share in (low, high))
        return axis_of(spec, self._values(side, key[5:]), *ends)

    def _pairs(self) -> dict[tuple[str, str], list[dict]]:
        """Traces by the names of their two axes."""
        pairs: dict[tuple[str, str], list[dict]] = {}
        for trace in self.traces:
            names = tuple(
                f"{side}axis{trace.get(f'{side}axis', side).removeprefix(side)}" for side in "xy"
            )
            pairs.setdefault(names, []).append(trace)
        return pairs or {("xaxis", "yaxis"): []}

    def _place(self, value, ref: str) -> float:
        """px of a coordinate in data, in the paper, or in an axis' domain."""
        side, name = ref[0], ref.split(" ")[0]
        if ref == "paper":
            raise ValueError("the paper has two sides")
        axis = self.axes[f"{side}axis{name[1:]}"]
        return axis.start + value * (axis.end - axis.start) if " " in ref else axis.place(value)

    def _x(self, value, ref: str) -> float:
        paper = ref == "paper"
        return self.left + value * (self.right - self.left) if paper else self._place(value, ref)

    def _y(self, value, ref: str) -> float:
        paper = ref == "paper"
        return self.bottom - value * (self.bottom - self.top) if paper else self._place(value, ref)

    # What is drawn

    def _grid(self, across: Axis, upright: Axis) -> None:
        ends = (across.start, across.end), (upright.start, upright.end)
        stroke = Stroke(GRID, 1)
        if across.is_visible and across.spec.get("showgrid", True):
            for value, _ in across.ticks():
                x = across.place(value)
                self.sheet.line(((x, ends[1][0]), (x, ends[1][1])), stroke)
        if upright.is_visible and upright.spec.get("showgrid", True):
            for value, _ in upright.ticks():
                y = upright.place(value)
                self.sheet.line(((ends[0][0], y), (ends[0][1], y)), stroke)

    def _tick_texts(self, across: Axis, upright: Axis) -> None:
        foot, side, size = max(upright.start, upright.end), min(across.start, across.end), self.size
        if across.has_texts:
            for value, text in across.ticks():
                half = letters.text_width(text, size) / 2  # none is cut off by the sheet
                middle = min(max(across.place(value), half), self.sheet.width - half)
                place = middle, foot + TICK
                letters.write(self.sheet, text, place, size, ("center", "top"))
        if upright.has_texts:
            for value, text in upright.ticks():
                place = side - TICK, upright.place(value)
                letters.write(self.sheet, text, place, size, ("right", "middle"))
        if title := across.spec.get("title", {}).get("text"):
            place = (across.start + across.end) / 2, foot + TICK + letters.height(size) + 4
            letters.write(self.sheet, title, place, size, ("center", "top"))
        if title := upright.spec.get("title", {}).get("text"):
            place = 2.0, (upright.start + upright.end) / 2
            letters.write(self.sheet, title, place, size, ("center", "top"), upright=True)

    def _shapes(self, shapes) -> None:
        for shape in shapes:
            refs = shape.get("xref", "x"), shape.get("yref", "y")
            x0, x1 = (self._x(shape[key], refs[0]) for key in ("x0", "x1"))
            y0, y1 = (self._y(shape[key], refs[1]) for key in ("y0", "y1"))
            line = shape.get("line", {})
            width = line.get("width", 2)
            shade = colour(line["color"]) if width else None
            stroke = Stroke(shade, width, dashes(line.get("dash"), width)) if shade else None
            if shape["type"] == "line":
                box = self.left, self.top - 1, self.right, self.bottom + 1
                for part in clipped_line([(x0, y0), (x1, y1)], box):
                    self.sheet.line(part, stroke)
            else:
                fill = colour(shape["fillcolor"]) if "fillcolor" in shape else None
                self.sheet.box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1), fill, stroke)

    def _note(self, note: dict) -> None:
        size = note.get("font", {}).get("size", self.size)
        place = (
            self._x(note["x"], note.get("xref", "x")) + note.get("xshift", 0),
            self._y(note["y"], note.get("yref", "y")) - note.get("yshift", 0),
        )
        anchors = tuple(note.get(key, usual) for key, usual in USUAL.items())
        upright = note.get("textangle") == -90
        if upright:  # bottom of the turned text is where it starts
            anchors, place = ("left", "middle"), (place[0], place[1] - TICK)
        is_label = note.get("xref") == "paper" and note.get("yref", "y") != "paper"
        letters.write(self.sheet, note["text"], place, size, anchors, upright, is_label)

    def _picture(self, image: dict) -> None:
        data = b64decode(image["source"].partition(",")[2])
        axis = self.axes["xaxis"]
        unit = abs((axis.end - axis.start) / (axis.high - axis.low))
        room = image["sizex"] * unit, image["sizey"] * (self.bottom - self.top)
        with Image.open(io.BytesIO(data)) as found:
            factor = min(side / room_ for side, room_ in zip(room, found.size))
            width, height = (factor * side for side in found.size)
        x, y = self._x(image["x"], image["xref"]), self._y(image["y"], image["yref"])
        self.sheet.marks.append(Picture(x - width / 2, y - height, width, height, data))


def sheet_of(figure, width: float | None = None) -> Sheet:
    """The figure without its caption.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Of this house, for a light page, with its label in ``layout.meta``.
    width : float, optional
        mm; by default as its label says.
    """
    width = Label.of(figure).width if width is None else width
    return Printed(figure, width / SCALE).draw()


def _decoded(value):
    """Plotly's JSON with its base64 arrays as lists."""
    if isinstance(value, dict):
        if "bdata" not in value:
            return {key: _decoded(each) for key, each in value.items()}
        shape = [int(size) for size in str(value.get("shape", "-1")).split(",")]
        return np.frombuffer(b64decode(value["bdata"]), value["dtype"]).reshape(shape).tolist()
    if isinstance(value, list | tuple):
        return [_decoded(each) for each in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


def _lines(title: str) -> int:
    return title.count("<br>") + 1
