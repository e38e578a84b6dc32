"""``groups``: group metrics, gaps, curves and power of a source or of a user's own predictions."""

from pathlib import Path

from explorer.cli.groups_text import print_analysis, print_groups, print_plan, print_table
from explorer.cli.output import add_figures, add_sensitivity, declared, save_figures
from explorer.data.groupings import GROUPINGS
from explorer.data.joining import read_predictions
from explorer.data.mapping import ROLES, parse_columns
from explorer.evaluate.cutoffs import calibration_set
from explorer.evaluate.results import run_predictions
from explorer.evaluate.run_store import read_run
from explorer.fairness.analysis import analyse_predictions
from explorer.fairness.decisions import Operating
from explorer.fairness.gaps import SMALL
from explorer.fairness.metrics import CELLS
from explorer.fairness.planning import Plan, plan
from explorer.fairness.postprocess import FEWEST_SPLITS, SPLITS, post_process
from explorer.fairness.selection import image_files, images_behind
from explorer.fairness.statement import statement_of
from explorer.fairness.why import why
from explorer.figures.report import write_report
from explorer.figures.sections import all_powers, report_sections
from explorer.figures.sets import group_figures, printed_figures
from explorer.figures.why import why_section
from explorer.study.counts import group_report
from explorer.study.sources import demo_calibration, load_source, report_figures
from explorer.util.errors import ExplorerError
from explorer.util.plain import print_json

TEXT = "Group metrics with intervals, of the published model or of your own predictions."

#: Options that need data per image.
NEED_IMAGES = ("rule", "threshold", "sensitivity", "post_process", "why", "group", "cell")
#: Options that say more of another one.
NEEDS = (
    ("metadata", "predictions", "a CSV with a prediction per image"),
    ("map", "predictions", "it says what the columns of that file are"),
    ("splits", "post_process", "it says how often that is judged"),
    ("protocol", "plan", "METRIC=GAP, such as recall=0.1"),
    ("pair", "why", "it names the two groups that are compared there"),
    ("calibration", "sensitivity", "the share of malignant images that is to be found"),
)


def add_parser(commands) -> None:
    """Declare the command; ``commands`` is what ``ArgumentParser.add_subparsers`` returned."""
    add = declared(commands, "groups", TEXT, run)
    add("--json", action="store_true", help="print JSON instead of text")
    add(
        "--by",
        metavar="A[,B]",
        help="one or two of published, cielab, sex, age, site, or any columns of your files by "
        "their own names; by default published, or the first there is",
    )
    add("--source", choices=("published", "report", "demo"), help="by default published")
    add(
        "--predictions", metavar="P.csv", help="image names with 8 logits, a probability or a label"
    )
    add("--metadata", metavar="M.csv", help="image names with true labels and groups")
    add(
        "--map",
        metavar="ROLE=COLUMN",
        action="append",
        default=[],
        help="what a column is, where the guess gets it wrong: target=y_true; may be repeated; "
        f"roles: {', '.join(ROLES)}",
    )
    add("--rule", metavar="RULE", help="inference rule, for logits")
    add(
        "--threshold",
        metavar="T | GROUP=T",
        action="append",
        default=[],
        help="malignant from this probability on; for one group with GROUP=T; may be repeated",
    )
    add_sensitivity(add)
    add(
        "--minimum",
        type=int,
        metavar="N",
        help="smaller denominators are marked and kept out of comparisons; by default 20",
    )
    add(
        "--post-process",
        metavar="CONSTRAINT",
        help="demographic_parity, equalized_odds or true_positive_rate_parity, by thresholds per "
        "group, judged on held-out halves of the patients, many times over",
    )
    add(
        "--splits",
        type=int,
        metavar="N",
        help=f"for --post-process, at least {FEWEST_SPLITS}; by default {SPLITS}",
    )
    add(
        "--why",
        action="store_true",
        help="where the largest difference in selection rate lies: its parts, images of like age, "
        "site and sex, diagnoses",
    )
    add("--pair", nargs=2, metavar=("FIRST", "SECOND"), help="the two groups that --why compares")
    add("--group", metavar="GROUP", help="list the images of this group")
    add("--cell", choices=tuple(CELLS), help="list the images of this confusion cell")
    add("--images", metavar="DIR", help="folder of the images, to name the files behind a cell")
    add(
        "--plan",
        metavar="METRIC=GAP",
        help="how many images per group would find a difference of GAP in recall, "
        "false_positive_rate or selection_rate: recall=0.1",
    )
    add("--protocol", metavar="OUT.txt", help="write the plan as a short protocol")
    add("--report", metavar="OUT.html", help="write a self-contained report, and OUT.json")
    add_figures(add)


