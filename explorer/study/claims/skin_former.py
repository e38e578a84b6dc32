"""The card on the skin-former: whether it reaches the tone that it is asked for."""

import numpy as np

from explorer.charts.chart import Chart, Mark, Row
from explorer.image.colour import ita_cielab
from explorer.study.claims.card import AuditCard, named
from explorer.transform import skinformer
from explorer.transform.skinformer import LIGHTNESS_PER_DEGREE, TRAINING_TARGETS, YELLOW_PER_DEGREE

#: The report's own example: ISIC_0081956, angle before and claimed after, degrees.
EXAMPLE = (47.69, 1.41)
#: Measured on that image (FACTS, section 5): 8-bit and float CIELAB angle afterwards.
EXAMPLE_REACHED = (40, 43)
#: b* of the start colours: from nearly grey to strongly yellow skin.
B_STAR = (5, 35)


def reachable(target: float) -> tuple[np.ndarray, np.ndarray]:
    """Angles after the published skin-former, from every colour that it is meant for.

    Start colours are all 8-bit Lab values that the published angle puts into very light or light
    without wrap-around, with b* in :data:`B_STAR` and a* = 10.

    Parameters
    ----------
    target : float
        Asked-for ITA, degrees.

    Returns
    -------
    (float, float) arrays of one shape
        Angle by the published formula, without its rounding, and by float CIELAB, degrees.
    """
    light, blue = np.meshgrid(np.arange(50, 256), np.arange(*B_STAR) + 128, indexing="ij")
    start = np.degrees(np.arctan2(light - 50, blue))
    kept = start > 41
    delta = (start - target)[kept]
    new_light = light[kept] - LIGHTNESS_PER_DEGREE * delta
    new_blue = blue[kept] + YELLOW_PER_DEGREE * delta
    eight_bit = np.degrees(np.arctan2(new_light - 50, new_blue))
    lab = np.stack([new_light / 2.55, np.full(len(delta), 10.0), new_blue - 128], axis=-1)
    return eight_bit, ita_cielab(lab)


def skin_former() -> AuditCard:
    """Whether the skin-former reaches its target."""
    low, high = TRAINING_TARGETS
    targets = (high, 10.0, EXAMPLE[1], low)
    found = {target: reachable(target) for target in targets}
    chart = Chart(
        "Angle after the skin-former",
        "ITA in degrees",
        {
            "quoted": "target",
            "range": "reached, 8-bit angle: all start colours",
            "second_range": "reached, float CIELAB: all start colours",
        },
        tuple(
            Row(
                f"target {target:g}°".replace("-", "−"),
                "",
                (
                    Mark("quoted", target),
                    Mark("range", low=eight.min(), high=eight.max()),
                    Mark("second_range", low=lab.min(), high=lab.max()),
                ),
            )
            for target, (eight, lab) in found.items()
        ),
        (-20.0, 90.0),
        0,
        "°",
    )
    eight, lab = found[low]
    reached = float((lab <= 28).mean())
    most = (62 - low) * LIGHTNESS_PER_DEGREE / 2.55
    example = _apply_to_example()
    return AuditCard(
        key="skin-former",
        title="The skin-former reaches its target",
        claim="The augmentation turns a light image into one of a chosen darker ITA between "
        f"{low:g} and {high:g} degrees.".replace("-", "−"),
        published_figure=f"example ISIC_0081956: {EXAMPLE[0]:.2f} → {EXAMPLE[1]:.2f} degrees",
        recomputed_figure=f"from any start colour, the 8-bit angle stays at {eight.min():.0f} "
        f"degrees or more and the float-CIELAB angle at {lab.min():.0f} or more, at the darkest "
        f"target. With the example's numbers the 8-bit angle becomes {example[0]:.0f} to "
        f"{example[1]:.0f}. Measured on the picture (this project's facts file): "
        f"{EXAMPLE_REACHED[0]} by 8-bit, {EXAMPLE_REACHED[1]} by float CIELAB.",
        path=f"{named(reachable)} with the constants of {skinformer.__name__}, on all 8-bit "
        f"Lab colours of the published groups very light and light with b* from {B_STAR[0]} to "
        f"{B_STAR[1] - 1}; the measured example is quoted, its picture is not carried",
        status="differs",
        verdict="The two constants move b* four times as far as L* in 8-bit units, and over the "
        f"whole range L* falls by at most {most:.0f} of 100: the picture becomes more yellow "
        "rather than darker. By the 8-bit angle no image leaves the light half of the scale; by "
        f"float CIELAB {reached:.0%} of the start colours come to read as tan at the darkest "
        "target, through yellowness, and none as brown or dark. The submitted model was trained "
        "without the skin-former. The idea of augmenting for missing skin is sound; the Lesion "
        "view shows a physical variant that reaches its target.",
        uncertainty="The range is over colours, not over images: it holds colours that skin does "
        "not have, so it is wider than what happens on skin. Pixels differ, and rounding to 8 bits "
        "adds about half a degree.",
        would_change="A colour of real skin that the formula brings to its target.",
        source="The study's report (its example) and augmentation code.",
        chart=chart,
        table=chart.table(),
        values={
            "smallest_8bit": float(eight.min()),
            "smallest_cielab": float(lab.min()),
            "share_tan_cielab": reached,
            "example_low": example[0],
            "example_high": example[1],
        },
    )


def _apply_to_example() -> tuple[float, float]:
    """8-bit angles that the example's delta gives over all b* of :data:`B_STAR`."""
    start, target = EXAMPLE
    blue = np.arange(*B_STAR) + 128
    light = 50 + blue * np.tan(np.radians(start))
    kept = light <= 255
    delta = start - target
    angle = np.degrees(
        np.arctan2(
            (light - 50 - LIGHTNESS_PER_DEGREE * delta)[kept],
            (blue + YELLOW_PER_DEGREE * delta)[kept],
        )
    )
    return float(angle.min()), float(angle.max())
