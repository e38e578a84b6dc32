"""Choices that several parts of the page offer in the same words."""

from explorer.fairness.cutoffs import OWN, SAME, SENSITIVITY


def cutoff_names() -> list[tuple[str, str]]:
    """Label and key of the cut-offs at which rules can be seen."""
    return [("each rule's own (0.5)", OWN), (f"same sensitivity ({100 * SENSITIVITY:g} %)", SAME)]
