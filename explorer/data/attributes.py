"""What is known of an image, under the explorer's own names and labels.

A user's column ``anatom_site_general_challenge`` becomes the grouping ``site`` with the labels of
:data:`explorer.data.groupings.GROUPINGS`; ``color_r, color_g, color_b`` become the tone by float
CIELAB. A column that the explorer does not know stays under its own name, if it has few enough
values to group by.
"""

import re
from dataclasses import dataclass

import numpy as np

from explorer.data.findings import JoinFinding
from explorer.data.groupings import GROUPINGS, MOST_GROUPS, UNKNOWN
from explorer.image.colour import GROUP_NAMES, TONE_NAMES, ita_cielab, rgb_to_cielab, tone_index
from explorer.util.tables import is_blank, listed, numbers

#: Columns that each grouping is looked for in, the first that is there and fits.
GROUPING_COLUMNS = {
    "published": ("group_published", "tone_published", "group", "group_str"),
    "cielab": ("tone_cielab", "cielab"),
    "sex": ("sex", "gender"),
    "age": ("age_band", "age_approx", "age"),
    "site": (
        "anatom_site_general_challenge",
        "anatom_site_general",
        "site",
        "anatom_site",
        "localization",
    ),
}
COLOUR_COLUMNS = ("color_r", "color_g", "color_b")
PATIENT_COLUMNS = ("patient_id", "patient")
#: Columns of an evaluated folder (:mod:`explorer.evaluate.record`) that make no groups.
MEASURED = re.compile(
    r"sha256|width|height|p_\w+|ita_\w+|skin_\w+|tone_from|tone_published|warnings|error"
)

#: Ways of writing a published tone group, lower case, to its name.
PUBLISHED_NAMES = {
    **{name: name for name in GROUP_NAMES[:3]},
    **{text: name for i, name in enumerate(GROUP_NAMES) for text in (str(i), f"{i}.0")},
    **dict.fromkeys((GROUP_NAMES[3], *TONE_NAMES[3:]), GROUP_NAMES[3]),
}

#: Upper ends (exclusive) of the age bands, in years.
AGE_ENDS = (30, 45, 60, 75)
OLDEST = 120
SEXES = {"f": "female", "female": "female", "m": "male", "male": "male"}


@dataclass(frozen=True)
class Attributes:
    """Columns read from a table of N rows.

    Attributes
    ----------
    metadata : dict of str to str array (N,)
        As in :class:`~explorer.data.predictions.Predictions`.
    patient : str (N,) or None
    columns : dict of str to str
        Grouping (and ``patient_id``) to the column it was read from.
    findings : list of JoinFinding
        Values that could not be read, and columns that cannot be grouped by.
    """

    metadata: dict
    patient: np.ndarray | None
    columns: dict
    findings: list


def read_attributes(table, taken: set[str]) -> Attributes:
    """Grouping columns and patients of a table of text.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`~explorer.util.tables.read_table`, joined.
    taken : set of str
        Columns that have another role: image names, labels, predictions.
    """
    attributes = Attributes({}, None, {}, [])
    for key in GROUPINGS:
        for column in (c for c in GROUPING_COLUMNS[key] if c in table and c not in taken):
            labels, bad = READERS[key](table[column])
            if labels is not None:  # the first column that fits
                _keep(table, attributes, key, column, labels, bad)
                break
        else:
            if key == "cielab" and set(COLOUR_COLUMNS) <= set(table) - taken:
                column = ", ".join(COLOUR_COLUMNS)
                _keep(table, attributes, key, column, *_tone_of_colour(table))
    patient = next((c for c in PATIENT_COLUMNS if c in table and c not in taken), None)
    if patient:
        attributes.columns["patient_id"] = patient
    _read_others(table, taken, attributes)
    names = None if patient is None else _text(table[patient], "")
    return Attributes(attributes.metadata, names, attributes.columns, attributes.findings)


