"""The Ray engine: the same work on the cores and GPUs of many machines, as a Ray Data pipeline.

Names and paths of the images go out in small blocks, answers come back in whatever order they are
ready. On CPUs every actor decodes, reads tone and classifies; with ``--device cuda`` tasks on the
CPUs prepare for actors that hold a GPU each. Only paths travel, so the images must lie in a folder
that every machine sees under the same path; the loaded network travels through Ray's object store,
so the file of the weights need not. When a worker or a machine dies, Ray starts another and does
its block again.

Ray is an extra: ``pip install -r requirements-ray.txt``. When it is worth it:
``assets/docs/scale.md``.

References
----------
Moritz et al. (2018), "Ray: A Distributed Framework for Emerging AI Applications", OSDI.
"""

import pickle
import re
import socket
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2

from explorer.evaluate.folder import Item
from explorer.evaluate.local import GPU_BATCH, Answer, Worker, classify, prepare_all
from explorer.evaluate.ray_cluster import cluster, quiet_data, why
from explorer.evaluate.settings import EvaluateSettings
from explorer.evaluate.stages import BATCH, Network
from explorer.model.classifier import Classifier
from explorer.util import lazy
from explorer.util.errors import ExplorerError

pa = lazy.load("pyarrow")
ray = lazy.load("ray")
ray_exceptions = lazy.load("ray.exceptions")
torch = lazy.load("torch")

#: Batches in a block, at most: what is done again when a worker dies.
BLOCK_BATCHES = 4
#: How often a block is tried again; one that kills its process must not be tried forever.
RETRIES = 2


def run_ray(
    items: Iterable[Item],
    classifier: Classifier,
    settings: EvaluateSettings,
    workers: int | None = None,
    batch: int | None = None,
    address: str | None = None,
) -> Generator[Answer, None, None]:
    """An :class:`Answer` for every item, once, in the order in which they are ready.

    Closing it stops the pipeline, and the cluster if it was started here.

    Parameters
    ----------
    items : iterable of Item
        Their paths must exist on every machine of the cluster.
    classifier : Classifier
    settings : EvaluateSettings
    workers : int, optional
        Actors with a core each (with a GPU: tasks that prepare); by default every core there is.
    batch : int, optional
        Images per pass of the network.
    address : str, optional
        ``HOST:PORT`` of a cluster's head, or "auto" for the one that this machine belongs to; by
        default one of this machine's own, for the time of the run.

    Raises
    ------
    ExplorerError
        If Ray is missing, the cluster cannot be reached or cannot do it, or Ray gives up.
    """
    items = [Item(Path(item.path).absolute(), item.name) for item in items]
    if not items:
        return
    with cluster(address, workers):
        yield from _until_done(
            items, lambda left: _answers(_pipeline(left, classifier, settings, workers, batch))
        )


def _told(error: Exception) -> ExplorerError:
    """What ended the pipeline: an actor's own sentence, or that Ray gave up."""
    if ours := re.findall(r"ExplorerError: (.+)", str(error)):
        return ExplorerError(ours[-1])
    cause = why(error)
    if isinstance(error, ray_exceptions.ActorUnavailableError):
        cause = f"a worker was killed {RETRIES + 1} times over the same images"
    return ExplorerError(
        f"Ray gave up ({cause}): what was done is kept; run the same command again, with the "
        "engine local to see more."
    )


# The pipeline: rows are one column of pickles, so that nothing changes on the way


def _pipeline(items, classifier, settings, workers, batch):
    cores, gpus = (int(ray.cluster_resources().get(kind, 0)) for kind in ("CPU", "GPU"))
    with quiet_data():
        if settings.device == "cpu":
            return _on_cpus(items, classifier, settings, workers or cores, batch or BATCH)
        if not gpus:
            raise ExplorerError("No machine of the Ray cluster has a GPU: give --device cpu.")
        alone = replace(settings, device=settings.device.partition(":")[0])  # each sees its own
        return _on_gpus(items, classifier, alone, workers or cores, gpus, batch or GPU_BATCH)


