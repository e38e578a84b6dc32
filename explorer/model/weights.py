"""Which weights the explorer runs on: the Hub, its cache, a file, or the demo model.

One setting, ``EXPLORER_WEIGHTS`` or the command line's ``--weights``:

``hub``
    The study's repository on the Hugging Face Hub; its cached copy without a network.
``hub:REPO[@REVISION][/FILE]``
    Another repository ``owner/name``, another revision or another file.
``embedded``
    The demo model that ships with the explorer.
a path
    That file.

Without a setting: the Hub if it answers within a few seconds, else the cache, else the demo model.
What was asked for by name is never replaced by the demo model.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from explorer.model.hub import Progress, download, list_repository, sha256_of
from explorer.model.hub_cache import (
    REPOSITORY,
    HubError,
    HubUnreachable,
    choose_file,
    find_cached,
    remember_commit,
)
from explorer.util.errors import ExplorerError
from explorer.util.paths import ASSETS

ENVIRONMENT = "EXPLORER_WEIGHTS"
DEMO_MODEL = ASSETS / "demo_model.safetensors"

_HUB = re.compile(r"hub:([\w.-]+/[\w.-]+)(?:@(\w[\w.-]*))?(?:/(.+))?")


@dataclass(frozen=True)
class Weights:
    """One weight file on this disk and where it came from.

    Attributes
    ----------
    source : str
        ``"hub"`` (the Hub answered), ``"cache"``, ``"path"`` or ``"embedded"``.
    name : str
        ``owner/name/file`` on the Hub, else the file name.
    revision : str or None
        The Hub's commit, 40 hexadecimal digits.
    sha256 : str
        Of the file.
    size : int
        Bytes.
    path : Path
    reason : str
        One sentence: which weights these are and why.
    """

    source: str
    name: str
    revision: str | None
    sha256: str
    size: int
    path: Path
    reason: str

    @property
    def is_demo(self) -> bool:
        """Whether this is the demo model, which is not the study's."""
        return self.source == "embedded"

    @property
    def label(self) -> str:
        """Short text that stands beside every probability."""
        if self.is_demo:
            return "demo model"
        if self.revision is None:
            return self.name
        return f"{'/'.join(self.name.split('/')[:2])} @ {self.revision[:7]}"


@dataclass(frozen=True)
class Setting:
    """A parsed setting; ``kind`` is ``"automatic"``, ``"hub"``, ``"path"`` or ``"embedded"``."""

    kind: str
    repository: str = REPOSITORY
    revision: str | None = None
    file: str | None = None
    path: Path | None = None


def parse_setting(text: str | None = None) -> Setting:
    """The setting ``text``, or that of the environment, as an object.

    Raises
    ------
    ExplorerError
        If it begins with ``hub:`` but does not go on as it should, or can be no path.
    """
    text = (text or os.environ.get(ENVIRONMENT) or "").strip()
    if not text:
        return Setting("automatic")
    if text in ("hub", "embedded"):
        return Setting(text)
    if not text.startswith("hub:") and "\0" not in text:  # which no path may hold
        return Setting("path", path=Path(os.path.expanduser(text)))
    match = _HUB.fullmatch(text)
    if match is None or ".." in text:
        raise ExplorerError(
            f"The weights setting {text!r} is not understood: write hub:OWNER/NAME,"
            " hub:OWNER/NAME@REVISION or hub:OWNER/NAME@REVISION/FILE."
        )
    return Setting("hub", *match.groups())


def resolve_weights(setting: str | None = None, *, progress: Progress | None = None) -> Weights:
    """Find the weights that a setting asks for, fetching them if need be.

    Parameters
    ----------
    setting : str, optional
        See the module; by default that of the environment variable ``EXPLORER_WEIGHTS``.
    progress : callable, optional
        Called with a fraction in 0..1 and a text during a download; what it raises stops it.

    Returns
    -------
    Weights

    Raises
    ------
    ExplorerError
        If what was asked for by name cannot be had.
    """
    wanted = parse_setting(setting)
    if wanted.kind == "embedded":
        return demo_weights("The demo model is used, as the setting asks")
    if wanted.kind == "path":
        reason = "the file that the setting names"
        return _weights("path", wanted.path, wanted.path.name, None, reason)
    try:
        return _from_hub(wanted, progress)
    except HubError as error:
        offline = isinstance(error, HubUnreachable)
        if wanted.kind == "hub" and not offline:
            raise
        why = error.problem + (" and nothing is cached" if offline else "")
        if found := _from_cache(wanted, error.problem):
            return found
        if wanted.kind == "hub":
            raise ExplorerError(
                f"The weights of {wanted.repository} cannot be had, because {why}: connect, or "
                "choose a file or embedded as the weights."
            ) from error
        return demo_weights(f"The demo model is used, because {why}")


def demo_weights(reason: str) -> Weights:
    """The demo model; ``reason`` is a sentence without its full stop."""
    if not DEMO_MODEL.is_file():
        raise ExplorerError(f"The demo model {DEMO_MODEL} is missing: install the explorer again.")
    return _weights("embedded", DEMO_MODEL, DEMO_MODEL.name, None, reason)


def _from_hub(wanted: Setting, progress: Progress | None) -> Weights:
    listing = list_repository(wanted.repository, wanted.revision)
    name = choose_file([each.name for each in listing.files], wanted.repository, wanted.file)
    path = download(listing, name, progress)
    remember_commit(wanted.repository, listing.commit, wanted.revision)
    reason = f"the Hub's {wanted.revision or 'current version'} of {wanted.repository}"
    return _weights("hub", path, f"{wanted.repository}/{name}", listing.commit, reason)


def _from_cache(wanted: Setting, problem: str) -> Weights | None:
    found = find_cached(wanted.repository, wanted.revision, wanted.file)
    if found is None:
        return None
    reason = f"the copy in the cache, because {problem}"
    name = f"{wanted.repository}/{found.name}"
    weights = _weights("cache", found.path, name, found.commit, reason)
    # The cache names large files by their SHA-256: a copy that differs from it is refused.
    content = found.path.resolve().name
    if re.fullmatch(r"[0-9a-f]{64}", content) and content != weights.sha256:
        raise ExplorerError(
            f"The cached copy of {weights.name} is damaged: delete {found.path} and connect again."
        )
    return weights


def _weights(source: str, path: Path, name: str, revision: str | None, reason: str) -> Weights:
    if not reason.startswith("The demo"):
        reason = f"{name} is used: {reason}"
    try:
        sha256, size = sha256_of(path), path.stat().st_size
    except OSError as error:
        raise ExplorerError(
            f"The weights {path} cannot be opened ({error.strerror}): check the path."
        ) from error
    return Weights(source, name, revision, sha256, size, path, f"{reason}.")
