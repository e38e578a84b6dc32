"""The instrument as an empty file: the page's script fills it in the browser and saves it there.

So a visitor's picture takes no way through the server to get into a file.
"""

from functools import cache

from explorer.lesion.instrument_file import instrument_file

#: Where the page asks for it, relative to its own address.
ROUTE = "/instrument.html"


def answer(path: str) -> tuple[bytes, str] | None:
    """Content and media type, or None where something else is asked for."""
    return (_empty(), "text/html") if path == ROUTE else None


@cache
def _empty() -> bytes:
    return instrument_file().encode()
