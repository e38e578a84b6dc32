"""The Hugging Face Hub: what a repository holds now, and one file of it.

The client is ``huggingface_hub``; two of its habits are worked around. Its settings are read when
it is imported, so the address and offline mode are taken from the environment here, at call time,
and passed on. And it throws a partial download away when a call fails (version 2), so the bytes
are fetched with its ``http_get`` into a partial file that outlives the call, and handed to its
cache when they are complete.
"""

import errno
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from explorer.model.hub_cache import (
    HubError,
    HubUnreachable,
    cache_folder,
    find_cached,
    repository_folder,
    translated,
)
from explorer.util import lazy
from explorer.util.workers import in_background

file_download = lazy.load("huggingface_hub.file_download")
hf_utils = lazy.load("huggingface_hub.utils")
httpx2 = lazy.load("httpx2")
huggingface_hub = lazy.load("huggingface_hub")

#: Seconds within which the Hub must have listed the repository.
PROBE_SECONDS = 4.0
#: Attempts at one file after the connection broke, each resuming the last.
ATTEMPTS = 5

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class RemoteFile:
    """A file as the Hub lists it; ``sha256`` is None for small files outside Git LFS."""

    name: str
    sha256: str | None


@dataclass(frozen=True)
class Listing:
    """A repository at one commit (``commit``: 40 hexadecimal digits)."""

    repository: str
    commit: str
    files: tuple[RemoteFile, ...]


def endpoint() -> str:
    """The Hub's address: ``HF_ENDPOINT`` or https://huggingface.co."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def is_offline() -> bool:
    """Whether ``HF_HUB_OFFLINE`` (or ``TRANSFORMERS_OFFLINE``) forbids the network."""
    value = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return value.upper() in ("1", "ON", "YES", "TRUE")


def list_repository(repository: str, revision: str | None = None) -> Listing:
    """What the repository holds now, within :data:`PROBE_SECONDS` in total.

    Parameters
    ----------
    repository : str
        ``owner/name``.
    revision : str, optional
        Branch, tag or commit; the default branch if left out.

    Raises
    ------
    HubUnreachable
        Without an answer in time.
    HubError
        If the repository or revision does not exist, or access is refused.
    """
    if is_offline():
        raise HubUnreachable("offline mode is on", "unset HF_HUB_OFFLINE to use the Hub")
    client = huggingface_hub.HfApi(endpoint=endpoint(), library_name="melanoma-fairness-explorer")

    def ask() -> Listing:
        info = client.model_info(  # one request; the client does not repeat this one
            repository, revision=revision, files_metadata=True, timeout=PROBE_SECONDS
        )
        files = (
            RemoteFile(each.rfilename, each.lfs.sha256 if each.lfs else None)
            for each in info.siblings or ()
        )
        return Listing(repository, info.sha or "", tuple(files))

    with translated(repository, revision, endpoint()):
        try:
            # The client's timeout covers one read; looking up the name, or a server that sends a
            # byte now and then, would hold the app up for much longer.
            listing = in_background(ask).result(PROBE_SECONDS)
        except (ValueError, TypeError, KeyError) as error:  # no JSON, or JSON of something else
            if isinstance(error, OSError):
                raise
            raise _not_the_hub() from error
    if not re.fullmatch(r"[0-9a-f]{40}", listing.commit):
        raise _not_the_hub()
    return listing


def _not_the_hub() -> HubUnreachable:
    problem = f"the server {endpoint()} does not answer like the Hub"
    return HubUnreachable(problem, "check HF_ENDPOINT")


def download(listing: Listing, name: str, progress: Progress | None = None) -> Path:
    """Fetch one listed file into the cache, resuming what an earlier attempt left.

    Parameters
    ----------
    listing : Listing
        Pins the commit.
    name : str
        A file of the listing.
    progress : callable, optional
        Called with a fraction in 0..1 and a text; an exception that it raises stops the download
        and reaches the caller. What has arrived is kept for the next attempt.

    Returns
    -------
    Path
        In the cache.
    """
    try:
        with translated(listing.repository, listing.commit, endpoint()):
            if find_cached(listing.repository, listing.commit, name) is None:
                _fetch_blob(listing, name, progress)
            path = huggingface_hub.hf_hub_download(
                listing.repository,
                name,
                revision=listing.commit,
                cache_dir=cache_folder(),
                endpoint=endpoint(),
            )
    except _Stopped as stop:
        raise stop.error from None
    return Path(path)


class _Stopped(Exception):
    """Carries what ``progress`` raised past everyone who might take it for a network error."""

    def __init__(self, error: Exception):
        self.error = error


def _fetch_blob(listing: Listing, name: str, progress: Progress | None) -> None:
    """Put the file's bytes where the cache keeps them, by content."""
    url = huggingface_hub.hf_hub_url(
        listing.repository, name, revision=listing.commit, endpoint=endpoint()
    )
    about = huggingface_hub.get_hf_file_metadata(url, endpoint=endpoint())
    if not re.fullmatch(r"[\w-]+", about.etag or "") or about.size is None:
        raise _not_the_hub()
    blob = repository_folder(listing.repository) / "blobs" / about.etag
    partial = blob.with_name(f"{about.etag}.partial")
    lock = cache_folder() / ".locks" / blob.parents[1].name / f"{about.etag}.lock"
    for folder in (blob.parent, lock.parent):
        folder.mkdir(parents=True, exist_ok=True)
    with hf_utils.WeakFileLock(lock):
        if not blob.exists():
            present = partial.stat().st_size if partial.exists() else 0
            if present > about.size:  # left by something else
                partial.unlink()
            if shutil.disk_usage(partial.parent).free < about.size - present:
                raise OSError(errno.ENOSPC, "no space")
            _fetch(url, partial, about.size, progress)
            expected = next(each.sha256 for each in listing.files if each.name == name)
            if expected is not None and sha256_of(partial) != expected:
                partial.unlink()
                raise HubError(f"the file {name} arrived damaged", "try again")
            os.replace(partial, blob)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(url: str, partial: Path, size: int, progress: Progress | None) -> None:
    """Append to ``partial`` until it has ``size`` bytes."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with open(partial, "ab") as file:
                return file_download.http_get(
                    url,
                    file,
                    resume_size=file.tell(),
                    headers=hf_utils.build_hf_headers(),
                    expected_size=size,
                    tqdm_class=_bar(progress),
                )
        except httpx2.ReadError:  # a connection that is reset, which http_get does not retry
            if attempt == ATTEMPTS:
                raise
            time.sleep(1)


def _bar(progress: Progress | None):
    """A stand-in for tqdm that reports to ``progress``."""

    class Bar:
        def __init__(self, total=None, initial=0, **_):
            self.total, self.done = total, initial
            self.update(0)

        def update(self, count):
            self.done += count
            if progress and self.total:
                text = f"Downloading weights: {self.done / 1e6:.0f} of {self.total / 1e6:.0f} MB"
                try:
                    progress(min(self.done / self.total, 1.0), text)
                except Exception as error:
                    raise _Stopped(error) from error

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    return Bar
