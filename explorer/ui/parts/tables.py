"""HTML tables and downloads, the twins of figures."""

import base64

from markupsafe import Markup

from explorer.util.templates import render


def table(caption: str, headers: list[str], rows: list[list[str]]) -> Markup:
    """A captioned table in a region that scrolls sideways on its own."""
    return render("parts/table.html", caption=caption, headers=headers, rows=rows)


def download(text: str, name: str, label: str, kind: str = "text/csv") -> Markup:
    """A link that saves ``text`` as a file of a MIME type; nothing is written on the server."""
    data = base64.b64encode(text.encode()).decode()
    return render("parts/download.html", data=data, name=name, label=label, kind=kind)
