"""What the server remembers of one visitor, in memory and for the visit only."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from explorer.lesion import lesion
from explorer.lesion.stored import FIRST_TARGET
from explorer.rules.rules import DEFAULT_RULE
from explorer.skin.settings import PUBLISHED
from explorer.ui.parts.link import ViewState

DEFAULT_TARGET = FIRST_TARGET
#: The rule that stands beside the chosen one at first.
BESIDE = "discriminative"


@dataclass(frozen=True)
class Session:
    """What one visitor is looking at.

    ``link`` says which image, None for an upload; ``credit`` is the HTML that must stand by it.
    """

    result: lesion.ToneResult
    found: lesion.Classification | None = None
    other: lesion.OtherSkin | None = None
    link: ViewState | None = None
    credit: str = ""

    def with_tone(self, result: lesion.ToneResult) -> "Session":
        """The same image and logits read with another tone; no network is run."""
        found = self.found and replace(self.found, group=result.group)
        return Session(result, found, link=self.link, credit=self.credit)


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
        self.isic = ""
        self.beside = BESIDE

    @property
    def is_untouched(self) -> bool:
        """Whether every control but the two rules stands where it stood at first."""
        now = (self.method, self.settings, self.transform, self.scope, self.target)
        return now == ("published", PUBLISHED, "published", "skin", DEFAULT_TARGET)

    def follow(self, state: ViewState) -> None:
        """Choose what a link asks for; ``isic`` is an image of the archive that is to be fetched."""
        self.isic = state.isic
        self.method, self.rule = state.method, state.rule
        self.transform, self.scope, self.target = state.transform, state.scope, state.target

    def take(self) -> Callable[[], bool]:
        """Start an analysis; the returned function says whether it is still the latest."""
        self.serial += 1
        mine = self.serial
        return lambda: self.serial == mine

    def stop(self) -> None:
        """Let nothing that runs now fill the page."""
        self.serial += 1
