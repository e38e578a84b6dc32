"""``instrument IMAGE``: one lesion on every skin by every rule, as text, as JSON, or as a file."""

from dataclasses import replace
from pathlib import Path

from explorer.cli.output import (
    add_sensitivity,
    add_transform,
    asked_cutoffs,
    check_present,
    declared,
    print_cutoffs,
)
from explorer.evaluate.cutoffs import offered
from explorer.image.read import read_image
from explorer.lesion.instrument_file import instrument_file
from explorer.lesion.instrument_table import pictures_json, table_json
from explorer.lesion.instrument_words import statement
from explorer.lesion.lesion import read_tone
from explorer.lesion.workshop import instrument
from explorer.model.classifier import load_classifier
from explorer.rules.rules import RULES
from explorer.util.errors import ExplorerError
from explorer.util.plain import print_json

TEXT = "Show one lesion on every skin by every rule: as text, JSON, or one HTML file for slides."


def add_parser(commands) -> None:
    """Declare the command; ``commands`` is what ``ArgumentParser.add_subparsers`` returned."""
    add = declared(commands, "instrument", TEXT, run)
    add("image", metavar="IMAGE", help="JPEG, PNG, WebP, BMP or TIFF")
    add_transform(add)
    add_sensitivity(add)
    add("--out", metavar="FILE.html", help="write the instrument as one file that needs no server")
    add("--no-picture", action="store_true", help="leave the lesion's picture out of that file")
    add("--json", action="store_true", help="print the whole table as JSON")


def run(options) -> int:
    """Run the command; exit code 0, or 2 where the image, the file or an option is bad."""
    check_present([options.image])
    result = read_tone(read_image(options.image))
    classifier = load_classifier(options.weights)
    cutoffs = asked_cutoffs(options, classifier.weights)
    made = instrument(result, classifier, transform=options.transform, scope=options.scope)
    there, problem = (cutoffs, "") if cutoffs else offered(made.weights)
    table = table_json(made, cutoffs=there, problem=problem)
    if options.out:
        _write(Path(options.out), table, None if options.no_picture else pictures_json(made))
    if options.json:
        print_json(table)
    else:
        _print(replace(made, cutoffs=cutoffs), table, result.problem)
    return 0


def _write(path: Path, table: dict, pictures: dict | None) -> None:
    try:
        path.write_text(instrument_file(table, pictures), encoding="utf-8")
    except OSError as error:
        raise ExplorerError(
            f"{path} cannot be written ({error.strerror}): choose another file."
        ) from None


def _print(made, table: dict, problem: str | None) -> None:
    if problem:
        print(f"{problem} There are no other skins without it.\n")
    same = made.cutoffs is not None
    shown = [(same and rule["same"]) or rule for rule in table["rules"]]
    print(f"{'target':>8s}  {'skin':14s}" + "".join(f"[{i}]".rjust(9) for i in range(1, 6)))
    for i, skin in enumerate(table["skins"]):
        cells = "".join(
            _cell(rule["p"][i], said["malignant"][i]) for rule, said in zip(table["rules"], shown)
        )
        target = "" if skin["target"] is None else f"{skin['target']:.1f}"
        mark = "*" if i == table["own"] else " "
        print(f"{target:>7s}{mark}  {skin['name'] or 'unknown':14s}{cells}")
    print("\nProbability of malignancy; B benign, M malignant; * the picture as it is.\n")
    for i, key in enumerate(RULES, 1):
        print(f"[{i}] {statement(made, key) or RULES[key].name + ': needs the tone group.'}\n")
    if same:
        print_cutoffs(made.cutoffs)
    for note in made.notes:
        print(f"note: {note}")


def _cell(p: float | None, malignant: bool | None) -> str:
    return "–".rjust(9) if p is None else f"{p:8.3f}{'BM'[malignant]}"
