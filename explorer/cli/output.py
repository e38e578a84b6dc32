"""How every command is declared and speaks: a bar and one line per mistake on stderr."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from explorer.charts.export import write_figures
from explorer.evaluate.cutoffs import cutoffs_for
from explorer.evaluate.store import RowsReport
from explorer.fairness.cutoffs import SENSITIVITY, Cutoffs, percent
from explorer.rules.rules import RULES
from explorer.tone.estimators import DEFAULT_METHOD, ESTIMATORS
from explorer.transform.contract import SCOPES
from explorer.transform.transforms import DEFAULT_SCOPE, DEFAULT_TRANSFORM, TRANSFORMS
from explorer.util import lazy
from explorer.util.errors import ExplorerError
from explorer.util.registry import typed

tqdm = lazy.load("tqdm")


def declared(commands, name: str, text: str, run: Callable) -> Callable:
    """``add_argument`` of a new command; ``commands`` is what ``add_subparsers`` returned."""
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser.add_argument


def add_method(add: Callable, text: str) -> None:
    """The option ``--method`` of every command that reads a tone."""
    keys = tuple(ESTIMATORS)
    add("--method", default=DEFAULT_METHOD, type=typed(ESTIMATORS), choices=keys, help=text)


def add_figures(add: Callable) -> None:
    """The options ``--figures`` and ``--figure-width`` of every command that has figures."""
    add(
        "--figures",
        metavar="DIR",
        help="write every figure as .svg, .png and .csv, with captions.txt",
    )
    add(
        "--figure-width",
        type=float,
        metavar="MM",
        help="of all figures; by default 85 or 174, as each is meant",
    )


def save_figures(options, figures: Callable[[], Iterable]) -> None:
    """Write what ``--figures`` asks for, if it does, and say so unless the output is JSON."""
    if not options.figures:
        return
    written = write_figures(options.figures, figures(), options.typed, options.figure_width)
    if not options.json:
        print(f"{options.figures}: {len(written)} files, see {written[-1].name}")


def add_transform(add: Callable) -> None:
    """The options of every command that puts a lesion on other skin, and whose weights answer."""
    add(
        "--transform",
        default=DEFAULT_TRANSFORM,
        type=typed(TRANSFORMS),
        choices=tuple(TRANSFORMS),
        help="melanin absorption, or the study's skin-former",
    )
    add(
        "--scope",
        default=DEFAULT_SCOPE,
        choices=SCOPES,
        help="what melanin changes; the skin-former always changes the skin",
    )
    add("--weights", metavar="SRC", help="hub, embedded or a file, as for the other commands")


def add_sensitivity(add: Callable) -> None:
    """The options ``--sensitivity`` and ``--calibration`` of every command that decides."""
    add(
        "--sensitivity",
        type=float,
        metavar="S",
        help="also at each rule's cut-off that finds this share, 0 to 1, of the malignant images "
        f"of a calibration set; the page takes {SENSITIVITY:g}",
    )
    add(
        "--calibration",
        metavar="RUN",
        help="that set: a folder that evaluate wrote with the same weights, or its predictions; "
        "the demo model's is there",
    )


def asked_cutoffs(options, weights) -> Cutoffs | None:
    """The cut-offs that ``--sensitivity`` asks for of these Weights; None where it does not."""
    if options.sensitivity is None:
        if options.calibration:
            raise ExplorerError("--calibration needs --sensitivity: the share that is to be found")
        return None
    return cutoffs_for(weights, options.calibration, options.sensitivity)


def print_cutoffs(cutoffs: Cutoffs) -> None:
    """Both cut-offs of every rule, and what they give on the calibration set."""
    print(
        f"  on {cutoffs.name}, n = {cutoffs.n} ({cutoffs.malignant} malignant), with 95 % Wilson "
        f"intervals, at each rule's own cut-off and at that for a sensitivity of "
        f"{cutoffs.wanted_text}:"
    )
    for key, cutoff in cutoffs.same.items():
        print(f"    {RULES[key].name}")
        for name, each in (("own, P = 0.5", cutoffs.own[key]), (cutoff.text, cutoff)):
            print(
                f"      {name:20s} sensitivity {percent(each.sensitivity):16s} "
                f"false positives {percent(each.false_positive_rate)}"
            )


def complain(error) -> None:
    """Print a message as one line on stderr."""
    print(f"explorer: {' '.join(str(error).split())}", file=sys.stderr)


def complain_of_bad(report: RowsReport, what: str) -> int:
    """List the images that gave an error on stderr; the exit code, 1 where there are some."""
    if report.bad:
        complain(f"{len(report.bad)} of {report.images} images {what}:")
    for name, error in report.bad:
        print(f"  {name}: {' '.join(error.split())}", file=sys.stderr)
    return 1 if report.bad else 0


def bad_json(report: RowsReport) -> list[dict]:
    """The images that gave an error, as the JSON of the commands has them."""
    return [{"image": name, "error": error} for name, error in report.bad]


def check_present(paths: Iterable[str | Path]) -> None:
    """Refuse a mistyped path, which must not become a row; raises ExplorerError."""
    for path in paths:
        if not Path(path).exists():
            raise ExplorerError(f"{path} does not exist; check the path.")


class RowsBar:
    """tqdm's bar on stderr: done, rate, time left. Use it in a ``with`` statement.

    ``kept`` says what there is when the run is interrupted, such as "the rows are in FILE".
    """

    def __init__(self, kept: str = ""):
        self.bar, self.kept = None, kept

    def __enter__(self) -> "RowsBar":
        return self

    def __exit__(self, kind, *_) -> None:
        if self.bar is not None:
            self.bar.close()
        if kind is KeyboardInterrupt and self.kept:
            complain(f"interrupted; {self.kept}, run it again to go on.")

    def start(self, images: int, skipped: int) -> None:
        """Draw the bar; ``skipped`` of the images are done already."""
        tqdm.tqdm.monitor_interval = 0  # no thread beside
        # In a log, where a bar cannot be drawn over, every five seconds are enough.
        interval = 0.2 if sys.stderr.isatty() else 5.0
        self.bar = tqdm.tqdm(
            total=images, initial=skipped, unit=" images", mininterval=interval, smoothing=0.1
        )

    def step(self, _) -> None:
        """One image more."""
        self.bar.update()
