"""What the Groups view remembers of one visitor, and how it asks the core."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from explorer.data.joining import read_predictions
from explorer.data.predictions import Predictions
from explorer.fairness.analysis import Analysis, analyse_predictions
from explorer.fairness.decisions import Operating
from explorer.fairness.gaps import SMALL
from explorer.fairness.metrics import ALL_METRICS
from explorer.fairness.postprocess import PostProcessing
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.study.sources import SOURCES, load_source
from explorer.ui.parts.link import Linked, linked, name, number, one_of
from explorer.ui.server import uploads
from explorer.util.errors import ExplorerError

#: The source that is not in ``sources.SOURCES``: files of the visitor's own.
OWN = "own"
#: Another one: what the Evaluate view made of the visitor's own images.
EVALUATED = "evaluated"
#: Sub-tabs of the view.
TABS = ("images", "spreads", "curves", "power", "confidence", "post", "compare", "report")
_COLUMN = name("grouping", r"[\w ./-]{1,60}")
_share = number("a group's threshold", 0, 1)


def _limits(text: str) -> tuple[tuple[str, float], ...]:
    """``light:0.3;dark:0.2``."""
    pairs = (item.rpartition(":") for item in text.split(";"))
    return tuple((group, _share(value)) for group, _, value in pairs)


def _limits_text(limits) -> str:
    return ";".join(f"{group}:{value:g}" for group, value in limits)


@dataclass(frozen=True)
class GroupsChoice(Linked):
    """What a link may ask of the view.

    ``by2`` is a second grouping or empty, ``threshold`` a probability or None, ``limits`` the
    thresholds of single groups.
    """

    part = "groups"
    source: str = linked("published", one_of("source", SOURCES))
    by: str = linked("published", _COLUMN)
    by2: str = linked("", _COLUMN)
    metric: str = linked("recall", one_of("metric", ALL_METRICS))
    group_rule: str = linked(DEFAULT_RULE, one_of("rule", RULES))
    threshold: float | None = linked(None, number("a threshold", 0, 1), "{:g}".format)
    limits: tuple[tuple[str, float], ...] = linked((), _limits, _limits_text)
    minimum: int = linked(SMALL, number("a smallest n", 1, 100, int))


@dataclass(frozen=True)
class TabChoice(Linked):
    """Which sub-tab is open."""

    part = "tab"
    tab: str = linked(TABS[0], one_of("sub-tab", TABS))


@dataclass(frozen=True)
class Upload:
    """A file as it came: its name and content."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Evaluated:
    """Predictions on the visitor's own images, and a small picture (data URI) by image name."""

    predictions: Predictions
    pictures: Mapping[str, str]


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
    ``predictions`` and ``metadata`` came last and may not fit yet. ``evaluated`` was handed over
    by the Evaluate view. ``pinned`` was remembered for a
    comparison, ``after`` is the last post-processing of this very analysis.
    """

    choice: Choice
    analysis: Analysis | None
    predictions: Upload | None = None
    metadata: Upload | None = None
    own: Predictions | None = None
    joined: str = ""
    evaluated: Evaluated | None = None
    pinned: Analysis | None = None
    after: PostProcessing | None = None

    def changed(self, **changes) -> "Bench":
        """The same files analysed by other choices; raises ExplorerError for impossible ones."""
        choice = replace(self.choice, **changes)
        own = self.of(choice.source)
        return replace(self, choice=choice, analysis=analysed(choice, own), after=None)

    def of(self, source: str) -> Predictions | None:
        """The visitor's own predictions behind a source; None behind what all visitors share."""
        evaluated = self.evaluated and self.evaluated.predictions
        return {OWN: self.own, EVALUATED: evaluated}.get(source)

    def moved_to(self, source: str) -> "Bench":
        """Another source, at its own operating point; the grouping stays where it can."""
        if source in SOURCES and SOURCES[source].has == "figures":
            return replace(
                self, choice=Choice(source, minimum=self.choice.minimum), analysis=None, after=None
            )
        keys = groupings(source, self.of(source))
        by = tuple(key for key in self.choice.by if key in keys) or keys[:1]
        return self.changed(source=source, by=by, rule=None, threshold=None, by_group=())

    @property
    def pictures(self) -> Mapping[str, str]:
        """Pictures that the visitor gave of the images now shown, by name; often none."""
        return self.evaluated.pictures if self.choice.source == EVALUATED else {}

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


def asked_for(state: GroupsChoice) -> Bench:
    """What a link asks for.

    Raises
    ------
    ExplorerError
        If the link's source does not have what it asks for.
    """
    if SOURCES[state.source].has == "figures":
        return Bench(Choice(state.source, minimum=state.minimum), None)
    by = (state.by, state.by2) if state.by2 and state.by2 != state.by else (state.by,)
    rule = None if state.group_rule == DEFAULT_RULE else state.group_rule
    choice = Choice(state.source, by, rule, state.threshold, state.limits, state.minimum)
    return Bench(choice, analysed(choice))


def as_state(bench: Bench, metric: str) -> GroupsChoice | None:
    """What a link has to hold for this bench; None where the files are the visitor's own."""
    choice = bench.choice
    if bench.of(choice.source) is not None:
        return None
    first, second = (*choice.by, "")[:2]
    return GroupsChoice(
        source=choice.source,
        by=first,
        by2=second,
        metric=metric,
        group_rule=choice.rule or DEFAULT_RULE,
        threshold=choice.threshold,
        limits=choice.by_group,
        minimum=choice.minimum,
    )


def groupings(source: str, own: Predictions | None) -> tuple[str, ...]:
    """Columns that a source can be grouped by, at least one."""
    found = (load_source(source) if own is None else own).groupings()
    if not found:
        raise ExplorerError(
            "There is no column to group by: give metadata with one, for example "
            "group, sex or age_approx."
        )
    return found


def analysed(choice: Choice, own: Predictions | None = None) -> Analysis:
    """The core's answer; for sources that everybody shares it is kept."""
    return _shared(choice) if own is None else _analyse(choice, own)


@lru_cache(maxsize=24)
def _shared(choice: Choice) -> Analysis:
    return _analyse(choice, load_source(choice.source))


def _analyse(choice: Choice, predictions: Predictions) -> Analysis:
    operating = Operating(choice.rule, choice.threshold, dict(choice.by_group))
    return analyse_predictions(predictions, choice.by, operating, choice.minimum)


def names(bench: Bench | None = None) -> list[tuple[str, str]]:
    """Label and key of the sources that this visitor has."""
    found = [(source.name[0].upper() + source.name[1:], key) for key, source in SOURCES.items()]
    found.append(("Your own CSV files", OWN))
    handed_over = bench is not None and bench.evaluated is not None
    return [*found, ("Your evaluation", EVALUATED)] if handed_over else found


# Files


def take(path: str) -> Upload:
    """Read an uploaded file and delete it."""
    return Upload(Path(path).name, uploads.read(path))


def join(bench: Bench) -> Bench:
    """The bench with its files joined and analysed; as it is without predictions.

    The core reads files by path, so they are written for the moment of reading.
    """
    if bench.predictions is None:
        return bench
    files = (("p", bench.predictions), ("m", bench.metadata))
    with TemporaryDirectory() as folder:
        own = read_predictions(
            *(_written(Path(folder) / role, upload) for role, upload in files if upload)
        )
    return replace(bench, own=own, joined=bench.received).moved_to(OWN)


def _written(folder: Path, upload: Upload) -> Path:
    folder.mkdir()
    path = folder / upload.name
    path.write_bytes(upload.data)
    return path
