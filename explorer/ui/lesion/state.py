"""What the server remembers of one visitor, in memory and for the visit only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from explorer.fairness.cutoffs import CUTOFFS, OWN
from explorer.lesion.instrument import Instrument
from explorer.lesion.lesion import Classification, ToneResult
from explorer.lesion.workshop import Workshop
from explorer.model.weights import Weights
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.skin.settings import PUBLISHED, ToneSettings
from explorer.synthetic.examples import EXAMPLES, Example
from explorer.tone.estimators import DEFAULT_METHOD, ESTIMATORS
from explorer.transform.contract import SCOPES
from explorer.transform.skinformer import SKIN_FORMER
from explorer.transform.transforms import DEFAULT_SCOPE, DEFAULT_TRANSFORM, TRANSFORMS
from explorer.ui.parts.examples import DEFAULT_EXAMPLE
from explorer.ui.parts.link import Linked, choice, linked, name, number, one_of, shortest

#: Angles that a link may ask for, degrees; the nearest skin that was computed is shown.
TARGETS = (-60, 90)


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
    """What the instrument shows; ``target`` is in degrees, None the picture's own skin.

    The page's script keeps these in the address, since it asks no server for a rule or a skin.
    """

    part = "lesion"
    rule: str = linked(DEFAULT_RULE, one_of("rule", RULES))
    cutoff: str = linked(OWN, one_of("cut-off", CUTOFFS))
    transform: str = linked(DEFAULT_TRANSFORM, choice("transform", TRANSFORMS))
    scope: str = linked(DEFAULT_SCOPE, one_of("scope", SCOPES))
    target: float | None = linked(None, number("a target angle", *TARGETS), shortest)

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Self, tuple[str, ...]]:
        """As every part; a link from before melanin was the default left the skin-former out."""
        made, problems = super().from_query(query)
        if made.target is not None and "transform" not in query:
            scope = made.scope if "scope" in query else "skin"
            made = replace(made, transform=SKIN_FORMER.key, scope=scope)
        return made, problems

    def to_query(self) -> dict[str, str]:
        """As every part; a target says by which transform, so that it keeps its meaning."""
        query = super().to_query()
        named = {"transform": self.transform, "scope": self.scope} if "target" in query else {}
        return query | named


@dataclass(frozen=True)
class ReadingChoice(Linked):
    """How the tone is read."""

    part = "reading"
    method: str = linked(DEFAULT_METHOD, choice("estimator", ESTIMATORS))


@dataclass(frozen=True)
class Session:
    """What one visitor is looking at.

    ``link`` says which image, None for an upload; ``credit`` is the HTML that must stand by it;
    ``example`` is the one that is shown, if it is one, and ``quoted`` whether its answers are the
    stored ones. ``told`` is whether its steps are on the page.
    """

    result: ToneResult
    shop: Workshop | None = None
    instrument: Instrument | None = None
    link: ImageChoice | None = None
    credit: str = ""
    example: Example | None = None
    quoted: bool = False
    told: bool = False

    @property
    def found(self) -> Classification | None:
        """The picture as it is by all rules, once its eight orientations are there."""
        made = self.instrument
        if made is None or made.oriented is None:
            return None
        return Classification(made.weights, made.oriented, self.result.group)

    def key(self, desk: "LesionDesk", weights: Weights) -> tuple[str, str] | None:
        """What an example's answers are kept under, for all visitors; None for an upload, or
        where anything is chosen otherwise than at first."""
        if self.example is None or self.result.hand or not desk.is_untouched:
            return None
        return self.example.id, weights.sha256


@dataclass
class LesionDesk:
    """What a visitor has chosen, and which analysis is the latest.

    It may change while an analysis runs, which therefore reads it when it fills the page. ``isic``
    is an image of the archive that a link asks for and that is still to be fetched, and ``asked``
    the rule, cut-off and target that the link asks for with it.
    """

    transform: str = DEFAULT_TRANSFORM
    scope: str = DEFAULT_SCOPE
    method: str = DEFAULT_METHOD
    settings: ToneSettings = PUBLISHED
    isic: str = ""
    asked: dict | None = None
    serial: int = 0

    @property
    def is_untouched(self) -> bool:
        """Whether an example looks as it does at first."""
        return (self.transform, self.scope, self.method, self.settings) == (
            DEFAULT_TRANSFORM,
            DEFAULT_SCOPE,
            DEFAULT_METHOD,
            PUBLISHED,
        )

    def take(self) -> Callable[[], bool]:
        """Start an analysis; the returned function says whether it is still the latest."""
        self.serial += 1
        mine = self.serial
        return lambda: self.serial == mine

    def stop(self) -> None:
        """Let nothing that runs now fill the page."""
        self.serial += 1
