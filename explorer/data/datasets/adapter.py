"""What a data set's adapter says, and how a file is normalised by it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from explorer.data.names import canonical, named
from explorer.data.values import read_labels
from explorer.util.numerals import numbers
from explorer.util.tables import is_blank, listed

#: Columns of the normalised table that have a meaning here; other columns keep their names.
KNOWN = (
    "target",
    "patient_id",
    "lesion_id",
    "sex",
    "age_approx",
    "anatom_site_general_challenge",
    "diagnosis",
    "fitzpatrick",
    "skin_tone",
)
SITE = "anatom_site_general_challenge"
SEXES = {"f": "female", "female": "female", "m": "male", "male": "male"}
ROMAN = ("I", "II", "III", "IV", "V", "VI")


def as_it_is(table):
    """The default preparation: none."""
    return table


@dataclass(frozen=True)
class Adapter:
    """One data set's metadata file.

    Attributes
    ----------
    key, name : str
        For options, and for people.
    signatures : tuple of frozenset of str
        Columns (lower case) by which a file is recognised; any one set suffices.
    images : tuple of str
        Columns that may name the image, the first that is there.
    about : str
        How its diagnoses become the target, in one or two sentences for the reader.
    citation : str
    renamed : mapping of str to str
        The file's column to the normalised one.
    malignant : mapping of str to int, or None
        Diagnosis (lower case) to 1 malignant or 0 benign; a diagnosis that is not listed has no
        target. None where the file's own ``target`` column is the label.
    disputed : mapping of str to str
        Diagnosis to what is arguable about its class; its images are counted for the reader.
    prepare : callable
        Table to table, before renaming.
    own : bool
        A table of the user's own: names and values stay as they are.
    """

    key: str
    name: str
    signatures: tuple[frozenset, ...]
    images: tuple[str, ...]
    about: str
    citation: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)
    malignant: Mapping[str, int] | None = None
    disputed: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable = as_it_is
    own: bool = False

    def __post_init__(self):
        for name in ("renamed", "malignant", "disputed"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, MappingProxyType(dict(value)))

    def recognises(self, columns) -> bool:
        """Whether a file with these columns is this data set's."""
        there = set(map(canonical, columns))
        return any(set(map(canonical, signature)) <= there for signature in self.signatures)

    def image_column(self, columns) -> str | None:
        """The column of a file that names its images."""
        return next(iter(named(columns, self.images)), None)

    def read(self, table):
        """The normalised table of a table by image; every cell a str, "" for not known.

        Columns of :data:`KNOWN` first, of which ``target`` ("0", "1" or "") is always there.
        """
        table = self.prepare(table.copy() if self.own else table.rename(columns=str.lower))
        said, taken, chosen = table.attrs.get("said", ()), set(table), {}
        for old, new in self.renamed.items():
            if old in table and new not in taken:  # the first of several columns for one
                chosen[old] = new
                taken.add(new)
        table = table.rename(columns=chosen).drop(columns=["", "unnamed: 0"], errors="ignore")
        for column in set(KNOWN) & set(table):
            table[column] = table[column].str.strip().mask(is_blank(table[column]), "")
        if "sex" in table and not self.own:
            table["sex"] = table["sex"].str.lower().map(SEXES).fillna("")
        if SITE in table and not self.own:
            table[SITE] = table[SITE].str.lower()
        column = "target" if self.malignant is None else "diagnosis"
        stated, values = table.index.to_series().map(lambda _: ""), np.full(len(table), np.nan)
        if column in table:
            stated = table[column]
            values = (
                read_labels(stated)
                if self.malignant is None
                else stated.str.lower().map(self.malignant).to_numpy(float)
            )
        target = np.select([values == 1, values == 0], ["1", "0"], "")
        unread = stated[(target == "") & (stated != "").to_numpy()]
        table["target"] = target
        table = table[[c for c in KNOWN if c in table] + [c for c in table if c not in KNOWN]]
        table.attrs = {"unread": len(unread), "examples": tuple(unread.unique()[:5]), "said": said}
        return table

    def notes(self, table) -> tuple[str, ...]:
        """What the reader should know of a normalised table: counts, gaps, arguable classes."""
        malignant, benign = ((table["target"] == value).sum() for value in "10")
        without = len(table) - malignant - benign
        text = f"{len(table):,} images: {malignant:,} malignant, {benign:,} benign"
        text += f", {without:,} without a label, which enter no rate." if without else "."
        if without == len(table):
            text += " Give the file with the labels as well."
        notes = [*table.attrs["said"], text]
        if unread := table.attrs["unread"]:
            what = "value of the label" if self.malignant is None else "diagnosis"
            notes.append(
                f"{unread:,} images have a {what} that counts neither as benign nor as malignant "
                f"({listed(table.attrs['examples'])}): no label."
            )
        if "diagnosis" not in table:
            return tuple(notes)
        lower = table["diagnosis"].str.lower()
        for name, why in self.disputed.items():
            if count := int((lower == name).sum()):
                word = "malignant" if self.malignant[name] else "benign"
                notes.append(
                    f"{count:,} images are {name}: counted as {word}, which can be argued: {why}"
                )
        return tuple(notes)


def fitzpatrick(column):
    """Fitzpatrick type I to VI of a column of numbers 1 to 6; "" for anything else."""
    values = numbers(column)
    known = np.isin(values, range(1, 7))
    names = np.array(ROMAN)[np.where(known, values, 1).astype(int) - 1]
    return np.where(known, names, "")
