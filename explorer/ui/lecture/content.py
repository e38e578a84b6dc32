"""What the slides show that does not depend on the visitor: texts, pictures, rates, claims.

Texts stand in ``assets/lecture.json``; a translation is one more file of its kind,
``assets/lecture.LANGUAGE.json``, and what it leaves out stays English. All else is computed by the
functions that the page's own views use.
"""

import json
from collections import Counter

import numpy as np

from explorer.charts import theme
from explorer.charts.svg import to_svg
from explorer.fairness.gaps import GroupReport
from explorer.fairness.text import p_text
from explorer.figures.rates import metric_chart
from explorer.image.colour import GROUP_NAMES, TONE_BOUNDS, TONE_NAMES, tone_name
from explorer.lesion.lesion import ToneResult
from explorer.study.claims import STATUSES, audit_cards, second_system_cards
from explorer.study.counts import group_report
from explorer.synthetic.examples import EXAMPLES, Example
from explorer.ui.audit.view import MARKS
from explorer.ui.parts.examples import DEFAULT_EXAMPLE, example_tone
from explorer.ui.parts.pictures import data_uri, jpeg_uri
from explorer.util.paths import ASSETS
from explorer.util.templates import render

TEXTS = ASSETS / "lecture.json"
#: Steps of the estimate that the slide on skin shows.
STEPS = ("hair", "pigment", "skin")
#: Longest side of an example's picture on a slide, px.
LONGEST = 320
#: The two rates that the slide on groups compares, and the gap of each.
RATES = {
    "recall": "equal_opportunity_difference",
    "false_positive_rate": "false_positive_rate_difference",
}
#: Width of a drawing, px, which a slide shows about 1.6 times as large.
WIDTH = 470
#: Ends of the axis of angles, degrees, and where one tone ends and the next begins.
BOUNDS = (90.0, *TONE_BOUNDS, -60.0)
#: About what the published angle can report on skin (``shared/published/FACTS.md``, section 4).
REACH = (62.0, 0.0)


def texts() -> dict[str, dict]:
    """Words, names and slides by language; every language has the same slides in one order."""
    files = (TEXTS, *sorted(ASSETS.glob("lecture.*.json")))
    base, *others = (json.loads(file.read_text(encoding="utf-8")) for file in files)
    found = {base["language"]: base}
    for other in others:
        own = {slide["key"]: slide for slide in other.get("slides", ())}
        found[other["language"]] = base | {
            "language": other["language"],
            "words": base["words"] | other.get("words", {}),
            "names": base["names"] | other.get("names", {}),
            "slides": [slide | own.get(slide["key"], {}) for slide in base["slides"]],
        }
    return found


def deck() -> dict:
    """Keys: examples, default and tone (places in ``examples``), groups, claims."""
    return {
        "examples": [_example(i, each) for i, each in enumerate(EXAMPLES)],
        "default": DEFAULT_EXAMPLE,
        "tone": telling_example(),
        "groups": _groups(group_report("published")),
        "claims": _claims(),
    }


def telling_example() -> int:
    """The example that the study's convention makes most lighter than the definition does.

    Among those whose study group the two conventions do not agree on.
    """

    def lighter(index: int) -> tuple[bool, float]:
        tone = example_tone(index).tone
        by_definition = min(TONE_NAMES.index(tone.cielab.name), len(GROUP_NAMES) - 1)
        return tone.published.group != by_definition, tone.published.ita - tone.cielab.ita

    return max(range(len(EXAMPLES)), key=lighter)


def _example(index: int, example: Example) -> dict:
    result = example_tone(index)
    return {
        "id": example.id,
        "title": example.title,
        "thumbnail": jpeg_uri(example.path.with_name(example.thumbnail).read_bytes()),
        "picture": data_uri(result.image.small, LONGEST),
        "alt": example.alt,
        "skin": _skin(example, result),
        "tone": _tone(example, result),
    }


def _skin(example: Example, result: ToneResult) -> dict:
    """What is left over as skin, the tone read from it, and the one that was drawn (degrees)."""
    steps = {step.key: step for step in result.steps}
    return {
        "share": result.tone.skin_fraction,
        "read": result.tone.cielab.ita,
        "name": result.tone.cielab.name,
        "drawn": example.spec.ita,
        "drawn_name": tone_name(example.spec.ita),
        "html": render("lecture/skin.html", steps=[steps[key] for key in STEPS], uri=data_uri),
    }


def _tone(example: Example, result: ToneResult) -> dict:
    """Both readings of one colour, and their drawing on two axes."""
    tone = result.tone
    return {
        "published": {"ita": tone.published.ita, "name": tone.published.name},
        "cielab": {"ita": tone.cielab.ita, "name": tone.cielab.name},
        "group": GROUP_NAMES[tone.published.group],
        "html": render(
            "lecture/tone.html",
            colour="#{:02x}{:02x}{:02x}".format(*tone.colour_rgb),
            axes=[
                ("By the definition (CIELAB)", tone.cielab, None),
                ("As published (8-bit)", tone.published, REACH),
            ],
            tones=theme.TONES.items(),
            bounds=TONE_BOUNDS,
            at=_place,
        ),
    }


def _place(ita: float) -> float:
    """Where an angle lies on an axis from 0 to 1000 on which all tones are equally wide."""
    rising = np.array(BOUNDS[::-1])
    return round(1000 - float(np.interp(ita, rising, np.linspace(0, 1000, len(rising)))), 1)


def _groups(report: GroupReport) -> dict[str, dict]:
    """By rate: its drawing, the gap, and what chance alone gives."""
    found = {}
    for metric, name in RATES.items():
        gap = report.gaps[name]
        found[metric] = {
            "html": to_svg(metric_chart(report, metric), WIDTH),
            "gap": gap.value,
            "low": gap.low,
            "high": gap.high,
            "largest": gap.largest,
            "smallest": gap.smallest,
            "chance": gap.null_p95,
            "p": p_text(gap.decisive.heterogeneity.p_holm),
            "beyond": gap.distinguishable,
            "n": report.overall.count,
            "malignant": report.overall.positives,
        }
    return found


def _claims() -> dict:
    """How many claims, of both systems, have which verdict; and the list of each, worst first."""
    cards = (*audit_cards(), *second_system_cards())
    counts = Counter(card.status for card in cards)
    return {
        "all": len(cards),
        "statuses": [
            {
                "key": key,
                "text": STATUSES[key],
                "mark": MARKS[key],
                "count": counts[key],
                "html": render(
                    "lecture/claims.html",
                    status=STATUSES[key],
                    cards=[card for card in cards if card.status == key],
                    tiles=[(MARKS[each], counts[each], each == key) for each in MARKS],
                ),
            }
            for key in MARKS
            if counts[key]
        ],
    }
