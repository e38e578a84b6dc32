"""How the page's events run, as options of Gradio: once for all views."""

from types import MappingProxyType

PRIVATE = MappingProxyType({"api_visibility": "private"})
#: At once, outside the queue.
AT_ONCE = MappingProxyType({**PRIVATE, "show_progress": "hidden", "queue": False})
#: Drawing what is known already; how quick events run, and how slow ones do: a few at a time.
QUIET = MappingProxyType({**PRIVATE, "show_progress": "hidden", "concurrency_limit": 20})
LIGHT = MappingProxyType({**QUIET, "show_progress": "minimal"})
#: Limits that events share: those that run the network wait for one another, so that visitors do
#: not slow each other down, and so do those that analyse tables.
NETWORK = MappingProxyType({"concurrency_limit": 2, "concurrency_id": "network"})
TABLES = MappingProxyType({"concurrency_limit": 2, "concurrency_id": "workbench"})
HEAVY = MappingProxyType({**LIGHT, **TABLES})
