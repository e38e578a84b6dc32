"""The command line: ``python -m explorer tone | lesion | groups | weights``.

Results go to stdout, as text or with ``--json``. Bad input gives one line on stderr and exit
code 2; good images beside a bad one are still reported.
"""

import argparse
import json
import logging
import os
import sys
import warnings

from explorer.errors import ExplorerError

WEIGHTS_HELP = (
    "hub, hub:REPO[@REVISION][/FILE], embedded, or the path of a .pth, .safetensors or .onnx file; "
    "by default $EXPLORER_WEIGHTS, else the Hub, else its cache, else the demo model"
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    _quieten_libraries()
    try:
        return options.run(options)
    except ExplorerError as error:
        _complain(error)
        return 2
    except BrokenPipeError:  # the reader, head for example, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m explorer",
        description="The melanoma fairness explorer on the command line. Not a medical device.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        sub.add_argument("--json", action="store_true", help="print JSON instead of text")
        return sub

    tone = command("tone", run_tone, "Estimate the skin tone of images.")
    tone.add_argument("images", nargs="+", metavar="IMAGE")
    lesion = command("lesion", run_lesion, "Classify a lesion by every inference rule.")
    lesion.add_argument("image", metavar="IMAGE")
    lesion.add_argument("--weights", metavar="SRC", help=WEIGHTS_HELP)
    groups = command("groups", run_groups, "Group metrics of the published model.")
    groups.add_argument(
        "--by", default="published", choices=("published", "cielab", "sex", "age", "site")
    )
    weights = command("weights", run_weights, "Say which weights are used, and why.")
    weights.add_argument("--weights", metavar="SRC", help=WEIGHTS_HELP)
    return parser


def _quieten_libraries() -> None:
    """Only our own sentences belong on stderr."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def _complain(error: ExplorerError) -> None:
    print(f"explorer: {' '.join(str(error).split())}", file=sys.stderr)


def _print_json(value) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def run_tone(options) -> int:
    """``tone IMAGE... [--json]``: a JSON list with one object per readable image."""
    from explorer.intake import read_image
    from explorer.serialise import tone_json
    from explorer.skintone import estimate_skin_tone

    rows, code = [], 0
    for path in options.images:
        try:
            tone = estimate_skin_tone(read_image(path).rgb)
        except ExplorerError as error:
            _complain(error if path in str(error) else ExplorerError(f"{path}: {error}"))
            code = 2
            continue
        rows.append(tone_json(str(path), tone))
        if not options.json:
            _print_tone(rows[-1])
    if options.json:
        _print_json(rows)
    return code


def _print_tone(row: dict) -> None:
    published, cielab = row["published"], row["cielab"]
    red, green, blue = row["colour_rgb"]
    print(row["image"])
    print(
        f"  as published (8-bit)  ITA {published['ita']:6.1f} deg  {published['name']}, "
        f"group {published['group']}"
    )
    print(f"  float CIELAB          ITA {cielab['ita']:6.1f} deg  {cielab['name']}")
    print(
        f"  dominant colour       RGB {red}, {green}, {blue}, of {row['skin_pixels']:,} skin "
        f"pixels ({row['skin_fraction']:.0%} of the image)"
    )
    for note in row["notes"]:
        print(f"  note: {note}")


def run_lesion(options) -> int:
    """``lesion IMAGE [--weights SRC] [--json]``: one JSON object."""
    from explorer.classifier import load_classifier
    from explorer.intake import read_image
    from explorer.lesion import classify, read_tone
    from explorer.serialise import lesion_json

    result = read_tone(read_image(options.image))
    found = classify(result, load_classifier(options.weights))
    row = lesion_json(str(options.image), result, found)
    if options.json:
        _print_json(row)
    else:
        _print_lesion(row)
    return 0


def _print_lesion(row: dict) -> None:
    from explorer.inference import DEFAULT_RULE, RULES

    if row["tone"] is None:
        print(f"{row['image']}\n  tone: {row['tone_problem']}")
    else:
        _print_tone(row["tone"])
    print(f"  weights: {row['weights']['label']}. {row['weights']['reason']}")
    print("  probability of malignancy [range over 8 orientations] and decision, by rule:")
    for key, rule in RULES.items():
        verdict = row["rules"][key]
        if verdict is None:
            print(f"    {rule.name:48s} needs a tone group")
            continue
        mark = "*" if key == DEFAULT_RULE else " "
        low, high = verdict["range_over_orientations"]
        print(
            f"   {mark}{rule.name:48s} {verdict['probability_malignant']:.4f} "
            f"[{low:.4f}, {high:.4f}]  {verdict['decision']}"
        )
    print(f"  the study's predict.py would print: {row['predict_py']}")
    print(f"  its doubled softmax would report: {row['doubled_softmax']:.4f} (not a probability)")
    print("  Not a medical device; these are outputs of a research model on one image.")


def run_groups(options) -> int:
    """``groups [--by GROUPING] [--json]``."""
    from explorer.fairness import group_report

    report = group_report(options.by)
    if options.json:
        _print_json(report.to_json())
    else:
        _print_groups(report)
    return 0


def _print_groups(report) -> None:
    from explorer.plots.groups import gaps_table, metrics_table

    print(f"{report.weights}, {report.rule}, by {report.label}\n{report.source}\n")
    headers, rows = metrics_table(report)
    headers, *rows = map(list, zip(headers, *rows))  # a column per group is narrower
    _print_table(headers, rows)
    headers, rows = gaps_table(report)
    _print_table(headers[:-1], [row[:-1] for row in rows])
    for row in rows:
        if row[-1]:
            print(f"{row[0]}: {row[-1]}")
    print(f"Intervals: {report.interval}")
    for text in report.warnings:
        print(f"note: {text}")


def _print_table(headers: list[str], rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(headers, *rows)]
    for row in (headers, ["-" * width for width in widths], *rows):
        print("  ".join(f"{cell:{width}s}" for cell, width in zip(row, widths)).rstrip())
    print()


def run_weights(options) -> int:
    """``weights [--weights SRC] [--json]``."""
    from explorer.serialise import weights_json
    from explorer.weights import resolve_weights

    row = weights_json(resolve_weights(options.weights))
    if options.json:
        _print_json(row)
    else:
        for key, value in row.items():
            print(f"{key:9s} {'-' if value is None else value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
