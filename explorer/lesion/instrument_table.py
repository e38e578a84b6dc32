"""The instrument as a table of plain numbers and words: what the page's script reads, as JSON.

The script looks rows up and computes nothing, so that what it shows is what Python computed.
"""

import base64
import hashlib
import io
from dataclasses import replace

import numpy as np
from PIL import Image

from explorer.fairness.cutoffs import Cutoff, Cutoffs
from explorer.fairness.metrics import Rate
from explorer.image import colour
from explorer.lesion.instrument import Instrument
from explorer.lesion.instrument_words import decided, finding, is_saturated, statement
from explorer.rules.arithmetic import arithmetic
from explorer.rules.rules import RULES, Rule, joint_posterior
from explorer.transform.transforms import TRANSFORMS

#: Of the table's layout.
VERSION = 2
#: What a cut-off gives on its calibration set.
RATES = ("sensitivity", "false_positive_rate")


def table_json(
    instrument: Instrument,
    *,
    cutoffs: Cutoffs | None = None,
    problem: str = "",
    caption: str = "",
    owned: bool = True,
    stored: bool = False,
) -> dict:
    """The table without its pictures, at most 60 kB as JSON.

    Parameters
    ----------
    instrument : Instrument
        Complete or not, at the rules' own cut-offs: what is not computed yet is null.
    cutoffs : Cutoffs, optional
        Those for one sensitivity, by the instrument's weights; then both are in the table.
    problem : str
        Why there are none, in a sentence.
    caption : str
        Beside the picture; by default the image's name.
    owned : bool
        Whether the picture is the visitor's own, who is then asked before it goes into a file.
    stored : bool
        Whether the answers are quoted from those that ship.

    Returns
    -------
    dict
        Keys: version, id (of picture, transform and scope), name, caption, owned, stored, weights
        {label, demo}, transform {key, label, scope, convention}, own, size [w, h], groups, skins,
        tables (base64 of uint8 [N][256][3]), logits [N][8], joint [N][8], rules, range, complete,
        notes, columns (evidence, controls, refusal: null until something fills them),
        same_sensitivity {wanted, name, n, problem}: the set of the cut-offs, n and wanted null
        where there is none.

        Of a rule, ``parts`` is null where its weights are all 1: then they are the numbers
        themselves. ``cutoff`` is its own {p, log_odds, extreme, sensitivity,
        false_positive_rate}, rates as [value, low, high, n], null where nothing is measured;
        ``same`` holds {cutoff, malignant (0 or 1), flips, finding, decided} at the cut-off for
        one sensitivity, or is null. A statement there has these ``decided`` and ``finding`` in
        place of the rule's own.
    """
    way, weights = TRANSFORMS[instrument.transform], instrument.weights
    return {
        "version": VERSION,
        "id": identity(instrument),
        "name": instrument.name,
        "caption": caption or instrument.name,
        "owned": owned,
        "stored": stored,
        "weights": {
            "label": "" if weights is None else weights.label,
            "demo": weights is not None and weights.is_demo,
        },
        "transform": {
            "key": way.key,
            "label": way.label,
            "scope": instrument.scope,
            "convention": way.convention,
        },
        "own": instrument.own,
        "size": [instrument.picture.shape[1], instrument.picture.shape[0]],
        "groups": list(colour.GROUP_NAMES),
        "skins": [_skin(each) for each in instrument.skins],
        "tables": None
        if instrument.tables is None
        else base64.b64encode(instrument.tables.tobytes()).decode(),
        "logits": _spread(instrument, instrument.logits[instrument.known]),
        "joint": _spread(instrument, _eight(joint_posterior(instrument.logits[instrument.known]))),
        "rules": [_rule(instrument, rule, cutoffs) for rule in RULES.values()],
        "range": instrument.ranges and {k: _short(v) for k, v in instrument.ranges.items()},
        "complete": instrument.is_complete,
        "notes": list(instrument.notes),
        "columns": {"evidence": None, "controls": None, "refusal": None},
        "same_sensitivity": {
            "wanted": cutoffs and cutoffs.wanted,
            "name": cutoffs.name if cutoffs else "",
            "n": cutoffs and cutoffs.n,
            "problem": problem,
        },
    }


def pictures_json(instrument: Instrument) -> dict:
    """The pictures as data URIs. Keys: id, picture and mask (lossless), frames (WebP) or null."""
    frames = instrument.frames
    return {
        "id": identity(instrument),
        "picture": _data_uri(instrument.picture, lossless=True),
        "mask": None if instrument.mask is None else _data_uri(instrument.mask, lossless=True),
        "frames": None if frames is None else [_data_uri(each) for each in frames],
    }


def identity(instrument: Instrument) -> str:
    """A name for picture, own skin, transform and scope, the same whenever these are."""
    facts = (instrument.transform, instrument.scope, instrument.skins[instrument.own].target)
    whole = hashlib.sha256(repr((instrument.name, facts, instrument.picture.shape)).encode())
    whole.update(np.ascontiguousarray(instrument.picture).tobytes())
    return whole.hexdigest()[:16]


