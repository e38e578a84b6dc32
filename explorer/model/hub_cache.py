"""The Hub's cache on this disk, and which file of a repository to use.

The cache is the standard one of ``huggingface_hub``, laid out as it documents: ``snapshots`` by
commit, ``refs`` from branch to commit, ``blobs`` by content. What any other program fetched is
found, and the other way round. Its folder is taken from the environment at call time (the client
reads it once, when it is imported).
"""

import contextlib
import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path

from explorer.model.checkpoint import EXTENSIONS
from explorer.util import lazy
from explorer.util.errors import ExplorerError

errors = lazy.load("huggingface_hub.errors")
httpx2 = lazy.load("httpx2")


class HubError(ExplorerError):
    """Something is wrong with what was asked of the Hub.

    Attributes
    ----------
    problem : str
        The message without its advice: a clause that starts small and has no full stop.
    """

    def __init__(self, problem: str, advice: str):
        super().__init__(f"{problem[0].upper()}{problem[1:]}: {advice}.")
        self.problem = problem


class HubUnreachable(HubError):
    """No answer: no network, a hanging server, a server error, or offline mode."""


@contextlib.contextmanager
def translated(repository: str, revision: str | None, endpoint: str):
    """Turn the client's and the system's errors into :class:`HubError`; all others pass."""
    try:
        yield
    except errors.GatedRepoError as error:
        problem = f"the repository {repository} is gated"
        raise HubError(problem, "accept its conditions on the Hub and set HF_TOKEN") from error
    except errors.RevisionNotFoundError as error:
        problem = f"the repository {repository} has no revision {revision}"
        raise HubError(problem, "check the revision") from error
    except errors.EntryNotFoundError as error:
        raise HubUnreachable(f"the Hub at {endpoint} stopped answering", "try again") from error
    except errors.HfHubHTTPError as error:
        raise _by_status(error, repository, endpoint) from error
    except (TimeoutError, httpx2.TimeoutException) as error:
        problem = f"the Hub at {endpoint} does not answer in time"
        raise HubUnreachable(problem, "check the network") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, ConnectionError) as error:
        problem = f"the Hub at {endpoint} cannot be reached"
        raise HubUnreachable(problem, "check the network") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            problem = "the disk is too full for the weights"
            raise HubError(problem, "free some space or move HF_HOME") from error
        if error.errno is None:  # the client's own: sizes that do not agree
            problem = "the download broke off"
            raise HubUnreachable(problem, "try again, it goes on where it stopped") from error
        problem = f"the Hub's cache cannot be used ({error.strerror})"
        raise HubError(problem, "check the folder HF_HOME") from error


def _by_status(error, repository: str, endpoint: str) -> HubError:
    missing = isinstance(error, errors.RepositoryNotFoundError)
    status = 404 if missing else error.response.status_code
    if status in (401, 404):  # 401 also for what does not exist, so as not to tell
        problem = f"the repository {repository} does not exist at {endpoint} or is private"
        return HubError(problem, "check the name, or set HF_TOKEN")
    if status == 403:
        problem = f"the Hub at {endpoint} refuses access to {repository}"
        return HubError(problem, "check HF_TOKEN")
    return HubUnreachable(f"the Hub at {endpoint} answers with status {status}", "try again later")


#: The study's repository and, best first, where the submitted model may be in it.
REPOSITORY = "Mhara/melanoma_classification"
PREFERRED = (
    "weights/best_model_domain_discriminative.onnx",
    "best_model_domain_discriminative/best_model.pth",
    "best_model_domain_discriminative.pth",
    "weights/model_0_best.pth",
)


@dataclass(frozen=True)
class CachedFile:
    """A file of the cache with the commit it belongs to."""

    commit: str
    name: str
    path: Path


def cache_folder() -> Path:
    """The cache's folder, by ``HF_HUB_CACHE``, ``HF_HOME`` or ``XDG_CACHE_HOME``."""
    env = os.environ
    home = env.get("HF_HOME") or f"{env.get('XDG_CACHE_HOME') or '~/.cache'}/huggingface"
    folder = env.get("HF_HUB_CACHE") or env.get("HUGGINGFACE_HUB_CACHE") or f"{home}/hub"
    return Path(os.path.expandvars(folder)).expanduser()


def repository_folder(repository: str) -> Path:
    """The cache's folder of one repository."""
    return cache_folder() / f"models--{repository.replace('/', '--')}"


def choose_file(names, repository: str, wanted: str | None = None) -> str:
    """The weight file to use among ``names``.

    ``wanted`` if given; else the first of :data:`PREFERRED`; else a readable file with
    ``domain_discriminative`` in its name; else the only readable file there is.

    Raises
    ------
    HubError
        If there is none, naming what there is.
    """
    names = sorted(names)
    readable = [name for name in names if name.endswith(EXTENSIONS)]
    readable.sort(key=lambda name: next(i for i, e in enumerate(EXTENSIONS) if name.endswith(e)))
    if wanted is not None:
        candidates = [name for name in names if name == wanted]
    else:
        candidates = [name for name in PREFERRED if name in names]
        candidates += [name for name in readable if "domain_discriminative" in name]
        candidates += readable if len(readable) == 1 else []
    if candidates:
        return candidates[0]
    missing = f"file {wanted}" if wanted else "weights of the submitted model"
    problem = f"the repository {repository} has no {missing}"
    found = ", ".join((readable or names)[:8]) or "nothing"
    raise HubError(problem, f"choose among its files with hub:{repository}/FILE ({found})")


def remember_commit(repository: str, commit: str, revision: str | None) -> None:
    """Note which commit a branch or tag was at, as the cache does, for use without a network."""
    note = repository_folder(repository) / "refs" / (revision or "main")
    if revision == commit:
        return
    with contextlib.suppress(OSError):  # a read-only cache works without
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(commit)


def find_cached(
    repository: str, revision: str | None = None, wanted: str | None = None
) -> CachedFile | None:
    """A usable file in the cache, without a network.

    Parameters
    ----------
    repository, wanted : str
        As for :func:`choose_file`.
    revision : str, optional
        Branch, tag or (shortened) commit; if left out, the commit that the default branch was at,
        then the other commits, newest first.
    """
    snapshots = repository_folder(repository) / "snapshots"
    folders = sorted(snapshots.glob("*"), key=lambda each: each.stat().st_mtime, reverse=True)
    note = repository_folder(repository) / "refs" / (revision or "main")
    at = note.read_text().strip() if note.is_file() else None
    if revision is not None:
        short = re.fullmatch(r"[0-9a-f]{7,40}", revision)
        folders = [f for f in folders if f.name == at or (short and f.name.startswith(revision))]
    for folder in sorted(folders, key=lambda each: each.name != at):
        files = (each for each in folder.rglob("*") if each.is_file())
        names = [each.relative_to(folder).as_posix() for each in files]
        try:
            name = choose_file(names, repository, wanted)
        except HubError:
            continue
        return CachedFile(folder.name, name, folder / name)
    return None
