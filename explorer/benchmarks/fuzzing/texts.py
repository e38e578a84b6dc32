"""Settings files, texts that choose columns, weights or spots, and the addresses of the page."""

import json
import random
import sys
from functools import cache, partial
from importlib import import_module

from explorer.benchmarks.fuzzing.oddities import sometimes_damaged, text, value
from explorer.data.mapping import ROLES, checked, parse_columns
from explorer.model.weights import parse_setting
from explorer.skin.settings import RANGES, read_settings
from explorer.tone.hand import parse_points
from explorer.util.errors import ExplorerError


def settings(rng: random.Random, folder):
    """A settings file, or a text as the command line and the API take it."""
    match rng.randrange(4):
        case 0 | 1:
            return partial(read_settings, _settings_file(rng, folder))
        case 2:
            return partial(parse_setting, rng.choice(("hub:", "hub:a/b@", "")) + text(rng))
    if rng.random() < 0.5:
        parts = (rng.choice(("1,2", " 3, 4 ", "-1,5", "1e9,1", text(rng))) for _ in range(4))
        return partial(parse_points, ";".join(parts))
    choices = [f"{rng.choice((*ROLES, text(rng)))}={text(rng)}" for _ in range(rng.randrange(4))]
    return lambda: checked(parse_columns(choices), ("image", "target", "Target", "a,b"))


def _settings_file(rng: random.Random, folder):
    names = rng.sample(sorted(RANGES), rng.randrange(len(RANGES)))
    values = {name: rng.choice((*RANGES[name], value(rng))) for name in names}
    if rng.random() < 0.3:
        values[text(rng)] = value(rng)
    whole = rng.choice((values, values, values, value(rng)))
    content = json.dumps(whole).encode()
    if rng.random() < 0.02:
        content = b"[" * 100_000
    path = folder / "settings.json"
    path.write_bytes(sometimes_damaged(rng, content))
    return path


def links(rng: random.Random, folder):
    """The choices of every part of the page, as an address asks for them, and back."""
    query = {}
    for _ in range(rng.randrange(6)):
        name = rng.choice((*_parameters(), text(rng)))
        words = ("", "own", "report", "demo", "sex", "0.5", "1e9", "light:0.3;dark:x", text(rng))
        query[name] = rng.choice(words)
    return partial(_follow, query)


def _follow(query: dict) -> None:
    said = []
    for kind in _kinds():
        choices, problems = kind.from_query(query)
        said += problems
        if kind.from_query(choices.to_query())[0] != choices:
            raise AssertionError(f"{kind.__name__} is not what its own link asks for")
    if said:
        raise ExplorerError(max(said, key=len))


@cache
def _kinds() -> tuple[type, ...]:
    """Every kind of choices that the page registers.

    The page is started by its name, as other benchmarks start ``app.py``: nothing below it may
    rest on it.
    """
    import_module("explorer.ui.page")
    return tuple(sys.modules["explorer.ui.parts.link"].Linked.__subclasses__())


@cache
def _parameters() -> tuple[str, ...]:
    return tuple(name for kind in _kinds() for name in kind.parameters())
