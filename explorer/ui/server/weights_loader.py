"""Weights are fetched and loaded once, behind the page, while visitors already see the tone.

Until they are there, the demo model's stored answers speak for the shipped examples
(:mod:`explorer.lesion.stored`); where the weights are the demo model's they keep doing so.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from explorer.lesion.stored import NotStored, StoredAnswers, stored_answers
from explorer.model.classifier import Classifier, load_classifier
from explorer.model.weights import parse_setting
from explorer.ui.server.gpu import with_gpu
from explorer.util.errors import ExplorerError


@dataclass(frozen=True)
class QuotingClassifier:
    """The demo model with its stored answers before it: same numbers, fewer network passes."""

    classifier: "Classifier"
    stored: StoredAnswers

    @property
    def weights(self):
        """The demo model's."""
        return self.classifier.weights

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
        self._thread: threading.Thread | None = None
        self._state = (0.0, "Getting weights ready")
        self._classifier: Classifier | None = None
        self._error: ExplorerError | None = None
        self._before: list[Callable[[], object]] = []

    def before(self, action: Callable[[], object]) -> None:
        """Let the background thread do this first: what visitors see before any weights."""
        self._before.append(action)

    def start(self) -> None:
        """Begin loading, unless it has begun or is done; after a failure, try again."""
        with self._lock:
            busy = self._thread is not None and self._thread.is_alive()
            if self._classifier is None and not busy:
                self._error = None
                self._thread = threading.Thread(target=self._load, daemon=True)
                self._thread.start()

    def wait(self, every: float = 0.25) -> Iterator[tuple[float, str]]:
        """Yield (fraction, text) until the weights are ready; a cancelled caller just stops.

        Raises
        ------
        ExplorerError
            If the weights cannot be had; the next call tries again.
        """
        self.start()
        while self._classifier is None and self._error is None:
            yield self._state
            self._thread.join(every)
        if self._error is not None:
            raise self._error

    @property
    def classifier(self) -> "Classifier | None":
        """The loaded classifier, or None while it is not ready."""
        return self._classifier

    @property
    def is_demo(self) -> bool:
        """Whether the setting asks for the demo model."""
        return parse_setting(self._setting).kind == "embedded"

    @property
    def may_quote(self) -> bool:
        """Whether stored answers may be shown: until other weights than the demo's are loaded."""
        return self._classifier is None or self.answered(stored_answers().weights)

    @property
    def at_hand(self) -> "Classifier | QuotingClassifier | StoredAnswers":
        """What can be asked now; stored answers alone raise NotStored on other images."""
        stored, loaded = stored_answers(), self._classifier
        if loaded is None:
            return stored
        if self.may_quote:
            return QuotingClassifier(loaded, stored)
        return loaded

    def answered(self, weights) -> bool:
        """Whether an answer by these Weights is one by the loaded weights."""
        return self._classifier is not None and self._classifier.weights.sha256 == weights.sha256

    def _load(self) -> None:

        try:
            while self._before:
                self._before.pop(0)()
            self._classifier = with_gpu(load_classifier(self._setting, self._progress))
        except ExplorerError as error:
            self._error = error
        except Exception:  # told to the visitor as one sentence, to the operator in full
            self._error = ExplorerError("The weights could not be loaded; see the server's log.")
            raise

    def _progress(self, fraction: float, text: str) -> None:
        self._state = (fraction, text)
