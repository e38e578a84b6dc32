"""DDI, Diverse Dermatology Images: ``ddi_metadata.csv``."""

from explorer.data.datasets.adapter import Adapter

#: The file's two-digit tone groups as Fitzpatrick types.
TONES = {"12": "I-II", "34": "III-IV", "56": "V-VI"}


def _tone(table):
    table["fitzpatrick"] = table["skin_tone"].str.strip().map(TONES).fillna("")
    return table


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
    prepare=_tone,
)
