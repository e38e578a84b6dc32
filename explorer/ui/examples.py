"""The synthetic lesions that ship with the page."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples"


@dataclass(frozen=True)
class Example:
    """A picture drawn by program, with an honest caption."""

    key: str
    path: Path
    title: str
    caption: str


@lru_cache
def examples() -> tuple[Example, ...]:
    """All examples in the order of their list."""
    rows = json.loads((FOLDER / "examples.json").read_text(encoding="utf-8"))
    return tuple(
        Example(row["id"], FOLDER / row["file"], row["title"], row["caption"]) for row in rows
    )
