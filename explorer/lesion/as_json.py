"""Results as plain dictionaries, the JSON of the command line and of the API."""

from dataclasses import asdict

from explorer.image.colour import CONVENTIONS
from explorer.lesion.counterfactual import Curve
from explorer.lesion.lesion import Classification, ToneResult
from explorer.model.weights import Weights
from explorer.rules.rules import DECISIONS
from explorer.skin.artefacts import find_cautions
from explorer.tone import estimators
from explorer.tone.hand import HandTone
from explorer.tone.interval import tone_interval
from explorer.tone.study import SkinTone


def tone_json(name: str, tone: SkinTone) -> dict:
    """Keys: image, published {ita, group, name}, cielab {ita, name}, colour_rgb, skin_*, notes.

    Angles in degrees, ``skin_fraction`` in 0..1 of the working image, colours sRGB 0..255.
    """
    return {
        "image": name,
        "published": {
            "ita": tone.published.ita,
            "group": tone.published.group,
            "name": tone.published.name,
        },
        "cielab": {"ita": tone.cielab.ita, "name": tone.cielab.name},
        "colour_rgb": list(tone.colour_rgb),
        "skin_fraction": tone.skin_fraction,
        "skin_pixels": tone.skin_pixels,
        "notes": list(estimators.notes(tone)),
    }


def hand_json(picked: HandTone) -> dict:
    """Keys: points, size (px), published, cielab, colour_rgb, notes."""
    return {
        "points": [list(point) for point in picked.points],
        "size": picked.size,
        "published": asdict(picked.published),
        "cielab": asdict(picked.cielab),
        "colour_rgb": list(picked.colour_rgb),
        "notes": list(picked.notes),
    }


def weights_json(weights: Weights) -> dict:
    """Keys: source (hub, cache, path, embedded), name, revision, sha256, size, label, reason."""
    return {
        "source": weights.source,
        "name": weights.name,
        "revision": weights.revision,
        "sha256": weights.sha256,
        "size": weights.size,
        "label": weights.label,
        "reason": weights.reason,
    }


def lesion_json(name: str, result: ToneResult, found: Classification) -> dict:
    """Keys: image, tone, hand, weights, logits [8], rules, the two slips of the study's scripts.

    ``tone`` is null and ``tone_problem`` says why where there is too little skin; the
    ``conditional`` rule, which needs a tone group, is null then too.
    """
    rules = {
        key: {
            "probability_malignant": float(verdict.probability_malignant),
            "decision": verdict.word,
            "range_over_orientations": list(found.ranges[key]),
        }
        for key, verdict in found.verdicts.items()
    }
    return {
        "image": name,
        "tone": None if result.tone is None else tone_json(name, result.tone),
        "tone_problem": result.problem,
        "hand": None if result.hand is None else hand_json(result.hand),
        "weights": weights_json(found.weights),
        "logits": [float(z) for z in found.logits],
        "rules": {"conditional": None, **rules},
        "predict_py": found.predict_py,
        "doubled_softmax": found.doubled_softmax,
    }


def estimate_json(name: str, result: ToneResult) -> dict:
    """A tone with its uncertainty. Keys: image, method, tone, tone_problem, hand, cautions.

    ``tone`` is that of :func:`tone_json`, with an ``interval`` of {low, high, level, method} in
    degrees for either convention; null with a ``tone_problem`` where there is too little skin.
    """
    cautions = find_cautions(result.image.rgb, result.segmentation)
    return {
        "image": name,
        "method": result.method,
        "tone": None if result.tone is None else _with_intervals(name, result.tone),
        "tone_problem": result.problem,
        "hand": None if result.hand is None else hand_json(result.hand),
        "cautions": [
            {
                "key": caution.key,
                "title": caution.title,
                "sentence": caution.sentence,
                "value": float(caution.value),
                "limit": float(caution.limit),
                "unit": caution.unit,
            }
            for caution in cautions
        ],
    }


def _with_intervals(name: str, tone: SkinTone) -> dict:

    found = tone_json(name, tone)
    for convention in CONVENTIONS:
        interval = tone_interval(tone, convention=convention)
        found[convention]["interval"] = {
            "low": float(interval.low),
            "high": float(interval.high),
            "level": interval.level,
            "method": interval.method,
        }
    return found


def analysis_json(name: str, result: ToneResult, found: Classification) -> dict:
    """:func:`lesion_json` with the tone of :func:`estimate_json`, and weights beside every rule."""
    whole = {**lesion_json(name, result, found), **estimate_json(name, result)}
    for rule in whole["rules"].values():
        if rule is not None:
            rule["weights"] = found.weights.label
    return whole


def curve_json(curve: Curve) -> dict:
    """Keys: image, transform, scope, weights, own_ita, points, flips, range, stable, notes.

    Angles in degrees; targets in the convention that ``convention`` names. ``flips`` lists
    target angles, ``stable`` is [darkest, lightest] target around the image's own.
    """
    return {
        "image": curve.image,
        "transform": curve.transform,
        "scope": curve.scope,
        "convention": curve.convention,
        "weights": weights_json(curve.weights),
        "own_ita": curve.own_ita,
        "points": [_point_json(curve, i) for i in range(len(curve.points))],
        "flips": {key: list(angles) for key, angles in curve.flips.items()},
        "range": dict(curve.range),
        "stable": {key: list(ends) for key, ends in curve.stable.items()},
        "notes": list(curve.notes),
    }


def _point_json(curve: Curve, i: int) -> dict:
    point = curve.points[i]
    return {
        "target_ita": point.target_ita,
        "reached_cielab": point.reached_cielab,
        "reached_published": point.reached_published,
        "group": point.group,
        "colour_rgb": list(point.colour_rgb),
        "melanin": point.melanin,
        "clipped": point.clipped,
        "logits": [float(z) for z in curve.logits[i]],
        "rules": {
            key: {
                "probability_malignant": float(verdict.probability_malignant[i]),
                "decision": DECISIONS[int(verdict.decision[i])],
            }
            for key, verdict in curve.verdicts.items()
        },
    }
