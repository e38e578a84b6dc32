"""A counterfactual curve as JSON, as a table for the page, and as CSV."""

import csv
import io
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
        f"scope {curve.scope}",
    }


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
                f"{verdict.probability_malignant[i]:.3f}, {DECISIONS[int(verdict.decision[i])]}"
                for verdict in curve.verdicts.values()
            ),
        ]
        for i, point in reversed(list(enumerate(curve.points)))
    ]


def summary_table(curve: Curve) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of text, a row per rule: own answer, flips, range, stable interval."""
    headers = [
        "rule",
        "as it is",
        "decision flips at",
        "range of the probability",
        "decision unchanged from ... to",
    ]
    rows = []
    for key, verdict in curve.verdicts.items():
        low, high = curve.stable[key]
        rows.append(
            [
                RULES[key].name,
                f"{verdict.probability_malignant[curve.own]:.3f}, "
                f"{DECISIONS[int(verdict.decision[curve.own])]}",
                ", ".join(f"{angle:.0f}°" for angle in reversed(curve.flips[key])) or "nowhere",
                f"{curve.range[key]:.3f}",
                f"{low:.0f}° ... {high:.0f}°",
            ]
        )
    return headers, rows


def curve_csv(curve: Curve) -> str:
    """CSV text, a row per point, darkest first: angles, logits, two columns per rule."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            "image",
            "weights",
            "transform",
            "scope",
            "target_ita",
            "reached_cielab",
            "reached_published",
            "group",
            *(f"z{i}" for i in range(8)),
            *(f"{part}_{key}" for key in curve.rules for part in ("probability", "decision")),
        ]
    )
    for i, point in enumerate(curve.points):
        writer.writerow(
            [
                curve.image,
                curve.weights.label,
                curve.transform,
                curve.scope,
                f"{point.target_ita:.4f}",
                f"{point.reached_cielab:.4f}",
                f"{point.reached_published:.4f}",
                point.group,
                *(f"{z:.6f}" for z in curve.logits[i]),
                *(
                    cell
                    for verdict in curve.verdicts.values()
                    for cell in (
                        f"{verdict.probability_malignant[i]:.6f}",
                        DECISIONS[int(verdict.decision[i])],
                    )
                ),
            ]
        )
    return text.getvalue()
