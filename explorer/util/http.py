"""Fetching one file of another server: patient, bounded, and not to be led to private addresses.

For addresses that a person, or another server's answer, had a hand in. Only the origin that the
operator configured may be a private address; every other host, redirects included, must be a
public one, which is checked before the request and again on the connection that it used.
"""

import ipaddress
import random
import socket
import time
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from explorer.util import lazy
from explorer.util.errors import ExplorerError

email_utils = lazy.load("email.utils")
httpx2 = lazy.load("httpx2")
urllib_request = lazy.load("urllib.request")

USER_AGENT = "melanoma-fairness-explorer (research software; one file at a person's request)"
#: Tries of one file while the server is busy or silent, and the first pause between them, seconds.
ATTEMPTS = 4
FIRST_PAUSE = 0.5
#: A server that asks for a longer pause (``Retry-After``) is asked again by the person.
LONGEST_PAUSE = 20.0
CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
MOST_REDIRECTS = 3
NO_WEB_ADDRESS = "an address that is no web address"

Waiting = Callable[[str], None]


class FetchProblem(ExplorerError):
    """A file could not be fetched.

    Attributes
    ----------
    status : int or None
        The server's status code where it answered.
    """

    def __init__(self, message: str, status: int | None = None):
        super().__init__(message)
        self.status = status


class _Again(Exception):
    """Worth another try, after ``pause`` seconds if the server named them."""

    def __init__(self, problem: FetchProblem, pause: float | None = None):
        self.problem, self.pause = problem, pause


def fetch(
    url: str, most_bytes: int, trusted: str, until: float, waiting: Waiting | None = None
) -> bytes:
    """The content at an address, tried again with growing pauses while the server is busy.

    Parameters
    ----------
    url : str
        http or https.
    most_bytes : int
        A longer answer is refused, whatever its header says.
    trusted : str
        Address of the server that the operator configured.
    until : float
        Time of ``time.monotonic()`` at which to give up.
    waiting : callable, optional
        Told, in a sentence, before every pause.

    Raises
    ------
    FetchProblem
        With one sentence for a person.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _follow(url, most_bytes, trusted, until)
        except _Again as again:
            pause = again.pause
            if pause is None:
                pause = FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(1, 1.25)
            too_late = time.monotonic() + pause > until
            if attempt == ATTEMPTS or pause > LONGEST_PAUSE or too_late:
                raise again.problem from None
            if waiting:
                waiting(f"{_host(url)} is busy; trying again in {max(pause, 1):.0f} s")
            time.sleep(pause)
    raise AssertionError("unreachable")


def _follow(url: str, most_bytes: int, trusted: str, until: float) -> bytes:
    """One try, through redirects; every address of them is checked."""
    timeout = httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    for _ in range(MOST_REDIRECTS + 1):
        host = _host(url)
        _check_address(url, trusted)
        try:
            with (
                httpx2.Client(timeout=timeout, headers={"User-Agent": USER_AGENT}) as client,
                client.stream("GET", url) as response,
            ):
                _check_peer(response, url, trusted)
                if not response.is_redirect:
                    _check_status(response, host)
                    return _content(response, host, most_bytes, until)
                location = response.headers["Location"]
        except (httpx2.TimeoutException, httpx2.ReadError, httpx2.RemoteProtocolError):
            raise _Again(
                FetchProblem(
                    f"{host} does not answer in time: check the network, or try again later."
                )
            ) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
            raise FetchProblem(f"{host} cannot be reached: check the network.") from None
        try:
            url = urljoin(url, location)
        except ValueError:
            raise _refused(NO_WEB_ADDRESS) from None
    raise FetchProblem(f"{_host(url)} redirects again and again: try again later.")


def _content(response, host: str, most_bytes: int, until: float) -> bytes:
    parts, size = [], 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > most_bytes:
            raise FetchProblem(
                f"{host} sends more than the {most_bytes / 2**20:.0f} MB allowed: this file "
                "cannot be used here."
            )
        if time.monotonic() > until:
            raise FetchProblem(f"{host} sends too slowly: try again later.")
    return b"".join(parts)


def _check_status(response, host: str) -> None:
    status = response.status_code
    if status == 200:
        return
    if status < 500 and status != 429:
        raise FetchProblem(f"{host} refuses this file (status {status}).", status)
    pause = _retry_after(response.headers.get("Retry-After"))
    problem = f"{host} has a problem of its own (status {status}): try again later."
    if status == 429:
        wait = "a little" if pause is None else f"{pause:.0f} seconds"
        problem = f"{host} limits how often it answers: wait {wait} and try again."
    raise _Again(FetchProblem(problem, status), pause)


def _retry_after(value: str | None) -> float | None:
    """Seconds of a ``Retry-After`` header, which holds seconds or a date; None if it is neither."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(email_utils.parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError):
        return None


# Where a request may go


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "the server"
    except ValueError:
        return "the server"


def _origin(url: str) -> tuple:
    """Scheme, host and port of an address; ValueError where it cannot be taken apart."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _check_address(url: str, trusted: str) -> None:
    try:
        scheme, host, port = _origin(url)
    except ValueError:
        scheme, host, port = "", None, None
    if scheme not in ("http", "https") or not host:
        raise _refused(NO_WEB_ADDRESS)
    if (scheme, host, port) == _origin(trusted):
        return
    try:
        addresses = {str(ipaddress.ip_address(host))}
    except ValueError:
        addresses = set() if _proxied() else _resolved(host, port)
    if not all(map(_is_public, addresses)):
        raise _refused(f"the private address {host}")


def _check_peer(response, url: str, trusted: str) -> None:
    """The same of the connection itself: a name may resolve differently the second time."""
    if _origin(url) == _origin(trusted) or _proxied():
        return
    peer = response.extensions["network_stream"].get_extra_info("server_addr")[0]
    if not _is_public(peer):
        raise _refused(f"the private address {_host(url)}")


def _refused(what: str) -> FetchProblem:
    return FetchProblem(f"The server's answer points to {what}: it is not followed.")


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    return found.is_global and not found.is_multicast


def _proxied() -> bool:
    """Whether a proxy makes the connections, and so resolves the names."""
    return bool(urllib_request.getproxies().keys() & {"http", "https", "all"})


def _resolved(host: str, port: int) -> set[str]:
    try:
        return {str(each[4][0]) for each in socket.getaddrinfo(host, port)}
    except OSError:
        raise FetchProblem(f"{host} cannot be reached: check the network.") from None
