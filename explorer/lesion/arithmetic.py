"""A rule's arithmetic, spelled out: eight numbers, their weights, the products, the sums.

Every rule that reads probabilities is a weighted sum of the eight softmax values p(y, d | x); only
the weights differ. The domain-independent rule sums the eight logits as they are.
"""

from dataclasses import dataclass

import numpy as np

from explorer.lesion.lesion import Classification
from explorer.rules.rules import (
    PRIOR_SHIFT_WEIGHTS,
    RULES,
    WANG_WEIGHTS,
    Rule,
    Verdict,
    joint_posterior,
)

#: Weights w[d, y], (4, 2), of the rules whose weights do not depend on the image.
_FIXED = {
    "discriminative_prior_shift": PRIOR_SHIFT_WEIGHTS,
    "discriminative": np.ones((4, 2)),
    "discriminative_wang": WANG_WEIGHTS,
    "independent": np.ones((4, 2)),
}


@dataclass(frozen=True)
class Arithmetic:
    """From eight numbers to a verdict by one rule.

    Attributes
    ----------
    rule : Rule
    is_logits : bool
        Whether ``terms`` are logits; else they are probabilities that sum to 1.
    terms : float (4, 2)
        z[d, y] or p(y, d | x).
    factors : float (4, 2)
        The rule's weights w[d, y]; the verdict's contributions are ``factors * terms``.
    verdict : Verdict
    """

    rule: Rule
    is_logits: bool
    terms: np.ndarray
    factors: np.ndarray
    verdict: Verdict


def arithmetic(found: Classification, key: str) -> Arithmetic | None:
    """How the rule ``key`` of RULES decides; None where it needs a tone group and has none."""
    verdict = found.verdicts.get(key)
    if verdict is None:
        return None
    joint = joint_posterior(found.logits)
    factors = _FIXED[key] if key in _FIXED else _conditional(joint, found.group)
    is_logits = key == "independent"
    terms = np.asarray(found.logits, float).reshape(4, 2) if is_logits else joint
    return Arithmetic(RULES[key], is_logits, terms, factors, verdict)


def _conditional(joint: np.ndarray, group: int) -> np.ndarray:
    """1 / p(d* | x) for the image's own group, 0 for the others."""
    factors = np.zeros((4, 2))
    factors[group] = 1 / joint[group].sum()
    return factors
