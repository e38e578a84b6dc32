"""A counterfactual curve as a table, and what its figures say of themselves."""

from pathlib import Path

from explorer.image import colour
from explorer.lesion.counterfactual import Curve
from explorer.rules.rules import DECISIONS, RULES

#: How a convention is named in tables.
CONVENTION_NAMES = {"cielab": "float CIELAB", "published": "as published"}


def facts(curve: Curve) -> dict[str, str]:
    """Basis, origin and source of a figure of a curve, for its label."""
    return {
        "basis": f"n = 1 image, {len(curve.points)} versions",
        "origin": Path(curve.image).stem,
        "source": f"{curve.image}; weights: {curve.weights.label}; {curve.transform} transform, "
        f"scope {curve.scope}{_at(curve)}",
    }


def _at(curve: Curve) -> str:
    if curve.cutoffs is None:
        return ""
    limits = (f"{RULES[key].name}: {curve.cutoffs.of(key).text}" for key in curve.rules)
    return (
        f"; malignant from the cut-off for a sensitivity of {curve.cutoffs.wanted_text} on "
        f"{curve.cutoffs.name} ({'; '.join(limits)})"
    )


def curve_table(curve: Curve) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text, a row per point, lightest first: the twin of the plot."""
    headers = [
        f"target ITA ({CONVENTION_NAMES[curve.convention]})",
        "tone",
        "reached, float CIELAB",
        "reached, as published",
        "group",
        *(RULES[key].name for key in curve.rules),
    ]
    return headers, [
        [
            f"{point.target_ita:.1f}" + " (own)" * (i == curve.own),
            colour.tone_name(point.target_ita),
            f"{point.reached_cielab:.1f}",
            f"{point.reached_published:.1f}",
            str(point.group),
            *(
                f"{curve.probability(key)[i]:.3f}, {DECISIONS[int(curve.decisions[key][i])]}"
                for key in curve.rules
            ),
        ]
        for i, point in reversed(list(enumerate(curve.points)))
    ]
