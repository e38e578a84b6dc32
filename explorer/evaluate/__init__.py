"""Any weights on any folder of images: predictions, tones, counterfactuals and a report.

One run writes one folder: ``predictions.parquet`` with a row per image (:mod:`.record`) and
``run.json`` with what made it (:mod:`.store`). The work on one image is the same wherever it
happens (:mod:`.stages`): in worker processes of this machine (:mod:`.local`) or on a Ray cluster
(:mod:`.ray_engine`). :func:`evaluate` ties them together.
"""

from explorer.evaluate.run import RunReport, evaluate
from explorer.evaluate.settings import EvaluateSettings

__all__ = ["EvaluateSettings", "RunReport", "evaluate"]
