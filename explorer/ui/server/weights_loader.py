"""Weights are fetched and loaded once, behind the page, while visitors already see the tone.

Before that one thread goes through what every visitor sees, and visitors' events wait for it:
libraries that are first used by several threads at once may get half of another one (SciPy looks at
the torch that it finds) or set themselves up in one thread while another already counts on it.

Until they are there, the demo model's stored answers speak for the shipped examples
(:mod:`explorer.lesion.stored`); where the weights are the demo model's they keep doing so.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import Future
from dataclasses import dataclass

from explorer.lesion.stored import NotStored, StoredAnswers, stored_answers
from explorer.model.classifier import Classifier, load_classifier
from explorer.model.weights import parse_setting
from explorer.ui.parts.failures import explained
from explorer.ui.server.gpu import with_gpu
from explorer.util import lazy
from explorer.util.workers import in_background

torch = lazy.load("torch")


@dataclass(frozen=True)
class QuotingClassifier:
    """The demo model with its stored answers before it: same numbers, fewer network passes."""

    classifier: Classifier
    stored: StoredAnswers

    @property
    def weights(self):
        """The demo model's."""
        return self.classifier.weights

    def logits(self, images, batch_size: int = 4):
        """As :meth:`explorer.model.classifier.Classifier.logits`."""
        try:
            return self.stored.logits(images)
        except NotStored:
            return self.classifier.logits(images, batch_size)

    def oriented_logits(self, image):
        """As :meth:`explorer.model.classifier.Classifier.oriented_logits`."""
        try:
            return self.stored.oriented_logits(image)
        except NotStored:
            return self.classifier.oriented_logits(image)


class WeightsLoader:
    """Loads the classifier of a setting in a background thread; safe to share by all visitors."""

    def __init__(self, setting: str | None = None):
        self._setting = setting
        self._lock = threading.Lock()
        self._loading: Future | None = None
        self._state = (0.0, "Getting weights ready")
        self._before: list[Callable[[], object]] = []
        self._prepared: Future | None = None

    def before(self, action: Callable[[], object]) -> None:
        """Let this be done before any visitor's event: what visitors see before any weights."""
        self._before.append(action)

    def prepare(self) -> Future:
        """Begin what comes before, unless it has begun; done when visitors' events may run."""
        with self._lock:
            if self._prepared is None:
                self._prepared = in_background(self._prepare)
            return self._prepared

    def start(self) -> Future:
        """Begin loading, unless it has begun or is done; after a failure, try again."""
        with self._lock:
            if self._loading is None or (self._loading.done() and self._loading.exception()):
                sorry = "The weights could not be loaded; see the server's log."
                self._loading = in_background(self._load, sorry)
            return self._loading

    def wait(self, every: float = 0.25) -> Iterator[tuple[float, str]]:
        """Yield (fraction, text) until the weights are ready; a cancelled caller just stops.

        Raises
        ------
        ExplorerError
            If the weights cannot be had; the next call tries again.
        """
        loading = self.start()
        while not loading.done():
            yield self._state
            futures.wait([loading], every)
        loading.result()

    @property
    def classifier(self) -> Classifier | None:
        """The loaded classifier, or None while it is not ready."""
        loading = self._loading
        if loading is None or not loading.done() or loading.exception():
            return None
        return loading.result()

    @property
    def is_demo(self) -> bool:
        """Whether the setting asks for the demo model."""
        return parse_setting(self._setting).kind == "embedded"

    @property
    def may_quote(self) -> bool:
        """Whether stored answers may be shown: until other weights than the demo's are loaded."""
        return self.classifier is None or self.answered(stored_answers().weights)

    @property
    def at_hand(self) -> "Classifier | QuotingClassifier | StoredAnswers":
        """What can be asked now; stored answers alone raise NotStored on other images."""
        stored, loaded = stored_answers(), self.classifier
        if loaded is None:
            return stored
        if self.may_quote:
            return QuotingClassifier(loaded, stored)
        return loaded

    def answered(self, weights) -> bool:
        """Whether an answer by these Weights is one by the loaded weights."""
        loaded = self.classifier
        return loaded is not None and loaded.weights.sha256 == weights.sha256

    def _prepare(self) -> None:
        for action in (lambda: torch.Tensor, *self._before):
            try:
                action()
            except Exception as error:  # whoever asks for the same is told, when asking
                explained(error)

    def _load(self) -> Classifier:
        self.prepare().result()
        return with_gpu(load_classifier(self._setting, self._progress))

    def _progress(self, fraction: float, text: str) -> None:
        self._state = (fraction, text)
