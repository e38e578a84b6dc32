"""``python -m explorer.training --shared ../shared --out assets/demo_model.safetensors``."""

import argparse
import dataclasses
import hashlib
import json
import platform
import sys
import time
from pathlib import Path

import torch

from explorer.model.checkpoint import read_checkpoint
from explorer.training import card, container, data, evaluation, loop
from explorer.training.loop import Recipe
from explorer.training.loss import joint_counts

CARD = "demo_model_card.json"


def parser() -> argparse.ArgumentParser:
    """The command line; every value of the recipe has a flag, the shipped one as default."""
    parse = argparse.ArgumentParser(
        prog="python -m explorer.training",
        description="Train the demo model, evaluate it on validation images, write its card.",
    )
    parse.add_argument("--shared", type=Path, default=Path("../shared"), help="images and tables")
    parse.add_argument("--out", type=Path, default=Path("assets/demo_model.safetensors"))
    parse.add_argument("--checkpoint", type=Path, help="saved every epoch, continued from if there")
    parse.add_argument(
        "--card-only", action="store_true", help="evaluate --out again and rewrite its card"
    )
    for field in dataclasses.fields(Recipe):
        flag = "--" + field.name.replace("_", "-")
        switch = {"action": argparse.BooleanOptionalAction}
        kind = switch if field.type is bool else {"type": field.type}
        parse.add_argument(flag, default=field.default, **kind)
    return parse


def main(argv: list[str] | None = None) -> int:
    options = parser().parse_args(argv)
    card = options.out.with_name(CARD)
    facts = json.loads(card.read_text(encoding="utf-8")) if options.card_only else train(options)
    evaluate(options, facts)
    return 0


def train(options: argparse.Namespace) -> dict:
    """Train, write the weights; what the card says of data, recipe and run."""
    start = time.monotonic()
    fields = dataclasses.fields(Recipe)
    recipe = Recipe(**{field.name: getattr(options, field.name) for field in fields})
    images = data.load(options.shared, recipe.cache_size, recipe.seed)
    facts = {"data": data_facts(images), "recipe": dataclasses.asdict(recipe)}
    print(json.dumps(facts), file=sys.stderr, flush=True)
    run = loop.train(recipe, images, options.checkpoint)
    metadata = container.metadata(recipe.architecture, recipe.input_size)
    metadata |= {key: json.dumps(value) for key, value in facts.items()}
    container.save(options.out, run.shipped_state(), metadata)
    facts["run"] = {
        "hardware": f"{torch.get_num_threads()} CPU threads, {platform.machine()}",
        "precision": "bfloat16 autocast" if recipe.bf16 else "float32",
        "minutes": (time.monotonic() - start) / 60,
        "choice": "The weights of the last step are taken; nothing was selected on them.",
    }
    return facts


def data_facts(images) -> dict:
    """Counts for the card and the file's metadata."""
    rows, other = images.isic2020, images.other
    large = rows["table"] == "lesions"
    return {
        "isic2020": len(rows),
        "isic2020_malignant": int(rows["target"].sum()),
        "other": len(other),
        "other_malignant": int(other["target"].sum()),
        "counts": joint_counts(rows["target"].to_numpy(), rows["group"].to_numpy()).tolist(),
        "threshold": data.DUPLICATE_CORRELATION,
        "dropped": len(images.dropped),
        "highest": float(images.dropped["correlation"].max()) if len(images.dropped) else 0.0,
        "share_benign": float(large[rows["target"] == 0].mean()),
        "share_malignant": float(large[rows["target"] == 1].mean()),
    }


def evaluate(options: argparse.Namespace, facts: dict) -> None:
    """Evaluate the file as any user would load it; write card and logits beside it."""
    content, checkpoint = options.out.read_bytes(), read_checkpoint(options.out)
    predictions = evaluation.predict(options.out, options.shared)
    found = {
        "model": {
            "architecture": checkpoint.architecture,
            "input_size": checkpoint.input_size,
            "parameters": sum(
                value.numel()
                for key, value in checkpoint.state_dict.items()
                if not key.split(".")[-1].startswith(("running", "num_batches"))
            ),
            "megabytes": len(content) / 1e6,
            "sha256": hashlib.sha256(content).hexdigest(),
        },
        **{key: facts[key] for key in ("data", "recipe", "run")},
        "evaluation": evaluation.evaluate(predictions),
    }
    folder = options.out.parent
    card.write(folder, found)
    evaluation.logit_table(predictions).to_csv(folder / "demo_logits.csv", index=False)
    overall = found["evaluation"][evaluation.LESIONS]["overall"]["auroc"]
    print(f"AUROC {overall['value']:.3f} on {overall['n']} validation images", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