def _on_cpus(items, classifier, settings, workers: int, batch: int):
    """Every actor does everything, with one core."""
    blocks = _blocks(items, batch, workers)
    return ray.data.from_arrow(blocks).map_batches(
        RayWorker,
        batch_size=batch,
        batch_format="pyarrow",
        num_cpus=1,
        fn_constructor_args=(ray.put(classifier), settings, batch, _seen(items)),
        compute=ray.data.ActorPoolStrategy(size=min(workers, len(blocks))),
        max_task_retries=RETRIES,
    )


def _on_gpus(items, classifier, settings, workers: int, gpus: int, batch: int):
    """Tasks with a core each prepare; actors with a GPU each classify."""
    blocks = _blocks(items, BATCH, workers)
    prepared = ray.data.from_arrow(blocks).map_batches(
        _prepare,
        batch_size=BATCH,
        batch_format="pyarrow",
        num_cpus=1,
        fn_args=(settings, classifier.facts, _seen(items)),
        compute=ray.data.TaskPoolStrategy(size=workers),
    )
    return prepared.map_batches(
        RayNetwork,
        batch_size=batch,
        batch_format="pyarrow",
        num_gpus=1,
        fn_constructor_args=(ray.put(classifier), settings, batch),
        compute=ray.data.ActorPoolStrategy(size=gpus),
        max_task_retries=RETRIES,
    )


class RayWorker:
    """An actor that does all of the work on batches of items."""

    def __init__(self, classifier, settings: EvaluateSettings, batch: int, seen: Path | None):
        _alone()
        _check_shared(seen)
        self.worker = Worker(ray.get(classifier), settings, batch)

    def __call__(self, items):
        return _table(self.worker(_values(items)))


class RayNetwork:
    """An actor that classifies what :func:`_prepare` made."""

    def __init__(self, classifier, settings: EvaluateSettings, batch: int):
        _alone()
        self.network = Network(ray.get(classifier), settings, batch)

    def __call__(self, prepared):
        return _table(classify(_values(prepared), self.network))


def _prepare(items, settings: EvaluateSettings, facts, seen: Path | None):
    _alone()
    _check_shared(seen)
    return _table(prepare_all(_values(items), settings, facts))


def _alone() -> None:
    """One thread: the other cores have actors of their own."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def _seen(items: Sequence[Item]) -> Path | None:
    """An image that is there, to ask the other machines for."""
    return next((item.path for item in items if item.path.exists()), None)


def _check_shared(seen: Path | None) -> None:
    if seen and not seen.exists():
        raise ExplorerError(
            f"{socket.gethostname()} of the Ray cluster does not see {seen}: put the images where "
            "every machine sees them under the same path."
        )


def _blocks(items: Sequence[Item], batch: int, workers: int) -> list:
    """Tables of whole batches; small where there are few, so that the workers end together."""
    batches = -(-len(items) // batch)
    size = batch * min(BLOCK_BATCHES, max(1, batches // (32 * workers)))
    return [_table(items[start : start + size]) for start in range(0, len(items), size)]


def _table(values: Sequence):
    return pa.table({"value": pa.array([pickle.dumps(each) for each in values], pa.binary())})


def _values(table) -> list:
    return [pickle.loads(each.as_py()) for each in table["value"]]


def _answers(pipeline) -> Iterator[Answer]:
    for table in pipeline.iter_batches(batch_size=None, batch_format="pyarrow"):
        yield from _values(table)


def _until_done(
    items: Sequence[Item], start: Callable[[list[Item]], Iterable[Answer]]
) -> Iterator[Answer]:
    """Each answer once. A pipeline that lost a machine starts again with what is left, until one
    brings nothing new."""
    left = {item.name: item for item in items}
    while left:
        before = len(left)
        problem = ExplorerError(
            f"Ray lost {before:,} of {len(items):,} images: run the same command again."
        )
        try:
            for answer in start(list(left.values())):
                if left.pop(answer.prepared.name, None):
                    yield answer
        except ExplorerError:
            raise
        except Exception as error:  # whatever Ray raises, and there is no end of kinds
            problem = _told(error)
        if len(left) == before:
            raise problem
