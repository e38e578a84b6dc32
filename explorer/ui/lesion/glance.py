"""The whole story in one strip: seven small panels, each a link to its step."""

import numpy as np
from markupsafe import Markup

from explorer.image.resize import average
from explorer.rules.rules import Rule, joint_posterior
from explorer.ui.lesion.state import Session
from explorer.ui.lesion.story import CHAPTERS
from explorer.ui.parts.pictures import data_uri
from explorer.util.templates import render

LONGEST = 192  # px, of a panel's picture


def glance(session: Session, rule: Rule) -> Markup:
    """One panel per step; those whose result is not there yet say so and keep their place."""
    result, found, other = session.result, session.found, session.other
    # the skin that was found, everything else dark; in the image's own proportions
    mask, shown = result.segmentation.skin[..., None], result.segmentation.image
    height, width = result.image.rgb.shape[:2]
    scale = LONGEST / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    skin = average(np.where(mask, shown, 32).astype(np.uint8), *size)
    return render(
        "lesion/glance.html",
        chapters=CHAPTERS,
        image=data_uri(result.image.rgb, LONGEST),
        skin=data_uri(skin),
        tone=result.chosen,
        other=other and data_uri(other.changed.rgb, LONGEST),
        label=found and found.weights.label,
        joint=found and joint_posterior(found.logits),
        rule_name=rule.name.removeprefix("Domain-").capitalize(),
        verdict=found and found.verdicts.get(rule.key),
        after=other and other.classification.verdicts.get(rule.key),
    )
