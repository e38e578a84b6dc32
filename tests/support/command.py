"""The command line, run in the test's own process or, as a person runs it, in a new one."""

import contextlib
import io
import logging
import os
import signal
import subprocess
import sys
import warnings

from explorer.__main__ import main
from support import ROOT

COMMAND = (sys.executable, "-m", "explorer")
#: ``python -m explorer`` with a run's rows on the disk sooner than after five seconds.
FLUSHING = (
    "import runpy; from explorer.evaluate import run_store; run_store.PART_SECONDS = 0.3; "
    "runpy.run_module('explorer', run_name='__main__', alter_sys=True)"
)


def explorer(*arguments) -> subprocess.CompletedProcess:
    """``python -m explorer ARGUMENTS`` from the checkout, without starting another Python.

    What the command does for its whole process, silencing warnings and logs, is undone.
    """
    command = list(map(str, arguments))
    stdout, stderr = io.StringIO(), io.StringIO()
    environment, level = dict(os.environ), logging.root.manager.disable
    with (
        contextlib.chdir(ROOT),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
        warnings.catch_warnings(),
    ):
        try:
            code = main(command)
        except SystemExit as refused:  # of argparse
            code = refused.code
        finally:
            logging.disable(level)
            os.environ.clear()
            os.environ.update(environment)
    return subprocess.CompletedProcess(command, code, stdout.getvalue(), stderr.getvalue())


def started_explorer(*arguments, **more) -> subprocess.Popen:
    """The command just started, in a process group of its own and with Ctrl-C as at a terminal.

    A run that it makes writes its parts often, so that a test soon has something to interrupt.
    """
    return subprocess.Popen(
        [sys.executable, "-c", FLUSHING, *map(str, arguments)],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # a test run in the background ignores Ctrl-C, and its children would inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **more,
    )


def explorer_process(*arguments, timeout: float = 300) -> subprocess.CompletedProcess:
    """The same in a process of its own."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=timeout
    )
