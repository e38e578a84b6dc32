"""The core of the melanoma fairness explorer: arrays in, small frozen results out.

>>> from explorer import classify, load_classifier, read_image, read_tone
>>> tone = read_tone(read_image("assets/examples/synthetic-light.jpg"))
>>> tone.tone.cielab.name
'light'
>>> found = classify(tone, load_classifier("embedded"))  # doctest: +SKIP
>>> found.verdicts["discriminative_prior_shift"].word  # doctest: +SKIP
'malignant'
"""

from explorer.fairness.gaps import GroupReport
from explorer.image.read import CheckedImage, read_image
from explorer.lesion.lesion import Classification, ToneResult, classify, on_other_skin, read_tone
from explorer.model.classifier import Classifier, load_classifier
from explorer.rules.rules import RULES, Rule, Verdict, apply_rules
from explorer.skin.settings import ToneSettings
from explorer.study.counts import group_report
from explorer.tone.study import SkinTone, estimate_skin_tone
from explorer.transform.skinformer import darken
from explorer.util.errors import ExplorerError, NotEnoughSkin

__all__ = [
    "RULES",
    "CheckedImage",
    "Classification",
    "Classifier",
    "ExplorerError",
    "GroupReport",
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
    "load_classifier",
    "on_other_skin",
    "read_image",
    "read_tone",
]
