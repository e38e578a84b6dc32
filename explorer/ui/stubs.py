"""Gradio's import without the type stubs that it writes for editors: half the time of a start.

Whenever it is imported, Gradio (6.31) parses the source of its eighty components and writes a
``.pyi`` file beside each, in the folder where packages are installed: 1.2 of 2.8 seconds, and
nothing that a running program needs.
"""

import sys
from importlib.abc import MetaPathFinder
from importlib.util import find_spec

WRITER, FUNCTION = "gradio.component_meta", "create_or_modify_pyi"


class _WithoutStubs(MetaPathFinder):
    """Finds the one module that writes stubs, as usual, and takes that from it."""

    def find_spec(self, name, path=None, target=None):
        if name != WRITER:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module) -> None:
            execute(module)
            setattr(module, FUNCTION, lambda *_: None)

        spec.loader.exec_module = exec_module
        return spec


def leave_out() -> None:
    """Let Gradio write none; without effect where it is imported already."""
    if WRITER not in sys.modules:
        sys.meta_path.insert(0, _WithoutStubs())
