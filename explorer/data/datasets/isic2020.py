"""ISIC 2020: Kaggle's ``train.csv`` and the challenge's ``ISIC_2020_Training_GroundTruth.csv``."""

from explorer.data.datasets.adapter import Adapter

ISIC2020 = Adapter(
    key="isic2020",
    name="ISIC 2020",
    signatures=(
        frozenset({"image_name", "patient_id", "diagnosis", "benign_malignant", "target"}),
    ),
    images=("image_name",),
    about=(
        "The challenge's own target: malignant = melanoma, benign = everything else, most of it "
        "without a named diagnosis. 425 of its 33,126 training images are duplicates."
    ),
    citation="Rotemberg et al. (2021), Scientific Data 8:34",
)
