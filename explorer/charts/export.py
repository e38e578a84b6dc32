"""Figures as files: SVG and PNG at a journal's column width, and the table twin as CSV.

The same caption, n and source stand in the drawing, in what a search finds of the file, and in
``captions.txt`` beside it.

    >>> from explorer.figures.gaps import gap_plot
    >>> from explorer.study.counts import group_report
    >>> paths = write_figures("figures", [gap_plot(group_report("published"))])
"""

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from explorer.charts import fonts
from explorer.charts.chart import Chart, draw
from explorer.charts.from_plotly import sheet_of
from explorer.charts.label import COLUMN, PAGE, Label
from explorer.charts.sheet import Sheet, Words
from explorer.charts.sheet_png import to_png
from explorer.charts.sheet_svg import to_svg
from explorer.util.cells import safe_cell
from explorer.util.errors import ExplorerError

#: First line of the list of a folder's figures; what it lists may be written again.
HEAD = "Figures of the melanoma fairness explorer; each as .svg, .png (300 dpi) and .csv."
CAPTIONS = "captions.txt"
MAKER = "Melanoma fairness explorer; outputs of a research model, not a medical device"
ENDINGS = (".svg", ".png", ".csv")
SIZE = 12  # px of the caption's letters, 7.4 points in print


@dataclass(frozen=True)
class Drawn:
    """A figure for print: the sheet with its caption below, and its label."""

    sheet: Sheet
    label: Label

    @classmethod
    def of(cls, figure, width: float | None = None) -> "Drawn":
        """Of a Chart or a Plotly figure of this house, ``width`` mm; by default as it is meant.

        Raises
        ------
        ExplorerError
            If the width is not between a narrow column and a sheet of paper.
        """
        if width is not None and not COLUMN * 0.7 <= width <= PAGE * 1.7:
            raise ExplorerError(f"A figure {width:g} mm wide cannot be read: choose 60 to 295 mm.")
        figure = draw(figure) if isinstance(figure, Chart) else figure
        label = Label.of(figure)
        return cls(_with_caption(sheet_of(figure, width), label), label)

    @property
    def svg(self) -> str:
        """The file's text; its width is in millimetres."""
        return to_svg(self.sheet, self.label.caption, f"{self.label.text} {MAKER}.")

    @property
    def png(self) -> bytes:
        """The file's bytes, at 300 dots per inch."""
        label = self.label
        texts = {"Title": label.caption, "Description": label.text, "Source": label.source}
        return to_png(self.sheet, {**texts, "Software": MAKER})

    @property
    def csv(self) -> str:
        """The table twin: a line of headers, then the rows."""
        text = io.StringIO()
        rows = (map(safe_cell, row) for row in (self.label.headers, *self.label.rows))
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue()


def write_figures(
    folder: str | Path, figures: Iterable, command: str = "", width: float | None = None
) -> list[Path]:
    """Write figures as .svg, .png and .csv, and ``captions.txt``, into a folder.

    Parameters
    ----------
    folder : str or Path
        Made where it is missing.
    figures : iterable of Chart or plotly.graph_objects.Figure
    command : str
        What made them, for the captions.
    width : float, optional
        mm; by default 85 or 174, as each figure is meant.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    ExplorerError
        If the folder cannot be written, or holds a file of one of these names that is not listed
        in its ``captions.txt``; nothing is written then.
    """
    folder, drawn = Path(folder), {}
    for each in figures:
        found = Drawn.of(each, width)
        drawn[_free(found.label.stem, drawn)] = found
    known = _listed(folder)
    names = [f"{stem}{ending}" for stem in drawn for ending in ENDINGS]
    for name in names:
        if (folder / name).exists() and Path(name).stem not in known:
            raise ExplorerError(
                f"{folder / name} is there already and was not written by the explorer: choose "
                "another folder."
            )
    entries = known | {stem: _entry(found.label, command) for stem, found in drawn.items()}
    check_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for stem, found in drawn.items():
            (folder / f"{stem}.svg").write_text(found.svg, encoding="utf-8")
            (folder / f"{stem}.png").write_bytes(found.png)
            (folder / f"{stem}.csv").write_text(found.csv, encoding="utf-8", newline="")
        blocks = (f"{stem}\n{entry}" for stem, entry in entries.items())
        text = "\n".join([HEAD + "\n", *blocks])
        (folder / CAPTIONS).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExplorerError(
            f"The figures cannot be written to {folder}: {error.strerror}."
        ) from error
    return [folder / name for name in (*names, CAPTIONS)]


def check_folder(folder: str | Path) -> None:
    """Raise ExplorerError where a folder for figures can be neither made nor written into."""
    folder = Path(folder)
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not there.is_dir():
        raise ExplorerError(f"The figures cannot be written to {folder}: {there} is a file.")
    if not os.access(there, os.W_OK):
        raise ExplorerError(f"The figures cannot be written to {folder}: {there} is read-only.")


def _with_caption(sheet: Sheet, label: Label) -> Sheet:
    """The sheet with caption, n and source below the drawing."""
    step, left = SIZE * 1.35, 4.0
    for number, line in enumerate(fonts.wrapped(label.text, SIZE, sheet.width - 2 * left)):
        sheet.marks.append(Words(left, sheet.height + 4 + (number + 1) * step, line, SIZE))
    sheet.height += 4 + (number + 1) * step + 8
    return sheet


def _entry(label: Label, command: str) -> str:
    made = f"  Made on {date.today().isoformat()}" + (f" by: {command}" if command else "")
    basis, source = f"  Basis: {label.basis}", f"  Source: {label.source}"
    return f"  {label.caption}\n{basis}\n{source}\n{made}\n"


def _listed(folder: Path) -> dict[str, str]:
    """Stems of the figures that an earlier run wrote here, with their entries."""
    path = folder / CAPTIONS
    if not path.exists():
        return {}
    try:
        head, _, rest = path.read_text(encoding="utf-8").partition("\n\n")
    except (OSError, UnicodeDecodeError):
        head, rest = "", ""
    if head != HEAD:
        raise ExplorerError(
            f"{path} is there already and was not written by the explorer: choose another folder."
        )
    blocks = (block.strip("\n").partition("\n") for block in rest.split("\n\n") if block.strip())
    return {stem: entry + "\n" for stem, _, entry in blocks}


def _free(stem: str, taken) -> str:
    """The stem, or with a number where another figure of this call has it."""
    numbers = (f"{stem}-{number}" for number in range(2, len(taken) + 2))
    return next(name for name in (stem, *numbers) if name not in taken)
