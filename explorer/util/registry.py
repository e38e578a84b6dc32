"""Choices by key: every room that knows several ways to do a thing lists them in one registry."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol, TypeVar

from explorer.util.errors import ExplorerError


class Choice(Protocol):
    """What a registry holds.

    ``key`` is what links, files and JSON hold; ``words`` are further names that are understood
    where people type one.
    """

    key: str
    words: tuple[str, ...]


Kind = TypeVar("Kind", bound=Choice)


def registry(*choices: Kind) -> Mapping[str, Kind]:
    """Choices by their key, in this order; it cannot be changed."""
    return MappingProxyType({each.key: each for each in choices})


def find(choices: Mapping[str, Kind], text: str, what: str) -> Kind:
    """The choice that a key, or a further word for it, names.

    Raises
    ------
    ExplorerError
        If there is none: "Unknown ``what`` ...".
    """
    key = typed(choices)(text)
    if key not in choices:
        raise ExplorerError(f"Unknown {what} {text!r}: choose one of {', '.join(choices)}.")
    return choices[key]


def names(choices: Mapping[str, Choice]) -> list[str]:
    """Everything that may be typed: the keys, then the further words."""
    return [*choices, *(word for each in choices.values() for word in each.words)]


def typed(choices: Mapping[str, Choice]) -> Callable[[str], str]:
    """Turns a typed name into its key, and leaves what it does not know: a type for argparse."""
    keys = {word: each.key for each in choices.values() for word in each.words}
    return lambda text: keys.get(text, text)
