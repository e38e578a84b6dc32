"""What a link to the page holds: a view, an example, the choices on the controls; no upload, ever.

A :class:`ViewState` and the query string of an address are turned into one another here. Every
parameter belongs to a *part* of the page, which writes its own parameters and leaves the others
alone. Values at their default are left out, so that a plain visit keeps a plain address.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

from explorer.fairness.gaps import SMALL
from explorer.fairness.metrics import ALL_METRICS
from explorer.lesion.lesion import METHODS, TRANSFORMS
from explorer.lesion.stored import FIRST_TARGET
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.study.sources import SOURCES
from explorer.synthetic.examples import EXAMPLES
from explorer.transform.painter import SCOPES
from explorer.util.errors import ExplorerError

VIEWS = ("lesion", "skins", "groups", "audit", "evaluate", "about")
#: Sub-tabs of the Groups view.
TABS = ("images", "spreads", "curves", "power", "confidence", "post", "compare", "report")
#: Keys of the audit's cards; making the cards to learn their keys would take seconds.
CARDS = (
    "recall",
    "experiments",
    "demographic-parity",
    "fairest",
    "predict-py",
    "sizes",
    "dark-skin",
    "regrouped",
    "skin-former",
    "white-frame",
    "patients",
    "prior-shift",
    "doubled-softmax",
    "anova-table",
    "anova-unnormalised",
)
STUDY_GROUPINGS = ("published", "cielab", "diagnosis")
#: Angles of the target slider, degrees.
TARGETS = (-60, 70)
LONGEST = 60  # characters of a bad value that are repeated

Read = Callable[[str], object]


class _Bad(ValueError):
    """Completes the sentence "The link asks for ..."."""


def _parameter(part: str, default, read: Read, write: Callable[[object], str] = str):
    return field(default=default, metadata={"part": part, "read": read, "write": write})


def _one_of(what: str, options) -> Read:
    """``options`` may be a function that returns them."""

    def read(text: str) -> str:
        if text not in (options() if callable(options) else options):
            raise _Bad(f"an unknown {what} '{_cut(text)}'")
        return text

    return read


def _number(what: str, low: float, high: float, kind: type = float) -> Read:
    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise _Bad(f"{what} of '{_cut(text)}', which is not a number from {low:g} to {high:g}")
        return value

    return read


def _name(what: str, pattern: str) -> Read:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise _Bad(f"an unknown {what} '{_cut(text)}'")
        return text

    return read


def _limits(text: str) -> tuple[tuple[str, float], ...]:
    """``light:0.3;dark:0.2``."""
    read = _number("a group's threshold", 0, 1)
    pairs = (item.rpartition(":") for item in text.split(";"))
    return tuple((group, read(value)) for group, _, value in pairs)


def _limits_text(limits) -> str:
    return ";".join(f"{group}:{value:g}" for group, value in limits)


def _examples() -> list[str]:

    return [example.id for example in EXAMPLES]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


_COLUMN = r"[\w ./-]{1,60}"
_RULE = _one_of("rule", RULES)


@dataclass(frozen=True)
class ViewState:
    """Everything that a link can ask for; the names are those of the address.

    Attributes
    ----------
    view : str
        Of :data:`VIEWS`.
    example : str
        Key of a worked example; empty where an image of the archive is shown.
    isic : str
        Identifier of an image of the ISIC archive, or empty.
    rule, method, transform, scope, target
        Controls of the Lesion view; ``target`` is in degrees.
    skins_rule, skins_by : str
        Controls of the All skins view.
    source, by, by2, metric, group_rule, threshold, limits, minimum, tab
        Controls of the Groups view: ``by2`` is a second grouping or empty, ``threshold`` a
        probability or None, ``limits`` the thresholds of single groups, ``tab`` the sub-tab.
    card : str
        Key of the audit card to show, or empty.
    """

    view: str = _parameter("page", "lesion", _one_of("view", VIEWS))
    example: str = _parameter("image", "synthetic-light", _one_of("example", _examples))
    isic: str = _parameter("image", "", _name("ISIC image", r"ISIC_\d{7}"))
    rule: str = _parameter("lesion", DEFAULT_RULE, _RULE)
    method: str = _parameter("lesion", "published", _one_of("estimator", METHODS))
    transform: str = _parameter("lesion", "published", _one_of("transform", TRANSFORMS))
    scope: str = _parameter("lesion", "skin", _one_of("scope", SCOPES))
    target: float = _parameter(
        "lesion", FIRST_TARGET, _number("a target angle", *TARGETS), "{:g}".format
    )
    skins_rule: str = _parameter("skins", DEFAULT_RULE, _RULE)
    skins_by: str = _parameter("skins", "cielab", _one_of("grouping", STUDY_GROUPINGS))
    source: str = _parameter("groups", "published", _one_of("source", SOURCES))
    by: str = _parameter("groups", "published", _name("grouping", _COLUMN))
    by2: str = _parameter("groups", "", _name("grouping", _COLUMN))
    metric: str = _parameter("groups", "recall", _one_of("metric", ALL_METRICS))
    group_rule: str = _parameter("groups", DEFAULT_RULE, _RULE)
    threshold: float | None = _parameter(
        "groups", None, _number("a threshold", 0, 1), "{:g}".format
    )
    limits: tuple[tuple[str, float], ...] = _parameter("groups", (), _limits, _limits_text)
    minimum: int = _parameter("groups", SMALL, _number("a smallest n", 1, 100, int))
    tab: str = _parameter("tab", "images", _one_of("sub-tab", TABS))
    card: str = _parameter("card", "", _one_of("audit card", CARDS))

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple["ViewState", tuple[str, ...]]:
        """The state that an address asks for, and a sentence for each value that is not valid.

        Parameters
        ----------
        query : mapping of str to str
            Decoded parameters; those of other names are left alone.

        Returns
        -------
        state : ViewState
            With the default in place of each value that is not valid.
        problems : tuple of str
        """
        values, problems = {}, []
        for item in fields(cls):
            if item.name not in query:
                continue
            try:
                values[item.name] = item.metadata["read"](query[item.name])
            except _Bad as bad:
                problems.append(f"The link asks for {bad}; the default is shown.")
        return cls(**values), tuple(problems)

    def to_query(self, part: str | None = None) -> dict[str, str]:
        """Parameters that differ from their default, of one part or of the whole page."""
        return {
            item.name: item.metadata["write"](getattr(self, item.name))
            for item in fields(self)
            if part in (None, item.metadata["part"]) and getattr(self, item.name) != item.default
        }

    @classmethod
    def names(cls, part: str) -> tuple[str, ...]:
        """Parameters that belong to a part.

        Raises
        ------
        ExplorerError
            If there is no such part.
        """
        found = tuple(item.name for item in fields(cls) if item.metadata["part"] == part)
        if not found:
            raise ExplorerError(f"no part of the page is called {part!r}")
        return found
