"""Axes of a Plotly figure on a sheet: where a value lies, and its ticks with their texts.

Of Plotly's properties those that the house's figures use (:mod:`explorer.charts.theme`).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from explorer.charts.svg import ticks as round_ticks


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes
    ----------
    spec : dict
        As in the figure's layout.
    low, high : float
        Values at ``start`` and ``end``.
    start, end : float
        px, where the axis begins and ends: from left to right, from bottom to top.
    names : tuple of str
        Categories, at 0, 1 and so on; empty for numbers.
    """

    spec: dict
    low: float
    high: float
    start: float
    end: float
    names: tuple[str, ...] = ()

    def place(self, value) -> float:
        """px of a value or a category."""
        number = self.number(value)
        return self.start + (number - self.low) / (self.high - self.low) * (self.end - self.start)

    def number(self, value) -> float:
        """A category's number; a number is its own."""
        return float(self.names.index(value)) if value in self.names else float(value)

    @property
    def is_visible(self) -> bool:
        return self.spec.get("visible", True)

    @property
    def has_texts(self) -> bool:
        return self.is_visible and self.spec.get("showticklabels", True)

    def ticks(self) -> list[tuple[float, str]]:
        """Number and text of every tick."""
        if self.names:
            return [
                (i, name + self.spec.get("ticksuffix", "")) for i, name in enumerate(self.names)
            ]
        if "tickvals" in self.spec:
            return list(zip(self.spec["tickvals"], self.spec["ticktext"]))
        low, high = sorted((self.low, self.high))
        if "dtick" not in self.spec:
            return [
                (value, self._text(value, text))
                for value, text in round_ticks(low, high)
            ]  # fmt: skip
        step, first = self.spec["dtick"], self.spec.get("tick0", 0)
        numbers = range(
            math.ceil((low - first) / step - 1e-9), math.floor((high - first) / step + 1e-9) + 1
        )
        return [
            (first + i * step, self._text(first + i * step, f"{first + i * step:g}"))
            for i in numbers
        ]

    def _text(self, value: float, text: str) -> str:
        form = self.spec.get("tickformat")
        return (format(value, form) if form else text).replace("-", "−")


def axis_of(spec: dict, values: Iterable, start: float, end: float) -> Axis:
    """An axis with its ends: those that the layout names, or the data's with some room.

    Parameters
    ----------
    spec : dict
    values : iterable
        Of all traces on it: numbers, None, or categories.
    start, end : float
        px
    """
    values = [value for value in values if value is not None and value == value]
    names: tuple[str, ...] = ()
    if any(isinstance(value, str) and not _is_number(value) for value in values):
        names = tuple(dict.fromkeys(values))
    numbers = [names.index(v) if names else float(v) for v in values]
    if spec.get("range") is not None:
        low, high = map(float, spec["range"])
    elif names:
        low, high = -0.5, len(names) - 0.5
    else:
        low, high = min(numbers, default=0.0), max(numbers, default=1.0)
        room = 0.06 * (high - low) or 0.5
        low, high = (0.0 if spec.get("rangemode") == "tozero" else low - room), high + room
    if spec.get("autorange") == "reversed":
        low, high = high, low
    return Axis(spec, low, high, start, end, names)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
