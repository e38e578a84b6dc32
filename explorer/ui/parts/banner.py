"""The line under the header: what is being waited for, then which weights answer on this page."""

from markupsafe import Markup

from explorer.model.weights import Weights
from explorer.util.templates import render


def pending(text: str, fraction: float = 0) -> Markup:
    """What is being fetched, loaded or computed, and how much of it is done, 0 to 1."""
    return render("parts/pending.html", text=text, fraction=fraction)


def waiting(text: str, fraction: float = 0) -> Markup:
    """The line while no weights answer yet."""
    return render("parts/line.html", waiting=pending(text, fraction), weights=None, facts="")


def answering(weights: Weights) -> Markup:
    """Which weights answer on this page; why, and their hash, on a tap."""
    facts = [f"{weights.size / 1e6:.1f} MB", f"SHA-256 {weights.sha256[:12]}"]
    if weights.revision:
        facts.insert(0, f"commit {weights.revision[:10]}")
    return render("parts/line.html", waiting=None, weights=weights, facts=", ".join(facts))
