"""A sheet as SVG: text stays text, and its width is said in millimetres."""

from base64 import b64encode
from html import escape

from explorer.charts.fonts import FAMILY
from explorer.charts.sheet import Colour, Disc, Path, Picture, Sheet, Stroke, Words

#: Side of a hatch's tile, px, and what is drawn in it.
TILE = 7
HATCHES = {
    "/": ("M-1 8L8 -1M-2 2L2 -2M5 9L9 5", ""),
    "x": ("M-1 8L8 -1M-1 -1L8 8", ""),
    ".": ("", '<circle cx="3.5" cy="3.5" r="1.3" fill="{colour}"/>'),
}


def to_svg(sheet: Sheet, title: str, description: str) -> str:
    """The sheet as a whole file; ``title`` and ``description`` are read out and searched."""
    width, height = sheet.millimetres
    hatches = {
        (mark.hatch, mark.hatch_colour): f"hatch{number}"
        for number, mark in enumerate(sheet.marks)
        if isinstance(mark, Path) and mark.hatch
    }
    body = "\n".join(_mark(mark, hatches) for mark in sheet.marks)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.2f}mm" height="{height:.2f}mm" '
        f'viewBox="0 0 {sheet.width:.0f} {sheet.height:.0f}" role="img" '
        f'font-family="{FAMILY}">\n'
        f"<title>{escape(title)}</title>\n<desc>{escape(description)}</desc>\n"
        f"<defs>{''.join(_hatch(*key, name) for key, name in hatches.items())}</defs>\n"
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _hatch(kind: str, ink: Colour, name: str) -> str:
    lines, more = HATCHES[kind]
    shade = _hex(ink)
    path = f'<path d="{lines}" stroke="{shade}" stroke-width="1.4"/>' if lines else ""
    return (
        f'<pattern id="{name}" width="{TILE}" height="{TILE}" patternUnits="userSpaceOnUse">'
        f"{path}{more.format(colour=shade)}</pattern>"
    )


def _mark(mark, hatches: dict) -> str:
    if isinstance(mark, Words):
        return _words(mark)
    if isinstance(mark, Picture):
        kind = "png" if mark.data.startswith(b"\x89PNG") else "jpeg"
        return (
            f'<image x="{mark.x:.1f}" y="{mark.y:.1f}" width="{mark.width:.1f}" '
            f'height="{mark.height:.1f}" '
            f'href="data:image/{kind};base64,{b64encode(mark.data).decode()}"/>'
        )
    look = _paint("fill", mark.fill) + _stroke(mark.stroke)
    if isinstance(mark, Disc):
        return f'<circle cx="{mark.x:.1f}" cy="{mark.y:.1f}" r="{mark.radius:.1f}"{look}/>'
    shape = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in mark.points) + "Z" * mark.closed
    path = f'<path d="{shape}"{look}/>'
    if mark.hatch:
        path += f'<path d="{shape}" fill="url(#{hatches[mark.hatch, mark.hatch_colour]})"/>'
    return path


def _words(mark: Words) -> str:
    turned = f' transform="rotate(-90 {mark.x:.1f} {mark.y:.1f})"' if mark.upright else ""
    anchor = "" if mark.anchor == "start" else f' text-anchor="{mark.anchor}"'
    bold = ' font-weight="700"' if mark.bold else ""
    return (
        f'<text x="{mark.x:.1f}" y="{mark.y:.1f}" font-size="{mark.size:g}"{bold}{anchor}'
        f'{_paint("fill", mark.colour)}{turned} xml:space="preserve">{escape(mark.text)}</text>'
    )


def _stroke(stroke: Stroke | None) -> str:
    if stroke is None:
        return ""
    dash = " ".join(f"{length:g}" for length in stroke.dash)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'{_paint("stroke", stroke.colour)} stroke-width="{stroke.width:g}"{dashes}'


def _paint(what: str, colour: Colour | None) -> str:
    if colour is None:
        return f' {what}="none"'
    alpha = f' {what}-opacity="{colour[3]:.3g}"' if colour[3] < 1 else ""
    return f' {what}="{_hex(colour)}"{alpha}'


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour[:3])
