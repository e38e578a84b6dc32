"""From 8 logits to a decision: the study's inference rules, and others, one small object each.

Logits z[d, y], index = 2 d + y: d is the tone group 0..3, y is 0 benign or 1 malignant. Every rule
splits its two class scores into one contribution per domain, which is what the page draws.

References
----------
Wang et al. (2020), "Towards fairness in visual recognition: effective strategies for bias
mitigation", CVPR, arXiv 1911.11834.
"""

from dataclasses import dataclass

import numpy as np

from explorer.util.errors import ExplorerError
from explorer.util.registry import registry

DECISIONS = ("benign", "malignant")

#: Training counts n[d, y] as the study's code has them (FACTS section 3; the true count of
#: group 2, benign, is 6274).
TRAINING_COUNTS = np.array([[1072, 16], [17515, 231], [6273, 181], [834, 16]], float)
TRAINING_COUNTS.setflags(write=False)


@dataclass(frozen=True)
class Verdict:
    """What one rule says of one image or of a batch.

    Attributes
    ----------
    rule : str
        Key of the rule.
    contributions : float (..., 4, 2)
        Part of each domain (rows) in the score of each class (columns).
    scores : float (..., 2)
        Sum of the contributions over the domains.
    probability_malignant : float (...)
        In 0..1, normalised over the two classes.
    log_odds : float (...)
        log P / (1 - P), from the logits, so that it tells apart what is all 0 or all 1 as P.
    decision : int (...)
        argmax of the scores: 0 benign, 1 malignant; a tie is benign.
    """

    rule: str
    contributions: np.ndarray
    scores: np.ndarray
    probability_malignant: np.ndarray
    log_odds: np.ndarray
    decision: np.ndarray

    @property
    def word(self) -> str:
        """The decision on a single image, "benign" or "malignant"."""
        return DECISIONS[int(self.decision)]


@dataclass(frozen=True, eq=False)
class Rule:
    """An inference rule.

    Attributes
    ----------
    key : str
        Stable name, used in JSON and in the address bar.
    name : str
        The field's term.
    plain : str
        In words that need no lecture.
    formula : str
        LaTeX.
    explanation : str
        One or two sentences for a student.
    weights : float (4, 2) or None
        w[d, y], by which each of the eight numbers is multiplied; None where only the image's own
        tone group d* counts, with weight 1 / p(d* | x).
    sums_logits : bool
        Whether the eight numbers are the logits; else the probabilities p(y, d | x).
    words : tuple of str
        Further names that are understood where people type one.
    """

    key: str
    name: str
    plain: str
    formula: str
    explanation: str
    weights: np.ndarray | None
    sums_logits: bool = False
    words: tuple[str, ...] = ()

    @property
    def in_a_sentence(self) -> str:
        """The field's term as it stands within a sentence."""
        return self.name[0].lower() + self.name[1:]

    @property
    def needs_domain(self) -> bool:
        """True where the tone group must be known."""
        return self.weights is None

    def __call__(self, logits: np.ndarray, domain: np.ndarray | int | None = None) -> Verdict:
        """Apply the rule.

        Parameters
        ----------
        logits : float, shape (..., 8)
        domain : int or int array (...), optional
            Tone group 0..3; only the domain-conditional rule reads it.

        Raises
        ------
        ExplorerError
            If the rule needs a domain and none is given, or it is not 0..3.
        """
        z = _as_table(logits)
        if self.needs_domain:
            own = np.arange(4)[:, None] == self._checked(domain)[..., None, None]
            contributions = np.where(own, softmax(z, axis=-1), 0.0)
            logs = _log_sum(np.where(own, z, -np.inf))
        elif self.sums_logits:
            contributions = self.weights * z
            logs = contributions.sum(axis=-2)
        else:
            contributions = self.weights * softmax(z, axis=(-2, -1))
            logs = _log_sum(z + np.log(self.weights))
        scores = contributions.sum(axis=-2)
        total = scores.sum(axis=-1, keepdims=True)
        shares = softmax(scores, axis=-1) if self.sums_logits else scores / total
        return Verdict(
            rule=self.key,
            contributions=contributions,
            scores=scores,
            probability_malignant=shares[..., 1],
            log_odds=logs[..., 1] - logs[..., 0],
            decision=np.argmax(scores, axis=-1),
        )

    def _checked(self, domain) -> np.ndarray:
        if domain is None:
            raise ExplorerError(f"The rule '{self.name}' needs the tone group of the image.")
        domain = np.asarray(domain)
        if not np.isin(domain, range(4)).all():
            raise ExplorerError("The tone group must be 0, 1, 2 or 3.")
        return domain


