"""What bfloat16 gains and what it costs: rate, drift of the logits, changed decisions.

:mod:`explorer.benchmarks.evaluate` prints it with the rest.
"""

from pathlib import Path

import numpy as np

from explorer.benchmarks.peers import StudysWay
from explorer.data.datasets import Metadata
from explorer.evaluate.record import LOGITS, PROBABILITIES
from explorer.evaluate.settings import PRECISIONS

#: What issue 12 of the project asks for: bfloat16 beside float32, without tone.
WANTED = 1.5


def compare_precisions(run, files: list[Path], metadata: Metadata | None, rounds: int) -> dict:
    """Both precisions in turns on the same files, without estimating tone.

    Parameters
    ----------
    run : callable
        :func:`explorer.benchmarks.evaluate.explorers_way` of a classifier.
    metadata : Metadata, optional
        Knows each image's tone group, for the rules that need one.
    """
    rates, rows = {precision: [] for precision in PRECISIONS}, {}
    for _ in range(rounds):
        for precision in PRECISIONS:
            done = run(files, "metadata", precision, metadata)
            rates[precision].append(done["per_second"])
            rows[precision] = sorted(done["rows"], key=lambda row: row["image_name"])
    plain, fast = (np.array(rates[precision]) for precision in PRECISIONS)
    return {
        "images": len(files),
        "per_second": {key: float(np.median(values)) for key, values in rates.items()},
        "times_as_fast": float(np.median(fast / plain)),
        "each_round": [round(a / b, 2) for a, b in zip(fast, plain)],
        "wanted": WANTED,
        **drift(*(rows[precision] for precision in PRECISIONS)),
    }


def drift(plain: list[dict], fast: list[dict]) -> dict:
    """How far the logits of the same images move, and how many decisions at 0.5 change by rule."""
    before, after = (
        np.array([[row[name] for name in LOGITS] for row in rows], float) for rows in (plain, fast)
    )
    moved = np.abs(after - before)
    changed = {}
    for name in PROBABILITIES:
        pairs = [(a[name], b[name]) for a, b in zip(plain, fast) if a.get(name) is not None]
        if pairs:
            count = sum((a >= 0.5) != (b >= 0.5) for a, b in pairs)
            changed[name.removeprefix("p_")] = {"changed": int(count), "of": len(pairs)}
    return {
        "drift": {"median": float(np.median(moved)), "largest": float(moved.max())},
        "spread": float(before.std(0).mean()),
        "decisions": changed,
    }


def peer_rates(peers: dict[str, StudysWay], files: list[Path]) -> dict:
    """Milliseconds of the network alone by peer, one image at a time, all cores, and its drift."""
    found, plain = {}, None
    for name, peer in peers.items():
        peer.predict(files[:4])
        peer.seconds = dict.fromkeys(peer.seconds, 0.0)
        logits = peer.predict(files)
        plain = logits if plain is None else plain
        found[name] = {
            "network_ms": 1000 * peer.seconds["network"] / len(files),
            "largest_logit_difference": float(np.abs(logits - plain).max()),
        }
    return found


def in_words(found: dict) -> str:
    """Lines for a terminal."""
    rates = ", ".join(f"{key} {rate:.1f}" for key, rate in found["per_second"].items())
    decisions = ", ".join(
        f"{rule} {count['changed']} of {count['of']}" for rule, count in found["decisions"].items()
    )
    rounds, drifted = ", ".join(map(str, found["each_round"])), found["drift"]
    return (
        f"\nbfloat16, without tone (n = {found['images']}): {rates} images/s, "
        f"{found['times_as_fast']:.2f} times as fast (rounds: {rounds}; wanted {found['wanted']})\n"
        f"  logits move by {drifted['median']:.4f} (median), {drifted['largest']:.4f} at most; "
        f"over the images they spread by {found['spread']:.3f} (standard deviation)\n"
        f"  changed decisions at 0.5: {decisions}"
    )
