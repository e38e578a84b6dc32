"""What the server remembers of one visitor, in memory and for the visit only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from explorer.lesion import lesion
from explorer.lesion.stored import FIRST_TARGET
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.skin.settings import PUBLISHED, ToneSettings
from explorer.synthetic.examples import EXAMPLES
from explorer.tone.estimators import DEFAULT_METHOD, ESTIMATORS
from explorer.transform.contract import SCOPES
from explorer.transform.skinformer import SKIN_FORMER
from explorer.transform.transforms import DEFAULT_SCOPE, DEFAULT_TRANSFORM, TRANSFORMS
from explorer.ui.parts.examples import DEFAULT_EXAMPLE
from explorer.ui.parts.link import Linked, choice, linked, name, number, one_of

#: Angles of the target slider, degrees.
TARGETS = (-60, 70)


@dataclass(frozen=True)
class ImageChoice(Linked):
    """Which image is shown: an example, or one of the ISIC archive by its id."""

    part = "image"
    example: str = linked(
        EXAMPLES[DEFAULT_EXAMPLE].id, one_of("example", tuple(each.id for each in EXAMPLES))
    )
    isic: str = linked("", name("ISIC image", r"ISIC_\d{7}"))


@dataclass(frozen=True)
class LesionChoice(Linked):
    """What the controls say; ``target`` is in degrees, ``beside`` the rule beside ``rule``."""

    part = "lesion"
    rule: str = linked(DEFAULT_RULE, one_of("rule", RULES))
    method: str = linked(DEFAULT_METHOD, choice("estimator", ESTIMATORS))
    transform: str = linked(DEFAULT_TRANSFORM, choice("transform", TRANSFORMS))
    scope: str = linked(DEFAULT_SCOPE, one_of("scope", SCOPES))
    target: float = linked(FIRST_TARGET, number("a target angle", *TARGETS), "{:g}".format)
    beside: str = "discriminative"
    settings: ToneSettings = PUBLISHED

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Self, tuple[str, ...]]:
        """As every part; a link from before melanin was the default left the skin-former out."""
        made, problems = super().from_query(query)
        if made.target != FIRST_TARGET and "transform" not in query:
            scope = made.scope if "scope" in query else "skin"
            made = replace(made, transform=SKIN_FORMER.key, scope=scope)
        return made, problems

    def to_query(self) -> dict[str, str]:
        """As every part; a target says by which transform, so that it keeps its meaning."""
        query = super().to_query()
        named = {"transform": self.transform, "scope": self.scope} if "target" in query else {}
        return query | named

    @property
    def is_untouched(self) -> bool:
        """Whether every control but the two rules stands where it stood at first."""
        return replace(self, rule=DEFAULT_RULE, beside=LesionChoice.beside) == LesionChoice()


@dataclass(frozen=True)
class Session:
    """What one visitor is looking at.

    ``link`` says which image, None for an upload; ``credit`` is the HTML that must stand by it.
    """

    result: lesion.ToneResult
    found: lesion.Classification | None = None
    other: lesion.OtherSkin | None = None
    link: ImageChoice | None = None
    credit: str = ""

    def with_tone(self, result: lesion.ToneResult) -> "Session":
        """The same image and logits read with another tone; no network is run."""
        found = self.found and replace(self.found, group=result.group)
        return Session(result, found, link=self.link, credit=self.credit)


@dataclass
class LesionDesk:
    """What a visitor has chosen, and which analysis is the latest.

    It may change while an analysis runs, which therefore reads it when it fills the page. ``isic``
    is an image of the archive that a link asks for and that is still to be fetched.
    """

    choice: LesionChoice = LesionChoice()
    isic: str = ""
    serial: int = 0

    def choose(self, **changes) -> None:
        """Remember what a control says."""
        self.choice = replace(self.choice, **changes)

    def take(self) -> Callable[[], bool]:
        """Start an analysis; the returned function says whether it is still the latest."""
        self.serial += 1
        mine = self.serial
        return lambda: self.serial == mine

    def stop(self) -> None:
        """Let nothing that runs now fill the page."""
        self.serial += 1
