"""``evaluate --images DIR --out RUN``: predictions, tones and a report of a folder of images."""

import time
from dataclasses import replace
from pathlib import Path

from explorer.charts.export import write_figures
from explorer.cli.output import (
    RowsBar,
    add_figures,
    add_method,
    bad_json,
    check_present,
    complain_of_bad,
    declared,
)
from explorer.data.datasets import read_metadata
from explorer.data.images import alike_said
from explorer.evaluate import RunReport, evaluate, results
from explorer.evaluate.folder import find_images, printable
from explorer.evaluate.results import run_predictions
from explorer.evaluate.run_store import CURVES, REPORT
from explorer.evaluate.settings import PRECISIONS, EvaluateSettings, check_device, default_device
from explorer.fairness.analysis import Analysis, analyse_predictions
from explorer.fairness.counterfactual import load_study
from explorer.figures.report import default_meta
from explorer.figures.report import write_report as write
from explorer.figures.sections import report_sections
from explorer.figures.sets import group_figures, study_figures
from explorer.model.classifier import load_classifier
from explorer.util.errors import ExplorerError
from explorer.util.plain import print_json

TEXT = "Evaluate any weights on a folder of images, of any size."


def add_parser(commands) -> None:
    """Declare the command; ``commands`` is what ``ArgumentParser.add_subparsers`` returned."""
    add = declared(commands, "evaluate", TEXT, run)
    add(
        "--images",
        required=True,
        nargs="+",
        metavar="PATH",
        help="images, or folders with images in and below them",
    )
    add(
        "--out",
        required=True,
        metavar="RUN",
        help="folder for the results; an interrupted run goes on where it ended",
    )
    add(
        "--metadata",
        nargs="+",
        metavar="CSV",
        help="true labels and groups by image; the layouts "
        "of ISIC 2019 and 2020, HAM10000, PAD-UFES-20, DDI and Fitzpatrick17k are known",
    )
    add("--kind", metavar="KIND", help="the metadata's data set; found from its columns by default")
    add("--weights", metavar="SRC", help="hub, embedded or a file, as for the other commands")
    add(
        "--tone-from",
        default="image",
        choices=("image", "metadata"),
        help="estimate the tone, or take it from the metadata (much faster)",
    )
    add_method(add, "the estimator")
    add("--cautions", action="store_true", help="look for named cautions too (slower)")
    add("--limit", type=int, metavar="N", help="the first N images only")
    add("--workers", type=int, metavar="N", help="processes; by default one per core")
    add("--batch", type=int, metavar="N", help="images per pass of the network")
    add("--device", metavar="NAME", help="cpu or cuda; by default cuda where there is one")
    add(
        "--precision",
        default=PRECISIONS[0],
        choices=PRECISIONS,
        help="of the network; bfloat16: faster, less exact, on a GPU or a processor that has it",
    )
    add("--engine", default="local", choices=("local", "ray"), help="ray: many machines")
    add("--address", metavar="HOST:PORT", help="the Ray cluster; by default one of this machine")
    add("--csv", action="store_true", help="also write RUN/predictions.csv")
    add(
        "--counterfactual",
        action="store_true",
        help="also write RUN/counterfactual.csv: every lesion on ten skins (slow)",
    )
    add("--report", action="store_true", help="also write RUN/report.html and RUN/report.json")
    add("--by", metavar="A[,B]", help="grouping of report and figures, as for groups")
    add_figures(add)
    add("--json", action="store_true", help="print JSON instead of text")


