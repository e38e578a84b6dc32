"""From predictions to decisions: an inference rule, and a threshold for all or for each group.

:func:`decide` fixes who is in which group and what each image is called; every figure of the
workbench is computed from its :class:`Decided`, so that a moved threshold moves them all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from explorer.data.groupings import COLUMN_NAMES, GROUPINGS
from explorer.data.predictions import Predictions
from explorer.fairness.cutoffs import CalibrationSet, Cutoffs, same_sensitivity
from explorer.fairness.levels import TIMES
from explorer.fairness.metrics import CELLS, Counts
from explorer.rules.rules import DEFAULT_RULE, RULES, Verdict
from explorer.util.errors import ExplorerError


@dataclass(frozen=True)
class Operating:
    """How scores become decisions.

    Attributes
    ----------
    rule : str or None
        Key of ``inference.RULES``, for logits; None is the published rule.
    threshold : float or None
        An image is called malignant if its probability is at least this, 0..1. None: the rule's
        own decision (the larger class score), or 0.5 on a given probability, or a given label.
    by_group : mapping of str to float
        Thresholds of single groups, by their label; they take precedence.
    sensitivity : float or None
        In place of a threshold: the rule's cut-off that finds this share, 0..1, of the malignant
        images of ``images``.
    images : CalibrationSet or None
        By default the very images that are decided on.
    """

    rule: str | None = None
    threshold: float | None = None
    by_group: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    sensitivity: float | None = None
    images: CalibrationSet | None = None

    def __post_init__(self):
        if self.sensitivity is not None and self.threshold is not None:
            raise ExplorerError("give a threshold or a sensitivity, not both: each sets the other")
        for value in (self.threshold, *self.by_group.values()):
            if value is not None and not 0 <= value <= 1:
                raise ExplorerError(f"a threshold is a probability: give 0 to 1, not {value:g}")
        if self.rule is not None and self.rule not in RULES:
            raise ExplorerError(
                f"unknown inference rule {self.rule!r}: choose one of {', '.join(RULES)}"
            )

    @property
    def key(self) -> str:
        """Key of the rule that is applied to logits."""
        return self.rule or DEFAULT_RULE


#: The rule's own decisions, or those that were given.
AS_GIVEN = Operating()


@dataclass(frozen=True)
class Decided:
    """Predictions with a decision and a group per image.

    Attributes
    ----------
    predictions : Predictions
        Those that could be decided, N images.
    by : tuple of str
        One or two grouping columns.
    label : str
        Name of the grouping, for titles.
    names : tuple of str
        Labels of the groups that hold an image, in natural order.
    group : int64 (N,)
        Index into ``names``.
    call : int64 (N,)
        1 where an image is called malignant.
    probability : float64 (N,) or None
    operating : Operating
    rule : str
        Rule and threshold in words.
    warnings : tuple of str
    cutoffs : Cutoffs or None
        Those of the operating point's sensitivity.
    """

    predictions: Predictions
    by: tuple[str, ...]
    label: str
    names: tuple[str, ...]
    group: np.ndarray
    call: np.ndarray
    probability: np.ndarray | None
    operating: Operating
    rule: str
    warnings: tuple[str, ...] = ()
    cutoffs: Cutoffs | None = None

    @property
    def target(self) -> np.ndarray:
        """True label, int64 (N,)."""
        return self.predictions.target

    @property
    def counts(self) -> Counts:
        """Confusion counts per group."""
        size = len(self.names)
        cells = (
            np.bincount(self.group[(self.target == t) & (self.call == c)], minlength=size)
            for t, c in CELLS.values()
        )
        return Counts(self.names, *cells)

    @property
    def patient_index(self) -> np.ndarray | None:
        """Patients numbered from 0, int64 (N,), an unknown one being alone; None if not known."""
        if not self.predictions.has_patients:
            return None
        patient = self.predictions.patient
        alone = np.char.add("\0", np.arange(len(patient)).astype(str))
        return np.unique(np.where(patient == "", alone, patient), return_inverse=True)[1]

    @property
    def patient_cells(self) -> np.ndarray | None:
        """TP, FP, FN, TN of every patient in every group, int64 (patients, 4, groups)."""
        patient = self.patient_index
        if patient is None:
            return None
        cell = np.array([[3, 1], [2, 0]])[self.target, self.call]
        size, groups = int(patient.max()) + 1, len(self.names)
        flat = (patient * 4 + cell) * groups + self.group
        return np.bincount(flat, minlength=size * 4 * groups).reshape(size, 4, groups)

    def members(self, name: str) -> np.ndarray:
        """True for the images of a group, bool (N,)."""
        if name not in self.names:
            raise ExplorerError(f"unknown group {name!r}: choose one of {', '.join(self.names)}")
        return self.group == self.names.index(name)


def probability(predictions: Predictions, rule: str | None = None) -> np.ndarray | None:
    """Probability of malignancy per image, float64 (N,); None where there are labels only.

    From the logits by ``rule`` (None: the published one) where there are logits, else as given.
    NaN where the rule needs a tone group that is not known.
    """
    if not predictions.has_logits:
        if rule is not None:
            raise ExplorerError(
                "an inference rule needs the 8 logits per image: this source has none"
            )
        return predictions.probability
    return _verdict(predictions, rule)[0]


def _verdict(predictions: Predictions, rule: str | None) -> tuple[np.ndarray, Verdict]:
    """Probability (NaN where undecidable) and what the rule says."""
    chosen = RULES[rule or DEFAULT_RULE]
    if not chosen.needs_domain:
        verdict = chosen(predictions.logits)
        return verdict.probability_malignant, verdict
    tone = predictions.tone_group
    if tone is None or not (tone >= 0).any():
        raise ExplorerError(
            f"the rule {chosen.key!r} needs each image's tone group: give a column group (0 to 3)"
        )
    verdict = chosen(predictions.logits, np.maximum(tone, 0))
    return np.where(tone >= 0, verdict.probability_malignant, np.nan), verdict


def decide(
    predictions: Predictions,
    by: str | tuple[str, ...] = "published",
    operating: Operating = AS_GIVEN,
) -> Decided:
    """Group every image and call it benign or malignant.

    Parameters
    ----------
    predictions : Predictions
    by : str or tuple of str
        One or two names that ``predictions.key_of`` knows; two give their combinations.
    operating : Operating

    Raises
    ------
    ExplorerError
        If a column or a threshold's group is unknown, if labels are given a threshold, or
        if a rule or a sensitivity is asked for without logits.
    """
    cutoffs = _cutoffs(predictions, operating)
    by = tuple(map(predictions.key_of, (by,) if isinstance(by, str) else by))
    score = probability(predictions, operating.rule)
    warnings = ()
    if score is not None and np.isnan(score).any():
        known = ~np.isnan(score)
        warnings = (
            f"{int((~known).sum()):,} images of unknown tone group are left out: the "
            "rule needs it.",
        )
        predictions, score = predictions.subset(known), score[known]
    names, group = _groups(predictions, by)
    call = _calls(predictions, score, operating, names, group, cutoffs)
    return Decided(
        predictions,
        by,
        TIMES.join(map(predictions.name_of, by)),
        names,
        group,
        call,
        score,
        operating,
        describe(predictions, operating, cutoffs),
        warnings,
        cutoffs,
    )


def _cutoffs(predictions: Predictions, operating: Operating) -> Cutoffs | None:
    """What the operating point's sensitivity asks for; None where it asks for none."""
    if operating.sensitivity is None:
        return None
    own = CalibrationSet.of(predictions, "these images")
    return same_sensitivity(operating.images or own, operating.sensitivity)


