"""What the server remembers of one visitor, in memory and for the visit only."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from explorer import lesion
from explorer.inference import DEFAULT_RULE
from explorer.settings import PUBLISHED

DEFAULT_TARGET = 10.0  # degrees


@dataclass(frozen=True)
class Session:
    """What one visitor is looking at."""

    result: lesion.ToneResult
    found: lesion.Classification | None = None
    other: lesion.OtherSkin | None = None

    def with_tone(self, result: lesion.ToneResult) -> "Session":
        """The same image and logits read with another tone; no network is run."""
        found = self.found and replace(self.found, group=result.group)
        return Session(result, found)


class Desk:
    """What a visitor has chosen on the controls, and which analysis is the latest.

    It may change while an analysis runs, which therefore reads it when it fills the page.
    """

    def __init__(self):
        self.serial = 0
        self.method = "published"
        self.settings = PUBLISHED
        self.transform = "published"
        self.scope = "skin"
        self.target = DEFAULT_TARGET
        self.rule = DEFAULT_RULE

    def take(self) -> Callable[[], bool]:
        """Start an analysis; the returned function says whether it is still the latest."""
        self.serial += 1
        mine = self.serial
        return lambda: self.serial == mine

    def stop(self) -> None:
        """Let nothing that runs now fill the page."""
        self.serial += 1
