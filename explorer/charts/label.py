"""What stands beside a figure wherever it goes: its caption, n, source, and table twin.

A Plotly figure carries its label in ``layout.meta``, where the page finds it
(``ui/parts/figures.js``) and the files of the command line (:mod:`explorer.charts.export`).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from explorer.util.plain import plain

#: Widths of a column and of both columns of a journal, mm.
COLUMN, PAGE = 85.0, 174.0
#: Origin and source of a figure whose maker does not know them, until :func:`sourced` adds them.
NO_SOURCE = ("", "")
#: Letters of a file's name that come from the figure's name and from its source.
LONGEST = 48


@dataclass(frozen=True)
class Label:
    """What a figure shows and what it rests on.

    Attributes
    ----------
    name : str
        A few words, for file names.
    caption : str
        A sentence or a title without its full stop.
    basis : str
        How many images, lesions or pixels: ``n = 6,562 images (137 malignant)``.
    origin : str
        A few words on the source, for file names.
    source : str
        Where the data and the numbers come from.
    headers, rows : sequence
        The table twin, texts.
    wide : bool
        Whether it is meant for both columns (:data:`PAGE`) rather than one (:data:`COLUMN`).
    """

    name: str
    caption: str
    basis: str
    origin: str
    source: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    wide: bool = False

    @property
    def stem(self) -> str:
        """Name of a file without its ending: figure and source."""
        return f"{slug(self.name)}_{slug(self.origin)}"

    @property
    def width(self) -> float:
        """Of the figure in print, mm."""
        return PAGE if self.wide else COLUMN

    @property
    def text(self) -> str:
        """Caption, n and source as one paragraph."""
        parts = self.caption, self.basis, f"Source: {self.source}" if self.source else ""
        return " ".join(f"{part.rstrip('.')}." for part in parts if part)

    def to_meta(self) -> dict:
        """For ``layout.meta["figure"]`` of a Plotly figure: the fields, and ``stem``."""
        return {**plain(self), "stem": self.stem}

    @classmethod
    def of(cls, figure) -> "Label":
        """The label that a Plotly figure carries (:func:`explorer.charts.theme.described`)."""
        fields = dict(figure.layout.meta["figure"])
        del fields["stem"]
        return cls(**fields)


def sourced(figure, origin: str, source: str):
    """A Chart or Plotly figure with its source, where it does not say one of its own.

    Parameters
    ----------
    figure : Chart or plotly.graph_objects.Figure or None
        None stays None. A Plotly figure is changed in place.
    origin, source : str
        As in a :class:`Label`.
    """
    if hasattr(figure, "legend"):
        return figure if figure.source else replace(figure, origin=origin, source=source)
    if figure is not None and not (label := Label.of(figure)).source:
        figure.layout.meta["figure"] = replace(label, origin=origin, source=source).to_meta()
    return figure


def slug(text: str) -> str:
    """A text as part of a file's name: lower-case ASCII letters, digits and hyphens.

    >>> slug("Gaps by tone group, 8-bit")
    'gaps-by-tone-group-8-bit'
    """
    ascii_ = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    whole = re.sub(r"[^a-z0-9]+", "-", ascii_).strip("-")
    cut = whole if len(whole) <= LONGEST else whole[: LONGEST + 1].rpartition("-")[0]
    return cut or whole[:LONGEST] or "figure"
