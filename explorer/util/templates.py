"""HTML from templates (``explorer/templates``): what is put in is escaped, always."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

#: Templates, in one folder per room that fills them; ``macros.html`` is shared.
FOLDER = Path(__file__).resolve().parents[1] / "templates"


@cache
def environment() -> Environment:
    """Jinja with autoescape; a name that a template misses is an error, not an empty text."""
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def render(template: str, /, **values) -> Markup:
    """The template, filled.

    Parameters
    ----------
    template : str
        Path below :data:`FOLDER`, for example ``"parts/notes.html"``.
    values
        Strings are escaped; :class:`markupsafe.Markup`, as this function returns it, is not.
    """
    return Markup(environment().get_template(template).render(values))
