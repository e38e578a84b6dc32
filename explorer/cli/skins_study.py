"""Make the table of the All skins view again: ``python -m explorer.study``."""

import argparse
import sys
from pathlib import Path

from explorer.cli.output import RowsBar, add_sensitivity, asked_cutoffs, print_cutoffs
from explorer.evaluate.folder import Item
from explorer.evaluate.sweep import sweep
from explorer.fairness.counterfactual import SHIPPED, load_study, validation_lesions
from explorer.fairness.skins import summary
from explorer.model.classifier import load_classifier
from explorer.rules.rules import RULES


def main(arguments: list[str] | None = None) -> int:
    """Run the study over the shared validation lesions; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m explorer.study", description=main.__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="the folder with lesions.csv")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="CSV; resumed where it exists")
    parser.add_argument("--weights", default="embedded", help="as for python -m explorer")
    add_sensitivity(parser.add_argument)
    options = parser.parse_args(arguments)
    classifier = load_classifier(options.weights)
    cutoffs = asked_cutoffs(options, classifier.weights)
    lesions = validation_lesions(options.shared)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with RowsBar() as bar:
        result = sweep(
            [Item(*each) for each in zip(lesions["path"], lesions["image"])],
            classifier,
            options.out,
            rules=tuple(RULES),
            malignant=dict(zip(lesions["image"], lesions["target"])),
            on_start=bar.start,
            on_row=bar.step,
        )
    for name, reason in result.bad:
        print(f"{name}: {reason}", file=sys.stderr)
    print(summary(load_study(options.out).at(cutoffs)))
    if cutoffs:
        print_cutoffs(cutoffs)
    return 1 if result.bad else 0
