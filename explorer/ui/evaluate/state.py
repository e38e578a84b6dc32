"""What the Evaluate view remembers of one visitor, and how it asks the core.

Uploads are moved at once into a folder of this visitor's own, under running numbers, and each is
deleted as soon as it is evaluated; the folder goes at the end, on cancel, on error, and when the
visitor gives other files. It lies in the folder that :mod:`explorer.ui.server.cache` sweeps.
"""

import csv
import io
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from explorer.data.datasets import Metadata, read_metadata
from explorer.data.joining import image_keys, read_predictions
from explorer.data.predictions import Predictions
from explorer.evaluate import EvaluateSettings
from explorer.evaluate.folder import Item
from explorer.evaluate.local import Worker
from explorer.evaluate.record import COLUMNS, fill
from explorer.image.read import read_image
from explorer.image.zipped import Limits, distinct_names, open_zip, renamed_note, safe_name
from explorer.model.classifier import Classifier
from explorer.rules.rules import DEFAULT_RULE
from explorer.ui.groups.state import Evaluated
from explorer.ui.parts.pictures import data_uri
from explorer.ui.server import cache, uploads
from explorer.util import lazy
from explorer.util.errors import ExplorerError

pd = lazy.load("pandas")


LIMITS = Limits()
#: Longest side of the pictures that are kept for the drill-down, pixels.
THUMBNAIL = 96
#: Most rows of a metadata file; ISIC 2024 has 401,059.
MOST_ROWS = 500_000
#: What the tone can come from: (tone_from, method) of the core's settings.
TONES = MappingProxyType(
    {
        "published": ("image", "published"),
        "robust": ("image", "robust"),
        "metadata": ("metadata", "published"),
    }
)


@dataclass(frozen=True)
class Batch:
    """Images that wait to be evaluated, in a folder of their own.

    Attributes
    ----------
    folder : Path
    items : tuple of Item
        File and safe name of each.
    metadata : Metadata or None
        From CSV files that were in the zip.
    notes : tuple of str
        What was left out or renamed.
    """

    folder: Path
    items: tuple[Item, ...]
    metadata: "Metadata | None" = None
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(item.path.stat().st_size for item in self.items if item.path.exists())

    def remove(self) -> None:
        """Delete the folder with all that is left in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Run:
    """What came of a batch, so far or in the end.

    Attributes
    ----------
    total : int
        Images asked for.
    weights : str
        Label of the weights.
    settings : EvaluateSettings
    started : float
        Of ``time.monotonic``.
    rows : list of dict
        As :func:`explorer.evaluate.record.fill` makes them.
    pictures : dict of str to str
        Data URI of a small picture by image name.
    unknown : int
        Images that the metadata does not know.
    """

    total: int
    weights: str
    settings: EvaluateSettings
    started: float
    rows: list[dict] = field(default_factory=list)
    pictures: dict[str, str] = field(default_factory=dict)
    unknown: int = 0

    @property
    def good(self) -> list[dict]:
        """Rows with logits."""
        return [row for row in self.rows if not row.get("error")]

    @property
    def bad(self) -> list[dict]:
        """Rows with an error."""
        return [row for row in self.rows if row.get("error")]

    @property
    def labelled(self) -> int:
        """Rows with logits and a true label."""
        return sum(row.get("target") in ("0", "1") for row in self.good)

    def csv(self, **more: str) -> str:
        """All rows with the columns of ``predictions.parquet``, and ``more``, equal in all."""
        extra = dict.fromkeys(name for row in self.rows for name in row if name not in COLUMNS)
        text = io.StringIO()
        writer = csv.DictWriter(text, [*COLUMNS, *(extra | more)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(row | more for row in self.rows)
        return text.getvalue()

    def predictions(self) -> "Predictions":
        """As the Groups view takes them; ExplorerError where no image has a true label."""

        if not self.labelled:
            raise ExplorerError("No image has a true label: give a CSV file with them.")
        how = "the metadata" if self.settings.tone_from == "metadata" else "the images"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "evaluation.csv"
            path.write_text(self.csv(), encoding="utf-8")
            return read_predictions(
                path,
                name="your evaluation",
                weights=self.weights,
                source=f"{self.labelled} of your {self.total} images, tone from {how}",
            )


class Desk:
    """What a visitor has given, and the latest run; changed in place, one per visitor."""

    def __init__(self):
        self.batch: Batch | None = None
        self.metadata: Metadata | None = None
        self.run: Run | None = None
        self.rule = DEFAULT_RULE
        self.serial = 0
        self.asked = self.working = False

    def give(self, batch: Batch) -> None:
        """Take new images in place of those that wait."""
        self.drop()
        self.batch = batch

    def drop(self) -> None:
        """Forget images that wait, and delete them."""
        if self.batch is not None:
            self.batch.remove()
        self.batch = None

    def ask(self) -> None:
        """A run is wanted; an earlier one ends."""
        self.serial += 1
        self.asked, self.run = True, None

    def take(self) -> tuple[Batch | None, Callable[[], bool]]:
        """The images that wait, which now are the caller's, and whether they still are wanted."""
        batch, self.batch, mine = self.batch, None, self.serial
        self.working = batch is not None
        return batch, lambda: self.asked and self.serial == mine

    def stop(self) -> None:
        """No run is wanted any more."""
        self.asked = False

    def for_groups(self) -> Evaluated:
        """The latest run as the Groups view takes it; ExplorerError where it cannot."""
        if self.run is None:
            raise ExplorerError("Nothing has been evaluated yet: press Run first.")
        return Evaluated(self.run.predictions(), pictures_by_image(self.run.pictures))

    def close(self) -> None:
        """The visitor has gone."""
        self.stop()
        self.drop()

    def known(self, batch: Batch | None) -> "Metadata | None":
        """Of these images: the CSV file that was given, else the one in their zip."""
        return self.metadata or (batch and batch.metadata)


