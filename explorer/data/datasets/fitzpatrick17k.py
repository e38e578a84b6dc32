"""Fitzpatrick17k: ``fitzpatrick17k.csv``; images are named by the column ``md5hash``."""

from explorer.data.datasets.adapter import Adapter, fitzpatrick


def _tone(table):
    return table.assign(fitzpatrick=fitzpatrick(table["fitzpatrick_scale"]))


FITZPATRICK17K = Adapter(
    key="fitzpatrick17k",
    name="Fitzpatrick17k",
    signatures=(frozenset({"md5hash", "fitzpatrick_scale", "label", "three_partition_label"}),),
    images=("md5hash",),
    about=(
        "By three_partition_label: malignant = malignant; benign = benign, non-neoplastic. The "
        "labels are those of two atlases, not all confirmed by pathology. These are clinical "
        "photographs; the published model was trained on dermoscopy, to find melanoma only."
    ),
    citation="Groh et al. (2021), CVPR Workshops, arXiv 2104.09957",
    renamed={"three_partition_label": "diagnosis", "label": "condition"},
    malignant={"malignant": 1, "benign": 0, "non-neoplastic": 0},
    disputed={
        "non-neoplastic": "these are rashes and other conditions without a tumour, which no "
        "melanoma classifier is meant for."
    },
    prepare=_tone,
)
