"""The demo model's card, written from figures: for people (Markdown) and programs (JSON)."""

import json
from pathlib import Path

from explorer.fairness.auroc import METHOD
from explorer.image.colour import GROUP_NAMES
from explorer.rules.rules import RULES
from explorer.training import evaluation

_HEAD = """\
---
license: cc-by-nc-4.0
tags: [image-classification, dermatology, melanoma, timm]
---

# Demo model

A small network with the published model's 8-way head, so that the explorer works without a
network connection. **It is not the published model, not a medical device, and no basis for any
decision about a person.** Its only purpose is to show how the inference rules, the skin tone and
the group metrics act on real logits.

Written by `python -m explorer.training`; the same figures are in `demo_model_card.json`.

## Model

- timm `{architecture}`, {parameters:,} parameters, 8 outputs, index 2 d + y (d: tone group
  {groups}; y: 0 benign, 1 malignant). File: safetensors, {megabytes:.1f} MB;
  kernels stored as float16, used as float32. SHA-256 `{sha256}`.
- Input: the published preprocessing at {input_size} x {input_size} px: OpenCV's 8-bit CIELAB bytes,
  resized (bilinear, antialiased, aspect ratio not kept), / 255, mean (0.370, 0.133, 0.092),
  std (0.327, 0.090, 0.105).
- Licence: CC BY-NC 4.0, as the strictest of the training images' licences.
"""

_DATA = """
## Data

| images | n | malignant | licence |
|---|---|---|---|
| ISIC 2020, split=train, tone group known | {isic2020} | {isic2020_malignant} | CC BY-NC 4.0 |
| other ISIC, HAM10000 lesions, no tone group | {other} | {other_malignant} | CC BY-NC 4.0 or CC0 |

- ISIC 2020 by tone group (benign, malignant): {counts}.
- Of the other lesions, melanoma is malignant; nevi, benign keratoses, dermatofibromas and vascular
  lesions are benign; basal cell carcinomas and actinic keratoses are left out, being neither.
  Images under a share-alike licence and images of ISIC 2020 of unknown split are left out.
- Guards: no image whose id is in split=valid of either table; and no image whose 16 x 16 lightness
  thumbnail correlates with any validation image's above {threshold} in any of 8 flips and quarter
  turns ({dropped} left out, as a precaution; the highest correlation was {highest:.3f}, while two
  copies of one image reach 0.9976 or more).
- Folder and label: every malignant image is in both ISIC 2020 folders (512 and 300 px), most
  benign ones in one. The malignant copies are drawn so that the share from the 512 px folder
  is the same in both classes: {share_benign:.1%} of the benign, {share_malignant:.1%} of the
  malignant.
- ISIC 2020 images at 300 px have inferred identities where benign: about 0.5 % of their split and
  group labels may be wrong.
"""

_RECIPE = """
## Recipe

- From scratch (no pre-trained weights), {epochs_all} epochs on all images at {input_size_all} px,
  then {epochs_isic2020} on ISIC 2020 only at {input_size} px; AdamW, rate {learning_rate:g}
  (5 % warm-up, cosine), weight decay {weight_decay:g}, batch {batch}, dropout {dropout:g};
  the exponential average of the weights ({ema:g} per step) is shipped. Seed {seed}.
- Loss: domain-discriminative cross-entropy over the 8 classes with inverse-frequency weights
  (N / (8 n))^{temper:g}; for images without a tone group -log of the sum of p(y, d) over d.
- After training, log n_published[d, y] - {rest:g} log n[d, y] is added to the head's biases,
  so that the outputs carry the prior of the published training counts, which the published rule
  divides out again (logit adjustment, Menon et al. 2021). Without it the rule would call
  92 % of the 124 validation images below malignant.
- Views: quarter turns, flips, turns up to 45 degrees, zoom 0.7 to 1 of the side, lightness +- 4,
  a and b +- 1.5 bytes (standard deviation), contrast +- 6 %, in 30 % of batches shrunk
  and enlarged again.
- The recipe was fixed before any validation image was evaluated. {choice}
- Hardware: {hardware}; {precision}; {minutes:.0f} minutes (shared with other work).
"""

