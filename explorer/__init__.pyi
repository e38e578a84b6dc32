from .fairness.gaps import GroupReport
from .image.read import CheckedImage, read_image
from .lesion.instrument import Instrument
from .lesion.lesion import Classification, ToneResult, classify, on_other_skin, read_tone
from .lesion.workshop import instrument
from .model.classifier import Classifier, load_classifier
from .rules.rules import RULES, Rule, Verdict, apply_rules
from .skin.settings import ToneSettings
from .study.counts import group_report
from .tone.study import SkinTone, estimate_skin_tone
from .transform.skinformer import darken
from .util.errors import ExplorerError, NotEnoughSkin

__all__ = [
    "RULES",
    "CheckedImage",
    "Classification",
    "Classifier",
    "ExplorerError",
    "GroupReport",
    "Instrument",
    "NotEnoughSkin",
    "Rule",
    "SkinTone",
    "ToneResult",
    "ToneSettings",
    "Verdict",
    "apply_rules",
    "classify",
    "darken",
    "estimate_skin_tone",
    "group_report",
    "instrument",
    "load_classifier",
    "on_other_skin",
    "read_image",
    "read_tone",
]
