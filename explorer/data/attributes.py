"""What is known of an image: a user's own columns as they are, and four that the explorer reads.

A column of the user's own stays under its own name, with its own values. Beside them there are
groups in the explorer's own words (:data:`explorer.data.groupings.GROUPINGS`): the published tone
group, the tone by float CIELAB, ages in bands, and the ISIC archive's body sites. They are made of
columns of the explorer's, the study's and the archive's own names, or of those that a person named.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.data.findings import JoinFinding
from explorer.data.groupings import GROUPINGS, MOST_GROUPS, UNKNOWN
from explorer.data.mapping import AS_IT_IS
from explorer.data.names import COLOUR, STUDY, canonical, named
from explorer.image.colour import GROUP_NAMES, TONE_NAMES, ita_cielab, rgb_to_cielab, tone_index
from explorer.util.errors import ExplorerError
from explorer.util.numerals import numbers
from explorer.util.tables import is_blank, listed

#: Columns of an evaluated folder (:mod:`explorer.evaluate.record`) that make no groups.
MEASURED = re.compile(
    r"sha256|width|height|p_\w+|ita_\w+|skin_\w+|tone_from|tone_published|warnings|error"
)
#: What pandas calls the numbers of the rows, as :func:`canonical` writes it.
ROW_NUMBERS = ("", "unnamed0", "index")

#: The names of a published tone group, in any case; the last two in the study's own file alone.
TONE_GROUP_COLUMNS = ("group_published", "tone_published", "group", "group_str")
#: Ways of writing a published tone group, lower case, to its name.
PUBLISHED_NAMES = {
    **{name: name for name in GROUP_NAMES[:3]},
    **{text: name for i, name in enumerate(GROUP_NAMES) for text in (str(i), f"{i}.0")},
    **dict.fromkeys((GROUP_NAMES[3], *TONE_NAMES[3:]), GROUP_NAMES[3]),
}

#: Upper ends (exclusive) of the age bands, in years.
AGE_ENDS = (30, 45, 60, 75)
OLDEST = 120
#: Ages that reach no further are codes of something else.
YOUNGEST_OLDEST = 12


@dataclass(frozen=True)
class Attributes:
    """Columns read from a table of N rows.

    Attributes
    ----------
    metadata : dict of str to str array (N,)
        As in :class:`~explorer.data.predictions.Predictions`.
    findings : list of JoinFinding
        Values that could not be read, and columns that cannot be grouped by.
    own : dict of str to str
        Key in ``metadata`` to the user's column that is kept under it.
    """

    metadata: dict
    findings: list
    own: dict


# The explorer's own readings


def _labelled(column, names: Mapping[str, str]):
    """Labels by a dictionary of lower-case text, and which cells are neither known nor blank."""
    labels = column.str.strip().str.lower().map(names)
    return labels.fillna(UNKNOWN).to_numpy(str), labels.isna().to_numpy() & ~is_blank(column)


def _age(column):
    """Bands of years, or a column of the bands themselves."""
    bands = GROUPINGS["age"].labels
    labels, bad = _labelled(column, {band: band for band in bands})
    if not bad.any():
        return labels, bad
    years = numbers(column)
    good = np.isfinite(years) & (years >= 0) & (years <= OLDEST)
    index = np.digitize(np.where(good, years, 0), AGE_ENDS)
    return np.where(good, np.array(bands)[index], UNKNOWN), ~good & ~is_blank(column)


def _site(column):
    """Lower case; the archive's three kinds of torso are one. A site of another name is kept."""
    text = column.str.strip().str.lower()
    text = text.where(~text.str.endswith(" torso"), "torso").mask(is_blank(column), UNKNOWN)
    return text.to_numpy(str), np.zeros(len(text), bool)


def _tone(*columns):
    """Tone by its name, or by float CIELAB of 8-bit colours; unknown if not 0..255."""
    if len(columns) == 1:
        return _labelled(columns[0], {name: name for name in TONE_NAMES})
    rgb = np.stack([numbers(column) for column in columns], axis=-1)
    good = np.all((rgb >= 0) & (rgb <= 255), axis=-1)  # False for NaN
    labels = np.full(len(rgb), UNKNOWN, dtype=f"U{max(map(len, TONE_NAMES))}")
    if good.any():
        angle = ita_cielab(rgb_to_cielab(np.rint(rgb[good]).astype(np.uint8)))
        labels[good] = np.array(TONE_NAMES)[tone_index(angle)]
    return labels, ~good & ~np.all([is_blank(column) for column in columns], axis=0)


@dataclass(frozen=True)
class Reader:
    """How groups are read from columns: their key, what was done, and what they can be."""

    key: str
    done: str
    read: Callable
    expected: str


READERS: Mapping[str, Reader] = {
    "tone_group": Reader(
        "published",
        "numbers 0 to 3 as names",
        lambda column: _labelled(column, PUBLISHED_NAMES),
        f"0 to 3, or {listed(GROUP_NAMES)}",
    ),
    "cielab": Reader("cielab", "", _tone, listed(TONE_NAMES)),
    "age": Reader("age", "years in bands", _age, f"a number of years from 0 to {OLDEST}"),
    "site": Reader("site", "small letters, one kind of torso", _site, "a body site"),
}


