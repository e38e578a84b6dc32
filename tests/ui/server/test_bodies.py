"""What is sent: how much, how fast, and what stays on the disk of what breaks off."""

import asyncio
import json
import logging
import os
import re
import socket
import time
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest

from explorer.benchmarks.visitor import API, page_header
from explorer.image.zipped import Limits
from explorer.ui.lesion.events import LesionEvents
from explorer.ui.lesion.state import LesionDesk
from explorer.ui.parts.failures import Failed, explained
from explorer.ui.server import bodies, intake, uploads
from explorer.ui.server.bodies import Refused, values
from explorer.util.errors import ExplorerError
from support.browser import running_app
from support.coroutines import finish
from support.files import below

#: A sender is given up after two seconds without a byte.
HURRIED = "from explorer.ui.server import bodies\nbodies.PATIENCE = 2.0\n"
PART = b'--xx\r\nContent-Disposition: form-data; name="files"; filename="half.png"\r\n\r\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("bodies")


@pytest.fixture(scope="module")
def address(folder):
    with running_app(folder, before=HURRIED) as address:
        yield address


def join(address, content, **headers):
    kind = {"content-type": "application/json"}
    route = f"{address}{API}/queue/join"
    return httpx.post(route, content=content, headers=kind | headers, timeout=60)


def started(address, path, length, *more):
    """A connection on which a request has begun that says how long it is."""
    host, port = urlsplit(address).netloc.split(":")
    opened = socket.create_connection((host, int(port)), timeout=30)
    lines = [
        f"POST {API}/{path} HTTP/1.1",
        "Host: here",
        f"Content-Length: {length}",
        "Content-Type: multipart/form-data; boundary=xx",
        *more,
    ]
    opened.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
    return opened


def answered(opened):
    """Status of the answer."""
    return int(opened.makefile("rb").readline().split()[1])


def files(folder):
    return [each for each in below(folder / "gradio") if each.is_file()]


def test_a_body_of_too_many_values_is_not_read(address):
    said = b'{"fn_index": 1, "session_hash": "a", "data": [' + b"[]," * bodies.MOST_VALUES + b"1]}"
    for content, status in ((said, 413), (b'{"data"', 400), (b"\xff\xfe{\x00}\x00", 400)):
        assert join(address, content).status_code == status


@pytest.mark.parametrize("path", ["queue/join", "call/group_report", "mcp/"])
def test_a_body_that_says_it_is_too_large_is_not_waited_for(address, path):
    assert answered(started(address, path, bodies.MOST_JSON + 1)) == 413


def test_a_long_text_in_a_body_is_read(address):
    """A table of 3 MB as text, with more commas than a body may have values."""
    rows = (f"image{n},{n % 2},{n % 3 % 2},{'ab'[n % 5 % 2]}\n" for n in range(150_000))
    text = "image_name,target,prediction,clinic\n" + "".join(rows)
    data = ["published", "clinic", None, None, None, 20, text, "", None, None, None]
    sent = httpx.post(f"{address}{API}/call/group_report", json={"data": data}, timeout=60)
    assert len(text) > bodies.LARGE and text.count(",") > bodies.MOST_VALUES
    route = f"{address}{API}/call/group_report/{sent.json()['event_id']}"
    with httpx.stream("GET", route, timeout=60) as answer:
        assert "event: complete" in answer.read().decode()


def test_uploads_of_one_request_are_limited_together(address):
    """Ten files of 30 MB were taken; a page may send all images of an evaluation."""
    client, page = intake.MOST_OF_REQUEST, intake.MOST_OF_PAGE
    assert max(client, page) < 300 * 2**20 and Limits().total <= page
    assert answered(started(address, "upload", client + 1)) == 413
    with httpx.Client(base_url=address, timeout=60) as http:
        name, token = next(iter(page_header(http).items()))
        http.headers[name] = token
        with http.stream("GET", f"{API}/heartbeat/bodies"):  # which begins the page's session
            header = f"{name}: {token}"
            assert answered(started(address, "upload", page + 1, header)) == 413
            assert answered(started(address, "upload", client + 1, header)) == 408, "waited for"


def test_an_upload_without_a_length_is_refused(address):
    assert httpx.post(f"{address}{API}/upload", content=iter([PART])).status_code == 411


def test_an_upload_that_stalls_ends_and_leaves_nothing(address, folder):
    start = time.monotonic()
    stalled = started(address, "upload", 10**6)
    stalled.sendall(PART + b"x" * 1000)
    assert answered(stalled) == 408 and 1.5 < time.monotonic() - start < 10
    assert not files(folder)


