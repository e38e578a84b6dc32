"""Which calibration set fits the weights in use, and the cut-offs on it.

The demo model's set ships with the explorer. For other weights it is a run of ``evaluate``, its
folder or its predictions as CSV or Parquet, with logits and true labels: named by an argument, by
``--calibration`` of the command line, or by :data:`ENVIRONMENT` for the page.
"""

import os
from functools import lru_cache
from pathlib import Path

from explorer.data.joining import read_predictions
from explorer.evaluate.results import run_predictions
from explorer.evaluate.run_store import PREDICTIONS, RUN, read_run
from explorer.fairness.cutoffs import SENSITIVITY, CalibrationSet, Cutoffs, same_sensitivity
from explorer.model.weights import Weights
from explorer.study.sources import demo_calibration
from explorer.util.errors import ExplorerError

ENVIRONMENT = "EXPLORER_CALIBRATION"


def calibration_set(run: str | Path) -> CalibrationSet:
    """The images of an ``evaluate`` run with logits and a true label.

    Parameters
    ----------
    run : str or Path
        Its folder, or a table of predictions. The weights' SHA-256 is taken from ``run.json`` in
        the folder; a table that stands alone states none.

    Raises
    ------
    ExplorerError
        If it cannot be read, or has no logits or labels.
    """
    path = Path(run)
    if not path.exists():
        raise ExplorerError(
            f"the calibration set {path.name} does not exist: name a folder that evaluate "
            "wrote, or its predictions"
        )
    folder = path if path.is_dir() else path.parent
    facts = read_run(folder) if path.is_dir() or (folder / RUN).exists() else {}
    found = run_predictions(path) if path.is_dir() else read_predictions(path)
    name = f"the run {folder.resolve().name}" if facts else f"the images of {path.name}"
    return CalibrationSet.of(found, name, facts.get("weights_sha256"))


def cutoffs_for(
    weights: Weights, run: str | Path | None = None, sensitivity: float = SENSITIVITY
) -> Cutoffs:
    """Every rule's cut-offs for one sensitivity, on the set that fits these weights.

    Parameters
    ----------
    weights : Weights
        Whose answers are to be judged.
    run : str or Path, optional
        As for :func:`calibration_set`; by default the demo model's own set, and for other weights
        what :data:`ENVIRONMENT` names.
    sensitivity : float
        Above 0, up to 1.

    Raises
    ------
    ExplorerError
        If there is no set, it cannot be read, or other weights answered it.
    """
    demo = _is_demo(weights)
    run = run or (None if demo else os.environ.get(ENVIRONMENT)) or None
    if run is None and not demo:
        raise ExplorerError(
            f"no calibration set is known for {weights.label}: name an evaluate run of these "
            f"weights by --calibration, or by {ENVIRONMENT} for the page"
        )
    images = demo_calibration() if run is None else calibration_set(run)
    images.check_weights(weights.sha256)
    return same_sensitivity(images, sensitivity)


def offered(weights: Weights) -> tuple[Cutoffs | None, str]:
    """What the page offers for these weights, and why nothing where there is nothing."""
    run = "" if _is_demo(weights) else os.environ.get(ENVIRONMENT, "")
    return _offered(weights, run, _changed(Path(run)) if run else None)


def _is_demo(weights: Weights) -> bool:
    """Whether these are the demo model's weights, wherever their file lies."""
    return weights.sha256 == demo_calibration().weights_sha256


def _changed(run: Path) -> float | None:
    """When the set was written last, so that a new one is read."""
    try:
        return max(each.stat().st_mtime for each in (run, run / PREDICTIONS) if each.exists())
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=4)
def _offered(weights: Weights, run: str, _: float | None) -> tuple[Cutoffs | None, str]:
    try:
        return cutoffs_for(weights, run or None), ""
    except ExplorerError as error:
        return None, str(error)
