"""Sessions of pages that were opened: who is admitted, who is forgotten, and what is said of it."""

import signal
import time

import httpx
import pytest

from explorer.benchmarks.visitor import API, Visitor, page_config
from explorer.synthetic.examples import FIRST
from explorer.ui.server.steady import Queue
from explorer.ui.server.visits import FIRST as FIRST_WORD
from explorer.ui.server.visits import LOST, Visitors
from support import ROOT
from support.browser import drawn, go, new_page, running_app
from support.files import below

#: Pages are freed two seconds after they are closed, and six are remembered.
HURRIED = """from explorer.ui.server import serving, visits
visits.GONE, serving.MAX_VISITORS = 2, 6
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("visits")


@pytest.fixture(scope="module")
def address(folder):
    with running_app(folder, before=HURRIED) as address:
        yield address


class Guest(Visitor):
    """A page that can be closed: a visitor who keeps hold of the server as the browser does."""

    def __init__(self, address):
        super().__init__(address)
        self._http = httpx.Client(base_url=address, timeout=60)
        self._open(FIRST.path)
        self.assert_well()

    def assert_well(self):
        assert self._errors == []

    def hold(self):
        request = self._http.build_request("GET", f"{API}/heartbeat/{self._session}")
        self.held = self._http.send(request, stream=True)
        assert self.held.status_code == 200

    def close(self):
        self.held.close()

    def join(self, session=None):
        """Ask for something that only works on what the server remembers; the answer."""
        session, index = session or self._session, self._plotted()["id"]
        said = {"data": [None], "fn_index": index, "session_hash": session}
        return self._http.post(f"{API}/queue/join", json=said)

    def figures(self):
        """The tone's figures, which only a remembered picture has."""
        self._fire([self._plotted()])
        self.assert_well()
        return self._values[self._plotted()["outputs"][0]]

    def _plotted(self):
        return next(each for each in self._events.values() if each["api_name"] == "plotted")


def event(address, name):
    return next(e["id"] for e in page_config(address)["dependencies"] if e["api_name"] == name)


def join(address, name, session, **headers):
    said = {"data": [None], "fn_index": event(address, name), "session_hash": session}
    return httpx.post(f"{address}{API}/queue/join", json=said, headers=headers)


@pytest.mark.parametrize("session", ["", " ", "a/b", "é", "x" * 65, 7, ["a"]])
def test_a_session_without_a_name_is_refused_and_the_queue_goes_on(address, session):
    for _ in range(4):
        assert join(address, "group_report", session).status_code in (400, 422)
    found = httpx.post(f"{address}{API}/call/group_report", json={"data": ["report"] + [None] * 10})
    with httpx.stream(
        "GET", f"{address}{API}/call/group_report/{found.json()['event_id']}", timeout=60
    ) as answer:
        assert "event: complete" in answer.read().decode()


@pytest.mark.parametrize("route", ["cancel", "reset"])
def test_an_event_is_cancelled_before_the_page_knows_its_id(address, route):
    """As the browser does: the answer to its join may still be under way."""
    said = {"session_hash": "somebody", "fn_index": event(address, "plotted"), "event_id": None}
    answer = httpx.post(f"{address}{API}/{route}", json=said)
    assert (answer.status_code, answer.json()) == (200, {"success": True})


def test_made_up_sessions_are_refused_and_evict_nobody(address):
    guest = Guest(address)
    guest.hold()
    before = guest.figures()
    assert before
    for number in range(20):
        refused = join(address, "plotted", f"madeup{number}")
        assert (refused.status_code, refused.json()["detail"]) == (410, LOST)
        name = f"{int(time.time())}-{number:016x}-{'0' * 32}"
        forged = join(address, "plotted", f"madeup{number}", **{"x-explorer-page": name})
        assert forged.status_code == 410
    assert guest.figures() == before
    guest.close()


def test_more_pages_than_are_remembered_take_the_place_of_those_that_are_closed(address):
    guest = Guest(address)
    guest.hold()
    before = guest.figures()
    others = [Guest(address) for _ in range(8)]
    assert guest.figures() == before
    assert [other.join().status_code for other in others].count(410) >= 3
    guest.close()


def test_a_page_is_one_session(address):
    guest = Guest(address)
    assert guest.join("another").status_code == 410
    stranger = join(address, "plotted", guest._session)
    assert stranger.status_code == 410, "whoever learns the name of a session is not admitted"
    heard = httpx.get(f"{address}{API}/queue/data", params={"session_hash": guest._session})
    assert heard.status_code == 410


