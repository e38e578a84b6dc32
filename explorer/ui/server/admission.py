"""Which requests reach Gradio: of pages that were opened, or of the public endpoints."""

import asyncio
import re
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse

from explorer.ui.server import bodies, intake
from explorer.ui.server.bodies import Patient, Refused, read_json, replayed
from explorer.ui.server.visits import LOST, Visitors
from explorer.util.templates import render

API = "/gradio_api/"
#: The header in which a page's script says which page it is.
HEADER = "x-explorer-page"
#: What a session may be called. An empty name once stopped the queue for everybody.
SESSION = re.compile(r"[\w-]{1,64}", re.ASCII)

GONE = Refused(410, LOST)
NO_SESSION = Refused(400, "A session_hash of 1 to 64 letters, digits, - or _ is needed.")
NO_EVENT = Refused(404, "There is no such event.")


class Admission:
    """ASGI middleware: bodies within their limits, sessions of pages that were opened."""

    def __init__(self, app):
        self.app = app
        self._large = asyncio.Semaphore(bodies.LARGE_AT_ONCE)

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began = False

        async def watched(message):
            nonlocal began
            began = began or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._admit(scope, receive, watched)
        except Refused as refusal:
            if not began:
                await _answer(refusal, scope)(scope, receive, send)

    async def _admit(self, scope, receive, send) -> None:
        path, method = scope["path"], scope["method"]
        if path == "/" and method == "GET":
            return await self.app(scope, receive, _marked(_visitors(scope).token(), send))
        if not path.startswith(API):
            return await self.app(scope, receive, send)
        if method != "POST":
            return await self._stream(scope, receive, send)
        patient = Patient(receive)
        if path.rstrip("/") == f"{API}upload":
            return await self._upload(scope, patient, send)
        await self._event(scope, patient, send)

    async def _stream(self, scope, receive, send) -> None:
        """A connection that stays open while a page is: its session lasts as long."""
        visitors, token = _visitors(scope), Headers(scope=scope).get(HEADER, "")
        session = _held(scope)
        of_page = bool(token) or session in visitors
        if session and of_page and not visitors.admit(session, token, _address(scope)):
            raise GONE
        visitors.hold(session, 1)
        try:
            await self.app(scope, receive, send)
        finally:
            visitors.hold(session, -1)

    async def _upload(self, scope, receive, send) -> None:
        """Files, which count as their page's until they are read; a client's as its address's."""
        headers = Headers(scope=scope)
        visit = _visitors(scope).of(headers.get(HEADER, ""))
        length = headers.get("content-length", "")
        given = visit.given if visit else intake.of_address(_address(scope))
        with given.room_for(int(length) if length.isdigit() else None):
            await self.app(scope, receive, given.noting(send))
        scope["app"].get_blocks().upload_file_set.clear()  # Gradio would remember all for ever

    async def _event(self, scope, receive, send) -> None:
        """A request with a JSON body, which may begin an event."""
        length = Headers(scope=scope).get("content-length", "")
        body, said = await read_json(receive, int(length) if length.isdigit() else None)
        if isinstance(said, dict):
            _check(scope, said)
        again = replayed(body, receive)
        if len(body) < bodies.LARGE:
            return await self.app(scope, again, send)
        async with self._large:
            await self.app(scope, again, send)


def _held(scope) -> str:
    """The session that an open connection is of, or nothing."""
    path = scope["path"].removeprefix(API)
    if path.startswith("heartbeat/"):
        return path.removeprefix("heartbeat/")
    if path.rstrip("/") != "queue/data":
        return ""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return query.get("session_hash", [""])[0]


def _check(scope, said: dict) -> None:
    """Raise Refused where an event is no public endpoint's and no open page's."""
    route, _, name = scope["path"].removeprefix(API).rstrip("/").partition("/")
    session = said.get("session_hash")
    if session is not None and not (isinstance(session, str) and SESSION.fullmatch(session)):
        raise NO_SESSION
    if route not in ("queue", "run", "api", "call"):
        return
    index = None if route == "call" else said.get("fn_index")
    function = _function(scope, index, name.removeprefix("v2/"))
    if function.api_visibility != "private":
        return
    token = Headers(scope=scope).get(HEADER, "")
    if route == "call" or session is None:
        raise NO_EVENT
    if not _visitors(scope).admit(session, token, _address(scope)):
        raise GONE


def _function(scope, index, name: str):
    """The event that a request names by its number, or by its name."""
    functions = scope["app"].get_blocks().fns
    if index is None:
        found = next((each for each in functions.values() if each.api_name == name), None)
    else:
        found = functions.get(index) if isinstance(index, int) else None
    if found is None:
        raise NO_EVENT
    return found


def _visitors(scope) -> Visitors:
    return scope["app"].state_holder


def _address(scope) -> str:
    return (scope.get("client") or ("",))[0]


def _answer(refusal: Refused, scope):
    if scope["path"].startswith(f"{API}upload"):  # shown as it is by Gradio's page and client
        return PlainTextResponse(refusal.sentence, refusal.status)
    return JSONResponse({"detail": refusal.sentence, "error": refusal.sentence}, refusal.status)


def _marked(token: str, send):
    """An ASGI ``send`` that puts the page's script, with its token, first into its head."""
    script = f"<script>{render('server/visit.js', page=token, header=HEADER)}</script>".encode()
    started = []

    async def marked(message):
        if message["type"] == "http.response.start":
            started.append(message)
            return
        if started:
            start = started.pop()
            body = message.get("body", b"").replace(b"<head>", b"<head>" + script, 1)
            kept = [
                pair
                for pair in start["headers"]
                if pair[0].lower() not in (b"content-length", b"cache-control")
            ]
            length = [] if message.get("more_body") else [(b"content-length", b"%d" % len(body))]
            fresh = (b"cache-control", b"no-cache")
            await send({**start, "headers": [*kept, *length, fresh]})
            message = {**message, "body": body}
        await send(message)

    return marked