def test_an_upload_that_breaks_off_leaves_nothing(address, folder):
    broken = started(address, "upload", 10**6)
    broken.sendall(PART + b"x" * 1000)
    wait(lambda: files(folder))
    broken.close()
    wait(lambda: not files(folder))


def test_fields_that_are_no_files_are_limited(address, folder):
    text = {"files": "x" * (intake.MOST_OF_FIELD + 1)}
    sent = httpx.post(f"{address}{API}/upload", files={"more": b"y"}, data=text)
    assert sent.status_code == 400 and not files(folder)


def wait(until, seconds=10):
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        time.sleep(0.05)


# Without a server


@pytest.mark.parametrize("seed", range(20))
def test_values_are_counted_outside_of_strings(seed):
    random = np.random.default_rng(seed)
    texts = ["a,b", '"', "\\", "[{,", '\\"', "é", ""]
    made = [
        {str(key): [str(random.choice(texts)), None, [1, 2.5]] for key in range(random.integers(5))}
        for _ in range(random.integers(1, 6))
    ]
    bare = re.sub(r'"(\\.|[^"\\])*"', "s", json.dumps(made))
    assert values(json.dumps(made).encode()) == sum(map(bare.count, ",[{"))


def test_counting_takes_time_by_length_only():
    """A pattern that looked for the end of each string would take minutes."""
    start = time.perf_counter()
    values(b'"' + b'\\"' * 500_000)
    assert time.perf_counter() - start < 2


def test_a_sender_that_trickles_is_given_up(monkeypatch):
    monkeypatch.setattr(bodies, "PATIENCE", 0.2)

    async def trickle():
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def take():
        patient = bodies.Patient(trickle)
        while True:
            await patient()

    with pytest.raises(Refused) as refused:
        finish(asyncio.wait_for(take(), 5))
    assert refused.value.status == 408


def test_what_waits_counts_and_what_was_read_does_not(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(uploads, "_recent", {})
    given = intake.Given(request=100, waiting=150)
    path = tmp_path / "one.png"
    path.write_bytes(b"x" * 100)
    given.paths.add(str(path))
    with pytest.raises(Refused, match="wait to be read"), given.room_for(60):
        pass
    with given.room_for(50), pytest.raises(Refused), given.room_for(1):
        pass
    uploads.read(str(path))
    with given.room_for(100):
        assert given.paths == set()
    with pytest.raises(Refused, match="in one request"), given.room_for(101):
        pass


def test_a_class_of_thirty_behind_one_address_is_not_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(intake, "_addresses", {})
    monkeypatch.setattr(intake, "FREE", 0)
    for number in range(60):  # two tables each, all before any is read
        given = intake.of_address("192.0.2.1")
        with given.room_for(Limits().file), open(tmp_path / str(number), "wb") as file:
            os.truncate(file.fileno(), Limits().file)  # of zeros that take no room
        given.paths.add(str(tmp_path / str(number)))
    with pytest.raises(Refused), intake.of_address("192.0.2.1").room_for(Limits().file):
        pass
    with intake.of_address("192.0.2.2").room_for(Limits().file):
        pass


def test_what_nobody_foresaw_is_a_sentence_and_a_line_of_the_log(caplog):
    def reads():
        raise ValueError("/home/anna/patient-0421.tif: 'Anna'")

    with caplog.at_level(logging.ERROR), pytest.raises(ValueError) as raised:
        reads()
    told = explained(raised.value)
    assert isinstance(told, Failed) and told.reference in str(told)
    assert told.reference in caplog.text and "ValueError" in caplog.text
    assert "test_bodies.py" in caplog.text and "reads" in caplog.text
    assert not re.search("anna|0421", caplog.text + str(told), re.IGNORECASE)
    known = ExplorerError("This is known.")
    assert explained(known) is known


def test_a_picture_that_fails_leaves_neither_its_name_nor_silence(monkeypatch, caplog):
    class Broken:
        may_quote, at_hand, classifier = True, None, None

    def fails(path):
        raise OverflowError("patient-0421.tif")

    names = ("instrument", "session", "stop", "problem", "upload", "waiting")
    events = LesionEvents({name: name for name in names}, Broken())
    monkeypatch.setattr(uploads, "take", fails)
    (said,) = events.uploaded("/tmp/patient-0421.tif", LesionDesk())
    assert said["upload"] is None and "went wrong here, reference" in said["problem"]
    monkeypatch.setattr(uploads, "take", lambda path: None)
    *_, failed, _ = events.uploaded("/tmp/patient-0421.tif", LesionDesk())
    assert failed["upload"] is None and "reference" in failed["problem"]
    assert "0421" not in caplog.text
