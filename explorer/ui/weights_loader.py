"""Weights are fetched and loaded once, behind the page, while visitors already see the tone."""

import threading
from collections.abc import Iterator

from explorer.classifier import Classifier, load_classifier
from explorer.errors import ExplorerError


class WeightsLoader:
    """Loads the classifier of a setting in a background thread; safe to share by all visitors."""

    def __init__(self, setting: str | None = None):
        self._setting = setting
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._state = (0.0, "Getting weights ready")
        self._classifier: Classifier | None = None
        self._error: ExplorerError | None = None

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
    def classifier(self) -> Classifier | None:
        """The loaded classifier, or None while it is not ready."""
        return self._classifier

    def _load(self) -> None:
        try:
            self._classifier = load_classifier(self._setting, self._progress)
        except ExplorerError as error:
            self._error = error
        except Exception:  # told to the visitor as one sentence, to the operator in full
            self._error = ExplorerError("The weights could not be loaded; see the server's log.")
            raise

    def _progress(self, fraction: float, text: str) -> None:
        self._state = (fraction, text)
