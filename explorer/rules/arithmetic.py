"""A rule's arithmetic, spelled out: eight numbers, their weights, the products, the sums."""

from dataclasses import dataclass

import numpy as np

from explorer.rules.rules import Rule, Verdict, joint_posterior


@dataclass(frozen=True)
class Arithmetic:
    """From eight numbers to a verdict by one rule.

    Attributes
    ----------
    is_logits : bool
        Whether ``terms`` are logits; else they are probabilities that sum to 1.
    terms : float (4, 2)
        z[d, y] or p(y, d | x).
    factors : float (4, 2)
        The rule's weights w[d, y]; the verdict's contributions are ``factors * terms``.
    verdict : Verdict
    """

    is_logits: bool
    terms: np.ndarray
    factors: np.ndarray
    verdict: Verdict


def arithmetic(rule: Rule, logits: np.ndarray, group: int | None) -> Arithmetic | None:
    """How a rule decides on logits (8,); None where it needs a tone group and has none."""
    if rule.needs_domain and group is None:
        return None
    joint = joint_posterior(logits)
    factors = rule.weights
    if factors is None:
        factors = np.zeros((4, 2))
        factors[group] = 1 / joint[group].sum()
    terms = np.asarray(logits, float).reshape(4, 2) if rule.sums_logits else joint
    return Arithmetic(rule.sums_logits, terms, factors, rule(logits, group))
