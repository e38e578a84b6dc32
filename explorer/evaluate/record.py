"""One row per image: which columns there are, of which type, and how they are filled."""

from collections.abc import Mapping

import numpy as np

from explorer.data.attributes import PUBLISHED_NAMES, TONE_GROUP_COLUMNS
from explorer.evaluate.settings import EvaluateSettings
from explorer.evaluate.stages import Prepared
from explorer.image.colour import GROUP_NAMES, TONE_NAMES, group_index, tone_name
from explorer.rules.rules import RULES, apply_rules
from explorer.util import lazy

pa = lazy.load("pyarrow")

LOGITS = tuple(f"logit_{i}" for i in range(8))
PROBABILITIES = tuple(f"p_{rule}" for rule in RULES)

#: Columns of the tone, which may come from the metadata; angles are degrees.
TONES = {
    "tone_from": "string",
    "group_published": "int8",
    **{
        f"{what}_{convention}{end}": "string" if what == "tone" else "double"
        for convention in ("published", "cielab")
        for what, end in (("tone", ""), ("ita", ""), ("ita", "_low"), ("ita", "_high"))
    },
}

#: Column to Arrow type. ``p_*`` are probabilities of malignancy by rule; angles are degrees;
#: ``group_published`` is 0..3; ``warnings`` and ``error`` are sentences.
COLUMNS = {
    "image_name": "string",
    "sha256": "string",
    "width": "int32",
    "height": "int32",
    **dict.fromkeys(LOGITS, "float"),
    **dict.fromkeys(PROBABILITIES, "double"),
    **TONES,
    "skin_r": "int16",
    "skin_g": "int16",
    "skin_b": "int16",
    "skin_fraction": "double",
    "warnings": "string",
    "error": "string",
}

#: In front of a metadata column whose name is one of ours.
METADATA = "metadata_"


def metadata_columns(names) -> dict[str, str]:
    """Metadata column to its name in the result; an equal name gets :data:`METADATA`."""
    return {name: METADATA + name if name in COLUMNS else name for name in names}


def schema(extra=()):
    """The file's Arrow schema: :data:`COLUMNS`, then metadata columns as text."""
    types = {**COLUMNS, **dict.fromkeys(extra, "string")}
    return pa.schema([pa.field(name, pa.type_for_alias(kind)) for name, kind in types.items()])


def fill(
    prepared: Prepared,
    logits: np.ndarray | None,
    known: Mapping[str, str] | None,
    settings: EvaluateSettings,
) -> dict:
    """The row of one image.

    Parameters
    ----------
    prepared : Prepared
    logits : float32 (8,) or None
        None where there is an error.
    known : mapping of str to str, optional
        What the metadata says of the image; tone columns among it count with
        ``settings.tone_from == "metadata"``.
    settings : EvaluateSettings
    """
    row = {"image_name": prepared.name, **prepared.facts}
    row["warnings"] = " ".join(row.get("warnings", ()))
    if known:
        row |= {to: known[name] for name, to in metadata_columns(known).items()}
        if settings.tone_from == "metadata":
            row |= tone_of_metadata(known)
    if logits is not None:
        row |= dict(zip(LOGITS, map(float, logits)))
        verdicts = apply_rules(logits, row.get("group_published"))
        row |= {
            f"p_{key}": float(verdict.probability_malignant) for key, verdict in verdicts.items()
        }
    return row


def refill(row: Mapping, known: Mapping[str, str] | None, settings: EvaluateSettings) -> dict:
    """A stored row with what the metadata says now; logits and what the image says stay.

    ``row`` has every column, None where it is empty; the others are as for :func:`fill`.
    """
    stays = set(COLUMNS) - {*LOGITS, *PROBABILITIES}
    if settings.tone_from == "metadata":
        stays -= set(TONES)
    facts = {name: row[name] for name in stays}
    facts["warnings"] = (row["warnings"] or "",)
    logits = None if row["error"] else np.array([row[name] for name in LOGITS], np.float32)
    return fill(Prepared(row["image_name"], facts, None, {}), logits, known, settings)


def tone_of_metadata(known: Mapping[str, str]) -> dict:
    """Angle and tone groups that a metadata row states, by the columns that Groups reads too."""
    found = {}
    angle = _number(known.get("ita", ""))
    if np.isfinite(angle):
        found |= {
            "ita_published": angle,
            "tone_published": tone_name(angle),
            "group_published": int(group_index(angle)),
        }
    stated = (known.get(column, "").strip().lower() for column in TONE_GROUP_COLUMNS)
    group = next((PUBLISHED_NAMES[text] for text in stated if text in PUBLISHED_NAMES), None)
    if group:
        found["group_published"] = GROUP_NAMES.index(group)
    if known.get("tone_cielab") in TONE_NAMES:
        found["tone_cielab"] = known["tone_cielab"]
    return {**found, "tone_from": "metadata"} if found else {}


def _number(text: str) -> float:
    """A cell as a number, ``0,5`` and ``0.5`` alike; NaN where it is none."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("nan")
