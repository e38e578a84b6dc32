"""The images behind a figure: of a group, of a confusion cell, of both."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.fairness.decisions import Decided
from explorer.fairness.metrics import CELLS
from explorer.util.errors import ExplorerError

PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")


@dataclass(frozen=True)
class ImageSelection:
    """The images behind a bar, a cell or a point; all arrays (K,).

    ``tone`` is the published tone group's label (or float-CIELAB tone, or :data:`UNKNOWN`),
    ``probability`` is None for sources of labels.
    """

    title: str
    image: np.ndarray
    group: np.ndarray
    tone: np.ndarray
    target: np.ndarray
    call: np.ndarray
    probability: np.ndarray | None

    def __len__(self) -> int:
        return len(self.image)

    def table(self, most: int | None = None) -> tuple[list[str], list[list[str]]]:
        """Headers and rows of text, the first ``most``."""
        words = ("benign", "malignant")
        headers = ["image", "group", "tone", "label", "called"]
        columns = [
            self.image,
            self.group,
            self.tone,
            [words[i] for i in self.target],
            [words[i] for i in self.call],
        ]
        if self.probability is not None:
            headers.append("probability")
            columns.append([f"{p:.3f}" for p in self.probability])
        return headers, [list(map(str, row)) for row in zip(*(c[:most] for c in columns))]


def image_files(images: ImageSelection, folder) -> list:
    """The file of every image in a folder, by name; None where there is none.

    Parameters
    ----------
    folder : str or Path
        With files in and below it named as the images, with any extension of :data:`PICTURES`.

    Returns
    -------
    list of Path or None, length K

    Raises
    ------
    ExplorerError
        If there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ExplorerError(f"{folder} is not a folder of images")
    files = {
        path.stem: path for path in sorted(folder.rglob("*")) if path.suffix.lower() in PICTURES
    }
    return [files.get(name) for name in images.image.tolist()]


def images_behind(
    decided: Decided,
    group: str | tuple[str, ...] | None = None,
    cell: str | tuple[str, ...] | None = None,
) -> ImageSelection:
    """The images of a group or several, of a confusion cell (a key of :data:`CELLS`) or several.

    None, or an empty tuple, is all of them. Mistakes come first, the most confident ones ahead
    where there is a probability.
    """
    groups, cells = (
        (names,) if isinstance(names, str) else tuple(names or ()) for names in (group, cell)
    )
    in_group = [decided.members(name) for name in groups]
    in_cell = []
    for name in cells:
        if name not in CELLS:
            raise ExplorerError(f"unknown cell {name!r}: choose one of {', '.join(CELLS)}")
        target, call = CELLS[name]
        in_cell.append((decided.target == target) & (decided.call == call))
    kept = np.ones(len(decided.call), bool)
    for any_of in (in_group, in_cell):
        kept &= np.any(any_of, axis=0) if any_of else True
    order = np.flatnonzero(kept)
    called = decided.call if decided.probability is None else decided.probability
    order = order[np.argsort(-np.abs(called - decided.target)[order], kind="stable")]
    title = ", ".join(x for x in (_joined(groups) or "all images", _joined(cells)) if x)
    facts = decided.predictions.metadata
    tone = next(
        (facts[key] for key in ("published", "cielab") if key in facts),
        np.full(len(kept), "unknown"),
    )
    group_names = np.array(decided.names)[decided.group]
    columns = (decided.predictions.image, group_names, tone, decided.target, decided.call)
    score = None if decided.probability is None else decided.probability[order]
    return ImageSelection(title, *(column[order] for column in columns), score)


def _joined(names: tuple[str, ...]) -> str:
    """``a, b and c``; empty for none."""
    *head, last = names or ("",)
    return f"{', '.join(head)} and {last}" if head else last
