"""Post-processing with fairlearn's ThresholdOptimizer, judged on patients it has not seen.

Thresholds per group can equalise rates on the images they were chosen on, and still not on others.
So the images are cut into two halves with no patient in both; each half is decided by thresholds
fitted on the other, and the decisions of both are compared with those before, on the same images.

fairlearn reaches a constraint exactly by deciding at random between two thresholds [1]_; the draw
is seeded. Two images with the same score can then be treated differently: a property of the
method to know about, not an error.

References
----------
.. [1] Hardt, Price, Srebro (2016), "Equality of opportunity in supervised learning", NeurIPS,
   arXiv 1610.02413.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from explorer.fairness.analysis import Analysis, analyse_decided
from explorer.fairness.decisions import Decided
from explorer.fairness.gaps import SMALL
from explorer.fairness.resampling import RESAMPLES, SEED
from explorer.util import lazy
from explorer.util.errors import ExplorerError
from explorer.util.plain import plain

base = lazy.load("sklearn.base")
model_selection = lazy.load("sklearn.model_selection")
postprocessing = lazy.load("fairlearn.postprocessing")

#: fairlearn's name of a constraint: (plain label, the gap it is meant to close).
CONSTRAINTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "demographic_parity": ("Demographic parity", "demographic_parity_difference"),
        "equalized_odds": ("Equalized odds", "equalized_odds_difference"),
        "true_positive_rate_parity": ("Equal recall (TPR parity)", "equal_opportunity_difference"),
    }
)
#: What is maximised under the constraint: plain accuracy would call hardly anything malignant.
OBJECTIVE = "balanced_accuracy_score"
TOO_FEW = (
    "post-processing needs at least two groups with benign and malignant images of two "
    "patients each: choose a grouping with larger groups"
)


@dataclass(frozen=True)
class GroupThreshold:
    """How one half's fit decides a group: malignant above ``thresholds[i]`` in ``shares[i]`` of
    draws (0: always, infinity: never); ``constant`` is the share called malignant whatever the
    score, None where there is no such share (equalized odds only)."""

    group: str
    thresholds: tuple[float, ...]
    shares: tuple[float, ...]
    constant: float | None


@dataclass(frozen=True)
class PostProcessing:
    """Before and after, on the same images, all held out from the fit that decided them.

    Attributes
    ----------
    constraint : str
        Key of :data:`CONSTRAINTS`.
    before, after : Analysis
    thresholds : tuple of tuple of GroupThreshold
        Of the fit on the first half, and of that on the second.
    held_out : str
        What is disjoint, patients or images, and how many there are in each half.
    left_out : tuple of str
        Groups without both classes in both halves; their images are not in either analysis.
    """

    constraint: str
    before: Analysis
    after: Analysis
    thresholds: tuple[tuple[GroupThreshold, ...], ...]
    held_out: str
    left_out: tuple[str, ...]

    @property
    def target_gap(self) -> str:
        """Name of the gap that the constraint is meant to close."""
        return CONSTRAINTS[self.constraint][1]

    def to_json(self) -> dict:
        """Gaps and overall metrics before and after, thresholds and texts."""
        before, after = (x.report.to_json() for x in (self.before, self.after))
        thresholds = plain(self.thresholds)
        for group in (group for half in thresholds for group in half):  # null: never malignant
            group["thresholds"] = [x if np.isfinite(x) else None for x in group["thresholds"]]
        return {
            "constraint": self.constraint,
            "objective": OBJECTIVE,
            "held_out": self.held_out,
            "left_out": list(self.left_out),
            "thresholds": thresholds,
            "before": {key: before[key] for key in ("overall", "groups", "gaps")},
            "after": {key: after[key] for key in ("overall", "groups", "gaps")},
        }


def post_process(
    decided: Decided,
    constraint: str = "equalized_odds",
    minimum: int = SMALL,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> PostProcessing:
    """Fit thresholds per group on one half of the patients, judge on the other, both ways.

    Parameters
    ----------
    decided : Decided
        With a probability per image; its own decisions are "before".
    constraint : str
        Key of :data:`CONSTRAINTS`.
    minimum, resamples
        As for :func:`explorer.fairness.analysis.analyse_predictions`.
    seed : int
        Of the halves and of fairlearn's random decisions.

    Raises
    ------
    ExplorerError
        If there is no probability, or fewer than two groups have both classes in both halves.
    """
    if constraint not in CONSTRAINTS:
        raise ExplorerError(
            f"unknown constraint {constraint!r}: choose one of {', '.join(CONSTRAINTS)}"
        )
    if decided.probability is None:
        raise ExplorerError(
            "post-processing needs a probability or logits per image: this source has labels only"
        )
    second = split_halves(decided, seed)
    names, (decided, kept) = decided.names, _comparable(decided, second)
    left_out, second = tuple(name for name in names if name not in decided.names), second[kept]
    call, thresholds = np.empty(len(second), np.int64), []
    for half in (False, True):
        optimizer = _fitted(decided, second == half, constraint)
        other = second != half
        call[other] = optimizer.predict(
            decided.probability[other, None],
            sensitive_features=decided.group[other],
            random_state=seed % 2**32,
        )
        thresholds.append(_thresholds(optimizer, decided.names))
    label = CONSTRAINTS[constraint][0].lower()
    after = replace(
        decided, call=call, rule=f"{decided.rule}; then fairlearn's ThresholdOptimizer for {label}"
    )
    analyses = (analyse_decided(d, minimum, resamples, seed) for d in (decided, after))
    held_out = _held_out(decided, second)
    return PostProcessing(constraint, *analyses, tuple(thresholds), held_out, left_out)


def split_halves(decided: Decided, seed: int = SEED) -> np.ndarray:
    """True for the second half, bool (N,): no patient in both, groups and classes balanced.

    Without patients the halves differ in images only. scikit-learn's StratifiedGroupKFold.
    """
    patient = decided.patient_index
    clusters = np.arange(len(decided.call)) if patient is None else patient
    strata = 2 * decided.group + decided.target
    folds = model_selection.StratifiedGroupKFold(
        n_splits=2, shuffle=True, random_state=seed % 2**32
    )
    with warnings.catch_warnings():  # strata of a single image
        warnings.simplefilter("ignore", UserWarning)
        try:
            _, test = next(folds.split(np.zeros(len(strata)), strata, clusters))
        except ValueError as error:
            raise ExplorerError(TOO_FEW) from error
    second = np.zeros(len(strata), bool)
    second[test] = True
    return second


def _comparable(decided: Decided, second: np.ndarray) -> tuple[Decided, np.ndarray]:
    """The groups with both classes in both halves, and which images are theirs, bool (N,)."""
    table = np.zeros((len(decided.names), 2, 2), int)
    np.add.at(table, (decided.group, decided.target, second.astype(int)), 1)
    usable = (table > 0).all(axis=(1, 2))
    if usable.sum() < 2:
        raise ExplorerError(TOO_FEW)
    kept = usable[decided.group]
    comparable = replace(
        decided,
        predictions=decided.predictions.subset(kept),
        names=tuple(n for i, n in enumerate(decided.names) if usable[i]),
        group=(np.cumsum(usable) - 1)[decided.group[kept]],
        call=decided.call[kept],
        probability=decided.probability[kept],
    )
    return comparable, kept


def _held_out(decided: Decided, second: np.ndarray) -> str:
    sizes = f"{int((~second).sum()):,} and {int(second.sum()):,} images"
    patient = decided.patient_index
    if patient is None:
        return (
            f"Two halves of {sizes}, no image in both. Patients are not known, so images of "
            "one patient may be in both halves, and the result is optimistic."
        )
    counts = [len(np.unique(patient[second == half])) for half in (False, True)]
    return (
        f"Two halves of {sizes} from {counts[0]:,} and {counts[1]:,} patients, no patient in "
        "both; each half is decided by thresholds fitted on the other."
    )


def _fitted(decided: Decided, rows: np.ndarray, constraint: str):
    """fairlearn's optimizer, whose estimator gives the one feature: the probability itself."""

    class Scores(base.BaseEstimator):
        def fit(self, features, labels):  # scikit-learn knows an estimator by it
            return self

        def __sklearn_is_fitted__(self):
            return True

        def predict(self, features):
            return np.asarray(features, float).ravel()

    optimizer = postprocessing.ThresholdOptimizer(
        estimator=Scores(),
        constraints=constraint,
        objective=OBJECTIVE,
        prefit=True,
        predict_method="predict",
    )
    return optimizer.fit(
        decided.probability[rows, None],
        decided.target[rows],
        sensitive_features=decided.group[rows],
    )


def _thresholds(optimizer, names: tuple[str, ...]) -> tuple[GroupThreshold, ...]:
    """fairlearn's interpolation of two thresholds per group, in the groups' order."""
    thresholds = []
    for index, rule in optimizer.interpolated_thresholder_.interpolation_dict.items():
        parts = [(float(rule[f"operation{i}"].threshold), float(rule[f"p{i}"])) for i in (0, 1)]
        parts = [(max(limit, 0.0), share) for limit, share in parts if share > 0]
        ignored = float(rule.get("p_ignore", 0))
        thresholds.append(
            GroupThreshold(
                names[int(index)],
                tuple(p[0] for p in parts),
                tuple(p[1] for p in parts),
                float(rule["prediction_constant"]) * ignored if ignored else None,
            )
        )
    return tuple(thresholds)
