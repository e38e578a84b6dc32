"""Any weights on any folder of images: predictions, tones, counterfactuals and a report.

One run writes one folder: ``predictions.parquet`` with a row per image (:mod:`.record`) and
``run.json`` with what made it (:mod:`.run_store`). The work on one image is the same wherever it
happens (:mod:`.stages`): in worker processes of this machine (:mod:`.local`) or on a Ray cluster
(:mod:`.ray_engine`). :func:`evaluate` ties them together.
"""

import lazy_loader

#: What ``__init__.pyi`` names, each imported when first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
