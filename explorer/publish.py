"""Publish the explorer as a Hugging Face Space: ``python -m explorer.publish OWNER/NAME``.

Makes the Space if it is not there and uploads what git tracks, without the tests. Sign in first,
with ``hf auth login`` or ``HF_TOKEN``. ``--dry-run`` only lists what would be sent.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from explorer.util import lazy
from explorer.util.errors import ExplorerError
from explorer.util.paths import ROOT

errors = lazy.load("huggingface_hub.errors")
huggingface_hub = lazy.load("huggingface_hub")

#: Tracked, but of no use to a Space.
LEFT_OUT = ("tests/", ".ci/")
THUMBNAIL = "assets/readme/explore.jpg"


def files_to_send(root: Path = ROOT) -> list[str]:
    """Paths of the files that git tracks in ``root``, without :data:`LEFT_OUT`."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        raise ExplorerError(
            f"{root} is no git checkout: clone the repository to publish."
        ) from None
    names = [name for name in listed.split("\0") if name and (root / name).is_file()]
    return [name for name in names if not name.startswith(LEFT_OUT)]


def readme_of(space: str, readme: str) -> str:
    """The README with the thumbnail that social networks show, which needs a full address."""
    address = f"https://huggingface.co/spaces/{space}/resolve/main/{THUMBNAIL}"
    return readme.replace("sdk: gradio\n", f"sdk: gradio\nthumbnail: {address}\n", 1)


def publish(space: str, private: bool = False, root: Path = ROOT) -> str:
    """Upload to the Space ``owner/name`` in one commit; its address.

    Raises
    ------
    ExplorerError
        Without a checkout, a token, or the right to write there.
    """
    readme = readme_of(space, (root / "README.md").read_text(encoding="utf-8"))
    operations = [
        huggingface_hub.CommitOperationAdd(
            name, readme.encode() if name == "README.md" else root / name
        )
        for name in files_to_send(root)
    ]
    client = huggingface_hub.HfApi(library_name="melanoma-fairness-explorer")
    try:
        client.create_repo(
            space, repo_type="space", space_sdk="gradio", private=private, exist_ok=True
        )
        client.create_commit(
            space, operations, repo_type="space", commit_message="Publish the explorer"
        )
    except (errors.HfHubHTTPError, errors.LocalTokenNotFoundError) as error:
        raise ExplorerError(
            f"The Hub refused: {str(error).splitlines()[0]} Sign in with hf auth "
            "login, with a token that may write."
        ) from error
    return f"https://huggingface.co/spaces/{space}"


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0; 2 where the Space cannot be published."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("space", metavar="OWNER/NAME")
    parser.add_argument("--private", action="store_true", help="if the Space is made")
    parser.add_argument("--dry-run", action="store_true", help="list what would be sent")
    options = parser.parse_args(arguments)
    try:
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", options.space):
            raise ExplorerError(f"{options.space!r} is no name of a Space: write OWNER/NAME.")
        if options.dry_run:
            names = files_to_send()
            size = sum((ROOT / name).stat().st_size for name in names) / 1e6
            print("\n".join(names))
            print(f"{len(names)} files, {size:.1f} MB, to {options.space}; nothing was sent.")
        else:
            print(publish(options.space, options.private))
    except ExplorerError as error:
        print(f"explorer: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