def run(options) -> int:
    """Run the command.

    Exit codes: 0; 1 where some images are bad (they are listed at the end, and stand in the
    results with the reason); 2 where an option, the metadata or the weights are.
    """
    check_present(options.images)
    if options.limit is not None and options.limit < 1:
        raise ExplorerError(f"--limit must be at least 1, not {options.limit}.")
    items = printable(find_images(options.images))
    if options.address:  # its machines' devices count, not this one's
        device = options.device or "cpu"
    else:
        device = check_device(options.device) if options.device else default_device()
    settings = EvaluateSettings(
        options.tone_from, options.method, options.cautions, device, options.precision
    )
    metadata = read_metadata(options.metadata, options.kind) if options.metadata else None
    labels = metadata is not None and (metadata.table["target"] != "").any()
    wanted = options.report or options.by or options.figures
    if wanted and not labels:  # before hours of work rather than after
        raise ExplorerError("A report and figures need true labels: give --metadata with them.")
    classifier = load_classifier(options.weights)
    start = time.perf_counter()
    with RowsBar(f"all images so far are in {options.out}") as bar:
        report = evaluate(
            items,
            options.out,
            classifier,
            metadata=metadata,
            settings=settings,
            workers=options.workers,
            batch=options.batch,
            limit=options.limit,
            engine=options.engine,
            address=options.address,
            on_start=bar.start,
            on_row=bar.step,
        )
    seconds = time.perf_counter() - start
    items = items[: options.limit]
    made = _more(options, items, classifier, metadata)
    notes = [*_of_metadata(metadata, items, report), *_no_longer_true(report, made)]
    _tell(options, report, notes, seconds, made)
    return complain_of_bad(report, "could not be evaluated")


def _more(options, items, classifier, metadata) -> list[str]:
    """The further files that were asked for; their names."""
    folder, made = Path(options.out), []
    if options.csv:
        made.append(results.write_csv(folder))
    if options.counterfactual:
        with RowsBar() as bar:
            path = results.write_counterfactual(
                folder, items, classifier, metadata, bar.start, bar.step
            )
        made.append(path)
    if options.report or options.by:
        made += write_report(folder, options.by)
    if options.figures:
        made += _figures(options, folder)
    return [str(path) for path in made]


def _figures(options, folder: Path) -> list[Path]:
    figures = group_figures(_analysis(folder, options.by))
    if options.counterfactual:
        figures += study_figures(load_study(folder / CURVES))
    return write_figures(options.figures, figures, options.typed, options.figure_width)


def _of_metadata(metadata, items, report: RunReport) -> list[str]:
    """What the metadata is, and which images it does not know or knows by another name."""
    if metadata is None:
        return []
    alike = metadata.alike(item.name for item in items)
    notes = [*metadata.notes, *([alike_said(alike)] if alike else [])]
    if report.no_metadata:
        notes.append(f"{report.no_metadata:,} images are not in the metadata.")
    return notes


def _tell(options, report, notes: list[str], seconds: float, made: list[str]) -> None:
    if options.json:
        print_json(
            {
                "out": str(report.folder),
                "predictions": str(report.predictions),
                "images": report.images,
                "skipped": report.skipped,
                "written": report.written,
                "bad": bad_json(report),
                "precision": options.precision,
                "no_metadata": report.no_metadata,
                "changed": report.changed,
                "corrected": report.corrected,
                "removed": report.removed,
                "damaged": report.damaged,
                "seconds": seconds,
                "files": made,
                "notes": notes,
            }
        )
    else:
        rate = report.written / seconds if seconds else 0
        print(
            f"{report.predictions}: {report.written:,} of {report.images:,} images in "
            f"{seconds:.1f} s ({rate:.1f} per second, {options.precision}), "
            f"{report.skipped:,} were there already, {len(report.bad):,} bad"
        )
        for line in (*notes, *made):
            print(line)


def _no_longer_true(report: RunReport, made: list[str]) -> list[str]:
    """What the folder held that was not true any more, one sentence each."""
    gone = [name for name in report.outdated if str(report.folder / name) not in made]
    told = (
        (report.changed, "images are not the ones that were evaluated: their rows were left out."),
        (report.corrected, "rows had other metadata: corrected, with the network's old answers."),
        (report.removed, "rows were of images that are not there any more: removed."),
        (report.damaged, "rows or files of rows were damaged: left out, to be made again."),
        (len(gone), f"files told of the rows before and were removed: {', '.join(gone)}."),
    )
    return [f"{count:,} {what}" for count, what in told if count]


def write_report(folder: str | Path, by: str | None = None) -> list[Path]:
    """``report.html`` and ``report.json`` of the groups named, by default the first there are."""
    analysis = _analysis(folder, by)
    path = Path(folder) / REPORT
    meta = replace(default_meta(analysis), notes=results.run_notes(folder))
    write(str(path), analysis, report_sections(analysis), meta)
    return [path, path.with_suffix(".json")]


def _analysis(folder: str | Path, by: str | None) -> Analysis:
    predictions = run_predictions(folder)
    keys = predictions.keys_of(by) if by else predictions.need_groupings()[:1]
    return analyse_predictions(predictions, keys)
