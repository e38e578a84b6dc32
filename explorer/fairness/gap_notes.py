"""What is doubtful about a gap, and what limits a report's figures, in sentences.

Groups are :class:`explorer.fairness.gaps.GroupMetrics`.
"""

from collections.abc import Iterable, Mapping

from explorer.fairness.levels import has_meaning
from explorer.fairness.metrics import METRICS


def _widest(groups: Iterable, metric: str, minimum: int) -> tuple | None:
    """Gap, highest and lowest group among those with at least ``minimum`` in the denominator.

    None where there are fewer than two.
    """
    kept = [group for group in groups if group.rate(metric).n >= max(minimum, 1)]
    if len(kept) < 2:
        return None
    kept.sort(key=lambda group: group.rate(metric).value)
    return kept[-1].rate(metric).value - kept[0].rate(metric).value, kept[-1], kept[0]


def gap_note(metric: str, out: list, members: list, small: int) -> str:
    """Who was left out of a gap, and what is doubtful about its extremes.

    ``members`` are sorted by the rate.
    """
    what, parts = METRICS[metric].denominator, []
    unknown = [group for group in out if not has_meaning(group.name)]
    few = [group for group in out if group not in unknown]
    if unknown:
        parts.append(f"Left out, since it names no group: {_with_n(unknown, metric)}.")
    if few:
        parts.append(f"Left out for too few {what}: {_with_n(few, metric)}.")
    if len(members) < 2:
        return " ".join([*parts, "Fewer than two groups have this rate."])
    extremes = members[-1], members[0]
    few = [group for group in extremes if group.rate(metric).n < small]
    if few:
        parts.append(f"Rests on fewer than {small} {what}: {_with_n(few, metric)}.")
    if few and (wide := _widest(members, metric, small)):
        gap, most, least = wide
        parts.append(
            f"Among groups with at least {small} it is {gap:.3f} ({most.name} minus {least.name})."
        )
    return " ".join(parts)


def _with_n(groups: list, metric: str) -> str:
    return ", ".join(f"{group.name} (n = {group.rate(metric).n})" for group in groups)


def group_warnings(groups: tuple, members: tuple, gaps: Mapping, small: int) -> tuple:
    unknown = [f"{g.name} ({g.count:,} images)" for g in groups if g not in members]
    none = [group.name for group in members if group.positives == 0]
    few = [f"{g.name} ({g.positives})" for g in members if 0 < g.positives < small]
    texts = []
    if unknown:
        texts.append(f"Not a group, so listed and compared with nothing: {', '.join(unknown)}.")
    if none:
        texts.append(
            f"No malignant image in: {', '.join(none)}. Recall, false negative rate and "
            "balanced accuracy are undefined there and do not enter the gaps."
        )
    if few:
        texts.append(
            f"Fewer than {small} malignant images in: {', '.join(few)}. "
            "Their recall is known only roughly."
        )
    if any(gap.value is not None for gap in gaps.values()):
        texts.append(
            "A largest-minus-smallest gap is positive even if all groups are treated "
            "alike. Read each gap beside what chance alone gives."
        )
    return tuple(texts)
