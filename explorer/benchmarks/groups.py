"""Times of the workbench: ``python -m explorer.benchmarks.groups [--json] [--shared ../shared]``.

Measures, in one run on this machine: interval, null, test and pairs of all four gaps on the study's
6,562 validation images, by image and by patient; the same gaps by fairlearn's own bootstrap (few
resamples, and the time scaled up, which is said); reading and analysing two files of 100,000 made
rows.
"""

import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from fairlearn import metrics as fair

from explorer.benchmarks.common import options_parser, seconds_of, show
from explorer.data.joining import read_predictions
from explorer.fairness import resampling
from explorer.fairness.analysis import analyse_predictions
from explorer.fairness.by_patient import patient_report
from explorer.fairness.decisions import Operating
from explorer.study.counts import published_counts
from explorer.study.rows import patient_cells
from explorer.study.sources import published_predictions

RESAMPLES = 2_000
FAIRLEARN_RESAMPLES = 10
ROWS = 100_000
#: What the study's report and FACTS state, and where it is in a group report.
STATED = {
    "recall": 0.723,
    "false_positive_rate": 0.107,
    "f1": 0.215,
    "balanced_accuracy": 0.808,
    "selection_rate": 0.119,
    "demographic_parity_difference": 0.189,
}


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit code."""
    parser = options_parser(__doc__.partition(":")[0], json=True)
    parser.add_argument("--shared", type=Path, help="not needed: the counts are in assets")
    parser.add_argument("--rows", type=int, default=ROWS, help="made rows")
    parser.add_argument(
        "--fairlearn",
        type=int,
        default=FAIRLEARN_RESAMPLES,
        metavar="N",
        help="resamples of fairlearn's bootstrap to time",
    )
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    result = {
        "gaps": time_gaps(),
        "fairlearn": time_fairlearn(options.fairlearn),
        "made_rows": time_made_rows(options.rows),
        "reproduced": reproduced(),
    }
    show(result, options, lambda result: print(in_words(result)))
    return 0


def time_gaps() -> dict:
    """Seconds for interval, null, test and pairs of all four gaps, by image and by patient."""
    counts, cells = published_counts("published"), patient_cells("published")

    def by_images():
        return resampling.sample_gaps(counts.cells, resamples=RESAMPLES)

    def by_patients():
        return patient_report(cells, counts.names, np.ones(len(counts.names), bool))

    return {
        "images": int(counts.cells.sum()),
        "patients": len(cells),
        "resamples": RESAMPLES,
        "by_image_s": min(seconds_of(by_images, 5)),
        "by_patient_s": min(seconds_of(by_patients, 5)),
    }


def time_fairlearn(resamples: int) -> dict:
    """Seconds of fairlearn's bootstrap for the same rates and rows, measured and scaled."""
    data = published_predictions()
    rates = {
        "selection_rate": fair.selection_rate,
        "recall": fair.true_positive_rate,
        "false_positive_rate": fair.false_positive_rate,
    }

    def run():
        frame = fair.MetricFrame(
            metrics=rates,
            y_true=data.target,
            y_pred=data.label,
            n_boot=resamples,
            sensitive_features=data.column("published"),
            ci_quantiles=[0.025, 0.975],
            random_state=0,
        )
        return frame.difference_ci()

    (seconds,) = seconds_of(run)
    return {
        "resamples": resamples,
        "measured_s": seconds,
        "scaled_to_resamples": RESAMPLES,
        "scaled_s": seconds * RESAMPLES / resamples,
        "note": "fairlearn gives no null band; time scaled in proportion to resamples",
    }


def time_made_rows(rows: int) -> dict:
    """Seconds to read two files of made rows and to analyse them, with labels and with logits."""
    result = {"rows": rows}
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("label", "logits"):
            paths = write_made_rows(Path(folder), rows, kind)
            start = time.perf_counter()
            predictions = read_predictions(*paths)
            result[f"{kind}_read_s"] = time.perf_counter() - start
            start = time.perf_counter()
            analyse_predictions(predictions, "published")
            result[f"{kind}_analyse_s"] = time.perf_counter() - start
    start = time.perf_counter()
    analyse_predictions(predictions, "published", Operating(threshold=0.6))
    result["logits_moved_threshold_s"] = time.perf_counter() - start
    return result


