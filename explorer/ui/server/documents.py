"""The project's documents, served under the paths that they have in the checkout.

``README.md`` lists them, once: the About view takes its links from there (:func:`listed`). A
document is made into HTML when it is first asked for, and what it links to lies under the same
relative path here as on GitHub and on the Hub.
"""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

from markupsafe import Markup

from explorer.util import lazy
from explorer.util.paths import ASSETS, ROOT
from explorer.util.templates import render

markdown_it = lazy.load("markdown_it")

#: A line of the README's list: title, path, and what stands there.
LISTED = re.compile(r"^- \[(.+)\]\((assets/docs/[\w-]+\.md)\): (.+)$", re.M)
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)


def listed() -> list[tuple[str, str, str]]:
    """Title, path and content of every document, as the README lists them."""
    return LISTED.findall((ROOT / "README.md").read_text(encoding="utf-8"))


@cache
def files() -> dict[str, Path]:
    """All that can be asked for, by the path of the request: documents, and what they show."""
    found = (
        *(ROOT / "README.md", ROOT / "LICENSE"),
        *(file for kind in ("*.md", "docs/*.md", "readme/*.jpg") for file in ASSETS.glob(kind)),
    )
    return {f"/{file.relative_to(ROOT).as_posix()}": file for file in found}


def answer(path: str) -> tuple[bytes, str] | None:
    """Content and media type of what is asked for; None where that is no document."""
    file = files().get(path)
    return None if file is None else _content(file)


@cache
def _content(file: Path) -> tuple[bytes, str]:
    if file.suffix != ".md":
        return file.read_bytes(), "image/jpeg" if file.suffix == ".jpg" else "text/plain"
    body = Markup(as_html(file.read_text(encoding="utf-8")))
    return render("server/document.html", title=file.stem, body=body).encode(), "text/html"


def as_html(text: str) -> str:
    """Markdown as HTML, every heading with GitHub's anchor, every table within reach of keys."""
    parser = markdown_it.MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(FRONT_MATTER.sub("", text))
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(inline.content))
        elif token.type == "table_open":
            token.attrSet("tabindex", "0")  # a wide one scrolls
    return parser.renderer.render(tokens, parser.options, {})


def anchor(heading: str) -> str:
    """GitHub's anchor of a heading: ``Your own CSV files`` is ``your-own-csv-files``."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
