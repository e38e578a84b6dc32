"""Where the checkout and what ships with it lie."""

from pathlib import Path

#: The checkout.
ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "assets"
