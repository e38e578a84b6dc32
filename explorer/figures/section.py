"""What a report is made of: sections of text, charts and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from explorer.charts.chart import Chart


@dataclass(frozen=True)
class Table:
    """A table of text; the first cell of a row is its heading."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """Part of a report.

    Attributes
    ----------
    title : str
    text : tuple of str
        Paragraphs.
    charts, tables : tuple
    narrow : bool
        Charts stand side by side.
    data : mapping
        The section's figures as plain JSON values.
    parts : tuple of Section
    status : str
        A word beside the title; may be empty.
    """

    title: str
    text: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    narrow: bool = False
    data: Mapping = field(default_factory=lambda: MappingProxyType({}))
    parts: tuple["Section", ...] = ()
    status: str = ""
