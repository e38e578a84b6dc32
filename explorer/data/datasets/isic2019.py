"""ISIC 2019: ``ISIC_2019_Training_GroundTruth.csv`` (one-hot) and ``..._Metadata.csv``."""

import numpy as np

from explorer.data.datasets.adapter import Adapter
from explorer.util.tables import numbers

CLASSES = ("mel", "nv", "bcc", "ak", "bkl", "df", "vasc", "scc", "unk")


def _diagnosis(table):
    """The one column that holds 1 as the diagnosis, "" where not exactly one does."""
    classes = [name for name in CLASSES if name in table]
    if classes:
        ones = np.stack([numbers(table[name]) == 1 for name in classes], axis=1)
        names = np.array(classes)[ones.argmax(axis=1)]
        table = table.drop(columns=classes)
        table["diagnosis"] = np.where(ones.sum(axis=1) == 1, names, "")
    return table


ISIC2019 = Adapter(
    key="isic2019",
    name="ISIC 2019",
    signatures=(
        frozenset({"image", *CLASSES[:8]}),
        frozenset({"image", "age_approx", "anatom_site_general", "lesion_id", "sex"}),
    ),
    images=("image",),
    about=(
        "Malignant = MEL, BCC, SCC; benign = NV, AK, BKL, DF, VASC; UNK has no label. The "
        "published model was trained to find melanoma only, not the two carcinomas."
    ),
    citation=(
        "Tschandl et al. (2018), Scientific Data 5:180161; Codella et al. (2018), arXiv "
        "1710.05006; Combalia et al. (2019), arXiv 1908.02288"
    ),
    renamed={"anatom_site_general": "anatom_site_general_challenge"},
    malignant={"mel": 1, "bcc": 1, "scc": 1, "nv": 0, "ak": 0, "bkl": 0, "df": 0, "vasc": 0},
    disputed={"ak": "actinic keratosis is a precursor of squamous cell carcinoma."},
    prepare=_diagnosis,
)
