"""``lesion IMAGE``: the 8 logits and every rule's verdict, as text or JSON.

IMAGE is a file, or the id of a lesion in the ISIC archive, which is then fetched from there.
"""

import os
from pathlib import Path

from explorer.cli.output import (
    add_figures,
    add_method,
    add_sensitivity,
    asked_cutoffs,
    declared,
    print_cutoffs,
    save_figures,
)
from explorer.cli.tone import print_tone
from explorer.cli.weights import WEIGHTS_HELP
from explorer.figures.sets import lesion_figures
from explorer.image.isic import fetch_lesion, is_isic_id
from explorer.image.read import read_image
from explorer.lesion.as_json import lesion_json
from explorer.lesion.lesion import classify, pick_by_hand, read_tone
from explorer.model.classifier import load_classifier
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.tone.hand import parse_points
from explorer.util.plain import print_json

TEXT = "Classify a lesion by every inference rule."


def add_parser(commands) -> None:
    """Declare the command; ``commands`` is what ``ArgumentParser.add_subparsers`` returned."""
    add = declared(commands, "lesion", TEXT, run)
    add(
        "image",
        metavar="IMAGE",
        help="a file, or an id of the ISIC archive such as ISIC_0081956, which is fetched",
    )
    add("--weights", metavar="SRC", help=WEIGHTS_HELP)
    add_method(add, "the skin-tone estimator, which feeds the domain-conditional rule")
    add(
        "--at",
        metavar="'X,Y; X,Y'",
        help="spots of skin picked by hand, in pixels; their mean tone feeds the conditional rule",
    )
    add("--patch", type=int, default=5, metavar="PX", help="side of a spot, odd")
    add_sensitivity(add)
    add_figures(add)
    add("--json", action="store_true", help="print JSON instead of text")


def run(options) -> int:
    """Run the command; one JSON object."""
    on_disk = os.path.exists(options.image) or not is_isic_id(options.image)
    archive = None if on_disk else fetch_lesion(options.image)
    image = read_image(options.image) if on_disk else archive.image
    result = read_tone(image, method=options.method)
    if options.at:
        result = pick_by_hand(result, parse_points(options.at), options.patch)
    classifier = load_classifier(options.weights)
    cutoffs = asked_cutoffs(options, classifier.weights)
    found = classify(result, classifier)
    name = Path(options.image).stem
    save_figures(options, lambda: lesion_figures(name, result, found))
    row = lesion_json(str(options.image), result, found, cutoffs)
    row["archive"] = archive and archive.to_json()
    if options.json:
        print_json(row)
    else:
        _print_lesion(row, cutoffs)
    return 0


def _print_lesion(row: dict, cutoffs) -> None:
    if row["tone"] is None:
        print(f"{row['image']}\n  tone: {row['tone_problem']}")
        for note in row["image_notes"]:
            print(f"  note: {note}")
    else:
        print_tone(row["tone"])
    if archive := row["archive"]:
        print(f"  from the ISIC archive: {archive['url']}")
        print(f"  licence: {archive['licence']}; attribution: {archive['attribution']}")
        stated = f" ({archive['diagnosis']})" if archive["diagnosis"] else ""
        print(f"  label from the ISIC archive: {archive['label'] or 'not stated'}{stated}")
    if hand := row["hand"]:
        published, cielab = hand["published"], hand["cielab"]
        print(
            f"  by hand, n = {len(hand['points'])} patches: ITA {published['ita']:.1f} deg as "
            f"published ({published['name']}), {cielab['ita']:.1f} deg float ({cielab['name']})"
        )
    print(f"  weights: {row['weights']['label']}. {row['weights']['reason']}")
    print("  probability of malignancy [range over 8 orientations] and decision, by rule:")
    at = row["same_sensitivity"]["same"] if cutoffs else {}
    for key, rule in RULES.items():
        verdict = row["rules"][key]
        if verdict is None:
            print(f"    {rule.name:48s} needs a tone group")
            continue
        mark = "*" if key == DEFAULT_RULE else " "
        low, high = verdict["range_over_orientations"]
        print(
            f"   {mark}{rule.name:48s} {verdict['probability_malignant']:.4f} "
            f"[{low:.4f}, {high:.4f}]  {verdict['decision']}"
            + (f"; at {cutoffs.wanted_text}: {at[key]['decision']}" if key in at else "")
        )
    print(f"  the study's predict.py would print: {row['predict_py']}")
    print(f"  its doubled softmax would report: {row['doubled_softmax']:.4f} (not a probability)")
    if cutoffs:
        print_cutoffs(cutoffs)
    print("  Not a medical device; these are outputs of a research model on one image.")
