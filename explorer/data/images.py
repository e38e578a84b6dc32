"""Tables by image: names without folder and extension, each image once.

Identical rows of one image count once; contradicting rows of one image are left out, since nothing
says which is right.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from explorer.data.columns import PREFIX
from explorer.data.findings import JoinFinding

EXTENSION = re.compile(r"\.(jpe?g|png|tiff?|bmp|webp|gif|dcm)$", re.IGNORECASE)

#: Zeros in front of a number, at the start of a name or behind something that is no digit.
ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")


def image_key(name: str) -> str:
    """An image's name without folder and image extension, by which files are matched."""
    return EXTENSION.sub("", name.replace("\\", "/").rpartition("/")[2].strip())


def image_keys(names):
    """:func:`image_key` of every name of a pandas Series."""
    return names.map(image_key).astype(str)


def loose_key(name: str) -> str:
    """An image's key without case and leading zeros: ``A07`` and ``a7`` are one."""
    return ZEROS.sub("", name.casefold())


def same_names(table, wanted, findings: list):
    """A table by image under the names that another file has for the same images.

    Names that are in both files stay. Of the others, two are one image where they differ in case
    or in leading zeros alone and no third name does: such matches are made, counted and told.
    """
    here, there = table.index.difference(wanted), wanted.difference(table.index)
    if not len(here) or not len(there):
        return table
    ours, theirs = (by_loose_key(names) for names in (here, there))
    taken = set(map(loose_key, table.index.intersection(wanted)))
    alike = {
        names[0]: theirs[key][0]
        for key, names in ours.items()
        if len(names) == 1 and len(theirs.get(key, ())) == 1 and key not in taken
    }
    if not alike:
        return table
    findings.append(
        JoinFinding("same_name", len(alike), tuple(alike)[:5], alike_said(alike), left_out=False)
    )
    return table.rename(index=alike)


def alike_said(alike: Mapping[str, str]) -> str:
    """What is said of names, at least one, that were taken for others."""
    one, other = next(iter(alike.items()))
    return (
        f"{len(alike):,} images have names that differ in case or leading zeros alone ({one} and "
        f"{other}): taken as the same; rename them where they are not."
    )


def by_loose_key(names: Iterable[str]) -> dict[str, list[str]]:
    """Names by :func:`loose_key`."""
    found = defaultdict(list)
    for name in names:
        found[loose_key(name)].append(name)
    return found


def by_image(table, column: str, name: str, role: str, findings: list):
    """A table by the image named in ``column``, each image once; losses go to ``findings``."""
    table = table.set_axis(image_keys(table[column]).rename("image")).drop(columns=column)
    nameless = table.index.str.lower().isin(["", "nan", "none"])
    if count := int(nameless.sum()):
        text = f"{count:,} rows of {name} have no image name: left out."
        findings.append(JoinFinding("no_name", count, (), text))
    table = table[~nameless]
    repeated = table.index.duplicated(keep=False)
    if not repeated.any():
        return table
    again = table[repeated].reset_index(names=PREFIX).drop_duplicates()  # no column's name
    clash = again[PREFIX][again[PREFIX].duplicated(keep=False)].unique()
    alike = table.index[repeated & ~table.index.isin(clash)]
    if len(alike):
        what = f"rows of {name} repeat an image with the same values"
        images = alike.unique()
        count = len(alike) - len(images)
        findings.append(JoinFinding.about(f"duplicate_{role}", images, what, "counted once", count))
    if len(clash):
        what = f"images have contradicting rows in {name}"
        findings.append(JoinFinding.about(f"conflicting_{role}", clash, what))
    return table[~table.index.duplicated() & ~table.index.isin(clash)]
