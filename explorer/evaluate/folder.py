"""Skin tone of many images: find them, measure them on all cores, keep the rows in a CSV.

Nothing but the paths is held in memory: images are decoded by the workers, and only a few results
wait at a time. Results come in the order of the images, whichever worker finishes first.
"""

import json
import os
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from explorer.evaluate.csv_store import CsvStore
from explorer.evaluate.store import RowsReport, one_line, write_missing
from explorer.image.read import SUFFIXES, read_image
from explorer.lesion.as_json import tone_json
from explorer.lesion.lesion import read_tone
from explorer.skin.settings import PUBLISHED, ToneSettings
from explorer.tone.estimators import DEFAULT_METHOD, ESTIMATORS
from explorer.util.errors import ExplorerError
from explorer.util.registry import find
from explorer.util.workers import map_in_order

#: Columns of the CSV. ``settings`` holds what differs from the published settings, as JSON.
COLUMNS = (
    "image",
    "method",
    "settings",
    "published_ita",
    "published_group",
    "published_name",
    "cielab_ita",
    "cielab_name",
    "color_r",
    "color_g",
    "color_b",
    "skin_fraction",
    "skin_pixels",
    "notes",
    "error",
)


@dataclass(frozen=True)
class Item:
    """An image to measure: where it lies, and what it is called in results."""

    path: Path
    name: str


@dataclass(frozen=True)
class Measured:
    """What came of one image.

    Attributes
    ----------
    item : Item
    row : dict or None
        As :func:`explorer.lesion.as_json.tone_json` writes it.
    error : str or None
        One sentence where ``row`` is None.
    """

    item: Item
    row: dict | None
    error: str | None = None


def find_images(paths: Iterable[str | Path]) -> list[Item]:
    """Images named, and those in folders named and below, by suffix, in alphabetical order.

    Hidden files and folders (a leading dot) are left out. Where one single folder is given, an
    item's name is its path relative to that folder; otherwise it is the path as given.

    Raises
    ------
    ExplorerError
        If a folder cannot be read or holds no image. A missing image is found out later, when
        it is read.
    """

    def fail(error: OSError):
        raise ExplorerError(f"{error.filename} cannot be read ({error.strerror}).")

    given, items = list(paths), []
    for text in given:
        path = Path(text)
        if not path.is_dir():
            items.append(Item(path, str(text)))
            continue
        inside = []
        for root, folders, files in os.walk(path, onerror=fail):
            folders[:] = [name for name in folders if not name.startswith(".")]
            seen = (name for name in files if not name.startswith("."))
            inside += [Path(root, name) for name in seen if name.lower().endswith(SUFFIXES)]
        if not inside:
            raise ExplorerError(f"{path} holds no image ({', '.join(SUFFIXES)}); name another.")
        for file in sorted(inside):
            name = file.relative_to(path) if len(given) == 1 else file
            items.append(Item(file, name.as_posix()))
    return items


def printable(items: Iterable[Item]) -> list[Item]:
    """The items under names that every table can hold, and no two files under one.

    A line break is a space, bytes that are not UTF-8 are written as ``\\xff``, and where that makes
    two names equal the second one gets a number. A file given twice is there once.
    """
    found = {}
    for item in dict.fromkeys(items):
        name = os.fsencode(one_line(item.name)).decode("utf-8", "backslashreplace")
        place, new, number = PurePosixPath(name), name, 2
        while new in found:
            new = str(place.with_name(f"{place.stem} ({number}){place.suffix}"))
            number += 1
        found[new] = Item(item.path, new)
    return list(found.values())


