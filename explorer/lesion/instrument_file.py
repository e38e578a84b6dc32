"""The instrument as one file that works by double click: no server, no request, no other file.

The same elements, look and scripts as on the page (``explorer/templates/instrument``). The page
serves the file without data and fills it in the browser; the command line writes it filled.
"""

import json
from collections.abc import Mapping
from functools import cache

from markupsafe import Markup

from explorer.charts import theme
from explorer.util.templates import FOLDER, render

#: Words that a reader may not know: key, word, and one sentence.
GLOSSARY = (
    (
        "ita",
        "ITA",
        "The individual typology angle: how light skin is against how yellow, in degrees; above 55 "
        "is very light, below -30 is dark.",
    ),
    (
        "cielab",
        "CIELAB",
        "A way to write colours as lightness, red against green, and yellow against blue, so that "
        "equal steps look about equal.",
    ),
    (
        "8-bit",
        "8-bit",
        "The angle as the study's code computes it, from colours rounded to 8 bits: it squeezes "
        "all skin into about 0 to 62 degrees, and very dark skin wraps around to very light.",
    ),
    (
        "logit",
        "Logit",
        "A number that the network gives before it is squeezed into a probability: 0 is a half, "
        "and each step of 1 multiplies the odds by 2.7.",
    ),
    (
        "prior-shift",
        "Prior shift",
        "Dividing by how common a class was in training, so that a rare one is not overlooked for "
        "being rare.",
    ),
    (
        "cut-off",
        "Cut-off",
        "From which probability on a lesion is called malignant. A lower one finds more melanomas "
        "and calls more harmless lesions malignant.",
    ),
    (
        "sensitivity",
        "Sensitivity",
        "Of all malignant lesions, the share that is called malignant (also: recall). Rules can be "
        "compared where they find the same share. In brackets: 95 % Wilson intervals.",
    ),
    (
        "black-hat",
        "Black-hat",
        "A filter that finds thin dark lines, such as hair, so that they can be left out.",
    ),
)

#: In the order in which they are put together; the last one starts the others.
SCRIPTS = (
    "base",
    "picture",
    "skin",
    "curve",
    "cutoff",
    "verdict",
    "ways",
    "steps",
    "share",
    "kept",
    "instrument",
)


@cache
def part(name: str) -> str:
    """The text of a file of the instrument, such as ``"curve.js"``."""
    return (FOLDER / "instrument" / name).read_text(encoding="utf-8")


def script() -> str:
    """All scripts, as the body of one function; they define ``startInstrument``."""
    return "\n".join(part(f"{name}.js") for name in SCRIPTS)


def body(place: str) -> Markup:
    """The instrument's elements; ``place`` is "page" or "file"."""
    return render("instrument/body.html", place=place, glossary=GLOSSARY)


def instrument_file(table: Mapping | None = None, pictures: Mapping | None = None) -> str:
    """The instrument as one self-contained HTML file.

    Parameters
    ----------
    table : mapping, optional
        As :func:`explorer.lesion.instrument_table.table_json` gives it; none leaves the place
        for it empty.
    pictures : mapping, optional
        As ``pictures_json`` there gives them; without, a patch of each skin's colour stands in
        their place.

    Returns
    -------
    str
        HTML that asks for nothing else, from no server.
    """
    data = None
    if table is not None:
        data = {"table": table, "pictures": pictures or {"id": table["id"]}, "asked": None}
    text = json.dumps(data, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    return str(
        render(
            "instrument/file.html",
            body=body("file"),
            colours=Markup(theme.PAGE_COLOURS),
            font=Markup(theme.FONT),
            style=Markup(part("instrument.css")),
            script=Markup(script()),
            data=Markup(text),
        )
    )