def run(options) -> int:
    """Run the command; bad input raises ExplorerError."""
    if options.source and options.predictions:
        raise ExplorerError("give --source or --predictions, not both")
    for name, needed, reason in NEEDS:
        if getattr(options, name) not in (None, []) and not getattr(options, needed):
            option = needed.replace("_", "-")
            raise ExplorerError(f"--{name} needs --{option}: {reason}")
    if options.source == "report":
        return _run_figures(options)
    more = any(vars(options)[name] for name in ("predictions", *NEED_IMAGES))
    more = more or options.source == "demo"
    more = more or any(each is not None for each in (options.minimum, options.sensitivity))
    if more or (options.by or "published") not in GROUPINGS:
        return _run_analysis(options)
    report = group_report(options.by or "published")  # the published counts, nothing else asked
    planned = _plan(options, report)
    save_figures(options, lambda: group_figures(report))
    if options.report:
        write_report(options.report, report, ())
    if options.json:
        value = report.to_json() | {"statement": statement_of(report).to_json()}
        print_json(value | ({"plan": planned} if planned else {}))
    else:
        print_groups(report, statement_of(report))
        print_plan(planned)
    return 0


def _run_figures(options) -> int:
    """The report's figures as they are: nothing in them can be regrouped."""
    if any(vars(options)[name] for name in ("by", *NEED_IMAGES, "report", "plan")):
        raise ExplorerError(
            "the report gives figures only, without data per image: use --source "
            "report with no other option than --json and --figures"
        )
    figures = report_figures()
    save_figures(options, printed_figures)
    if options.json:
        print_json(figures.to_json())
        return 0
    print(figures.about + "\n")
    for table in (figures.experiments, figures.groups):
        rows = [[str(cell) for cell in row.values()] for row in table.rows()]
        print_table(list(table.columns), rows)
    return 0


def _run_analysis(options) -> int:
    predictions = _predictions(options)
    by = predictions.keys_of(options.by) if options.by else predictions.need_groupings()[:1]
    small = SMALL if options.minimum is None else options.minimum
    analysis = analyse_predictions(predictions, by, _operating(options), small)
    powers = all_powers(analysis)
    after = images = None
    if options.post_process:
        splits = SPLITS if options.splits is None else options.splits
        after = post_process(analysis.decided, options.post_process, splits)
    if options.group or options.cell:
        images = images_behind(analysis.decided, options.group, options.cell)
    found = why(analysis.decided, *(options.pair or ())) if options.why else None
    files = image_files(images, options.images) if images and options.images else []
    planned = _plan(options, analysis.report)
    save_figures(options, lambda: group_figures(analysis, powers, after, found))
    if options.report:
        sections = report_sections(analysis, after, powers)
        write_report(
            options.report, analysis, (*sections, *([why_section(found)] if found else []))
        )
    if not options.json:
        print_analysis(analysis, powers, after, found, images)
        print_plan(planned)
        return 0
    value = analysis.to_json() | {"power": {power.metric: power.to_json() for power in powers}}
    if planned:
        value["plan"] = planned
    if after is not None:
        value["post_processing"] = after.to_json()
    if found is not None:
        value["why"] = found.to_json()
    if images is not None:
        headers, rows = images.table()
        value["images"] = [dict(zip(headers, row)) for row in rows]
        for row, path in zip(value["images"], files):
            row["file"] = str(path) if path else None
    print_json(value)
    return 0


def _predictions(options):
    file = options.predictions
    if not file:
        return load_source(options.source or "published")
    if options.metadata is None and Path(file).is_dir():
        if options.map:
            raise ExplorerError("--map is for files: the columns of an evaluated folder are known")
        return run_predictions(file)
    return read_predictions(file, options.metadata, parse_columns(options.map))


def _operating(options):
    overall, by_group = None, {}
    for text in options.threshold:
        group, _, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise ExplorerError(f"--threshold {text}: give a number, or GROUP=NUMBER") from None
        if group:
            by_group[group.strip()] = value
        else:
            overall = value
    images = calibration_set(options.calibration) if options.calibration else None
    if images and (sha256 := _weights_sha256(options)):
        images.check_weights(sha256)
    return Operating(options.rule, overall, by_group, options.sensitivity, images)


def _weights_sha256(options) -> str | None:
    """Of the weights that made what is judged, where that is stated."""
    if options.predictions is None:
        return demo_calibration().weights_sha256
    path = Path(options.predictions)
    return read_run(path).get("weights_sha256") if path.is_dir() else None


def _plan(options, report) -> Plan | None:
    """What ``--plan`` asks for, and its protocol, written."""
    if not options.plan:
        return None
    metric, _, gap = options.plan.partition("=")
    try:
        wish = float(gap)
    except ValueError:
        raise ExplorerError(f"--plan {options.plan}: give METRIC=GAP, such as recall=0.1") from None
    planned = plan(report, metric.strip(), wish)
    if options.protocol:
        try:
            Path(options.protocol).write_text(planned.protocol(), encoding="utf-8")
        except OSError as error:
            raise ExplorerError(f"cannot write {options.protocol}: {error.strerror}") from error
    return planned
