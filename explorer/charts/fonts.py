"""The letters of figures in files: a sans-serif font of this machine and the widths of texts."""

import unicodedata
from functools import cache

from PIL import ImageFont

#: Of the same widths or nearly so; the first that the machine has is taken, else Pillow's own.
REGULAR = (
    "LiberationSans-Regular.ttf",
    "Arial.ttf",
    "arial.ttf",
    "Helvetica.ttc",
    "DejaVuSans.ttf",
)
BOLD = ("LiberationSans-Bold.ttf", "Arial Bold.ttf", "arialbd.ttf", "DejaVuSans-Bold.ttf")
#: The same for an SVG.
FAMILY = "'Liberation Sans', Arial, Helvetica, 'DejaVu Sans', sans-serif"
#: What Pillow's own font lacks.
PLAINER = str.maketrans({"−": "-", "–": "-", "→": ">", "←": "<", "×": "x", "η": "eta", "’": "'"})


@cache
def font(size: float, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The font in px of its letters' height."""
    for name in BOLD if bold else REGULAR:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


@cache
def is_makeshift() -> bool:
    """Whether the machine has none of the fonts, so that Pillow's own stands in."""
    return font(12.0).getname()[0] == ImageFont.load_default(12).getname()[0]


def writable(text: str) -> str:
    """The text in letters that the font has."""
    if not is_makeshift():
        return text
    plainer = unicodedata.normalize("NFKD", text.translate(PLAINER))
    return plainer.encode("latin-1", "ignore").decode("latin-1")


@cache
def width(text: str, size: float, bold: bool = False) -> float:
    """Of a line of text, px."""
    return font(100.0, bold).getlength(writable(text)) * size / 100


def wrapped(text: str, size: float, room: float) -> list[str]:
    """Lines that fit ``room`` px, broken at spaces."""
    lines: list[str] = []
    text = text.replace("n = ", "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")
    for word in text.split(" "):
        if lines and width(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