def _as_table(logits: np.ndarray) -> np.ndarray:
    logits = np.asarray(logits, float)
    if logits.shape[-1:] != (8,):
        raise ExplorerError(f"8 logits per image are needed, not {logits.shape[-1:] or 'one'}.")
    if not np.isfinite(logits).all():
        raise ExplorerError("The logits hold values that are not finite numbers.")
    return logits.reshape(*logits.shape[:-1], 4, 2)


def joint_posterior(logits: np.ndarray) -> np.ndarray:
    """p(y, d | x): softmax over all 8 logits, float (..., 8) -> (..., 4, 2)."""
    return softmax(_as_table(logits), axis=(-2, -1))


def softmax(z: np.ndarray, axis) -> np.ndarray:
    """e^z over its sum along one axis or several, without overflow."""
    shifted = np.exp(z - z.max(axis=axis, keepdims=True))
    return shifted / shifted.sum(axis=axis, keepdims=True)


def _log_sum(z: np.ndarray) -> np.ndarray:
    """log of the sum of e^z over the domains, without overflow: float (..., 4, 2) -> (..., 2)."""
    top = z.max(axis=-2, keepdims=True)
    return top[..., 0, :] + np.log(np.exp(z - top).sum(axis=-2))


#: w[d, y] = n[d] / n[d, y] / 100, that is 1 / p(y | d) up to a constant; scale as in the study.
PRIOR_SHIFT_WEIGHTS = TRAINING_COUNTS.sum(axis=1, keepdims=True) / TRAINING_COUNTS / 100
#: 1 / p(y, d), the rule of Wang et al.
WANG_WEIGHTS = TRAINING_COUNTS.sum() / TRAINING_COUNTS
_ONES = np.ones((4, 2))

#: The rules, by key; to add one, add its weights here.
RULES = registry(
    Rule(
        "discriminative_prior_shift",
        "Domain-discriminative, prior shift (published)",
        "Correct for rarity (published)",
        r"s_y = \sum_d w_{d,y}\, p(y, d \mid x), \quad "
        r"w_{d,y} = \frac{n_d}{100\, n_{d,y}}, \quad P = \frac{s_1}{s_0 + s_1}",
        "The eight joint probabilities are divided by how common each class was within its "
        "tone group in training, then summed over groups. This is the study's rule.",
        PRIOR_SHIFT_WEIGHTS,
    ),
    Rule(
        "discriminative",
        "Domain-discriminative, no prior shift",
        "Raw",
        r"s_y = \sum_d p(y, d \mid x), \quad P = s_1",
        "The joint probabilities are summed over tone groups as they are: melanoma was rare in "
        "training, so this rule seldom calls anything malignant.",
        _ONES,
    ),
    Rule(
        "discriminative_wang",
        "Domain-discriminative, prior of Wang et al.",
        "Wang et al.",
        r"s_y = \sum_d \frac{p(y, d \mid x)}{p_\mathrm{train}(y, d)}, \quad "
        r"P = \frac{s_1}{s_0 + s_1}",
        "Wang et al. (2020) divide by the joint training frequency of class and group, which "
        "also lifts rare tone groups.",
        WANG_WEIGHTS,
    ),
    Rule(
        "independent",
        "Domain-independent (sum of logits)",
        "Ignore tone (sum of logits)",
        r"z_y = \sum_d z_{d,y}, \quad P = \frac{e^{z_1}}{e^{z_0} + e^{z_1}}",
        "The logits are summed over tone groups before one softmax over the two classes. On "
        "these weights it is another way of reading a jointly trained head, not a model "
        "trained domain-independently.",
        _ONES,
        sums_logits=True,
    ),
    Rule(
        "conditional",
        "Domain-conditional (estimated tone group)",
        "Trust the tone group",
        r"P = \frac{e^{z_{d^*,1}}}{e^{z_{d^*,0}} + e^{z_{d^*,1}}}, \quad "
        r"d^* = \text{tone group of the image}",
        "Only the two logits of the image's own estimated tone group count.",
        None,
    ),
)

DEFAULT_RULE = "discriminative_prior_shift"


def apply_rules(logits: np.ndarray, domain: np.ndarray | int | None = None) -> dict[str, Verdict]:
    """Every rule's verdict by key; rules that need a tone group are left out without one."""
    return {
        key: rule(logits, domain)
        for key, rule in RULES.items()
        if domain is not None or not rule.needs_domain
    }