def _keep(table, attributes: Attributes, key: str, column: str, labels, bad) -> None:
    attributes.metadata[key], attributes.columns[key] = labels, column
    if bad.any():
        attributes.findings.append(
            JoinFinding.about(
                f"bad_{key}",
                table.index[bad][:5].astype(str),
                f"images have a value in {column} that cannot be read",
                f"they are in the group {UNKNOWN!r}",
                int(bad.sum()),
                left_out=False,
            )
        )


def _labelled(column, names: dict[str, str]):
    """Labels by a dictionary of lower-case text; None if not a single value is in it."""
    text = column.str.strip().str.lower()
    labels = text.map(names)
    blank, known = is_blank(column), labels.notna().to_numpy()
    return (labels.fillna(UNKNOWN).to_numpy(str) if known.any() else None), ~blank & ~known


def _only(column, names: dict[str, str]):
    """As :func:`_labelled`; a column with anything else is another kind of group."""
    labels, bad = _labelled(column, names)
    return (None if bad.any() else labels), bad


def _age(column):
    """Bands of years, or a column of the bands themselves."""
    bands = GROUPINGS["age"].labels
    labels, bad = _labelled(column, {band: band for band in bands})
    if labels is not None and not bad.any():
        return labels, bad
    years, blank = numbers(column), is_blank(column)
    good = np.isfinite(years) & (years >= 0) & (years <= OLDEST)
    index = np.digitize(np.where(good, years, 0), AGE_ENDS)
    labels = np.where(good, np.array(bands)[index], UNKNOWN)
    return (labels if good.any() else None), ~good & ~blank


def _site(column):
    """Lower case; the archive's three kinds of torso are one. A site of another name is kept."""
    text = column.str.strip().str.lower()
    text = text.where(~text.str.endswith(" torso"), "torso").mask(is_blank(column), UNKNOWN)
    few = text.nunique() <= MOST_GROUPS
    return (text.to_numpy(str) if few else None), np.zeros(len(text), bool)


READERS = {
    "published": lambda column: _only(column, PUBLISHED_NAMES),
    "cielab": lambda column: _only(column, {name: name for name in TONE_NAMES}),
    "sex": lambda column: _labelled(column, SEXES),
    "age": _age,
    "site": _site,
}


def _tone_of_colour(table):
    """Tone by float CIELAB of 8-bit colours; unknown where a channel is not 0..255."""
    rgb = np.stack([numbers(table[column]) for column in COLOUR_COLUMNS], axis=-1)
    good = np.all((rgb >= 0) & (rgb <= 255), axis=-1)  # False for NaN
    labels = np.full(len(rgb), UNKNOWN, dtype=f"U{max(map(len, TONE_NAMES))}")
    if good.any():
        angle = ita_cielab(rgb_to_cielab(np.rint(rgb[good]).astype(np.uint8)))
        labels[good] = np.array(TONE_NAMES)[tone_index(angle)]
    blank = np.all([is_blank(table[column]) for column in COLOUR_COLUMNS], axis=0)
    return labels, ~good & ~blank


def _read_others(table, taken: set[str], attributes: Attributes) -> None:
    """Columns of the user's own, as they are; those that cannot group images are reported."""
    # the columns of the tone are the same groups again
    roles = (attributes.columns.get(key) for key in ("patient_id", "published", "cielab"))
    used = taken.union(attributes.metadata, roles)
    unused = []
    for column in table.columns:
        if column in used or (MEASURED.fullmatch(column) and "sha256" in table):
            continue
        values = table[column].nunique()
        if 2 <= values <= MOST_GROUPS:
            attributes.metadata[column] = _text(table[column], UNKNOWN)
        elif column not in COLOUR_COLUMNS and column not in attributes.columns.values():
            unused.append(f"{column} ({values:,} different values)")
    if unused:
        attributes.findings.append(
            JoinFinding(
                "unused_columns",
                len(unused),
                tuple(unused[:5]),
                f"{len(unused)} columns are not used, because grouping needs 2 to {MOST_GROUPS} "
                f"different values: {listed(unused)}.",
                left_out=False,
            )
        )


def _text(column, blank: str) -> np.ndarray:
    return column.str.strip().mask(is_blank(column), blank).to_numpy(str)
