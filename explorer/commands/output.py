"""How every command speaks: JSON on stdout, one line per mistake on stderr."""

import json
import sys


def print_json(value) -> None:
    """Print a result as indented JSON; NaN and infinity are refused."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def complain(error) -> None:
    """Print a message as one line on stderr."""
    print(f"explorer: {' '.join(str(error).split())}", file=sys.stderr)
