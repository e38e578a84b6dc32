"""``tone PATH...``: skin tone of images and folders, as text, JSON or a CSV that can be resumed."""

import time
from pathlib import Path

from explorer.cli.output import (
    RowsBar,
    add_method,
    bad_json,
    check_present,
    complain,
    complain_of_bad,
    declared,
)
from explorer.evaluate.folder import find_images, measure_images, measure_to_csv
from explorer.skin.settings import PUBLISHED, read_settings
from explorer.util.plain import print_json
from explorer.util.workers import default_workers

TEXT = "Estimate the skin tone of images and folders."


def add_parser(commands) -> None:
    """Declare the command; ``commands`` is what ``ArgumentParser.add_subparsers`` returned."""
    add = declared(commands, "tone", TEXT, run)
    add(
        "paths", nargs="+", metavar="PATH", help="an image, or a folder with images in and below it"
    )
    add("--json", action="store_true", help="print JSON instead of text")
    add("--csv", metavar="FILE", help="write one row per image; go on where an earlier run ended")
    add("--settings", metavar="FILE.json", help="settings of the published method")
    add_method(add, "the estimator")
    add("--workers", type=int, metavar="N", help="processes; by default one per core for a folder")


def run(options) -> int:
    """Run the command.

    Exit codes: 0; 2 where an image named on the command line is bad; 1 where only images found
    in folders are, and for all bad images with ``--csv``, which lists them at the end.
    """
    settings = read_settings(options.settings) if options.settings else PUBLISHED
    if options.csv:
        check_present(options.paths)
    items = find_images(options.paths)
    workers = default_workers(len(items)) if options.workers is None else options.workers
    how = {"settings": settings, "method": options.method, "workers": workers}
    if options.csv:
        return _to_csv(options, items, how)
    named = {Path(path) for path in options.paths}
    rows, code = [], 0
    for measured in measure_images(items, **how):
        if measured.error:
            name = measured.item.name
            complain(measured.error if name in measured.error else f"{name}: {measured.error}")
            code = max(code, 2 if measured.item.path in named else 1)
        elif options.json:
            rows.append(measured.row)
        else:
            print_tone(measured.row)
    if options.json:
        print_json(rows)
    return code


def print_tone(row: dict) -> None:
    """The text form of one estimate, a row of :func:`explorer.lesion.as_json.tone_json`."""
    published, cielab = row["published"], row["cielab"]
    state = "" if row["defined"] else "not defined (b* <= 0), by the formula "
    red, green, blue = row["colour_rgb"]
    print(row["image"])
    for title, found, more in (
        ("as published (8-bit)", published, f", group {published['group']}"),
        ("float CIELAB", cielab, ""),
    ):
        own, camera = found["interval"], found["camera"]
        print(f"  {title:20s}  ITA {found['ita']:6.1f} deg  {state}{found['name']}{more}")
        print(
            f"    95 % [{own['low']:.1f}, {own['high']:.1f}] in this picture, n = "
            f"{own['n_patches']} patches; [{camera['low']:.0f}, {camera['high']:.0f}]"
            f"{' or not defined' * camera['undefined']} in another picture of the same skin"
        )
    print(
        f"  dominant colour       RGB {red}, {green}, {blue}, of {row['skin_pixels']:,} skin "
        f"pixels ({row['skin_fraction']:.0%} of the image)"
    )
    for note in (*row["image_notes"], *row["notes"]):
        print(f"  note: {note}")


def _to_csv(options, items, how) -> int:
    """Measure into the CSV with a progress bar; bad images are listed at the end."""
    start = time.perf_counter()
    with RowsBar(f"the rows so far are in {options.csv}") as bar:
        report = measure_to_csv(items, options.csv, **how, on_start=bar.start, on_row=bar.step)
    seconds = time.perf_counter() - start
    if options.json:
        print_json(
            {
                "csv": options.csv,
                "images": report.images,
                "skipped": report.skipped,
                "measured": report.written,
                "bad": bad_json(report),
                "seconds": seconds,
            }
        )
    else:
        print(
            f"{options.csv}: {report.written - len(report.bad):,} of {report.images:,} images "
            f"measured in {seconds:.1f} s, {report.skipped:,} were there already, "
            f"{len(report.bad):,} bad"
        )
    return complain_of_bad(report, "could not be measured")