# Uploads


def stage(paths: Sequence[str]) -> Batch:
    """Move uploaded images, or the content of one zip, into a new folder.

    Raises
    ------
    ExplorerError
        If they are too many or too large, or the zip cannot be used; nothing stays on disk then.
    """
    paths = list(dict.fromkeys(paths))  # equal files lie at one place
    folder = _new_folder()
    try:
        zips = [path for path in paths if path.lower().endswith(".zip")]
        if not zips:
            return _stage_images(paths, folder)
        if len(paths) > 1:
            raise ExplorerError("Give single images or one zip file, not both.")
        return _stage_zip(uploads.read(zips[0]), safe_name(Path(zips[0]).name), folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        for path in paths:
            uploads.remove(path)


def read_tables(paths: Sequence[str]) -> "Metadata":
    """Metadata of uploaded CSV files, which are deleted; raises as ``read_metadata`` does."""
    return _metadata([(safe_name(Path(path).name), uploads.read(path)) for path in paths])


def _metadata(files: list[tuple[str, bytes]]) -> "Metadata":
    """Of files by name and content; the core reads them by path, so they lie there for a moment."""

    for name, data in files:
        if data.count(b"\n") > MOST_ROWS:
            raise ExplorerError(
                f"{name} has more than {MOST_ROWS:,} rows: keep those of your images."
            )
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, (name, data) in enumerate(files):
            paths.append(Path(folder) / str(number) / name)
            paths[-1].parent.mkdir()
            paths[-1].write_bytes(data)
        return read_metadata(paths)


def _new_folder() -> Path:
    """A folder whose name nobody can guess."""
    parent = Path(os.environ.get(cache.VARIABLE) or tempfile.gettempdir())
    folder = parent / f"evaluate-{secrets.token_hex(16)}"
    folder.mkdir(mode=0o700, parents=True)
    return folder


def _stage_images(paths: list[str], folder: Path) -> Batch:
    if len(paths) > LIMITS.images:
        raise ExplorerError(
            f"These are {len(paths)} images; at most {LIMITS.images} are evaluated here: choose "
            "fewer, or use the evaluate command."
        )
    found = [Path(path) for path in paths]
    if sum(path.stat().st_size for path in found if path.exists()) > LIMITS.total:
        raise ExplorerError(
            f"The images have more than {LIMITS.total // 2**20} MB together: choose fewer or "
            "smaller ones."
        )
    before = [safe_name(path.name) for path in found]
    names, items = distinct_names(before), []
    for number, (path, name) in enumerate(zip(found, names), 1):
        items.append(Item(folder / _numbered(number, path), name))
        items[-1].path.write_bytes(uploads.read(str(path)))
    return Batch(folder, tuple(items), notes=tuple(renamed_note(names, before)))


def _stage_zip(data: bytes, name: str, folder: Path) -> Batch:
    items = []
    with open_zip(data, name, LIMITS) as archive:
        for number, member in enumerate(archive.images, 1):
            items.append(Item(folder / _numbered(number, Path(member.name)), member.name))
            items[-1].path.write_bytes(archive.read(member))
        tables = [(member.name, archive.read(member)) for member in archive.tables]
        notes = archive.notes
    if not tables:
        return Batch(folder, tuple(items), notes=notes)
    try:
        return Batch(folder, tuple(items), _metadata(tables), notes)
    except ExplorerError as error:  # the images still count
        notes = *notes, f"The CSV files in the zip are not used: {error}"
        return Batch(folder, tuple(items), notes=notes)


def _numbered(number: int, path: Path) -> str:
    return f"{number:04d}{path.suffix.lower()}"


# Work


def new_run(batch: Batch, classifier: "Classifier", tone: str, known: "Metadata | None") -> Run:
    """An empty run; ExplorerError where the choices do not fit."""
    tone_from, method = TONES[tone]
    if tone_from == "metadata" and known is None:
        raise ExplorerError(
            "Tone from the metadata needs a CSV file: give one, or choose to "
            "estimate the tone from the images."
        )
    settings = EvaluateSettings(tone_from, method)
    return Run(len(batch.items), classifier.weights.label, settings, time.monotonic())


def work(
    batch: Batch,
    run: Run,
    classifier: "Classifier",
    known: "Metadata | None",
    wanted: Callable[[], bool],
) -> Iterator[Run]:
    """The run after every image; ends early once it is not wanted, and leaves nothing on disk.

    One image at a time, so that it ends within one image, and in this process, since the server
    has other visitors.
    """

    try:
        worker = Worker(classifier, run.settings, 1)
        for item in batch.items:
            if not wanted():
                return
            (answer,) = worker([item])
            run = _with(run, item, answer, known)
            item.path.unlink(missing_ok=True)
            yield run
    finally:
        batch.remove()


def _with(run: Run, item: Item, answer, known: "Metadata | None") -> Run:

    facts = known.lookup(item.name) if known else None
    row = fill(answer.prepared, answer.logits, facts, run.settings)
    pictures = run.pictures | ({} if row.get("error") else {item.name: _thumbnail(item)})
    unknown = run.unknown + (known is not None and facts is None)
    return replace(run, rows=[*run.rows, row], pictures=pictures, unknown=unknown)


def _thumbnail(item: Item) -> str:

    return data_uri(read_image(item.path).rgb, THUMBNAIL)


def pictures_by_image(pictures: Mapping[str, str]) -> dict[str, str]:
    """The same by the names that predictions use, without extension."""

    keys = image_keys(pd.Series(list(pictures), dtype=str))
    return dict(zip(keys, pictures.values()))
