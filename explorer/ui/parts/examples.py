"""The synthetic lesions that ship with the page."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from explorer.image.read import read_image
from explorer.lesion.lesion import ToneResult, read_tone
from explorer.util.paths import ASSETS

#: The one that the page opens on, by its place in the list.
DEFAULT_EXAMPLE = 1
FOLDER = ASSETS / "examples"


@dataclass(frozen=True)
class Example:
    """A picture drawn by program, with an honest caption."""

    key: str
    path: Path
    title: str
    caption: str

    @property
    def thumbnail(self) -> bytes:
        """A small JPEG of it."""
        return self.path.with_suffix(".small.jpg").read_bytes()


@lru_cache
def examples() -> tuple[Example, ...]:
    """All examples in the order of their list."""
    rows = json.loads((FOLDER / "examples.json").read_text(encoding="utf-8"))
    return tuple(
        Example(row["id"], FOLDER / row["file"], row["title"], row["caption"]) for row in rows
    )


@lru_cache
def example_tone(index: int) -> ToneResult:
    """The tone of one example at the published settings, estimated once for all visitors."""
    example = examples()[index]
    return read_tone(read_image(example.path, example.title))


def example_index(key: str) -> int:
    """Place of an example in the list."""
    return [example.key for example in examples()].index(key)
