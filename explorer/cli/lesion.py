"""``lesion IMAGE``: the 8 logits and every rule's verdict, as text or JSON.

IMAGE is a file, or the id of a lesion in the ISIC archive, which is then fetched from there.
"""

import os
from dataclasses import replace

from explorer.cli.tone import print_tone
from explorer.cli.weights import WEIGHTS_HELP
from explorer.image.isic import fetch_lesion, is_isic_id
from explorer.image.read import read_image
from explorer.lesion.as_json import lesion_json
from explorer.lesion.lesion import classify, read_tone
from explorer.model.classifier import load_classifier
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.tone.estimators import DEFAULT_METHOD, ESTIMATORS
from explorer.tone.hand import parse_points, read_patches
from explorer.util.plain import print_json
from explorer.util.registry import typed

TEXT = "Classify a lesion by every inference rule."


def add_parser(commands) -> None:
    """Declare the command; ``commands`` is what ``ArgumentParser.add_subparsers`` returned."""
    parser = commands.add_parser("lesion", help=TEXT, description=TEXT)
    parser.set_defaults(run=run)
    parser.add_argument(
        "image",
        metavar="IMAGE",
        help="a file, or an id of the ISIC archive such as ISIC_0081956, which is fetched",
    )
    parser.add_argument("--weights", metavar="SRC", help=WEIGHTS_HELP)
    parser.add_argument(
        "--method",
        default=DEFAULT_METHOD,
        type=typed(ESTIMATORS),
        choices=tuple(ESTIMATORS),
        help="the skin-tone estimator, which feeds the domain-conditional rule",
    )
    parser.add_argument(
        "--at",
        metavar="'X,Y; X,Y'",
        help="spots of skin picked by hand, in pixels; their mean tone feeds the conditional rule",
    )
    parser.add_argument("--patch", type=int, default=5, metavar="PX", help="side of a spot, odd")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def run(options) -> int:
    """Run the command; one JSON object."""
    image, archive = _read(options.image)
    result = read_tone(image, method=options.method)
    if options.at:
        points = parse_points(options.at)
        result = replace(result, hand=read_patches(image.rgb, points, options.patch))
    found = classify(result, load_classifier(options.weights))
    row = lesion_json(str(options.image), result, found)
    row["archive"] = archive and archive.to_json()
    if options.json:
        print_json(row)
    else:
        _print_lesion(row)
    return 0


def _read(name: str):
    """The image of a file, or of the archive with what it says of the lesion."""
    if os.path.exists(name) or not is_isic_id(name):
        return read_image(name), None
    archive = fetch_lesion(name)
    return archive.image, archive


def _print_lesion(row: dict) -> None:
    if row["tone"] is None:
        print(f"{row['image']}\n  tone: {row['tone_problem']}")
    else:
        print_tone(row["tone"])
    if row["archive"]:
        _print_archive(row["archive"])
    if row["hand"]:
        hand, published, cielab = row["hand"], row["hand"]["published"], row["hand"]["cielab"]
        print(
            f"  by hand, n = {len(hand['points'])} patches: ITA {published['ita']:.1f} deg as "
            f"published ({published['name']}), {cielab['ita']:.1f} deg float ({cielab['name']})"
        )
    print(f"  weights: {row['weights']['label']}. {row['weights']['reason']}")
    print("  probability of malignancy [range over 8 orientations] and decision, by rule:")
    _print_rules(row["rules"])
    print(f"  the study's predict.py would print: {row['predict_py']}")
    print(f"  its doubled softmax would report: {row['doubled_softmax']:.4f} (not a probability)")
    print("  Not a medical device; these are outputs of a research model on one image.")


def _print_archive(archive: dict) -> None:
    print(f"  from the ISIC archive: {archive['url']}")
    print(f"  licence: {archive['licence']}; attribution: {archive['attribution']}")
    stated = f" ({archive['diagnosis']})" if archive["diagnosis"] else ""
    print(f"  label from the ISIC archive: {archive['label'] or 'not stated'}{stated}")


def _print_rules(rules: dict) -> None:
    for key, rule in RULES.items():
        verdict = rules[key]
        if verdict is None:
            print(f"    {rule.name:48s} needs a tone group")
            continue
        mark = "*" if key == DEFAULT_RULE else " "
        low, high = verdict["range_over_orientations"]
        print(
            f"   {mark}{rule.name:48s} {verdict['probability_malignant']:.4f} "
            f"[{low:.4f}, {high:.4f}]  {verdict['decision']}"
        )
