"""The study's own metadata: semicolons, decimal commas, its colour and angle per image."""

from explorer.data.datasets.adapter import Adapter

DECIMALS = ("ita", "age_approx")


def _points(table):
    for column in (name for name in DECIMALS if name in table):
        table[column] = table[column].str.replace(",", ".", regex=False)
    return table


STUDY = Adapter(
    key="study",
    name="the study's metadata of ISIC 2020",
    signatures=(
        frozenset({"image_name", "ita", "color_r", "color_g", "color_b", "group", "target"}),
    ),
    images=("image_name",),
    about="ISIC 2020's own target: malignant = melanoma, benign = everything else.",
    citation="Rotemberg et al. (2021), Scientific Data 8:34",
    prepare=_points,
)
