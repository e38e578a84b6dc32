"""The local engine: every core a worker that decodes, reads tone and classifies, one thread each.

Workers that each do all of the work need no lock-step and copy no picture between processes;
decoding and tone of one image overlap with the network of another. Where the network runs on a
GPU, the workers only prepare and this process classifies what they send.
"""

import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import numpy as np

from explorer.evaluate.folder import Item
from explorer.evaluate.settings import EvaluateSettings
from explorer.evaluate.stages import BATCH, Network, Prepared, prepare
from explorer.model.checkpoint import Facts
from explorer.model.classifier import Classifier, open_classifier
from explorer.model.weights import Weights
from explorer.util import lazy
from explorer.util.workers import map_in_order

torch = lazy.load("torch")

#: Images per pass on a GPU.
GPU_BATCH = 64


@dataclass(frozen=True)
class Answer:
    """What came of one image: its :class:`Prepared` without pixels, and the logits if any."""

    prepared: Prepared
    logits: np.ndarray | None


def run_local(
    items: Iterable[Item],
    classifier: Classifier,
    settings: EvaluateSettings,
    workers: int,
    batch: int | None = None,
) -> Generator[Answer, None, None]:
    """An :class:`Answer` for every item, in order.

    Parameters
    ----------
    items : iterable of Item
    classifier : Classifier
    settings : EvaluateSettings
    workers : int
        1 works in this process, more in as many worker processes.
    batch : int, optional
        Images per pass; bounds the memory, not the result.
    """
    if settings.device != "cpu":
        return _on_gpu(items, classifier, settings, workers, batch or GPU_BATCH)
    batches = _batched(items, batch or BATCH)
    if workers == 1:
        worker = Worker(classifier, settings, batch or BATCH)
        return (answer for each in batches for answer in worker(each))
    arguments = (classifier.weights, settings, batch or BATCH)
    chunks = map_in_order(_answer, batches, workers, _start, arguments, queue=2)
    return _flat(chunks)


class Worker:
    """Prepares and classifies batches of items; one per process, or per Ray actor."""

    def __init__(self, classifier: Classifier, settings: EvaluateSettings, batch: int = BATCH):
        self.settings, self.facts = settings, classifier.facts
        self.network = Network(classifier, settings, batch)

    def __call__(self, items: Iterable[Item]) -> list[Answer]:
        return classify(prepare_all(items, self.settings, self.facts), self.network)


def prepare_all(items: Iterable[Item], settings: EvaluateSettings, facts: Facts) -> list[Prepared]:
    """:func:`explorer.evaluate.stages.prepare` of every item."""
    return [prepare(item.name, item.path, settings, facts) for item in items]


def classify(prepared: list[Prepared], network: Network) -> list[Answer]:
    """Logits of those that are pictures; the time is shared among them."""
    good = [each for each in prepared if each.square is not None]
    start = time.perf_counter()
    logits = iter(network.logits([each.square for each in good]))
    share = (time.perf_counter() - start) / max(len(good), 1)
    return [
        Answer(each, None)
        if each.square is None
        else Answer(
            replace(each, square=None, seconds={**each.seconds, "network": share}), next(logits)
        )
        for each in prepared
    ]


_worker: Worker | None = None


def _start(weights: Weights, settings: EvaluateSettings, batch: int) -> None:
    global _worker
    torch.set_num_threads(1)
    _worker = Worker(open_classifier(weights), settings, batch)


def _answer(items: list[Item]) -> list[Answer]:
    return _worker(items)


def _on_gpu(items, classifier, settings, workers, batch) -> Generator[Answer, None, None]:
    network = Network(classifier, settings, batch)
    task = partial(prepare_all, settings=settings, facts=classifier.facts)
    few = _batched(items, BATCH)
    chunks = map(task, few) if workers == 1 else map_in_order(task, few, workers)
    for prepared in _batched(_flat(chunks), batch):
        yield from classify(prepared, network)


def _batched(values: Iterable, size: int) -> Iterator[list]:
    values = iter(values)
    while batch := list(islice(values, size)):
        yield batch


def _flat(chunks) -> Generator:
    """Single values; closing it closes where they come from, which ends the workers."""
    try:
        for chunk in chunks:
            yield from chunk
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
