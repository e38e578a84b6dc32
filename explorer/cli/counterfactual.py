"""``counterfactual IMAGE`` or ``counterfactual DIR --csv FILE``: the same lesion on other skin."""

import sys
from pathlib import Path

from explorer.cli.output import (
    RowsBar,
    add_figures,
    add_sensitivity,
    add_transform,
    asked_cutoffs,
    bad_json,
    check_present,
    complain_of_bad,
    declared,
    print_cutoffs,
    save_figures,
)
from explorer.evaluate.folder import find_images
from explorer.evaluate.sweep import sweep
from explorer.fairness.counterfactual import load_study
from explorer.fairness.skins import study_json, summary
from explorer.figures.curve_tables import CONVENTION_NAMES
from explorer.figures.sets import curve_figures, study_figures
from explorer.image.read import read_image
from explorer.lesion.as_json import curve_json
from explorer.lesion.counterfactual import checked_rules, curve
from explorer.lesion.lesion import read_tone
from explorer.model.classifier import load_classifier
from explorer.rules.rules import RULES
from explorer.transform.contract import IMAGE
from explorer.util.errors import ExplorerError
from explorer.util.plain import print_json

TEXT = "Classify the same lesion on a series of skin tones."


def add_parser(commands) -> None:
    """Declare the command; ``commands`` is what ``ArgumentParser.add_subparsers`` returned."""
    add = declared(commands, "counterfactual", TEXT, run)
    add(
        "image", metavar="PATH", help="an image, or with --csv a folder with images in and below it"
    )
    add_transform(add)
    add("--rules", nargs="+", metavar="RULE", help="keys of inference rules; all by default")
    add(
        "--csv",
        metavar="FILE",
        help="one row per image at fixed targets; go on where an earlier run ended",
    )
    add_sensitivity(add)
    add_figures(add)
    add("--json", action="store_true", help="print JSON instead of text")


def run(options) -> int:
    """Run the command.

    Exit codes: 0; 2 where the image, the folder or an option is bad; with ``--csv`` 1 where some
    images have no curve (they are listed at the end).
    """
    names = [name for text in options.rules or () for name in text.split(",") if name]
    rules = checked_rules(names if options.rules else None)
    path = Path(options.image)
    check_present([path])
    if options.csv:
        return _run_folder(options, rules)
    if path.is_dir():
        raise ExplorerError(f"{path} is a folder: add --csv FILE to write a row per image.")

    def draw_over(share: float, text: str) -> None:
        print(f"\r{text}", end="\r\033[K" if share == 1 else "", file=sys.stderr, flush=True)

    classifier = load_classifier(options.weights)
    made = curve(
        read_tone(read_image(options.image)),
        classifier,
        transform=options.transform,
        scope=options.scope,
        rules=rules,
        cutoffs=asked_cutoffs(options, classifier.weights),
        progress=draw_over if sys.stderr.isatty() else None,
    )
    save_figures(options, lambda: curve_figures(made))
    if options.json:
        print_json({**curve_json(made), "image": str(options.image)})
    else:
        _print_curve(made)
    return 0


def _print_curve(made) -> None:
    convention = CONVENTION_NAMES[made.convention]
    where = "the whole image" if made.scope == IMAGE else "the skin only"
    print(f"{made.image}: {made.transform} transform on {where}; {made.weights.label}")
    print(f"Targets by {convention}; its own ITA is {made.own_ita:.1f} degrees (*).\n")
    header = "".join(f"  [{i}]".rjust(9) for i in range(1, len(made.rules) + 1))
    print(f"{'target':>8s} {'float':>7s} {'8-bit':>7s} {header}")
    for i, point in reversed(list(enumerate(made.points))):
        cells = "".join(
            f"{verdict.probability_malignant[i]:8.3f}{'BM'[int(made.decisions[key][i])]}"
            for key, verdict in made.verdicts.items()
        )
        mark = "*" if i == made.own else " "
        print(
            f"{point.target_ita:7.1f}{mark} {point.reached_cielab:7.1f} "
            f"{point.reached_published:7.1f} {cells}"
        )
    where = f"for a sensitivity of {made.cutoffs.wanted_text}" if made.cutoffs else "of each rule"
    print(
        f"\nProbability of malignancy; B benign, M malignant, at the cut-off {where}. "
        "Reached ITA by both conventions."
    )
    for i, key in enumerate(made.rules, 1):
        flips = ", ".join(f"{angle:.0f}" for angle in reversed(made.flips[key])) or "nowhere"
        low, high = made.stable[key]
        print(
            f"  [{i}] {RULES[key].name}\n      flips: {flips}; range {made.range[key]:.3f}; "
            f"unchanged from {low:.0f} to {high:.0f} degrees"
        )
    if made.cutoffs:
        print_cutoffs(made.cutoffs)
    for note in made.notes:
        print(f"  note: {note}")
    print("  Not a medical device; these are outputs of a research model on one image.")


def _run_folder(options, rules) -> int:
    items = find_images([options.image])
    classifier = load_classifier(options.weights)
    cutoffs = asked_cutoffs(options, classifier.weights)
    with RowsBar() as bar:
        done = sweep(
            items,
            classifier,
            options.csv,
            transform=options.transform,
            scope=options.scope,
            rules=rules,
            on_start=bar.start,
            on_row=bar.step,
        )
    save_figures(options, lambda: study_figures(load_study(options.csv).at(cutoffs)))
    there = done.skipped + done.written - len(done.bad)
    study = load_study(options.csv).at(cutoffs) if cutoffs and there else None
    if options.json:
        print_json(
            {
                "csv": options.csv,
                "images": len(items),
                "skipped": done.skipped,
                "written": done.written - len(done.bad),
                "bad": bad_json(done),
                "same_sensitivity": study and study_json(study),
            }
        )
    else:
        print(
            f"{options.csv}: {done.written - len(done.bad):,} of {len(items):,} images written, "
            f"{done.skipped:,} were there already, {len(done.bad):,} bad"
        )
        if study:
            print(summary(study))
            print_cutoffs(cutoffs)
    return complain_of_bad(done, "have no curve")