def guess_derived(table, free: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Columns of a table that the explorer reads in its own way, by role.

    Numbers are a tone group only under the explorer's own name for it, or in the study's file.
    """
    found = {}
    study = {column.lower() for column in table} >= STUDY
    for column in _lower(free, TONE_GROUP_COLUMNS if study else TONE_GROUP_COLUMNS[:2]):
        if not READERS["tone_group"].read(table[column])[1].any() and _some(table[column]):
            found.setdefault("tone_group", (column,))
    for column in _lower(free, ("tone_cielab", "cielab")):
        if not _tone(table[column])[1].any() and _some(table[column]):
            found.setdefault("cielab", (column,))
    colours = _lower(free, COLOUR)
    if len(colours) == len(COLOUR):
        found.setdefault("cielab", tuple(colours))
    ages = named(free, ("age_band", "age_approx", "age", "age_years", "patient_age"))
    if age := next((c for c in ages if _years(table[c])), None):
        found["age"] = (age,)
    sites = _lower(free, ("anatom_site_general_challenge", "anatom_site_general"))
    if sites and table[sites[0]].str.lower().nunique() <= MOST_GROUPS:
        found["site"] = (sites[0],)
    return found


def _lower(free: Sequence[str], names: Sequence[str]) -> list[str]:
    by_name = {column.lower(): column for column in free}
    return [by_name[name] for name in names if name in by_name]


def _some(column) -> bool:
    return not is_blank(column).all()


def _years(column) -> bool:
    """Whether a column holds ages or bands of ages, and not codes of something else."""
    labels, bad = _age(column)
    years = numbers(column)
    coded = np.isfinite(years).any() and not (years > YOUNGEST_OLDEST).any()
    return not coded and bool((labels != UNKNOWN).sum() > bad.sum())


# Everything


def read_attributes(table, derived: Mapping[str, Sequence[str]], taken: set, forced: Sequence):
    """Grouping columns of a table of text.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`~explorer.util.tables.read_table`, joined.
    derived : mapping of str to sequence of str
        Role of :data:`READERS` to its columns.
    taken : set of str
        Columns that make no group of their own: image names, labels, predictions, tones.
    forced : sequence of str
        Columns that have to make groups as they are.

    Returns
    -------
    Attributes

    Raises
    ------
    ExplorerError
        If nothing in a derived column can be read, or a forced column has too many values.
    """
    attributes = Attributes({}, [], {})
    for role, columns in derived.items():
        _derive(table, attributes, role, columns)
    _read_own(table, taken, forced, attributes)
    _tell_unused(table, taken, [c for columns in derived.values() for c in columns], attributes)
    return attributes


def _derive(table, attributes: Attributes, role: str, columns: Sequence[str]) -> None:
    reader, name = READERS[role], listed(columns)
    labels, bad = reader.read(*(table[column] for column in columns))
    if bad.any() and (labels == UNKNOWN).all():
        raise ExplorerError(
            f"no value of {name} can be read as {role}: it has to be {reader.expected}"
        )
    attributes.metadata[reader.key] = labels
    if bad.any():
        attributes.findings.append(
            JoinFinding.about(
                f"bad_{reader.key}",
                table.index[bad][:5].astype(str),
                f"images have a value in {name} that cannot be read",
                f"they are in the group {UNKNOWN!r}",
                int(bad.sum()),
                left_out=False,
            )
        )


def _candidates(table, taken: set) -> list[str]:
    """Columns that may make groups of their own."""
    measured = [c for c in table if MEASURED.fullmatch(c)] if "sha256" in table else []
    out = {*taken, *measured}
    return [c for c in table if c not in out and canonical(c) not in ROW_NUMBERS]


def _read_own(table, taken: set, forced: Sequence[str], attributes: Attributes) -> None:
    """Columns of the user's own, as they are."""
    for column in _candidates(table, taken):
        values = table[column].nunique()
        if 2 <= values <= MOST_GROUPS:
            key = column + AS_IT_IS if column in attributes.metadata else column
            attributes.own[key] = column
            attributes.metadata[key] = text_of(table[column], UNKNOWN)
            _tell_cases(table[column], attributes)
        elif column in forced:
            raise ExplorerError(
                f"{column} has {values:,} different values: grouping needs 2 to {MOST_GROUPS}"
            )


def _tell_unused(table, taken: set, derived: Sequence[str], attributes: Attributes) -> None:
    """Columns that cannot group images, because they have too many values, or one."""
    used = {*attributes.own.values(), *derived}
    unused = [
        f"{column} ({table[column].nunique():,} different values)"
        for column in _candidates(table, taken)
        if column not in used and column.lower() not in COLOUR
    ]
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


def _tell_cases(column, attributes: Attributes) -> None:
    """Values that differ only in case stay apart, which may be a slip of the pen."""
    values = [value for value in column.str.strip().unique() if value]
    lower = [value.lower() for value in values]
    alike = sorted(value for value in values if lower.count(value.lower()) > 1)
    if alike:
        text = f"{column.name} has values that differ only in case, kept apart: {listed(alike)}."
        finding = JoinFinding("cases", len(alike), tuple(alike[:5]), text, left_out=False)
        attributes.findings.append(finding)


def text_of(column, blank: str) -> np.ndarray:
    """A column's text, str (N,), with ``blank`` where nothing is known."""
    return column.str.strip().mask(is_blank(column), blank).to_numpy(str)
