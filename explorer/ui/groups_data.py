"""What the Groups view remembers of one visitor, and how it asks the core."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from explorer.analysis import Analysis, analyse_predictions
from explorer.errors import ExplorerError
from explorer.fairness import GROUPINGS, SMALL
from explorer.operating import Operating
from explorer.postprocess import PostProcessing
from explorer.predictions import Predictions, read_predictions
from explorer.sources import SOURCES, load_source
from explorer.ui import uploads

#: The source that is not in ``sources.SOURCES``: files of the visitor's own.
OWN = "own"


@dataclass(frozen=True)
class Upload:
    """A file as it came: its name and content."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Choice:
    """What the controls say; hashable, so that shared sources are analysed once for all."""

    source: str = "published"
    by: tuple[str, ...] = ("published",)
    rule: str | None = None
    threshold: float | None = None
    by_group: tuple[tuple[str, float], ...] = ()
    minimum: int = SMALL


@dataclass(frozen=True)
class Bench:
    """One visitor's workbench: choices, what came of them, and files of their own.

    ``analysis`` is None for the report's figures. ``own`` was read from the files ``joined``;
    ``predictions`` and ``metadata`` came last and may not fit yet. ``pinned`` was remembered for a
    comparison, ``after`` is the last post-processing of this very analysis.
    """

    choice: Choice
    analysis: Analysis | None
    predictions: Upload | None = None
    metadata: Upload | None = None
    own: Predictions | None = None
    joined: str = ""
    pinned: Analysis | None = None
    after: PostProcessing | None = None

    def changed(self, **changes) -> "Bench":
        """The same files analysed by other choices; raises ExplorerError for impossible ones."""
        choice = replace(self.choice, **changes)
        return replace(self, choice=choice, analysis=analysed(choice, self.own), after=None)

    def moved_to(self, source: str) -> "Bench":
        """Another source, at its own operating point; the grouping stays where it can."""
        if source in SOURCES and SOURCES[source].has == "figures":
            return replace(self, choice=Choice(source, minimum=self.choice.minimum),
                           analysis=None, after=None)
        keys = groupings(source, self.own)
        by = tuple(key for key in self.choice.by if key in keys) or keys[:1]
        return self.changed(source=source, by=by, rule=None, threshold=None, by_group=())

    @property
    def received(self) -> str:
        """Names of the files that came last."""
        return ", ".join(file.name for file in (self.predictions, self.metadata) if file)

    def need(self) -> Analysis:
        """The analysis, or an ExplorerError that says why there is none."""
        if self.analysis is None:
            raise ExplorerError(SOURCES["report"].about)
        return self.analysis


def start() -> Bench:
    """What a new visitor sees: the published model by published tone group."""
    return Bench(Choice(), analysed(Choice()))


def groupings(source: str, own: Predictions | None) -> tuple[str, ...]:
    """Columns that a source can be grouped by, at least one."""
    found = (own if source == OWN else load_source(source)).groupings()
    if not found:
        raise ExplorerError("There is no column to group by: give metadata with one, for example "
                            "group, sex or age_approx.")
    return found


def grouping_name(key: str) -> str:
    """A column's name for people."""
    return GROUPINGS[key].label if key in GROUPINGS else key


def analysed(choice: Choice, own: Predictions | None = None) -> Analysis:
    """The core's answer; for sources that everybody shares it is kept."""
    return _analyse(choice, own) if choice.source == OWN else _shared(choice)


@lru_cache(maxsize=24)
def _shared(choice: Choice) -> Analysis:
    return _analyse(choice, load_source(choice.source))


def _analyse(choice: Choice, predictions: Predictions) -> Analysis:
    operating = Operating(choice.rule, choice.threshold, dict(choice.by_group))
    return analyse_predictions(predictions, choice.by, operating, choice.minimum)


# Files


def take(path: str) -> Upload:
    """Read an uploaded file and delete it, with the folder that Gradio made for it."""
    file = Path(path)
    try:
        return Upload(file.name, file.read_bytes())
    finally:
        uploads.remove(path)


def join(bench: Bench) -> Bench:
    """The bench with its files joined and analysed; as it is without predictions.

    The core reads files by path, so they are written for the moment of reading.
    """
    if bench.predictions is None:
        return bench
    files = (("p", bench.predictions), ("m", bench.metadata))
    with TemporaryDirectory() as folder:
        own = read_predictions(
            *(_written(Path(folder) / role, upload) for role, upload in files if upload))
    return replace(bench, own=own, joined=bench.received).moved_to(OWN)


def _written(folder: Path, upload: Upload) -> Path:
    folder.mkdir()
    path = folder / upload.name
    path.write_bytes(upload.data)
    return path