def test_a_closed_page_is_freed_with_what_it_sent(address, folder):
    guest = Guest(address)
    guest.hold()
    sent = guest._http.post(f"{API}/upload", files={"files": ("unread.png", b"x" * 1000)})
    (path,) = sent.json()
    time.sleep(3)  # longer than a closed page is remembered
    assert guest.figures(), "an open page is not forgotten"
    assert below(folder, "unread.png") and path.endswith("unread.png")
    guest.close()
    wait(lambda: not below(folder, "unread.png"), 8)
    assert guest.join().status_code == 410
    again = guest._http.get(f"{API}/heartbeat/{guest._session}")
    assert again.status_code == 410, "so that the page learns of it"


def wait(until, seconds):
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.parametrize("route", ["call/plotted", "call/v2/plotted"])
def test_events_of_the_page_have_no_other_way_in(address, route):
    said = {"data": [None], "fn_index": event(address, "group_report")}
    assert httpx.post(f"{address}{API}/{route}", json=said).status_code == 404
    assert httpx.post(f"{address}{API}/component_server", json=said).status_code == 404


def test_a_forgotten_page_says_so_and_goes_on(address, browser):
    page = new_page(browser)
    page.goto(address)
    drawn(page)

    def of_another_page(route):
        route.continue_(headers={**route.request.headers, "x-explorer-page": "another"})

    page.route("**/queue/join*", of_another_page)
    go(page, "fair")
    page.click("#by label:has-text('sex')")
    bar = page.locator("#lost")
    bar.wait_for()
    assert bar.get_attribute("role") == "alert" and "forgotten" in bar.inner_text()
    assert page.locator(".toast-body").count() == 0, "said once"
    page.unroute("**/queue/join*")
    bar.get_by_role("button").click()
    page.wait_for_selector("#metrics-table table")
    assert page.locator("#lost").count() == 0
    page.click("#by label:has-text('sex')")
    page.wait_for_function("document.querySelector('#metrics-table').innerText.includes('female')")


# Without a server


class Blocks:
    """As much of Gradio's Blocks as :class:`Visitors` asks for."""

    state_session_capacity = 2

    class _queue:
        pending_messages_per_session: dict = {}  # noqa: RUF012
        pending_event_ids_session: dict = {}  # noqa: RUF012


def visitors():
    made = Visitors()
    made.set_blocks(Blocks())
    return made


def test_who_goes_first_where_there_is_no_room():
    here = visitors()
    for name, place in (("old", "a"), ("open", "a")):
        assert here.admit(name, here.token(), place)
    here.hold("old", 1), here.hold("open", 1), here.hold("open", -1)
    assert here.admit("new", here.token(), "b")
    assert "old" in here and "open" not in here, "a closed page before one that is open"
    here.hold("new", 1)
    assert here.admit("more", here.token(), "b")
    assert "new" in here and "old" not in here, "else the one that was still for longest"
    here.hold("more", 1)
    assert here.admit("last", here.token(), "c")
    assert "new" not in here and "more" in here


def test_a_token_begins_one_session_soon(monkeypatch):
    here = visitors()
    token = here.token()
    assert here.admit("a", token) and here.admit("a", token) and not here.admit("b", token)
    here.forget("a")
    assert not here.admit("a", token), "what was forgotten does not begin anew"
    for wrong in ("", "x", token[:-1] + "z", visitors().token()):
        assert not here.admit("c", wrong)
    late, now = here.token(), time.time()
    monkeypatch.setattr(time, "time", lambda: now + FIRST_WORD + 1)
    assert not here.admit("d", late)


def test_the_queue_drops_what_nobody_waits_for(monkeypatch):
    """Gradio's own raises KeyError, which ends its loop."""

    class Event:
        session_hash, alive = "gone", True

    queue = Queue(True, 1, 1, None, Blocks())
    assert queue.send_message(Event(), object()) is None


@pytest.mark.slow
def test_a_process_leaves_nothing_and_sweeps_what_a_dead_one_left(tmp_path):
    files = {"files": ("left.png", (ROOT / "assets/examples/synthetic-light.jpg").read_bytes())}
    left = tmp_path / "gradio"
    with running_app(tmp_path, end=signal.SIGKILL) as address:
        assert httpx.post(f"{address}{API}/upload", files=files).status_code == 200
    assert len(below(left, "left.png")) == 1
    (left / "somebody-elses").mkdir()
    with running_app(tmp_path) as address, running_app(tmp_path):
        assert not below(left, "left.png"), "the dead one's"
        assert httpx.post(f"{address}{API}/upload", files=files).status_code == 200
        assert len(list(left.glob("melanoma-explorer-*"))) == 2, "not that of one that lives"
    assert [each.name for each in left.iterdir()] == ["somebody-elses"]
