"""What can go wrong with the Hub, each in one sentence."""

import contextlib
import errno

from explorer.util.errors import ExplorerError


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
    import httpx2
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError as error:
        problem = f"the repository {repository} is gated"
        raise HubError(problem, "accept its conditions on the Hub and set HF_TOKEN") from error
    except errors.RepositoryNotFoundError as error:
        raise _not_found(repository, endpoint) from error
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
        raise _by_system(error) from error


def _not_found(repository: str, endpoint: str) -> HubError:
    problem = f"the repository {repository} does not exist at {endpoint} or is private"
    return HubError(problem, "check the name, or set HF_TOKEN")


def _by_status(error, repository: str, endpoint: str) -> HubError:
    status = error.response.status_code
    if status in (401, 404):  # 401 also for what does not exist, so as not to tell
        return _not_found(repository, endpoint)
    if status == 403:
        problem = f"the Hub at {endpoint} refuses access to {repository}"
        return HubError(problem, "check HF_TOKEN")
    return HubUnreachable(f"the Hub at {endpoint} answers with status {status}", "try again later")


def _by_system(error: OSError) -> HubError:
    if error.errno == errno.ENOSPC:
        return HubError("the disk is too full for the weights", "free some space or move HF_HOME")
    if error.errno is None:  # the client's own: sizes that do not agree
        return HubUnreachable("the download broke off", "try again, it goes on where it stopped")
    problem = f"the Hub's cache cannot be used ({error.strerror})"
    return HubError(problem, "check the folder HF_HOME")
