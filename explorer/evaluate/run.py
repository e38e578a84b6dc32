"""One run from images to a folder of results, whichever engine does the work."""

import os
import platform
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from explorer.data.datasets import Metadata
from explorer.evaluate.folder import Item, printable
from explorer.evaluate.local import run_local
from explorer.evaluate.ray_cluster import check_ray
from explorer.evaluate.ray_engine import run_ray
from explorer.evaluate.record import fill, metadata_columns
from explorer.evaluate.review import Review
from explorer.evaluate.run_store import PREDICTIONS, RunStore
from explorer.evaluate.settings import DEFAULT_SETTINGS, EvaluateSettings
from explorer.evaluate.store import RowsReport, write_missing
from explorer.model.classifier import Classifier
from explorer.model.packed import check_bfloat16
from explorer.util import lazy
from explorer.util.errors import ExplorerError
from explorer.util.workers import cores, default_workers

metadata_of = lazy.load("importlib.metadata")

ENGINES = ("local", "ray")
LIBRARIES = (
    "torch",
    "timm",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "scikit-image",
    "pyarrow",
    "ray",
)


@dataclass(frozen=True)
class RunReport(RowsReport):
    """What a run did: counts as of any :class:`RowsReport`, and more.

    Attributes
    ----------
    folder, predictions : Path
        The run's folder, and the table in it.
    no_metadata : int
        New rows of images that the metadata does not know; 0 without metadata.
    changed, corrected, removed, damaged : int
        What was not true any more in the folder: rows of images that have another content now,
        which were left out and are made again; rows whose metadata was corrected; rows of images
        that are not there any more; rows and files of rows that were damaged.
    outdated : tuple of str
        Files of an earlier run, such as its report, that were removed for that reason or because
        rows came to it.
    seconds : dict of str to float
        Processor time by stage, summed over the new images.
    """

    folder: Path
    predictions: Path
    no_metadata: int
    changed: int
    corrected: int
    removed: int
    damaged: int
    outdated: tuple[str, ...]
    seconds: dict


def evaluate(
    items: Iterable[Item],
    out: str | Path,
    classifier: Classifier,
    *,
    metadata: Metadata | None = None,
    settings: EvaluateSettings = DEFAULT_SETTINGS,
    workers: int | None = None,
    batch: int | None = None,
    limit: int | None = None,
    engine: str = "local",
    address: str | None = None,
    on_start: Callable[[int, int], None] = lambda images, skipped: None,
    on_row: Callable[[dict], None] = lambda row: None,
) -> RunReport:
    """Evaluate images into a folder; go on where an earlier run ended.

    Images that the folder holds already are skipped, except those with an error, which are tried
    again. Whatever ends the run early, what was done is kept. What is no longer true is not: an
    image whose SHA-256 is another one is evaluated anew, a row whose image is not among the items
    any more goes, and one whose metadata was corrected is corrected.

    Parameters
    ----------
    items : iterable of explorer.evaluate.folder.Item
        Under names as :func:`explorer.evaluate.folder.printable` makes them.
    out : str or Path
        New, or left by an earlier run with equal weights and settings.
    classifier : Classifier
    metadata : explorer.data.datasets.Metadata, optional
        Its columns stand beside each image.
    settings : EvaluateSettings
    workers : int, optional
        Processes; by default one per core, or this process alone for a small set.
        On a cluster every core there is.
    batch : int, optional
        Images per pass of the network.
    limit : int, optional
        Evaluate the first images only; rows of the others stay.
    engine, address : str
        "local", or "ray" on the cluster at ``address`` (by default one of this machine's own).
    on_start, on_row
        As for :func:`explorer.evaluate.store.write_missing`.

    Raises
    ------
    ExplorerError
        If the folder or the engine cannot be used, another run uses the folder, none of its rows
        is of these images, or a worker is killed.
    """
    items = printable(items)
    _check(settings, metadata, engine, workers, batch, address)
    wanted = items[:limit]
    count = workers or (None if address else default_workers(len(wanted)))
    columns = metadata_columns(metadata.columns) if metadata else {}
    review = Review(items, metadata, settings)
    facts = _facts(classifier, settings, columns, engine=engine, workers=count)
    store = RunStore(out, facts, review)
    unknown, seconds = 0, Counter()

    def rows(todo: list[Item]) -> Generator[dict, None, None]:
        nonlocal unknown
        with closing(_run(todo, classifier, settings, count, batch, engine, address)) as answers:
            for answer in answers:
                known = metadata.lookup(answer.prepared.name) if metadata else None
                unknown += metadata is not None and known is None
                seconds.update(answer.prepared.seconds)
                store.note(stage_seconds={key: round(s, 3) for key, s in seconds.items()})
                yield fill(answer.prepared, answer.logits, known, settings)

    done = write_missing(wanted, store, rows, on_start, on_row)
    return RunReport(
        **vars(done),
        folder=Path(out),
        predictions=Path(out) / PREDICTIONS,
        no_metadata=unknown,
        changed=review.changed,
        corrected=review.corrected,
        removed=review.removed,
        damaged=review.damaged + store.damaged,
        outdated=store.outdated,
        seconds=dict(seconds),
    )


def _check(settings, metadata, engine, workers, batch, address) -> None:
    """Before there is a folder."""
    if settings.tone_from == "metadata" and metadata is None:
        raise ExplorerError("Tone from metadata needs metadata: give a CSV file with it.")
    if engine not in ENGINES:
        raise ExplorerError(f"Unknown engine {engine!r}: choose {' or '.join(ENGINES)}.")
    for name, value in (("workers", workers), ("batch", batch)):
        if value is not None and value < 1:
            raise ExplorerError(f"{name} must be at least 1, not {value}.")
    if address and engine != "ray":
        raise ExplorerError("An address is that of a Ray cluster: give --engine ray with it.")
    if settings.precision == "bfloat16" and settings.device == "cpu" and not address:
        check_bfloat16()
    if engine == "ray":
        check_ray(address)


def _run(todo, classifier, settings, workers, batch, engine, address):
    if engine == "ray":
        return run_ray(todo, classifier, settings, workers, batch, address)
    return run_local(todo, classifier, settings, min(workers, max(1, len(todo))), batch)


def _facts(classifier, settings, columns, **more) -> dict:
    """What ``run.json`` says of the run."""
    weights, versions = classifier.weights, {"python": platform.python_version()}
    for name in LIBRARIES:
        with suppress(metadata_of.PackageNotFoundError):  # ray is optional
            versions[name] = metadata_of.version(name)
    return {
        "weights": weights.label,
        "weights_name": weights.name,
        "weights_source": weights.source,
        "weights_revision": weights.revision,
        "weights_sha256": weights.sha256,
        "architecture": classifier.facts.architecture,
        **asdict(settings),
        "metadata_columns": list(columns.values()),
        **more,
        "versions": versions,
        "machine": {
            "system": platform.platform(terse=True),
            "cores": cores(),
            "load_at_start": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        },
    }
