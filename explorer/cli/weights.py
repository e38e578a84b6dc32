"""``weights``: which weights are used, and why."""

from explorer.cli.output import declared
from explorer.lesion.as_json import weights_json
from explorer.model.weights import resolve_weights
from explorer.util.plain import print_json

TEXT = "Say which weights are used, and why."

WEIGHTS_HELP = (
    "hub, hub:REPO[@REVISION][/FILE], embedded, or the path of a .pth, .safetensors or .onnx file; "
    "by default $EXPLORER_WEIGHTS, else the Hub, else its cache, else the demo model"
)


def add_parser(commands) -> None:
    """Declare the command; ``commands`` is what ``ArgumentParser.add_subparsers`` returned."""
    add = declared(commands, "weights", TEXT, run)
    add("--weights", metavar="SRC", help=WEIGHTS_HELP)
    add("--json", action="store_true", help="print JSON instead of text")


def run(options) -> int:
    """Run the command."""
    row = weights_json(resolve_weights(options.weights))
    if options.json:
        print_json(row)
    else:
        for key, value in row.items():
            print(f"{key:9s} {'-' if value is None else value}")
    return 0
