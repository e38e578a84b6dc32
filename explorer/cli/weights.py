"""``weights``: which weights are used, and why; they are read before they are said to be used."""

from explorer.cli.output import declared
from explorer.lesion.as_json import weights_json
from explorer.model.classifier import load_classifier
from explorer.util.plain import print_json

TEXT = "Read the weights; say which are used, and why."

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
    """Run the command; weights that cannot be read are not used."""
    row = weights_json(load_classifier(options.weights).weights)
    if options.json:
        print_json(row)
    else:
        for key, value in row.items():
            print(f"{key:9s} {'-' if value is None else value}")
    return 0