def measure_images(
    items: Iterable[Item],
    settings: ToneSettings = PUBLISHED,
    method: str = DEFAULT_METHOD,
    workers: int = 1,
    intervals: bool = True,
) -> Generator[Measured, None, None]:
    """Estimate the skin tone of every item, in order; bad images give an error, not an exception.

    Parameters
    ----------
    items : iterable of Item
    settings : ToneSettings
        Of the published method; the robust one has none.
    method : str
        Key of :data:`explorer.tone.estimators.ESTIMATORS`.
    workers : int
        1 measures in this process, more in as many worker processes.
    intervals : bool
        Whether rows have the angles' intervals.

    Raises
    ------
    ExplorerError
        Before the first result, if the method does not exist or takes no settings; later, if a
        worker process is killed.
    """
    estimator = find(ESTIMATORS, method, "method")
    if settings != PUBLISHED and not estimator.tunable:
        raise ExplorerError(f"The {estimator.key} method has no settings; leave --settings out.")
    if workers < 1:
        raise ExplorerError(f"workers must be at least 1, not {workers}.")
    task = partial(_measure, settings=settings, method=estimator.key, intervals=intervals)
    if workers == 1:
        return (task(item) for item in items)
    return map_in_order(task, items, workers)


def measure_to_csv(
    items: Iterable[Item],
    path: str | Path,
    settings: ToneSettings = PUBLISHED,
    method: str = DEFAULT_METHOD,
    workers: int = 1,
    on_start: Callable[[int, int], None] = lambda images, skipped: None,
    on_row: Callable[[dict], None] = lambda row: None,
) -> RowsReport:
    """Measure images into a CSV of :data:`COLUMNS`, row by row; go on where an earlier run ended.

    Images that are in the file already are skipped, except those with an error, which are tried
    again. An interrupted run keeps every row that it wrote.

    Parameters
    ----------
    items, settings, method, workers
        As for :func:`measure_images`.
    path : str or Path
        New, or left by an earlier run with equal method and settings.
    on_start, on_row
        As for :func:`explorer.evaluate.store.write_missing`.

    Raises
    ------
    ExplorerError
        As :func:`measure_images` and :class:`explorer.evaluate.csv_store.CsvStore` do.
    """

    def rows(todo: list[Item]) -> Generator[dict, None, None]:
        # a row of the CSV has no interval
        with closing(measure_images(todo, settings, method, workers, False)) as results:
            yield from map(csv_row, results)

    method = find(ESTIMATORS, method, "method").key  # one word in the file, whatever the name
    fixed = {"method": method, "settings": settings_text(settings)}
    return write_missing(items, CsvStore(path, COLUMNS, fixed), rows, on_start, on_row)


def csv_row(measured: Measured) -> dict:
    """The cells of one result by column; method and settings are the file's matter."""
    if measured.row is None:
        return {"image": measured.item.name, "error": measured.error}
    row, published, cielab = measured.row, measured.row["published"], measured.row["cielab"]
    return {
        "image": measured.item.name,
        "published_ita": round(published["ita"], 6),
        "published_group": published["group"],
        "published_name": published["name"],
        "cielab_ita": round(cielab["ita"], 6),
        "cielab_name": cielab["name"],
        **dict(zip(("color_r", "color_g", "color_b"), row["colour_rgb"])),
        "skin_fraction": round(row["skin_fraction"], 6),
        "skin_pixels": row["skin_pixels"],
        "notes": " ".join([*row["image_notes"], *row["notes"]]),
    }


def settings_text(settings: ToneSettings) -> str:
    """What differs from the published settings, as JSON; empty where nothing does."""
    published = PUBLISHED.to_dict()
    changed = {k: v for k, v in settings.to_dict().items() if v != published[k]}
    return json.dumps(changed) if changed else ""


def _measure(item: Item, settings: ToneSettings, method: str, intervals: bool) -> Measured:
    try:
        result = read_tone(read_image(item.path), settings, method)
        if result.tone is None:
            return Measured(item, None, result.problem)
        return Measured(item, tone_json(item.name, result, intervals))
    except ExplorerError as error:
        reason = str(error)
    except Exception as error:  # one image must never end a run over thousands
        reason = f"{item.path.name} could not be measured ({type(error).__name__})."
    return Measured(item, None, reason)
