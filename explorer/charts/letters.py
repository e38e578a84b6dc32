"""Plotly's marked-up texts as words on a sheet: bold, colour, breaks, and the legend's marks."""

import html
import re
from dataclasses import dataclass

from explorer.charts import fonts
from explorer.charts.sheet import INK, WHITE, Colour, Path, Sheet, Stroke, Words, colour
from explorer.charts.symbols import symbol

TAGS = re.compile(r"(<[^>]+>)")
#: Characters that stand for a series, drawn as the marks that they are: not every font has them.
MARKS = {"●": "circle", "■": "square", "▲": "triangle-up", "◆": "diamond"}
BARS = "▬▭┆"
SPECIAL = re.compile(f"([{''.join(MARKS)}{BARS}])")


@dataclass(frozen=True)
class Run:
    """A piece of a line that looks the same throughout."""

    text: str
    bold: bool
    colour: Colour


def lines_of(text: str) -> list[list[Run]]:
    """Lines of runs of a text with ``<b>``, ``<br>`` and ``<span style="color:...">``."""
    lines: list[list[Run]] = [[]]
    bold, shades = False, [INK]
    for piece in TAGS.split(text):
        if piece in ("<br>", "<br/>"):
            lines.append([])
        elif piece in ("<b>", "</b>"):
            bold = piece == "<b>"
        elif piece.startswith("<span"):
            found = re.search(r"color:\s*([^;\"']+)", piece)
            shades.append(colour(found[1]) if found else shades[-1])
        elif piece == "</span>":
            shades.pop()
        elif piece:
            parts = SPECIAL.split(html.unescape(piece))
            lines[-1] += [Run(part, bold, shades[-1]) for part in parts if part]
    return lines


def height(size: float) -> float:
    """Of a line, px."""
    return size * 1.3


def line_width(line: list[Run], size: float) -> float:
    """Of a line of runs, px."""
    return sum(_width(run, size) for run in line)


def text_width(text: str, size: float) -> float:
    """Of the widest line of a marked-up text, px."""
    return max(line_width(line, size) for line in lines_of(text))


def write(
    sheet: Sheet,
    text: str,
    place: tuple[float, float],
    size: float,
    anchors: tuple[str, str] = ("left", "top"),
    upright: bool = False,
    on_white: bool = False,
) -> None:
    """A text of one or more lines; ``anchors`` say which point of it ``place`` is.

    ``on_white`` keeps the grid behind it from crossing it.
    """
    lines = lines_of(text)
    step, (across, up) = height(size), anchors
    whole = step * len(lines)
    top = {"top": 0.0, "middle": -whole / 2, "bottom": -whole}[up]
    for number, line in enumerate(lines):
        length = line_width(line, size)
        start = {"left": 0.0, "center": -length / 2, "right": -length}[across]
        baseline = top + number * step + size
        if on_white:
            x, y = place[0] + start, place[1] + top + number * step
            sheet.box(x, y, x + length, y + step, WHITE)
        _write_line(sheet, line, place, start, baseline, size, upright)


def _write_line(sheet, line, place, start, baseline, size, upright) -> None:
    """Runs one after the other along a baseline, both relative to ``place``."""
    x, y = place
    for run in line:
        at = (x + baseline, y - start) if upright else (x + start, y + baseline)
        if SPECIAL.fullmatch(run.text):
            _mark(sheet, run, *at, size)
        elif run.text.strip():
            spaces = len(run.text) - len(run.text.lstrip())
            shift = fonts.width(" " * spaces, size, run.bold) if spaces else 0.0
            at = (at[0], at[1] - shift) if upright else (at[0] + shift, at[1])
            sheet.marks.append(
                Words(*at, run.text.strip(), size, run.colour, run.bold, upright=upright)
            )
        start += _width(run, size)


def _mark(sheet: Sheet, run: Run, x: float, y: float, size: float) -> None:
    """A series' mark in a line of text that begins at ``x``."""
    middle = (x + _width(run, size) / 2, y - size * 0.36)
    if run.text in MARKS:
        sheet.marks += symbol(MARKS[run.text], *middle, size * 0.7, run.colour, 1.0, run.colour)
    elif run.text == "┆":
        stroke = Stroke(run.colour, 2, (2, 3))
        points = ((middle[0], middle[1] + size / 2), (middle[0], middle[1] - size / 2))
        sheet.marks.append(Path(points, stroke))
    else:
        half, thin = size * 0.5, size * 0.25
        fill = run.colour if run.text == "▬" else None
        x0, y0 = middle[0] - half, middle[1] - thin
        sheet.box(x0, y0, x0 + 2 * half, y0 + 2 * thin, fill, Stroke(run.colour, 1.5))


def _width(run: Run, size: float) -> float:
    return size if SPECIAL.fullmatch(run.text) else fonts.width(run.text, size, run.bold)
