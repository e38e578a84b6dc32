"""Tables by image: names without folder and extension, each image once.

Identical rows of one image count once; contradicting rows of one image are left out, since nothing
says which is right.
"""

import re

from explorer.data.columns import PREFIX
from explorer.data.findings import JoinFinding

EXTENSION = re.compile(r"\.(jpe?g|png|tiff?|bmp|webp|gif|dcm)$", re.IGNORECASE)


def image_key(name: str) -> str:
    """An image's name without folder and image extension, by which files are matched."""
    return EXTENSION.sub("", name.replace("\\", "/").rpartition("/")[2].strip())


def image_keys(names):
    """:func:`image_key` of every name of a pandas Series."""
    return names.map(image_key).astype(str)


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
