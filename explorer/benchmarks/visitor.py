"""One visitor of the page without a browser: Gradio's queue protocol, spoken over HTTP."""

import json
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import httpx

#: What is timed, in this order. Both ``verdict``, on the picture's own skin, and ``table``, of all
#: skins, count from when the upload has arrived. A rule or a skin asks no server.
STEPS = ("open", "example", "verdict", "table", "groups")
#: What a visitor can do; an upload gives both ``verdict`` and ``table``.
DEEDS = ("open", "example", "upload", "groups")
#: Seconds without an answer after which the server counts as gone.
PATIENCE = 180.0
API = "/gradio_api"
#: In the page's script: the header with its token, by which the server knows an opened page.
TOKEN = re.compile(r"headers\.set\('([\w-]+)', '([\w-]+)'\)")


@dataclass(frozen=True)
class Visit:
    """What one visitor met: seconds by step, and one line per error."""

    seconds: dict[str, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


@lru_cache(maxsize=8)
def page_config(address: str) -> dict:
    """The page's components and events, as the browser gets them."""
    return httpx.get(f"{address}/config", timeout=PATIENCE).json()


def page_header(http: httpx.Client) -> dict[str, str]:
    """Open the page; the header that its script sends with every request."""
    page = http.get("/").raise_for_status().text
    name, token = TOKEN.search(page).groups()
    return {name: token}


class Visitor:
    """A visitor with a session of their own.

    Parameters
    ----------
    address : str
        Of a running app, without a slash at the end.
    """

    def __init__(self, address: str):
        self._address = address
        self._session = secrets.token_hex(8)
        config = page_config(address)
        self._events = {event["id"]: event for event in config["dependencies"]}
        parts = config["components"]
        self._ids = {part["props"].get("elem_id"): part["id"] for part in parts}
        self._states = {part["id"] for part in parts if part["type"] == "state"}
        self._values = {part["id"]: part["props"].get("value") for part in parts}
        self._waiting: dict[str, int] = {}
        self._heard: float | None = None  # when the server first said something
        self._errors: list[str] = []

    def visit(self, lesion: Path, deeds: Sequence[str] = DEEDS) -> Visit:
        """What a visitor does, of :data:`DEEDS` in any order, with ``lesion`` for the uploads."""
        found = Visit(errors=self._errors)
        with httpx.Client(base_url=self._address, timeout=PATIENCE) as self._http:
            for deed in deeds:
                try:
                    found.seconds.update(getattr(self, f"_{deed}")(lesion))
                except (httpx.HTTPError, LookupError, ValueError) as error:
                    self._errors.append(f"{deed}: {type(error).__name__} {error}")
        return found

    def _open(self, lesion: Path) -> dict[str, float]:
        start = time.perf_counter()
        self._http.headers.update(page_header(self._http))
        events = self._events.values()
        self._fire([e for e in events if any(name == "load" for _, name in e["targets"])])
        return {"open": time.perf_counter() - start}

    def _example(self, lesion: Path) -> dict[str, float]:
        start = time.perf_counter()
        self._fire(self._of("examples", "click"), {"index": 2})
        return {"example": time.perf_counter() - start}

    def _upload(self, lesion: Path) -> dict[str, float]:
        answer = self._http.post(
            f"{API}/upload", files={"files": (lesion.name, lesion.read_bytes())}
        )
        answer.raise_for_status()
        self._values[self._ids["upload-image"]] = {
            "path": answer.json()[0],
            "orig_name": lesion.name,
            "size": lesion.stat().st_size,
            "meta": {"_type": "gradio.FileData"},
        }
        start = time.perf_counter()
        self._fire(self._of("upload-image", "upload"))
        return {"verdict": self._heard - start, "table": time.perf_counter() - start}

    def _groups(self, lesion: Path) -> dict[str, float]:
        start = time.perf_counter()
        self._values[self._ids["by"]] = "sex"
        self._fire(self._of("by", "input"))
        return {"groups": time.perf_counter() - start}

    def _of(self, element: str, *names: str) -> list[dict]:
        """Events of the element with this id; an error where the page has none any more."""
        found = [
            event
            for event in self._events.values()
            for target, name in event["targets"]
            if target == self._ids.get(element) and name in names
        ]
        if not found:
            raise LookupError(f"the page has no event of #{element}")
        return found

    # The queue

    def _fire(self, events: list[dict], data: dict | None = None) -> None:
        """Start events, and those that follow them; wait for all."""
        self._heard = None
        for event in events:
            self._join(event, data)
        parameters = {"session_hash": self._session}
        while self._waiting:
            with self._http.stream("GET", f"{API}/queue/data", params=parameters) as stream:
                for line in stream.iter_lines():
                    message = json.loads(line[5:]) if line.startswith("data:") else None
                    if message and message["msg"] == "close_stream":
                        break
                    if message:
                        if message["msg"] in ("process_generating", "process_completed"):
                            self._heard = self._heard or time.perf_counter()
                        self._take(message, 'role=\\"alert\\"' in line)

    def _join(self, event: dict, data: dict | None = None) -> None:
        if not event["backend_fn"]:
            return
        inputs = [None if part in self._states else self._values[part] for part in event["inputs"]]
        answer = self._http.post(
            f"{API}/queue/join",
            json={
                "data": inputs,
                "fn_index": event["id"],
                "session_hash": self._session,
                "event_data": data,
                "trigger_id": (event["targets"] or [[None]])[0][0],
            },
        )
        if answer.status_code != 200:
            raise ValueError(f"{event['api_name']}: {answer.status_code} {answer.text[:200]}")
        self._waiting[answer.json()["event_id"]] = event["id"]

    def _take(self, message: dict, alert: bool) -> None:
        if alert:
            name = self._events[self._waiting[message["event_id"]]]["api_name"]
            self._errors.append(f"{name}: the page shows an error")
        kind, output = message["msg"], message.get("output") or {}
        if kind == "unexpected_error":
            self._waiting.clear()
            raise ValueError(message.get("message", kind))
        if kind != "process_completed":
            return
        event = self._events[self._waiting.pop(message["event_id"])]
        if not message["success"]:
            self._errors.append(f"{event['api_name']}: {output.get('error')}")
            return
        # what the components hold now, which the next event sends back
        held = () if event["types"]["generator"] else zip(event["outputs"], output["data"])
        for part, value in held:
            if not (isinstance(value, dict) and value.get("__type__") == "update"):
                self._values[part] = value
            elif "value" in value:
                self._values[part] = value["value"]
        for follower in self._events.values():
            if follower["trigger_after"] == event["id"]:
                self._join(follower)
