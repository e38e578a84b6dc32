from .run import RunReport, evaluate
from .settings import EvaluateSettings

__all__ = ["EvaluateSettings", "RunReport", "evaluate"]
