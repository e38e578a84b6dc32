"""Results as plain dictionaries, the JSON of the command line and of the API."""

from dataclasses import replace

from explorer.fairness.cutoffs import Cutoffs
from explorer.image.colour import CIELAB, EIGHT_BIT
from explorer.lesion.counterfactual import Curve
from explorer.lesion.lesion import Classification, ToneResult
from explorer.model.weights import Weights
from explorer.rules.rules import DECISIONS
from explorer.skin.artefacts import find_cautions
from explorer.tone import estimators
from explorer.tone.camera import camera_interval
from explorer.tone.hand import HandTone
from explorer.tone.interval import tone_interval
from explorer.util.plain import picked, plain


def _picture_json(result: ToneResult) -> dict:
    """What was changed on the way in, and the colour profile that was followed, if any."""
    image, tone = result.image, result.tone
    stored = tone and tone.as_stored
    profile = {"name": image.profile.name} if image.profile else None
    if stored is not None:
        profile["cielab_ita_without"] = stored.cielab.ita
    return {"image_notes": image.sentences, "colour_profile": profile}


def tone_json(name: str, result: ToneResult, intervals: bool = True) -> dict:
    """Keys: image, published {ita, group, name, interval, camera}, cielab {ita, name, interval,
    camera}, defined, colour_rgb, skin_*, notes, image_notes, colour_profile {name,
    cielab_ita_without} or null.

    Angles in degrees, ``skin_fraction`` in 0..1 of the working image, colours sRGB 0..255.
    ``interval``, {low, high, level, n_patches, method}, is of this picture, ``camera``, {low, high,
    undefined, method}, of other pictures of the same skin. ``defined`` is false where b* <= 0, for
    which ITA was never defined: angle and name are then what the formula gives.
    ``cielab_ita_without`` is the float angle by the file's bytes alone, as if they were sRGB.
    Without ``intervals``, which take as long as the estimate, neither of them is there.
    """
    tone, readings = result.tone, {}
    for convention, keys in ((EIGHT_BIT, ("ita", "group", "name")), (CIELAB, ("ita", "name"))):
        readings[convention] = picked(getattr(tone, convention), *keys)
        if intervals:
            interval = tone_interval(tone, convention=convention)
            camera = camera_interval(tone, convention, interval)
            readings[convention] |= {
                "interval": picked(interval, "low", "high", "level", "n_patches", "method"),
                "camera": picked(camera, "low", "high", "undefined", "method"),
            }
    return {
        "image": name,
        **readings,
        "defined": not tone.outside_definition,
        **picked(tone, "colour_rgb", "skin_fraction", "skin_pixels"),
        "notes": list(estimators.notes(tone)),
        **_picture_json(result),
    }


def hand_json(hand: HandTone) -> dict:
    """Keys: points, size (px), published, cielab, colour_rgb, notes."""
    return picked(hand, "points", "size", "published", "cielab", "colour_rgb", "notes")


def weights_json(weights: Weights) -> dict:
    """Keys: source (hub, cache, path, embedded), name, revision, sha256, size, label, reason."""
    return picked(weights, "source", "name", "revision", "sha256", "size", "label", "reason")


def lesion_json(
    name: str, result: ToneResult, found: Classification, cutoffs: Cutoffs | None = None
) -> dict:
    """Keys: image, image_notes, colour_profile, tone, hand, weights, logits [8], rules, the two
    slips of the study's scripts, same_sensitivity (:meth:`Cutoffs.to_json`, with a ``decision``
    each; null where no sensitivity was asked for).

    ``tone`` is null and ``tone_problem`` says why where there is too little skin; the
    ``conditional`` rule, which needs a tone group, is null then too.
    """
    at = {
        key: {"decision": DECISIONS[int(cutoffs.decision(verdict))]}
        for key, verdict in found.verdicts.items()
        if cutoffs and key in cutoffs.same
    }
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
        **_picture_json(result),
        "tone": result.tone and tone_json(name, result),
        "tone_problem": result.problem,
        "hand": result.hand and hand_json(result.hand),
        "weights": weights_json(found.weights),
        "logits": plain(found.logits),
        "rules": {"conditional": None, **rules},
        "predict_py": found.predict_py,
        "doubled_softmax": found.doubled_softmax,
        "same_sensitivity": cutoffs and cutoffs.to_json(at),
    }


def estimate_json(name: str, result: ToneResult) -> dict:
    """A tone with its uncertainty. Keys: image, image_notes, colour_profile, method, tone,
    tone_problem, hand, cautions.

    ``tone`` is that of :func:`tone_json`; null with a ``tone_problem`` where there is too little
    skin.
    """
    cautions = find_cautions(result.image.rgb, result.segmentation)
    return {
        "image": name,
        **_picture_json(result),
        "method": result.method,
        "tone": result.tone and tone_json(name, result),
        "tone_problem": result.problem,
        "hand": result.hand and hand_json(result.hand),
        "cautions": [
            picked(caution, "key", "title", "sentence", "value", "limit", "unit")
            for caution in cautions
        ],
    }


def analysis_json(
    name: str, result: ToneResult, found: Classification, cutoffs: Cutoffs | None = None
) -> dict:
    """:func:`lesion_json` with the tone of :func:`estimate_json`, and weights beside every rule."""
    whole = {**lesion_json(name, result, found, cutoffs), **estimate_json(name, result)}
    for rule in whole["rules"].values():
        if rule is not None:
            rule["weights"] = found.weights.label
    return whole


def curve_json(curve: Curve) -> dict:
    """Keys: image, transform, scope, weights, own_ita, points, flips, range, stable, notes,
    same_sensitivity.

    Angles in degrees; targets in the convention that ``convention`` names. ``flips`` lists
    target angles, ``stable`` is [darkest, lightest] target around the image's own. These are at
    each rule's own cut-off; ``same_sensitivity`` has (:meth:`Cutoffs.to_json`) ``decisions``
    (by point), ``flips`` and ``stable`` at those of the curve, or is null.
    """
    at = {
        key: {
            "decisions": [DECISIONS[each] for each in curve.decisions[key]],
            "flips": plain(curve.flips[key]),
            "stable": plain(curve.stable[key]),
        }
        for key in (curve.rules if curve.cutoffs else ())
    }
    same = curve.cutoffs and curve.cutoffs.to_json(at)
    curve = replace(curve, cutoffs=None)
    points = []
    for i, point in enumerate(curve.points):
        rules = {
            key: {
                "probability_malignant": float(verdict.probability_malignant[i]),
                "decision": DECISIONS[int(verdict.decision[i])],
            }
            for key, verdict in curve.verdicts.items()
        }
        reached = ("reached_cielab", "reached_published", "group", "colour_rgb")
        made = picked(point, "target_ita", *reached, "melanin", "clipped")
        points.append({**made, "logits": plain(curve.logits[i]), "rules": rules})
    return {
        **picked(curve, "image", "transform", "scope", "convention"),
        "weights": weights_json(curve.weights),
        "own_ita": curve.own_ita,
        "points": points,
        **picked(curve, "flips", "range", "stable", "notes"),
        "same_sensitivity": same,
    }
