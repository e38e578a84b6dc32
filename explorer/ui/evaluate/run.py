"""A run on a visitor's images: one image after the other, and what came of them."""

import csv
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from explorer.data.datasets import Metadata
from explorer.data.images import image_keys
from explorer.data.joining import read_predictions
from explorer.evaluate import EvaluateSettings
from explorer.evaluate.local import Worker
from explorer.evaluate.record import COLUMNS, fill
from explorer.image.read import read_image
from explorer.model.classifier import Classifier
from explorer.ui.evaluate.staging import Batch
from explorer.ui.groups.state import Own
from explorer.ui.parts.pictures import data_uri
from explorer.ui.server import uploads
from explorer.util import lazy
from explorer.util.cells import safe_cell
from explorer.util.errors import ExplorerError

pd = lazy.load("pandas")

#: Longest side of the pictures that are kept for the drill-down, pixels.
THUMBNAIL = 96
#: What the tone can come from: (tone_from, method) of the core's settings.
TONES = MappingProxyType(
    {
        "published": ("image", "published"),
        "robust": ("image", "robust"),
        "metadata": ("metadata", "published"),
    }
)


@dataclass(frozen=True)
class BatchRun:
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
        writer.writerow({name: safe_cell(name) for name in writer.fieldnames})
        for row in self.rows:
            writer.writerow({name: safe_cell(value) for name, value in (row | more).items()})
        return text.getvalue()

    def for_groups(self) -> Own:
        """As the answer takes it; ExplorerError where no image has a true label."""
        if not self.labelled:
            raise ExplorerError("No image has a true label: give a CSV file with them.")
        how = "the metadata" if self.settings.tone_from == "metadata" else "the images"
        with uploads.as_files([("evaluation.csv", self.csv().encode())]) as paths:
            predictions = read_predictions(
                *paths,
                name="your images",
                weights=self.weights,
                source=f"{self.labelled} of your {self.total} images, tone from {how}",
            )
        keys = image_keys(pd.Series(list(self.pictures), dtype=str))
        return Own(predictions, dict(zip(keys, self.pictures.values())))


def new_run(batch: Batch, classifier: Classifier, tone: str, known: Metadata | None) -> BatchRun:
    """An empty run; ExplorerError where the choices do not fit."""
    tone_from, method = TONES[tone]
    if tone_from == "metadata" and known is None:
        raise ExplorerError(
            "Tone from the metadata needs a CSV file: give one, or choose to "
            "estimate the tone from the images."
        )
    settings = EvaluateSettings(tone_from, method)
    return BatchRun(len(batch.items), classifier.weights.label, settings, time.monotonic())


def work(
    batch: Batch,
    run: BatchRun,
    classifier: Classifier,
    known: Metadata | None,
    wanted: Callable[[], bool],
) -> Iterator[BatchRun]:
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
            facts = known.lookup(item.name) if known else None
            row, pictures = fill(answer.prepared, answer.logits, facts, run.settings), run.pictures
            if not row.get("error"):
                pictures = pictures | {item.name: data_uri(read_image(item.path).rgb, THUMBNAIL)}
            item.path.unlink(missing_ok=True)
            unknown = run.unknown + (known is not None and facts is None)
            run = replace(run, rows=[*run.rows, row], pictures=pictures, unknown=unknown)
            yield run
    finally:
        batch.remove()
