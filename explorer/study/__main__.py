"""``python -m explorer.study``: make the table of the All skins view again."""

import sys

from explorer.cli.skins_study import main
from explorer.util.errors import ExplorerError

if __name__ == "__main__":
    try:
        sys.exit(main())
    except ExplorerError as error:
        print(f"explorer: {error}", file=sys.stderr)
        sys.exit(2)
