"""What the Groups view remembers of one visitor, and how it asks the core."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from explorer.data.predictions import Predictions
from explorer.fairness.analysis import Analysis, analyse_predictions
from explorer.fairness.cutoffs import CUTOFFS, SAME, SENSITIVITY
from explorer.fairness.cutoffs import OWN as OWN_CUTOFF
from explorer.fairness.decisions import Operating
from explorer.fairness.gaps import SMALL
from explorer.fairness.metrics import ALL_METRICS
from explorer.fairness.postprocess import PostProcessing
from explorer.figures.rates import facts
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.study.sources import REPORT_METRICS, SOURCES, load_source
from explorer.ui.parts.link import Linked, linked, name, number, one_of, shortest
from explorer.util.errors import ExplorerError

#: The source that is not in ``sources.SOURCES``: the visitor's own, from *Audit a model*.
OWN = "own"
_COLUMN = name("grouping", r"[\w ./-]{1,60}")
_share = number("a group's threshold", 0, 1)


def _limits(text: str) -> tuple[tuple[str, float], ...]:
    """``light:0.3;dark:0.2``."""
    pairs = (item.rpartition(":") for item in text.split(";"))
    return tuple((group, _share(value)) for group, _, value in pairs)


@dataclass(frozen=True)
class GroupsChoice(Linked):
    """What the controls of the view say; hashable, so that shared sources are analysed once.

    ``by2`` is a second grouping or empty, ``cutoff`` of :data:`explorer.fairness.cutoffs.CUTOFFS`,
    ``threshold`` a probability or None, ``limits`` the thresholds of single groups.
    """

    part = "groups"
    source: str = linked("published", one_of("source", SOURCES))
    by: str = linked("published", _COLUMN)
    by2: str = linked("", _COLUMN)
    metric: str = linked("recall", one_of("metric", ALL_METRICS))
    rule: str = linked(DEFAULT_RULE, one_of("rule", RULES), called="group_rule")
    cutoff: str = linked(OWN_CUTOFF, one_of("cut-off", CUTOFFS), called="group_cutoff")
    threshold: float | None = linked(None, number("a threshold", 0, 1), shortest)
    limits: tuple[tuple[str, float], ...] = linked(
        (),
        _limits,
        lambda limits: ";".join(f"{group}:{shortest(value)}" for group, value in limits),
    )
    minimum: int = linked(SMALL, number("a smallest n", 1, 100, int))

    def __post_init__(self):
        if self.by2 == self.by:
            object.__setattr__(self, "by2", "")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns to group by, one or two."""
        return (self.by, self.by2) if self.by2 else (self.by,)

    @property
    def operating(self) -> Operating:
        """The rule and the thresholds as the core takes them."""
        rule = None if self.rule == DEFAULT_RULE else self.rule
        sensitivity = SENSITIVITY if self.cutoff == SAME else None
        return Operating(rule, self.threshold, dict(self.limits), sensitivity)

    @property
    def figures_only(self) -> bool:
        """Whether the source has no data per image."""
        return self.source in SOURCES and SOURCES[self.source].has == "figures"


@dataclass(frozen=True)
class Own:
    """A visitor's own predictions, and a small picture (data URI) by image name; often none."""

    predictions: Predictions
    pictures: Mapping[str, str]


@dataclass(frozen=True)
class Bench:
    """One visitor's workbench: choices, what came of them, and files of their own.

    ``analysis`` is None for the report's figures. ``own`` was handed over by *Audit a model*.
    ``pinned`` was remembered for a comparison, ``after`` is the last post-processing of this very
    analysis.
    """

    choice: GroupsChoice
    analysis: Analysis | None
    own: Own | None = None
    pinned: Analysis | None = None
    after: PostProcessing | None = None

    def changed(self, **changes) -> "Bench":
        """The same files analysed by other choices; raises ExplorerError for impossible ones.

        Of a source without data per image nothing but the metric can be chosen, and a metric that
        the source does not have gives way to the default.
        """
        choice, analysis = replace(self.choice, **changes), None
        if choice.figures_only:
            choice = GroupsChoice(choice.source, metric=choice.metric, minimum=choice.minimum)
        else:
            analysis = analysed(choice, self.of(choice.source))
        bench = replace(self, choice=choice, analysis=analysis, after=None)
        return bench if choice.metric in bench.metrics else bench.seen_by(GroupsChoice.metric)

    def seen_by(self, metric: str) -> "Bench":
        """The same with another metric in the chart."""
        return replace(self, choice=replace(self.choice, metric=metric))

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metrics that the source has."""
        return tuple(REPORT_METRICS) if self.analysis is None else self.analysis.metrics

    @property
    def origin(self) -> tuple[str, str]:
        """Origin and source of what is shown, for the labels of figures that do not know them."""
        if self.analysis is None:
            return self.choice.source, SOURCES[self.choice.source].about
        known = facts(self.analysis.report)
        return known["origin"], known["source"]

    def of(self, source: str) -> Predictions | None:
        """The visitor's own predictions behind a source; None behind what all visitors share."""
        return self.own.predictions if source == OWN and self.own else None

    def moved_to(self, source: str) -> "Bench":
        """Another source, at its own operating point; the grouping stays where it can."""
        choice = GroupsChoice(source, metric=self.choice.metric, minimum=self.choice.minimum)
        if not choice.figures_only:
            found = groupings(source, self.of(source))
            kept = [key for key in self.choice.columns if key in found] or found[:1]
            choice = replace(choice, **dict(zip(("by", "by2"), kept)))
        return replace(self, choice=choice).changed()

    @property
    def pictures(self) -> Mapping[str, str]:
        """Pictures that the visitor gave of the images now shown, by name; often none."""
        return self.own.pictures if self.choice.source == OWN and self.own else {}

    @property
    def in_link(self) -> GroupsChoice | None:
        """What a link has to hold; None where the files are the visitor's own."""
        return None if self.of(self.choice.source) is not None else self.choice

    def need(self) -> Analysis:
        """The analysis, or an ExplorerError that says why there is none."""
        if self.analysis is None:
            raise ExplorerError(SOURCES["report"].about)
        return self.analysis


def start(choice: GroupsChoice = GroupsChoice()) -> Bench:
    """What a new visitor sees: the published model by published group, or what a link asks for.

    Raises
    ------
    ExplorerError
        If the source does not have what is asked for.
    """
    return Bench(choice, None).changed()


def groupings(source: str, own: Predictions | None) -> tuple[str, ...]:
    """Columns that a source can be grouped by, at least one."""
    return (load_source(source) if own is None else own).need_groupings()


def analysed(choice: GroupsChoice, own: Predictions | None = None) -> Analysis:
    """The core's answer; for sources that everybody shares it is kept."""
    if own is None:
        return _shared(replace(choice, metric=GroupsChoice.metric))
    return _analyse(choice, own)


@lru_cache(maxsize=24)
def _shared(choice: GroupsChoice) -> Analysis:
    return _analyse(choice, load_source(choice.source))


def _analyse(choice: GroupsChoice, predictions: Predictions) -> Analysis:
    return analyse_predictions(predictions, choice.columns, choice.operating, choice.minimum)


def names(bench: Bench | None = None) -> list[tuple[str, str]]:
    """Label and key of the sources that this visitor has."""
    found = [(source.name[0].upper() + source.name[1:], key) for key, source in SOURCES.items()]
    handed_over = bench is not None and bench.own is not None
    return [*found, ("Your own data", OWN)] if handed_over else found