def _skin(skin) -> dict:
    name = None if skin.reached_cielab is None else colour.tone_name(skin.reached_cielab)
    return {
        "target": _tenth(skin.target),
        "name": name,
        "css": "#{:02x}{:02x}{:02x}".format(*skin.colour_rgb),
        "reached_cielab": _tenth(skin.reached_cielab),
        "reached_published": _tenth(skin.reached_published),
        "group": skin.group,
        "melanin": None if skin.melanin is None else round(skin.melanin, 3),
        "clipped": round(skin.clipped, 4),
    }


def _rule(instrument: Instrument, rule: Rule, cutoffs: Cutoffs | None) -> dict:
    words = {
        "key": rule.key,
        "name": rule.plain,
        "term": rule.name,
        "says": rule.explanation,
        "sums_logits": rule.sums_logits,
    }
    said = instrument.verdicts.get(rule.key)
    known_at = cutoffs is not None and rule.key in cutoffs.same
    if said is None:
        n = len(instrument.skins)
        missing = ("p", "malignant", "log_odds", "scores", "factors", "parts")
        nothing = dict.fromkeys(("finding", "statement", "decided"), "")
        nothing |= {"flips": [], "saturated": False}
        nothing |= {"cutoff": _cutoff(None), "same": None}
        return words | {key: [None] * n for key in missing} | nothing
    return words | {
        "p": _spread(instrument, said.probability_malignant),
        "malignant": _spread(instrument, said.decision == 1),
        "log_odds": _spread(instrument, said.log_odds),
        "scores": _spread(instrument, said.scores),
        "factors": _factors(instrument, rule),
        "parts": _parts(instrument, rule),
        "flips": [round(each, 1) for each in instrument.flips[rule.key]],
        "finding": finding(instrument, rule.key),
        "statement": statement(instrument, rule.key),
        "decided": decided(instrument, rule.key),
        "saturated": is_saturated(instrument, rule.key),
        "cutoff": _cutoff(cutoffs.own[rule.key] if known_at else None),
        "same": _same(replace(instrument, cutoffs=cutoffs), rule.key) if known_at else None,
    }


def _cutoff(cutoff: Cutoff | None) -> dict:
    """A cut-off; None is a rule's own of which nothing is measured."""
    if cutoff is None:
        return {"p": 0.5, "log_odds": 0, "extreme": False} | dict.fromkeys(RATES)
    p, odds = _short([cutoff.probability, cutoff.log_odds])
    rates = {key: _rate(getattr(cutoff, key)) for key in RATES}
    return {"p": p, "log_odds": odds, "extreme": cutoff.is_extreme, **rates}


def _rate(rate: Rate) -> list | None:
    if not rate.n:
        return None
    return [*(round(each, 4) for each in (rate.value, rate.low, rate.high)), rate.n]


def _same(instrument: Instrument, key: str) -> dict:
    """What differs at the cut-off for one sensitivity."""
    made = iter(instrument.decisions[key].tolist())
    return {
        "cutoff": _cutoff(instrument.cutoffs.of(key)),
        "malignant": [next(made) if known else None for known in instrument.known],
        "flips": [round(each, 1) for each in instrument.flips[key]],
        "finding": finding(instrument, key),
        "decided": decided(instrument, key),
    }


def _parts(instrument: Instrument, rule: Rule) -> list | None:
    """The contributions, eight by skin; None where they are the numbers themselves."""
    if rule.weights is not None and (rule.weights == 1).all():
        return None
    return _spread(instrument, _eight(instrument.verdicts[rule.key].contributions))


def _factors(instrument: Instrument, rule: Rule) -> list:
    """The rule's eight weights, or eight by skin where they depend on the picture."""
    if rule.weights is not None:
        return _short(rule.weights.reshape(8))
    asked = np.flatnonzero(instrument.known)
    each = [arithmetic(rule, instrument.logits[i], instrument.skins[i].group) for i in asked]
    return _spread(instrument, np.array([one.factors.reshape(8) for one in each]))


def _eight(tables: np.ndarray) -> np.ndarray:
    return tables.reshape(*tables.shape[:-2], 8)


def _spread(instrument: Instrument, values: np.ndarray) -> list:
    """One entry per skin, None where the network has not answered."""
    found = iter(_short(values))
    return [next(found) if known else None for known in instrument.known]


def _short(values) -> list:
    """Four significant digits, which is more than is shown."""
    values = np.asarray(values)
    if values.dtype == bool:
        return values.tolist()
    return np.vectorize(_shorter, otypes=[object])(values).tolist()


def _shorter(value: float) -> float | int:
    """0 rather than 0.0, which is a third shorter."""
    return float(f"{value:.4g}") or 0


def _tenth(angle: float | None) -> float | None:
    return None if angle is None else round(float(angle), 1)


def _data_uri(picture: np.ndarray, lossless: bool = False) -> str:
    """PNG, which every browser reads to the byte, or WebP."""
    file = io.BytesIO()
    if lossless:
        Image.fromarray(picture).save(file, "PNG", compress_level=4)
        kind = "png"
    else:
        Image.fromarray(picture).save(file, "WEBP", quality=92)
        kind = "webp"
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"
