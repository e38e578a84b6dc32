"""The core of the melanoma fairness explorer: arrays in, small frozen results out.

>>> from explorer import classify, load_classifier, read_image, read_tone
>>> tone = read_tone(read_image("assets/examples/synthetic-light.jpg"))
>>> tone.tone.cielab.name
'light'
>>> found = classify(tone, load_classifier("embedded"))  # doctest: +SKIP
>>> found.verdicts["discriminative_prior_shift"].word  # doctest: +SKIP
'malignant'
"""

import sys

#: The oldest Python that the explorer runs on.
OLDEST = (3, 11)
if sys.version_info < OLDEST:  # before anything that such a Python does not understand
    too_old = f"{sys.version_info[0]}.{sys.version_info[1]}"
    sys.exit(f"explorer: Python {too_old} is too old: take 3.11, 3.12 or 3.13.")

import lazy_loader

#: What ``__init__.pyi`` names, each imported when first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
