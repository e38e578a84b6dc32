"""Three slips of the study's own code, reproduced."""

import numpy as np

from explorer.rules.rules import DEFAULT_RULE, RULES, joint_posterior, softmax


def predict_py_decision(logits: np.ndarray) -> np.ndarray:
    """What the study's ``predict.py`` prints: the class of the largest of the 8 weighted values.

    It never sums over the domains, so it can differ from the published rule. Its output is what
    ``validation_counts.csv`` counts. Shape (..., 8) -> int (...), 0 benign, 1 malignant.
    """
    weighted = RULES[DEFAULT_RULE].weights * joint_posterior(logits)
    return np.argmax(weighted.reshape(*weighted.shape[:-2], 8), axis=-1) % 2


def doubled_softmax(logits: np.ndarray) -> np.ndarray:
    """What the study's reporting script calls a probability: softmax of (s0, s1), a second one.

    s is already a sum of weighted probabilities, so the result is confined to 0.497..0.683.
    Shape (..., 8) -> float (...).
    """
    return softmax(RULES[DEFAULT_RULE](logits).scores, axis=-1)[..., 1]


def unnormalised_score(logits: np.ndarray) -> np.ndarray:
    """s[1] of the published rule, which the report's ANOVA of Experiment 2 uses as a probability.

    It cannot exceed 0.68, 0.77, 0.36 or 0.53 for a lesion read wholly by domain 0..3.
    """
    return RULES[DEFAULT_RULE](logits).scores[..., 1]
