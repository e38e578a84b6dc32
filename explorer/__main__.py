"""The command line: ``python -m explorer COMMAND``; one module of ``explorer.cli`` each.

Results go to stdout, as text or with ``--json``. Bad input gives one line on stderr and exit
code 2; good images beside a bad one are still reported.
"""

import argparse
import logging
import os
import shlex
import sys
import warnings

from explorer.charts.export import check_folder
from explorer.cli import claims, counterfactual, evaluate, groups, instrument, lesion, tone, weights
from explorer.cli.output import complain
from explorer.util.errors import ExplorerError

COMMANDS = (tone, lesion, instrument, counterfactual, evaluate, groups, claims, weights)


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    whole = argparse.ArgumentParser(
        prog="python -m explorer",
        description="The melanoma fairness explorer on the command line. Not a medical device.",
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(commands)
    return whole


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parser().parse_args(arguments)
    options.typed = shlex.join(["python", "-m", "explorer", *arguments])  # for what tells its maker
    # only our own sentences belong on stderr
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        if getattr(options, "figures", None):  # before the work rather than after it
            check_folder(options.figures)
        return options.run(options)
    except ExplorerError as error:
        complain(error)
        return 2
    except BrokenPipeError:  # the reader, head for example, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
