"""The page's network passes on a Space's shared GPU (ZeroGPU), where there is one.

``spaces`` is a package that only Spaces have. It runs a decorated function in a process of its
own, forked from this one, that holds a GPU for as long as the call takes. Elsewhere nothing here
is used and the classifier stays as it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec

import numpy as np

from explorer.model.classifier import Classifier
from explorer.util import lazy

spaces = lazy.load("spaces")  # exists only on Spaces
torch = lazy.load("torch")

#: Seconds that one call may hold the GPU.
LONGEST = 30

#: By SHA-256 of the weights; the forked process finds its network here.
_shared: dict[str, Classifier] = {}


def with_gpu(classifier: Classifier) -> Classifier:
    """The classifier, with its passes on the GPU where the ``spaces`` package exists."""
    if find_spec("spaces") is None:
        return classifier
    _shared[classifier.weights.sha256] = classifier
    _on_gpu()  # a Space without a decorated function does not start
    return GpuClassifier(classifier.weights, classifier.facts, classifier.network)


@dataclass(frozen=True)
class GpuClassifier(Classifier):
    """Sends every batch to the GPU, in float32 as on the processor."""

    def logits(
        self,
        images: Sequence[np.ndarray],
        batch_size: int = 16,
        progress: Callable[[float, str], None] | None = None,
    ) -> np.ndarray:
        if progress:  # cannot be carried to another process
            progress(0.0, f"Classified 0 of {len(images)} images")
        found = _on_gpu()(self.weights.sha256, "logits", list(images), batch_size)
        if progress:
            progress(1.0, f"Classified {len(images)} of {len(images)} images")
        return found

    def oriented_logits(self, image: np.ndarray) -> np.ndarray:
        return _on_gpu()(self.weights.sha256, "oriented_logits", image)


@lru_cache(maxsize=1)
def _on_gpu() -> Callable:
    return spaces.GPU(duration=LONGEST)(run_pass)


def run_pass(sha256: str, method: str, *arguments) -> np.ndarray:
    """Run a method of the classifier with its network on the GPU if there is one, else the CPU."""
    classifier = _shared[sha256]
    if not torch.cuda.is_available():
        return getattr(classifier, method)(*arguments)
    network = classifier.network.to("cuda")
    moved = replace(classifier, network=lambda batch: network(batch.to("cuda")).cpu())
    return getattr(moved, method)(*arguments)
