"""The synthetic lesions that ship with the page."""

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from explorer.intake import read_image

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples"


@dataclass(frozen=True)
class Example:
    """A picture drawn by program, with an honest caption."""

    key: str
    path: Path
    title: str
    caption: str

    @cached_property
    def picture(self) -> np.ndarray:
        """The picture, uint8 (H, W, 3)."""
        return read_image(self.path).rgb


@lru_cache
def examples() -> tuple[Example, ...]:
    """All examples in the order of their list."""
    rows = json.loads((FOLDER / "examples.json").read_text(encoding="utf-8"))
    return tuple(
        Example(row["id"], FOLDER / row["file"], row["title"], row["caption"]) for row in rows
    )
