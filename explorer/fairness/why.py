"""Why is there a gap? Everything that is asked about the difference between two groups."""

from dataclasses import dataclass

from explorer.fairness import standardised
from explorer.fairness.calibration import Calibration, calibration
from explorer.fairness.decisions import Decided
from explorer.fairness.decomposition import Decomposition, decompose, pair_of
from explorer.fairness.diagnoses import Diagnoses, diagnoses
from explorer.fairness.net_benefit import NetBenefit, net_benefit
from explorer.fairness.ranking import Ranking, ranking
from explorer.fairness.standardised import Adjusted, standardise
from explorer.util.plain import plain

CAUTION = (
    "This says where the difference lies, not why it came about: what was not recorded cannot be "
    "accounted for, and no cause is shown."
)


@dataclass(frozen=True)
class Why:
    """Of one pair of groups, first minus second.

    Attributes
    ----------
    first, second : str
    decomposition : Decomposition
    standardised : tuple of Adjusted
    standardised_interval : str
        How its intervals are made.
    diagnoses : Diagnoses or None
        None where the data have none.
    net_benefit : NetBenefit
    ranking : Ranking or None
    calibration : Calibration or None
        None without a score per image. These three are of all groups, not of the pair alone.
    """

    first: str
    second: str
    decomposition: Decomposition
    standardised: tuple[Adjusted, ...]
    standardised_interval: str
    diagnoses: Diagnoses | None
    net_benefit: NetBenefit
    ranking: Ranking | None
    calibration: Calibration | None

    def to_json(self) -> dict:
        """Every field, the tipping point in words (``diagnoses.sentence``), and ``caution``."""
        found = plain(self)
        if self.diagnoses:
            found["diagnoses"]["sentence"] = self.diagnoses.sentence
        return found | {"caution": CAUTION}


def why(decided: Decided, first: str | None = None, second: str | None = None) -> Why:
    """What can be said of the difference between two groups.

    Parameters
    ----------
    decided : Decided
    first, second : str, optional
        Groups; by default those of the largest and the smallest selection rate.

    Raises
    ------
    ExplorerError
        If a name is unknown, or fewer than two groups have images of both classes.
    """
    pair = pair_of(decided, first, second)
    patients = decided.patient_index is not None
    return Why(
        *(decided.names[i] for i in pair),
        decompose(decided, pair),
        standardise(decided, pair),
        standardised.INTERVAL + standardised.BY_PATIENT * patients,
        diagnoses(decided, pair),
        net_benefit(decided),
        ranking(decided),
        calibration(decided),
    )
