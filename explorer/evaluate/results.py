"""What can be made of a run's folder: a CSV, curves on other skin, a report, predictions."""

from collections.abc import Callable
from pathlib import Path

from explorer.data.joining import read_predictions
from explorer.data.predictions import Predictions
from explorer.evaluate.csv_store import revise
from explorer.evaluate.run_store import CSV, CURVES, PREDICTIONS, read_run
from explorer.evaluate.store import whole
from explorer.evaluate.sweep import sweep
from explorer.image.read import FOLLOWED
from explorer.rules.rules import RULES
from explorer.util import lazy
from explorer.util.cells import safe_table
from explorer.util.errors import ExplorerError

csv = lazy.load("pyarrow.csv")
pa = lazy.load("pyarrow")
parquet = lazy.load("pyarrow.parquet")


def run_predictions(folder: str | Path) -> "Predictions":
    """The predictions of a run, as the Groups view takes them.

    Images without logits or without a true label are counted in its join report and left out.

    Raises
    ------
    ExplorerError
        If the folder is not a run's, or no image has a true label.
    """
    facts, path = read_run(folder), Path(folder) / PREDICTIONS
    if not path.exists():
        raise ExplorerError(f"{folder} has no {PREDICTIONS} yet: run the evaluate command again.")
    how = "from the images" if facts.get("tone_from") == "image" else "from the metadata"
    return read_predictions(
        path,
        name=f"run {Path(folder).resolve().name}",
        weights=str(facts.get("weights")),
        source=f"{PREDICTIONS} of {Path(folder).resolve().name}, tone {how}, network in "
        f"{facts['precision']}",
    )


def run_notes(folder: str | Path) -> tuple[str, ...]:
    """What a report on a run's folder has to say of its images, one sentence each."""
    said = parquet.read_table(Path(folder) / PREDICTIONS, columns=["warnings"])["warnings"]
    count = sum(FOLLOWED in (text or "") for text in said.to_pylist())
    if not count:
        return ()
    return (
        f"{count:,} of {len(said):,} images have a colour profile other than sRGB. Where the tone "
        "is estimated, float CIELAB follows it; the published angle and the network get the "
        "file's own bytes, as in the study's code.",
    )


def write_csv(folder: str | Path) -> Path:
    """``predictions.csv`` beside the Parquet file, with the same columns."""
    path, table = Path(folder) / CSV, Path(folder) / PREDICTIONS
    try:
        with (
            parquet.ParquetFile(table) as file,
            whole(path) as fresh,
            csv.CSVWriter(fresh, safe_table(file.schema_arrow.empty_table()).schema) as writer,
        ):
            for batch in file.iter_batches():
                writer.write_table(safe_table(pa.Table.from_batches([batch])))
    except PermissionError as error:
        raise ExplorerError(f"{path} cannot be written ({error.strerror}).") from error
    except Exception as error:  # a damaged file makes its reader raise anything
        raise ExplorerError(
            f"{table} is missing or damaged: run the evaluate command again."
        ) from error
    return path


def write_counterfactual(
    folder: str | Path,
    items,
    classifier,
    metadata=None,
    on_start: Callable[[int, int], None] = lambda images, skipped: None,
    on_row: Callable[[dict], None] = lambda row: None,
) -> Path:
    """``counterfactual.csv``: every image on ten skins; see :mod:`explorer.evaluate.sweep`."""
    path, malignant = Path(folder) / CURVES, {}
    for item in items:
        known = (metadata.lookup(item.name) or {}) if metadata else {}
        if known.get("target"):
            malignant[item.name] = int(known["target"])
    # an earlier run may have known another label, and a curve takes long
    revise(path, lambda row: row | {"malignant": malignant.get(row.get("image"), "")})
    sweep(
        items,
        classifier,
        path,
        rules=tuple(RULES),
        malignant=malignant,
        on_start=on_start,
        on_row=on_row,
    )
    return path
