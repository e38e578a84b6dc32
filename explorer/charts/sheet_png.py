"""A sheet as PNG at 300 dots per inch, drawn by Pillow at twice the size and halved."""

import io
import itertools
import math

from PIL import Image, ImageChops, ImageDraw
from PIL.PngImagePlugin import PngInfo

from explorer.charts import fonts
from explorer.charts.sheet import SCALE, Disc, Path, Picture, Sheet, Stroke, Words
from explorer.charts.sheet_svg import TILE

DPI = 300
OVERSAMPLED = 2


def to_png(sheet: Sheet, texts: dict[str, str]) -> bytes:
    """The sheet as a PNG file, which says its resolution; ``texts`` go into its text chunks."""
    factor = SCALE / 25.4 * DPI
    size = round(sheet.width * factor), round(sheet.height * factor)
    canvas = _Canvas(tuple(OVERSAMPLED * side for side in size), factor * OVERSAMPLED)
    for mark in sheet.marks:
        canvas.add(mark)
    info, data = PngInfo(), io.BytesIO()
    for key, text in texts.items():
        info.add_itxt(key, text)
    whole = canvas.image.reduce(OVERSAMPLED)
    whole.save(data, "PNG", dpi=(DPI, DPI), pnginfo=info, compress_level=4)
    return data.getvalue()


class _Canvas:
    """A white picture whose marks are given in px of the sheet; ``factor`` of its own are one."""

    def __init__(self, size: tuple[int, int], factor: float):
        self.image = Image.new("RGB", size, "white")
        self.draw = ImageDraw.Draw(self.image, "RGBA")
        self.factor = factor

    def add(self, mark) -> None:
        draw = {Path: self._path, Disc: self._disc, Words: self._words, Picture: self._picture}
        draw[type(mark)](mark)

    def _path(self, path: Path) -> None:
        points = [(x * self.factor, y * self.factor) for x, y in path.points]
        if path.closed and path.fill is not None:
            self.draw.polygon(points, fill=_rgba(path.fill))
        if path.hatch:
            self._hatch(points, path)
        if path.stroke is not None:
            self._line([*points, points[0]] if path.closed else points, path.stroke)

    def _line(self, points: list, stroke: Stroke) -> None:
        width = max(round(stroke.width * self.factor), 1)
        for part in _dashes(points, [length * self.factor for length in stroke.dash]):
            self.draw.line(part, fill=_rgba(stroke.colour), width=width, joint="curve")

    def _hatch(self, points: list, path: Path) -> None:
        """The hatch over the whole picture's grid, as an SVG's pattern, inside the area alone."""
        left, top = (math.floor(min(p[axis] for p in points)) for axis in (0, 1))
        right, bottom = (math.ceil(max(p[axis] for p in points)) + 1 for axis in (0, 1))
        size = right - left, bottom - top
        area, lines = Image.new("L", size), Image.new("L", size)
        ImageDraw.Draw(area).polygon([(x - left, y - top) for x, y in points], fill=255)
        pen, tile = ImageDraw.Draw(lines), TILE * self.factor
        width, across = max(round(self.factor * 1.4), 1), size[0] + size[1]
        if path.hatch == ".":
            for x in range(round(size[0] / tile) + 1):
                for y in range(round(size[1] / tile) + 1):
                    pen.circle(((x + 0.5) * tile, (y + 0.5) * tile), 1.3 * self.factor, fill=255)
        else:
            for i in range(round(across / tile) + 1):
                pen.line((i * tile, 0, i * tile - size[1], size[1]), fill=255, width=width)
                if path.hatch == "x":
                    start = i * tile - size[1]
                    pen.line((start, 0, start + size[1], size[1]), fill=255, width=width)
        mask = ImageChops.multiply(area, lines)
        self.image.paste(_rgba(path.hatch_colour)[:3], (left, top), mask)

    def _disc(self, disc: Disc) -> None:
        centre = disc.x * self.factor, disc.y * self.factor
        if disc.fill is not None:
            self.draw.circle(centre, disc.radius * self.factor, fill=_rgba(disc.fill))
        if disc.stroke is not None:
            half = disc.stroke.width / 2  # an SVG's outline lies on both sides of the edge
            self.draw.circle(
                centre,
                (disc.radius + half) * self.factor,
                outline=_rgba(disc.stroke.colour),
                width=max(round(disc.stroke.width * self.factor), 1),
            )

    def _words(self, words: Words) -> None:
        font = fonts.font(words.size * self.factor, words.bold)
        text, anchor = fonts.writable(words.text), {"start": "l", "middle": "m", "end": "r"}
        place = words.x * self.factor, words.y * self.factor
        anchor = f"{anchor[words.anchor]}s"
        if not words.upright:
            self.draw.text(place, text, fill=_rgba(words.colour), font=font, anchor=anchor)
            return
        left, top, right, bottom = map(int, font.getbbox(text, anchor=anchor))
        mask = Image.new("L", (right - left + 2, bottom - top + 2))
        ImageDraw.Draw(mask).text((-left, -top), text, fill=255, font=font, anchor=anchor)
        turned = mask.transpose(Image.Transpose.ROTATE_90)
        corner = round(place[0] + top), round(place[1] - left - turned.height)
        self.image.paste(_rgba(words.colour)[:3], corner, turned)

    def _picture(self, picture: Picture) -> None:
        size = round(picture.width * self.factor), round(picture.height * self.factor)
        found = Image.open(io.BytesIO(picture.data)).convert("RGB")
        place = round(picture.x * self.factor), round(picture.y * self.factor)
        self.image.paste(found.resize(size, Image.Resampling.LANCZOS), place)


def _rgba(colour) -> tuple[int, int, int, int]:
    return *colour[:3], round(colour[3] * 255)


def _dashes(points: list, pattern: list[float]) -> list[list]:
    """A line cut into its dashes; the whole of it without a pattern."""
    if not pattern:
        return [points]
    parts, now, left, number = [], [points[0]], pattern[0], 0
    for a, b in itertools.pairwise(points):
        length, done = math.dist(a, b), 0.0
        while length - done > left:
            done += left
            at = tuple(p + done / length * (q - p) for p, q in zip(a, b))
            if number % 2 == 0:
                parts.append([*now, at])
            number += 1
            now, left = [at], pattern[number % len(pattern)]
        left -= length - done
        now.append(b)
    return [*parts, now] if number % 2 == 0 and len(now) > 1 else parts
