"""Lecture mode and the guided tour: their script, look and texts, for the page that serves them.

The texts (``assets/lecture.json``) say what each stop shows. A translation is one more file,
``assets/lecture.LANGUAGE.json``, with ``words``, ``keys`` and, by ``key``, the texts of the stops;
what it leaves out stays English. The page picks it by ``?lang=`` or by its own ``lang``.
"""

import json
from pathlib import Path

from explorer.util.paths import ASSETS

SCRIPT, STYLE = (Path(__file__).with_name(f"lecture.{kind}") for kind in ("js", "css"))
TEXTS = ASSETS / "lecture.json"

#: What a translation may replace in a stop; views and selectors stay as they are.
TRANSLATED = ("title", "text", "notes", "ask", "sources")


def texts() -> dict[str, dict]:
    """Words, keys and stops by language; every language has the same stops in the same order."""
    files = (TEXTS, *sorted(ASSETS.glob("lecture.*.json")))
    base, *others = (json.loads(file.read_text(encoding="utf-8")) for file in files)
    found = {base["language"]: base}
    for other in others:
        own = {
            stop["key"]: {name: stop[name] for name in TRANSLATED if name in stop}
            for stop in other.get("stops", ())
        }
        found[other["language"]] = base | {
            "language": other["language"],
            "words": base["words"] | other.get("words", {}),
            "stops": [stop | own.get(stop["key"], {}) for stop in base["stops"]],
            "keys": other.get("keys", base["keys"]),
        }
    return found


def with_lecture(script: str) -> str:
    """The page's start-up function, followed by lecture mode's.

    Parameters
    ----------
    script : str
        A JavaScript function of no arguments, as Gradio's ``js`` takes it.
    """
    own = SCRIPT.read_text(encoding="utf-8")
    # the style comes this way because Gradio's css_paths put a prefix before every rule in @media
    given = (texts(), STYLE.read_text(encoding="utf-8"))
    # JSON is JavaScript, except that a page may not hold "</" inside a script
    data = (json.dumps(each, ensure_ascii=False).replace("</", "<\\/") for each in given)
    return f"() => {{\n(\n{script}\n)();\n(\n{own}\n)({', '.join(data)});\n}}"
