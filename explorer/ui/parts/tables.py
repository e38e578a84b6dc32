"""HTML tables and downloads, the twins of figures."""

import base64
from html import escape


def table(caption: str, headers: list[str], rows: list[list[str]]) -> str:
    """A captioned table in a region that scrolls sideways on its own."""
    head = "".join(  # an empty header would be read out as one
        f"<th scope=col>{escape(text)}</th>" if text else "<td></td>" for text in headers
    )
    body = "".join(
        f"<tr><th scope=row>{escape(first)}</th>"
        f"{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for first, *cells in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="grid"><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def download(text: str, name: str, label: str, kind: str = "text/csv") -> str:
    """A link that saves ``text`` as a file of a MIME type; nothing is written on the server."""
    data = base64.b64encode(text.encode()).decode()
    return (
        f'<a class="download" download="{escape(name)}" href="data:{kind};base64,{data}">'
        f"{escape(label)}</a>"
    )
