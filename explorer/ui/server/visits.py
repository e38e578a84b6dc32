"""Who is on the page: sessions of pages that were opened, freed soon after they are closed.

Every page that is served carries a token of its own (:meth:`Visitors.token`), which its script
sends with every request (``templates/server/visit.js``). A session begins with the first request
that shows an unused token, and ends half a minute after its page has let go of the server, after
hours without any event, or where more visitors come than are remembered. What was a page's and is
no more is refused with :data:`LOST`, never served as if it were new.

The public endpoints need no session and get none: what they are asked is kept nowhere.
"""

import hmac
import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from types import SimpleNamespace

import gradio as gr
from gradio.state_holder import SessionState, StateHolder

from explorer.ui.server import uploads
from explorer.ui.server.intake import Given

LOST = "The server has forgotten this page: reload it to go on, and give files of your own again."

#: Seconds in which a served page says its first word, and after which one that has let go is freed.
FIRST, GONE = 600, 30
#: Seconds without an event after which an open page is forgotten: longer than any lecture.
STILL = 4 * 3600


class Session(SessionState):
    """State of one page, without the configuration of every component.

    Gradio keeps that for links to what the server holds, which this page does not offer: half a
    second of the server's loop at every visit.
    """

    def __init__(self, blocks):
        super().__init__(SimpleNamespace(default_config=blocks.default_config, blocks={}))

    def __setitem__(self, key, value) -> None:
        block = self.blocks_config.blocks.get(key)
        if isinstance(block, gr.State):
            self._state_ttl[key] = block.time_to_live, datetime.now()
            self.state_data[key] = value
        else:
            self.blocks_config.blocks[key] = value

    def _update_config(self, key) -> None:
        pass

    def _update_value_in_config(self, key, value) -> None:
        pass


class Nobody(Session):
    """What a public endpoint gets in place of a session: one for all, which remembers nothing."""

    def __setitem__(self, key, value) -> None:
        pass


@dataclass
class Visit:
    """One page: its token, from where it came, and when it was last heard of."""

    token: str
    address: str
    used: float
    holding: int = 0
    let_go: float = 0.0
    state: Session | None = None
    given: Given = field(default_factory=Given)

    def is_over(self, now: float) -> bool:
        """Whether the page is closed, or nobody is before it any more."""
        last = max(self.used, self.let_go)
        return now - self.used > STILL or (not self.holding and now - last > GONE)


class Visitors(StateHolder):
    """Gradio's keeper of sessions, for pages that were opened and for as long as they are open."""

    def __init__(self):
        super().__init__()
        self.lock = threading.RLock()
        self._secret = secrets.token_bytes(32)
        self._used: dict[str, float] = {}
        self._visits: dict[str, Visit] = {}
        self._nobody: Nobody | None = None

    # Pages

    def token(self) -> str:
        """A token for a page that is being served; good for one session."""
        name = f"{int(time.time())}-{secrets.token_hex(8)}"
        return f"{name}-{self._sign(name)}"

    def admit(self, session: str, token: str, address: str = "") -> bool:
        """Whether an event of a page may run; the first one of a page begins its session."""
        with self.lock:
            visit = self._visits.get(session)
            if visit is None and self._is_new(token):
                self._used[token] = time.time()
                self._make_room()
                visit = self._visits[session] = Visit(token, address, time.monotonic())
            if visit is None or not hmac.compare_digest(visit.token, token):
                return False
            visit.used = time.monotonic()
            return True

    def hold(self, session: str, step: int) -> None:
        """A page's connection was opened (1) or closed (-1)."""
        with self.lock:
            if visit := self._visits.get(session):
                visit.holding += step
                visit.let_go = time.monotonic()

    def of(self, token: str) -> Visit | None:
        """The visit of a page by its token."""
        with self.lock:
            return next((each for each in self._visits.values() if each.token == token), None)

    def _sign(self, name: str) -> str:
        return hmac.new(self._secret, name.encode(), sha256).hexdigest()[:32]

    def _is_new(self, token: str) -> bool:
        name, _, signature = token.rpartition("-")
        if token in self._used or not hmac.compare_digest(self._sign(name), signature):
            return False
        return time.time() - int(name.partition("-")[0]) < FIRST

    def _make_room(self) -> None:
        """Beyond the capacity, a page that is closed goes first; then, of those who came from
        where most are from, the one that was still for longest."""
        if len(self._visits) < self.capacity:
            return
        many = Counter(each.address for each in self._visits.values())
        self.forget(
            min(
                self._visits,
                key=lambda session: (
                    self._visits[session].holding > 0,
                    -many[self._visits[session].address],
                    self._visits[session].used,
                ),
            )
        )

    def forget(self, session: str) -> None:
        """End a session: its state, its uploads, its place in the queue."""
        with self.lock:
            visit = self._visits.pop(session, None)
        if visit is None:
            return
        for component, value, _ in visit.state.state_components if visit.state else ():
            component.delete_callback(value)
        visit.given.remove()
        queue = self.blocks._queue
        queue.pending_messages_per_session.pop(session, None)
        queue.pending_event_ids_session.pop(session, None)

    # What Gradio asks

    def __getitem__(self, session_id: str) -> Session:
        with self.lock:
            visit = self._visits.get(session_id)
            if visit is None:  # a public endpoint, or a page that is gone: kept by nobody
                self._nobody = self._nobody or Nobody(self.blocks)
                return self._nobody
            visit.used = time.monotonic()
            visit.state = visit.state or Session(self.blocks)
            return visit.state

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._visits

    def delete_all_expired_state(self) -> None:
        """Free what is over; Gradio calls this every second."""
        now = time.monotonic()
        for session in [name for name, visit in list(self._visits.items()) if visit.is_over(now)]:
            self.forget(session)
        for token, when in list(self._used.items()):
            if time.time() - when < 2 * FIRST:
                break
            del self._used[token]
        uploads.forget_old()
