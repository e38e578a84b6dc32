"""PAD-UFES-20: ``metadata.csv``; its column of Fitzpatrick types is spelled ``fitspatrick``."""

from explorer.data.datasets.adapter import Adapter, fitzpatrick


def _tone(table):
    return table.assign(fitspatrick=fitzpatrick(table["fitspatrick"]))


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
    prepare=_tone,
)
