"""The files of lecture mode, sent when somebody begins one: no visitor's page carries them."""

import json
from functools import cache
from pathlib import Path

from explorer.lesion import instrument_file
from explorer.ui.lecture import content
from explorer.util.templates import FOLDER

#: Where the page asks for them, relative to its own address.
ROUTE = "/lecture/"
KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
#: What is sent besides scripts; other templates are filled here and sent in ``deck.json``.
PAGES = ("deck.css", "notes.html")
#: What the slides use of the instrument's scripts.
DRAWINGS = ("EDGE", "bars", "makeCurve", "stopNear", "verdictOf")
#: What is computed, by name.
MADE = {"texts.json": content.texts, "deck.json": content.deck}


def answer(path: str) -> tuple[bytes, str] | None:
    """Content and media type of what is asked for; None where that is no part of a lecture.

    The first answer to ``deck.json`` takes seconds, the next ones none.
    """
    name = path.removeprefix(ROUTE)
    if not path.startswith(ROUTE) or name not in (*MADE, *files()):
        return None
    return _made(name) if name in MADE else files()[name]


@cache
def files() -> dict[str, tuple[bytes, str]]:
    """Scripts, the style and the page of the speaker's notes, by name.

    The instrument's own scripts and style are among them, as a module and for the sheet alone.
    """
    found = {
        file.name: file.read_text(encoding="utf-8")
        for file in FOLDER.glob("lecture/*.*")
        if file.name in PAGES or file.suffix == ".js"
    }
    found["instrument.js"] = f"{instrument_file.script()}\nexport {{ {', '.join(DRAWINGS)} }};\n"
    drawn = instrument_file.part("instrument.css")
    found["deck.css"] = f"#lecture .sheet {{\n{drawn}\n}}\n{found['deck.css']}"
    return {name: (text.encode(), KINDS[Path(name).suffix]) for name, text in found.items()}


@cache
def _made(name: str) -> tuple[bytes, str]:
    made = json.dumps(MADE[name](), ensure_ascii=False, separators=(",", ":"))
    return made.encode(), "application/json"
