"""Counterfactual curves of many images into one CSV, a row per image, resumable.

Columns: image, malignant (0, 1 or empty where it is not known), weights, weights_sha256,
transform, scope, ita_cielab, ita_published and group_published (the estimate on the image as it
is), largest_miss (of a target that was within reach, degrees, in the targets' convention), and for
every rule its probability of malignancy at the image's own ITA and at each target (empty where a
target is out of reach), the angles at which the decision flips (separated by spaces) and the
range; error is empty but for an image without a curve.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from explorer.evaluate.csv_store import CsvStore
from explorer.evaluate.folder import Item
from explorer.evaluate.store import RowsReport, write_missing
from explorer.fairness.counterfactual import SAME, TARGETS, columns
from explorer.image.read import read_image
from explorer.lesion.counterfactual import Curve, curve
from explorer.lesion.lesion import ToneResult, read_tone
from explorer.model.classifier import Classifier
from explorer.transform.transforms import DEFAULT_SCOPE, DEFAULT_TRANSFORM, TRANSFORMS
from explorer.util.errors import ExplorerError
from explorer.util.registry import find


def sweep(
    items: Iterable[Item],
    classifier: Classifier,
    out: str | Path,
    *,
    transform: str = DEFAULT_TRANSFORM,
    scope: str = DEFAULT_SCOPE,
    rules: Sequence[str],
    targets: Sequence[float] = TARGETS,
    malignant: Mapping[str, int] | None = None,
    on_start: Callable[[int, int], None] = lambda images, skipped: None,
    on_row: Callable[[dict], None] = lambda row: None,
) -> RowsReport:
    """Write a row per image; images that the file already holds are skipped.

    Each row is written when it is made, so a run that was stopped goes on where it was. A bad
    image does not stop it, and is tried again by the next run.

    Parameters
    ----------
    items : iterable of explorer.evaluate.folder.Item
    classifier : Classifier
    out : str or Path
        New, or left by an earlier run with equal weights, settings and columns.
    transform, scope, rules, targets
        As for :func:`explorer.lesion.counterfactual.curve`.
    malignant : mapping of str to int, optional
        Name of an image to 0 or 1, where the diagnosis is known.
    on_start, on_row
        As for :func:`explorer.evaluate.store.write_missing`.

    Raises
    ------
    ExplorerError
        If the file holds something else, or cannot be written.
    """
    way = find(TRANSFORMS, transform, "transform")
    transform, scope = way.key, way.scope(scope)
    weights = classifier.weights
    same = dict(zip(SAME, (weights.label, weights.sha256, transform, scope)))
    how = {"transform": transform, "scope": scope, "rules": rules, "targets": targets}
    known = malignant or {}

    def rows(todo: list[Item]) -> Generator[dict, None, None]:
        for item in todo:
            row = {"image": item.name, "malignant": known.get(item.name, "")}
            try:
                result = read_tone(read_image(item.path))
                row |= row_of(curve(result, classifier, **how), result, targets)
            except ExplorerError as error:
                row["error"] = str(error)
            yield row

    store = CsvStore(out, tuple(columns(rules, targets)), same)
    return write_missing(items, store, rows, on_start, on_row)


def row_of(made: Curve, result: ToneResult, targets: Iterable[float]) -> dict[str, str]:
    """Cells of one image, as text: probabilities with nine digits, angles with two decimals.

    Digits and not decimals, since a rule's probabilities may all be tiny.
    """
    reached = [getattr(point, f"reached_{made.convention}") for point in made.points]
    row = {
        "ita_cielab": f"{result.tone.cielab.ita:.4f}",
        "ita_published": f"{result.tone.published.ita:.4f}",
        "group_published": str(result.tone.published.group),
        "largest_miss": f"{np.abs(made.targets - reached).max():.4f}",
    }
    at = {float(target): i for i, target in enumerate(made.targets)}
    for rule in made.rules:
        values = made.probability(rule)
        row[f"p_{rule}_own"] = f"{values[made.own]:.9g}"
        for target in targets:
            i = at.get(float(target))
            row[f"p_{rule}_{target:g}"] = "" if i is None else f"{values[i]:.9g}"
        row[f"flips_{rule}"] = " ".join(f"{angle:.2f}" for angle in made.flips[rule])
        row[f"range_{rule}"] = f"{made.range[rule]:.9g}"
    return row
