"""The page in other languages: one file each, ``assets/locale/LANGUAGE.json``.

English is what the code writes. A translation is a catalogue from the page's English texts to
another language, as gettext has it, which the page applies to everything that appears in it
(``locale.js`` here), figures included. Keys are whole texts; ``{}`` stands for a number,
``{name}`` for any other part that varies, which is looked up in turn. What a catalogue lacks stays
English. ``tests/texts.py`` walks the page and prints what that is.
"""

import json
from functools import cache

from explorer.util.paths import ASSETS

FOLDER = ASSETS / "locale"

#: Where the page asks for a catalogue, relative to its own address.
ROUTE = "/locale/"


@cache
def catalogues() -> dict[str, bytes]:
    """The JSON of every translation by the path that it is served under."""
    return {f"{ROUTE}{file.name}": file.read_bytes() for file in sorted(FOLDER.glob("*.json"))}


def languages() -> dict[str, str]:
    """Code to own name of every language of the page, English first."""
    others = (json.loads(data) for data in catalogues().values())
    return {"en": "English", **{each["language"]: each["name"] for each in others}}
