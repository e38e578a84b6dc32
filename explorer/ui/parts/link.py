"""What a link to the page holds: a view, an example, the choices on the controls; no upload, ever.

The choices of each part of the page are a frozen dataclass, a kind of :class:`Linked`, which lies
beside the view that owns it. Its fields made by :func:`linked` say what a link may ask for; query,
parsing and the address fragment (:mod:`explorer.ui.parts.address`) follow from them. Every part
writes its own parameters and leaves the others alone. Values at their default are left out, so that
a plain visit keeps a plain address.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import ClassVar, Self

from explorer.util.registry import Choice, typed

LONGEST = 60  # characters of a bad value that are repeated

Read = Callable[[str], object]


class Refused(ValueError):
    """A value that a link may not hold; completes the sentence "The link asks for ..."."""


def one_of(what: str, options: Iterable[str]) -> Read:
    """One of a few words."""
    return _known(what, lambda text: text in options)


def choice(what: str, choices: Mapping[str, Choice]) -> Read:
    """A key of a registry, or another word for it."""
    key, read = typed(choices), one_of(what, choices)
    return lambda text: read(key(text))


def number(what: str, low: float, high: float, kind: type = float) -> Read:
    """A number of a kind between two, both included."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise Refused(
                f"{what} of '{_cut(text)}', which is not a number from {low:g} to {high:g}"
            )
        return value

    return read


def shortest(value: float) -> str:
    """The shortest text that is read as this very number: ``12``, ``0.305``."""
    return repr(float(value)).removesuffix(".0")


def name(what: str, pattern: str) -> Read:
    """A word that matches a pattern as a whole."""
    return _known(what, lambda text: re.fullmatch(pattern, text))


def _known(what: str, accepted: Callable[[str], object]) -> Read:
    def read(text: str) -> str:
        if not accepted(text):
            raise Refused(f"an unknown {what} '{_cut(text)}'")
        return text

    return read


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def linked(default, read: Read, write: Callable[[object], str] = str, called: str = ""):
    """A field that a link may hold.

    Parameters
    ----------
    default
        Shown where the link says nothing, or nothing valid; must not change.
    read : function of str
        From a parameter's text to a value, or :class:`Refused`.
    write : function
        Back.
    called : str
        The parameter's name in the address, where it is not the field's.
    """
    return field(default=default, metadata={"read": read, "write": write, "called": called})


@dataclass(frozen=True)
class Linked:
    """Base of the choices in one part of the page.

    Fields that are not made by :func:`linked` are the view's own: no link holds them.
    """

    #: The part's name in the fragment of the address; set by each kind.
    part: ClassVar[str]

    @classmethod
    def parameters(cls) -> dict[str, Field]:
        """The fields that a link may hold, by their name in the address."""
        found = (each for each in fields(cls) if "read" in each.metadata)
        return {each.metadata["called"] or each.name: each for each in found}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Self, tuple[str, ...]]:
        """The choices that an address asks for, and a sentence for each value that is not valid.

        Parameters
        ----------
        query : mapping of str to str
            Decoded parameters; those of other names are left alone.

        Returns
        -------
        choices : Linked
            With the default in place of each value that is not valid.
        problems : tuple of str
        """
        values, problems = {}, []
        for parameter, item in cls.parameters().items():
            try:
                if parameter in query:
                    values[item.name] = item.metadata["read"](query[parameter])
            except Refused as refused:
                problems.append(f"The link asks for {refused}; the default is shown.")
        return cls(**values), tuple(problems)

    def to_query(self) -> dict[str, str]:
        """The parameters that differ from their default."""
        return {
            parameter: item.metadata["write"](getattr(self, item.name))
            for parameter, item in self.parameters().items()
            if getattr(self, item.name) != item.default
        }
