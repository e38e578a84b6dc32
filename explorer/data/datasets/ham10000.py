"""HAM10000: ``HAM10000_metadata``, one row per image."""

from explorer.data.datasets.adapter import Adapter

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
