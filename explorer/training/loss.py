"""The domain-discriminative loss: one softmax over 4 tone groups x 2 classes, index 2 d + y."""

import numpy as np
import torch
from torch.nn import functional

from explorer.rules.rules import TRAINING_COUNTS


def joint_counts(target: np.ndarray, group: np.ndarray) -> np.ndarray:
    """n[d, y], shape (4, 2), of images with a known group (group >= 0)."""
    known = group >= 0
    index = 2 * group[known] + target[known]
    return np.bincount(index, minlength=8).reshape(4, 2)


def inverse_frequency(counts: np.ndarray, temper: float) -> np.ndarray:
    """(N / (k n))^temper for k cells with counts n; temper 1 is plain inverse frequency.

    Plain inverse frequency would weigh one of the 16 malignant "very light" images as 130 benign
    "light" ones; a temper of 0.5 weighs it as 12.
    """
    counts = np.maximum(counts, 1).astype(float)
    return (counts.sum() / (counts.size * counts)) ** temper


def discriminative_loss(
    logits: torch.Tensor, target: torch.Tensor, group: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    """Weighted mean negative log likelihood of (y, d), or of y alone where d is unknown.

    Parameters
    ----------
    logits : float, shape (B, 8)
    target : int64, shape (B,)
        0 benign, 1 malignant.
    group : int64, shape (B,)
        Tone group 0..3; -1 if unknown: then p(y) = sum over d of p(y, d).
    weight : float, shape (B,)

    Returns
    -------
    float, scalar
        sum(w * nll) / sum(w), as ``torch.nn.functional.cross_entropy`` does with class weights.
    """
    log_p = functional.log_softmax(logits.float(), dim=1).view(-1, 4, 2)
    log_p = log_p[torch.arange(len(target)), :, target]
    joint = log_p.gather(1, group.clamp(min=0)[:, None])[:, 0]
    nll = -torch.where(group >= 0, joint, log_p.logsumexp(dim=1))
    return (weight * nll).sum() / weight.sum()


def prior_offset(counts: np.ndarray, temper: float) -> np.ndarray:
    """What to add to the 8 logits so that they carry the prior of the published counts.

    A network trained with weights n^-temper has the prior n^(1 - temper). The published rule
    divides by the published counts' p(y | d), so it expects their prior (logit adjustment:
    Menon et al., ICLR 2021, arXiv 2007.07314). No data but the training counts enter.

    Returns
    -------
    float64, shape (8,)
        With mean 0: a constant would change nothing.
    """
    offset = np.log(TRAINING_COUNTS) - (1 - temper) * np.log(np.maximum(counts, 1))
    return (offset - offset.mean()).reshape(8)