def write_made_rows(folder: Path, rows: int, kind: str, seed: int = 0) -> tuple[Path, Path]:
    """Predictions and metadata in the study's own formats, of no real image.

    ``kind``: ``label`` or ``logits``. Four groups, 2 % malignant, four images per patient.
    """
    rng = np.random.default_rng(seed)
    target = (rng.random(rows) < 0.02).astype(int)
    names = np.char.add("MADE_", np.arange(rows).astype(str))
    if kind == "label":
        columns = {"target": np.where(rng.random(rows) < 0.15, 1 - target, target)}
    else:
        logits = rng.normal(size=(rows, 8)) + target[:, None] * np.tile([-1, 1], 4)
        logits += np.tile([0, -4], 4)  # melanoma is rare, and the published rule undoes it
        columns = {f"logit_{i}": logits[:, i].round(5) for i in range(8)}
    predictions, metadata = folder / f"{kind}.csv", folder / "metadata.csv"
    pd.DataFrame({"image_name": np.char.add(names, ".jpg"), **columns}).to_csv(
        predictions, index=False
    )
    pd.DataFrame(
        {
            "image_name": names,
            "ita": rng.uniform(0, 62, rows).round(4),
            **{f"color_{c}": rng.integers(60, 250, rows) for c in "rgb"},
            "group": rng.choice(4, rows, p=[0.04, 0.68, 0.25, 0.03]),
            "patient_id": np.char.add("IP_", rng.integers(0, rows // 4 + 1, rows).astype(str)),
            "sex": rng.choice(["male", "female", ""], rows),
            "age_approx": rng.integers(3, 18, rows) * 5,
            "anatom_site_general_challenge": rng.choice(["torso", "head/neck", ""], rows),
            "benign_malignant": np.array(["benign", "malignant"])[target],
            "target": target,
            "split": "valid",
        }
    ).to_csv(metadata, sep=";", decimal=",", index=False)
    return predictions, metadata


def reproduced() -> dict:
    """The report's figure beside the one recomputed from the counts of ``predict.py``."""
    report = analyse_predictions(published_predictions(), "published").report
    found = {
        key: report.gaps[key].value if key in report.gaps else report.overall.rate(key).value
        for key in STATED
    }
    rows = {key: {"report": STATED[key], "recomputed": found[key]} for key in STATED}
    for key in ("equal_opportunity_difference", "false_positive_rate_difference"):
        gap = report.gaps[key]
        rows[key] = {
            "recomputed": gap.value,
            "null_mean": gap.null_mean,
            "null_p95": gap.null_p95,
            "p_value": gap.p_value,
        }
    return rows


def in_words(result: dict) -> str:
    """The result as lines of text."""
    gaps, fair, made = result["gaps"], result["fairlearn"], result["made_rows"]
    lines = [
        f"All four gaps, interval, null, test and pairs, {gaps['resamples']:,} shuffles of "
        f"{gaps['images']:,} images: {gaps['by_image_s']:.4f} s; of {gaps['patients']:,} patients: "
        f"{gaps['by_patient_s']:.4f} s.",
        f"fairlearn's bootstrap of the same rates: {fair['measured_s']:.2f} s for "
        f"{fair['resamples']} resamples, so about {fair['scaled_s']:.0f} s for "
        f"{fair['scaled_to_resamples']:,} (scaled, not run), without a null.",
        f"{made['rows']:,} made rows of labels: read {made['label_read_s']:.2f} s, analysed "
        f"{made['label_analyse_s']:.2f} s. Of logits: read {made['logits_read_s']:.2f} s, analysed "
        f"{made['logits_analyse_s']:.2f} s, threshold moved {made['logits_moved_threshold_s']:.2f} "
        "s.",
        "Figures:",
    ]
    for key, row in result["reproduced"].items():
        lines.append(f"  {key:34s} " + ", ".join(f"{k} {v:.4g}" for k, v in row.items()))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
