"""The data sets whose metadata file is known, and any CSV of the user's own.

Each is one :class:`~explorer.data.datasets.adapter.Adapter`: how to know its file, what its columns
mean, and which diagnoses count as malignant, with the reason.
"""

from types import MappingProxyType

import numpy as np

from explorer.data.datasets.adapter import Adapter, fitzpatrick
from explorer.data.guessing import guess_columns
from explorer.data.mapping import AS_IT_IS
from explorer.data.names import IMAGE
from explorer.util.numerals import numbers

# The study's own metadata: semicolons, decimal commas, its colour and angle per image.

STUDY_DECIMALS = ("ita", "age_approx")


def _points(table):
    for column in (name for name in STUDY_DECIMALS if name in table):
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


# ISIC 2020: Kaggle's ``train.csv`` and the challenge's ``ISIC_2020_Training_GroundTruth.csv``.

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


# ISIC 2019: ``ISIC_2019_Training_GroundTruth.csv`` (one-hot) and ``..._Metadata.csv``.

ISIC2019_CLASSES = ("mel", "nv", "bcc", "ak", "bkl", "df", "vasc", "scc", "unk")


def _diagnosis(table):
    """The one column that holds 1 as the diagnosis, "" where not exactly one does."""
    classes = [name for name in ISIC2019_CLASSES if name in table]
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
        frozenset({"image", *ISIC2019_CLASSES[:8]}),
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


# HAM10000: ``HAM10000_metadata``, one row per image.

HAM10000 = Adapter(
    key="ham10000",
    name="HAM10000",
    signatures=(frozenset({"lesion_id", "image_id", "dx", "dx_type"}),),
    images=("image_id",),
    about=(
        "Malignant = mel, bcc, akiec; benign = nv, bkl, df, vasc. The published model was trained "
        "to find melanoma only."
    ),
    citation="Tschandl, Rosendahl, Kittler (2018), Scientific Data 5:180161",
    renamed={
        "dx": "diagnosis",
        "age": "age_approx",
        "localization": "anatom_site_general_challenge",
    },
    malignant={"mel": 1, "bcc": 1, "akiec": 1, "nv": 0, "bkl": 0, "df": 0, "vasc": 0},
    disputed={
        "akiec": "the class mixes actinic keratosis, a precursor, with Bowen's disease, a "
        "carcinoma in situ."
    },
)


# PAD-UFES-20: ``metadata.csv``; its column of Fitzpatrick types is spelled ``fitspatrick``.

PAD_UFES_20 = Adapter(
    key="pad-ufes-20",
    name="PAD-UFES-20",
    signatures=(frozenset({"img_id", "diagnostic", "fitspatrick"}),),
    images=("img_id",),
    about=(
        "As its authors have it: three cancers, malignant = BCC, MEL, SCC (with Bowen's disease), "
        "and three diseases, benign = ACK, NEV, SEK. These are smartphone photographs; the "
        "published model was trained on dermoscopy, to find melanoma only."
    ),
    citation="Pacheco et al. (2020), Data in Brief 32:106221",
    renamed={
        "diagnostic": "diagnosis",
        "age": "age_approx",
        "gender": "sex",
        "region": "anatom_site_general_challenge",
        "fitspatrick": "fitzpatrick",
    },
    malignant={"bcc": 1, "mel": 1, "scc": 1, "ack": 0, "nev": 0, "sek": 0},
    disputed={"ack": "actinic keratosis is a precursor of squamous cell carcinoma."},
    prepare=lambda table: table.assign(fitspatrick=fitzpatrick(table["fitspatrick"])),
)


# DDI, Diverse Dermatology Images: ``ddi_metadata.csv``.

#: The file's two-digit tone groups as Fitzpatrick types.
DDI_TONES = {"12": "I-II", "34": "III-IV", "56": "V-VI"}

DDI = Adapter(
    key="ddi",
    name="DDI",
    signatures=(frozenset({"ddi_file", "skin_tone", "malignant", "disease"}),),
    images=("ddi_file",),
    about=(
        "The file's own column malignant (True or False), confirmed by pathology. These are "
        "clinical photographs; the published model was trained on dermoscopy, to find melanoma "
        "only."
    ),
    citation="Daneshjou et al. (2022), Science Advances 8(32):eabq6147",
    renamed={"malignant": "target", "disease": "diagnosis"},
    prepare=lambda table: table.assign(
        fitzpatrick=table["skin_tone"].str.strip().map(DDI_TONES).fillna("")
    ),
)


# Fitzpatrick17k: ``fitzpatrick17k.csv``; images are named by the column ``md5hash``.

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
    prepare=lambda table: table.assign(fitzpatrick=fitzpatrick(table["fitzpatrick_scale"])),
)


# Any other CSV with a column of image names: labels and groups under their usual names.

#: The guess's roles under the names of the normalised table.
ROLE_NAMES = {"target": "target", "patient": "patient_id"}


def _guessed(table):
    """Label and patient under their usual names; every other column as it is."""
    mapping = guess_columns((table,), {"score": (), "prediction": (), "logits": ()})
    found = {taken.columns[0]: taken.role for taken in mapping if taken.role in ROLE_NAMES}
    renamed = {column: ROLE_NAMES[role] for column, role in found.items()}
    clash = [name for name in renamed.values() if name in table and name not in renamed]
    table = table.rename(columns={name: name + AS_IT_IS for name in clash} | renamed)
    read = [taken.said for taken in mapping if taken.role in ROLE_NAMES]
    table.attrs = {"said": (f"Read: {'; '.join(read)}.",) if read else ()}
    return table


GENERIC = Adapter(
    key="generic",
    name="a CSV of your own",
    signatures=tuple(frozenset({column}) for column in IMAGE),
    images=("image_name", *IMAGE),
    about=(
        "The label is what looks like one by its name and values; 1, malignant, melanoma, true, "
        "yes or pos is malignant, 0, benign, nevus, false, no or neg is benign, anything else has "
        "no label. All other columns stay as they are."
    ),
    prepare=_guessed,
    own=True,
)


#: In the order in which a file is offered to them.
ADAPTERS = (STUDY, ISIC2020, ISIC2019, HAM10000, PAD_UFES_20, DDI, FITZPATRICK17K, GENERIC)
#: Adapters by key, for an option such as ``--kind``.
KINDS = MappingProxyType({adapter.key: adapter for adapter in ADAPTERS})
