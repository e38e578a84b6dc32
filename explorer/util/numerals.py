"""Numbers as people write them: 0.5, 0,5, 1,234, 1.234,5, 1 234, and what was made of which.

One column has one way of writing. What a comma is follows from cells that can be read in one way
only: "0,5" and "12,25" have a decimal comma, "1,234,567" and "1,234.5" have thousands. Where every
comma has three digits behind it ("1,234"), it is a decimal comma if all numbers of the column are
written so (as programs with a fixed number of decimals do), and else separates thousands. A cell
that fits in neither way is no number. Whatever was read in another way than Python would is told
(:func:`numbers_said`).
"""

import re
from dataclasses import dataclass

import numpy as np

from explorer.util import lazy

pa = lazy.load("pyarrow")
pc = lazy.load("pyarrow.compute")

#: What Python and Arrow read alike; ASCII digits alone.
PLAIN = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
DOTTED = r"^[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+$"
#: Characters of a number; longer cells are none.
LONGEST = 60
_DECIMAL = re.compile(r"[+-]?([0-9]+,[0-9]*|,[0-9]+)([eE][+-]?[0-9]+)?")
_COMMAS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?")
_DOTS = re.compile(r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]*)?")
_SPACES = re.compile(r"[+-]?[1-9][0-9]{0,2}([ '’\u00a0\u202f][0-9]{3})+([.,][0-9]*)?")


@dataclass(frozen=True)
class Way:
    """How a column writes numbers: what a comma and what a dot are, "decimal" or "thousands"."""

    comma: str
    dot: str = "decimal"

    def number(self, cell: str) -> float:
        """A cell that Python would not read; NaN where it is no number."""
        cell = _closed(cell)
        dots, commas = _DOTS.fullmatch(cell), _COMMAS.fullmatch(cell)
        if "," in cell and "." in cell:
            return _value(cell, "." if dots else "," if commas else "")
        if self.comma in ("decimal", "both") and _DECIMAL.fullmatch(cell):
            sure = self.comma == "decimal" or not commas  # "1,234" where both ways are in use
            return _value(cell, "") if sure else np.nan
        if commas:
            return _value(cell, ",")
        if dots and (self.dot == "thousands" or cell.count(".") > 1):
            return _value(cell, ".")
        return float(cell) if re.match(PLAIN, cell) else np.nan


def _closed(cell: str) -> str:
    """A cell without the spaces or apostrophes that separate thousands."""
    return re.sub(r"[^0-9.,+-]", "", cell) if _SPACES.fullmatch(cell) else cell


def _value(cell: str, thousands: str) -> float:
    cell = cell.replace(thousands, "") if thousands else cell
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return np.nan


def numbers(column) -> np.ndarray:
    """A column of stripped text as float64 (N,); NaN where a cell is no number."""
    return _read(column)[0]


def numbers_said(column) -> str:
    """An example of what was read otherwise than Python would: "1,5 as 1.5"; often empty."""
    values, again = _read(column)
    odd = [place for place in again.tolist() if np.isfinite(values[place])]
    cells = {column.iloc[place].strip(): values[place] for place in odd[:1]}
    return "; ".join(f"{cell} as {value:.12g}" for cell, value in cells.items())


def _read(column) -> tuple[np.ndarray, np.ndarray]:
    """Numbers, and the places of cells that were read otherwise than Python would."""
    text = pa.array(column.to_numpy(object), pa.large_string())
    plain = pc.match_substring_regex(text, PLAIN)
    bare = pc.utf8_ltrim(pc.if_else(plain, text, pa.scalar(None, pa.large_string())), "+")
    values = bare.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(float)
    some_digit = pc.match_substring_regex(text, "[0-9]")
    odd = pc.and_(pc.and_not(some_digit, plain), pc.less_equal(pc.utf8_length(text), LONGEST))
    places = np.flatnonzero(odd.to_numpy(zero_copy_only=False))
    cells = dict(zip(places.tolist(), map(str.strip, text.take(places).to_pylist())))
    if not cells:
        return values, np.array([], int)
    way = _way(list(cells.values()), pc.any(plain).as_py())
    if way.dot == "thousands":
        dotted = pc.match_substring_regex(text, DOTTED).to_numpy(zero_copy_only=False)
        places = np.flatnonzero(dotted)
        cells |= dict(zip(places.tolist(), text.take(places).to_pylist()))
    values[list(cells)] = list(map(way.number, cells.values()))
    return values, np.array(list(cells), int)


def _way(cells: list[str], some_plain: bool) -> Way:
    """How a column writes its numbers, from the cells that are not plain."""
    with_comma = [_closed(cell) for cell in cells if "," in cell]
    open_ = [c for c in with_comma if _COMMAS.fullmatch(c) and c.count(",") == 1 and "." not in c]
    decimal = any(_DECIMAL.fullmatch(c) and c not in open_ for c in with_comma)
    decimal |= any(_DOTS.fullmatch(c) for c in with_comma)
    thousands = any(_COMMAS.fullmatch(c) and c not in open_ for c in with_comma)
    if decimal or (open_ and not thousands and not some_plain):
        comma = "both" if thousands else "decimal"
    else:
        comma = "thousands"
    dots = decimal and not thousands
    dots |= any(c.count(".") > 1 and _DOTS.fullmatch(c) for c in cells)
    return Way(comma, "thousands" if dots else "decimal")
