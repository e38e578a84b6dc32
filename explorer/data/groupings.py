"""The ways to split images into groups, and what a missing value is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from explorer.image.colour import GROUP_NAMES, TONE_NAMES


@dataclass(frozen=True)
class Grouping:
    """A way to split the validation images: ``labels`` in natural order, tones lightest first."""

    key: str
    label: str
    column: str
    values: tuple
    labels: tuple[str, ...]


def _grouping(key: str, label: str, column: str, *values: str) -> Grouping:
    return Grouping(key, label, column, values, values)


GROUPINGS: Mapping[str, Grouping] = MappingProxyType(
    {
        "published": Grouping(
            "published",
            "tone group, as published (8-bit CIELAB)",
            "group_published",
            tuple(range(len(GROUP_NAMES))),
            GROUP_NAMES,
        ),
        "cielab": _grouping("cielab", "tone, by float CIELAB", "tone_cielab", *TONE_NAMES),
        "sex": _grouping("sex", "sex", "sex", "female", "male", "unknown"),
        "age": _grouping(
            "age", "age in years", "age_band", "0-29", "30-44", "45-59", "60-74", "75+", "unknown"
        ),
        "site": _grouping(
            "site",
            "body site",
            "site",
            "head/neck",
            "torso",
            "upper extremity",
            "lower extremity",
            "palms/soles",
            "oral/genital",
            "unknown",
        ),
    }
)

#: Names for people of columns that the explorer writes, and that are not in :data:`GROUPINGS`.
COLUMN_NAMES = MappingProxyType(
    {
        "patient_in_train": "patient also in training",
        "group_published": "number of the tone group, as published",
    }
)
#: Label of images whose group is not known, in every grouping column.
UNKNOWN = "unknown"

#: A column with more different values cannot be grouped by; it is kept out and reported.
MOST_GROUPS = 60
