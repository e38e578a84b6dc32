"""How many threads one visitor's computation may take, so that several do not fight for cores.

Two passes of the network run at once (:mod:`explorer.ui.lesion_view`). Left alone, PyTorch and
OpenCV would start a thread per core for each, and threads that wait for one another spin.
"""

import os
from pathlib import Path

#: Heavy events that run at the same time.
AT_ONCE = 2
VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


def share_cores() -> None:
    """Set the libraries' variables, where the operator has not; before they are imported."""
    for name in VARIABLES:
        os.environ.setdefault(name, str(max(1, cores() // AT_ONCE)))


def cores(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Cores that this process may use: a container's quota counts, as on Spaces."""
    usable = getattr(os, "sched_getaffinity", None)
    found = len(usable(0)) if usable else os.cpu_count() or 1
    try:
        allowed, period = quota.read_text().split()
        return max(1, min(found, int(allowed) // int(period)))
    except (OSError, ValueError):  # no such file, or "max" for no limit
        return found