def _groups(predictions: Predictions, by: tuple[str, ...]) -> tuple[tuple[str, ...], np.ndarray]:
    """Labels that occur, in natural order, and every image's index among them."""
    if not 1 <= len(by) <= 2 or len(set(by)) < len(by):
        raise ExplorerError("group by one column, or by two different ones: --by A or --by A,B")
    combined, labels = np.zeros(len(predictions), int), [""]
    for key in by:
        own = predictions.labels(key)
        index = dict(zip(own, range(len(own))))
        column = np.array([index[x] for x in predictions.column(key).tolist()])
        combined = combined * len(own) + column
        labels = [f"{a}{TIMES}{b}" if a else b for a in labels for b in own]
    kept, group = np.unique(combined, return_inverse=True)
    return tuple(labels[i] for i in kept), group


def _calls(
    predictions, score, operating: Operating, names, group, cutoffs: Cutoffs | None
) -> np.ndarray:
    moved = operating.threshold is not None or operating.by_group
    unknown = set(operating.by_group).difference(names)
    if unknown:
        raise ExplorerError(
            f"there is no group {min(unknown)!r} to set a threshold for: choose one of "
            f"{', '.join(names)}"
        )
    if score is None:
        if moved:
            raise ExplorerError(
                "this source has labels only: a threshold needs a probability or logits per image"
            )
        return predictions.label.astype(np.int64)
    if operating.threshold is not None:
        call = score >= operating.threshold
    elif predictions.has_logits:
        verdict = _verdict(predictions, operating.rule)[1]
        call = verdict.decision if cutoffs is None else cutoffs.decision(verdict)
    else:
        call = score >= 0.5 if predictions.label is None else predictions.label
    limit = np.array([operating.by_group.get(name, np.nan) for name in names])[group]
    return np.where(np.isnan(limit), call, score >= limit).astype(np.int64)


def column_name(key: str) -> str:
    """A grouping column's name for people, where no predictions are at hand."""
    return GROUPINGS[key].label if key in GROUPINGS else COLUMN_NAMES.get(key, key)


def describe(predictions: Predictions, operating: Operating, cutoffs: Cutoffs | None = None) -> str:
    """Rule and threshold in words."""
    if predictions.has_logits:
        rule = RULES[operating.key].name
        usual = cutoffs.brief(operating.key) if cutoffs else "the larger class score decides"
    else:
        rule = (predictions.rule or "predictions as given").rstrip(".")
        usual = (
            "malignant from 0.5"
            if predictions.label is None and predictions.has_probability
            else "labels as given"
        )
    limit = usual if operating.threshold is None else f"malignant from {operating.threshold:g}"
    own = "; ".join(f"{name} from {t:g}" for name, t in operating.by_group.items())
    return f"{rule}; {limit}" + (f"; {own}" if own else "")