_LIMITS = """
## Limits

- Weak: the aim was an AUROC of 0.85 on the validation images of lesions.csv, and it is missed
  (0.77). The network is underfitted, not overfitted: on 800 of its training images, half of them
  malignant, its AUROC is 0.83. A longer run was not possible on the machine at hand.
- Not a medical device; trained on few images at low resolution. Never to be mistaken for the
  published model, whose figures are better and come from other weights.
- Few images are of dark skin, none is confirmed as Fitzpatrick type V or VI. The group "tan, brown
  and dark" of training holds {dark} images, {dark_malignant} of them malignant. The tone groups are
  those of the study's 8-bit angle, which moves most images away from their group by float CIELAB.
- The groups' figures rest on a handful of images each; read the intervals, and do not compare
  groups by their values alone.
- The validation images of lesions.csv are enriched with melanoma ({positives} of {n}; 2 % in
  ISIC 2020), so precision and selection rate do not carry over to any clinic.
- Most validation patients also have training images; figures are optimistic for new patients.
- Shortcuts of ISIC 2020, such as the white circular frame of many malignant "very light" images,
  are open to this model as well.
"""


def write(folder: Path, facts: dict) -> None:
    """Write ``demo_model_card.json`` and ``demo_model_card.md``.

    Parameters
    ----------
    folder : path
    facts : dict
        ``model``, ``data``, ``recipe``, ``run`` and ``evaluation``; see :mod:`__main__`.
    """
    text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    (folder / "demo_model_card.json").write_text(text, encoding="utf-8")
    (folder / "demo_model_card.md").write_text(markdown(facts), encoding="utf-8")


def markdown(facts: dict) -> str:
    """The card as Markdown."""
    data, recipe = facts["data"], facts["recipe"]
    dark = data["counts"][3]
    counts = "; ".join(f"{name} {n[0]}, {n[1]}" for name, n in zip(GROUP_NAMES, data["counts"]))
    first = facts["evaluation"][evaluation.LESIONS]["overall"]["auroc"]
    return "".join(
        [
            _HEAD.format(groups=", ".join(GROUP_NAMES), **facts["model"]),
            _DATA.format(**data | {"counts": counts}),
            _RECIPE.format(rest=1 - recipe["temper"], **recipe, **facts["run"]),
            _evaluation(facts["evaluation"]),
            _LIMITS.format(
                dark=sum(dark), dark_malignant=dark[1], n=first["n"], positives=first["positives"]
            ),
        ]
    )


def _evaluation(found: dict) -> str:
    lines = [
        "",
        "## Evaluation",
        "",
        "Probability and decision by the published rule (domain-discriminative with prior shift).",
        f"AUROC: 95 % interval, {METHOD};",
        "no value with fewer than two images of a class. Rates: Wilson 95 %.",
    ]
    for part in found.values():
        lines += ["", f"On {part['what']}:", ""]
        lines += _table("group", [("all", part["overall"]), *zip(GROUP_NAMES, part["groups"])])
    lines += ["", "Other rules on the first set (same logits):", ""]
    rules = found[evaluation.LESIONS]["rules"]
    lines += _table("rule", [(RULES[key].name, row) for key, row in rules.items()])
    return "\n".join(lines) + "\n"


def _table(first: str, rows: list) -> list[str]:
    lines = [
        f"| {first} | n | malignant | AUROC | recall | false positive rate | selection rate |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in rows:
        keys = ("auroc", "recall", "false_positive_rate", "selection_rate")
        cells = " | ".join(_cell(row[key]) for key in keys)
        lines.append(f"| {name} | {row['auroc']['n']} | {row['auroc']['positives']} | {cells} |")
    return lines


def _cell(figure: dict) -> str:
    if figure["value"] is None:
        return "not measured"
    if figure["low"] is None:
        return f"{figure['value']:.3f}"
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
