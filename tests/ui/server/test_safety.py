"""Safe by default: what the server refuses, forgets and keeps apart."""

import json
import os
import re
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request

import httpx
import pytest

from explorer.benchmarks.visitor import page_header
from explorer.ui.parts.address import PLACES
from explorer.ui.server import cache, serving, uploads
from explorer.util import workers
from explorer.util.errors import ExplorerError
from support import ROOT
from support.browser import drawn, go, new_page, open_page, settled, upload

FILES = "/gradio_api/file="
API = "/gradio_api"


@pytest.fixture(scope="module")
def address(own_address):
    """An app of this module's own: it is attacked."""
    return own_address


@pytest.fixture(scope="module")
def config(address):
    return httpx.get(f"{address}/config").json()


def ask(address, path):
    """Status and body of a GET with the path sent exactly as it is written."""
    import http.client

    connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def event_id(config, element, name):
    ids = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
    return next(each for each in config["dependencies"] if [ids[element], name] in each["targets"])


def call(address, event, data):
    """Open the page and send an event as it would; the last message that the queue answers."""
    session = secrets.token_hex(8)
    with httpx.Client(base_url=address, timeout=60) as http:
        http.headers.update(page_header(http))
        joined = http.post(
            f"{API}/queue/join",
            json={"data": data, "fn_index": event["id"], "session_hash": session},
        )
        joined.raise_for_status()
        last = {}
        with http.stream("GET", f"{API}/queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:") and '"close_stream"' not in line:
                    last = json.loads(line[5:])
        return last


def test_no_telemetry_no_history_no_monitoring(address, config):
    assert config["analytics_enabled"] is False and not config["run_history"]
    assert not config["show_error"] and not config["footer_links"]
    for path in ("/monitoring", "/monitoring/summary", f"{API}/runs", f"{API}/run-history/records"):
        assert ask(address, path)[0] == 404, path


@pytest.mark.parametrize(
    "path",
    [
        f"{FILES}/etc/passwd",
        f"{FILES}../app.py",
        f"{FILES}app.py",
        f"{FILES}{ROOT}/app.py",
        f"{FILES}{ROOT}/assets/demo_model.safetensors",
        f"{FILES}%2Fetc%2Fpasswd",
        f"{FILES}/tmp/../etc/passwd",
        f"{FILES}..%2f..%2f..%2fetc%2fpasswd",
        f"{API}/file/etc/passwd",
        "/static/../../../../../etc/passwd",
        "/assets/..%2f..%2f..%2f..%2fapp.py",
        "/../app.py",
        "/app.py",
        "/assets/demo_model.safetensors",
        f"{FILES}file:///etc/passwd",
        f"{FILES}http://127.0.0.1:1/",
        f"{API}/proxy=http://127.0.0.1:1/",
        f"{FILES}.git/config",
    ],
)
def test_no_path_outside_the_app_is_served(address, path):
    status, body = ask(address, path)
    assert status in (307, 400, 403, 404, 405), (status, body[:200])
    assert b"root:" not in body and b"Start the melanoma" not in body and b"[core]" not in body


def test_files_of_the_server_cannot_be_passed_as_uploads(address, config):
    for name in ("analyse_lesion", "uploaded"):
        event = next(each for each in config["dependencies"] if each["api_name"] == name)
        for path in ("/etc/passwd", str(ROOT / "assets" / "examples" / "synthetic-light.jpg")):
            file = {"path": path, "meta": {"_type": "gradio.FileData"}}
            data = [file] + [None] * (len(event["inputs"]) - 1)
            last = call(address, event, data)
            assert last["msg"] == "process_completed" and not last["success"], (name, path)
    assert (ROOT / "assets" / "examples" / "synthetic-light.jpg").exists(), "and not deleted"


def test_addresses_are_not_fetched(address, config):
    event = next(each for each in config["dependencies"] if each["api_name"] == "analyse_lesion")
    for url in ("http://169.254.169.254/latest/meta-data/", f"{address}/theme.css"):
        last = call(
            address, event, [{"path": url, "meta": {"_type": "gradio.FileData"}}, "published", None]
        )
        assert last["output"]["error"] == serving.NO_ADDRESSES


def test_an_error_of_the_server_tells_no_path_and_no_traceback(address, config):
    event = next(each for each in config["dependencies"] if each["api_name"] == "analyse_lesion")
    last = call(address, event, [{"path": 7}, "published", None])
    assert not last["success"]
    text = json.dumps(last)
    assert "Traceback" not in text and str(ROOT) not in text and "site-packages" not in text
    assert re.fullmatch(
        r"Something went wrong here, reference [0-9a-f]{8}: .*", last["output"]["error"]
    )


def test_uploads_are_limited(address):
    content = b"\0" * (33 * 2**20)
    answer = httpx.post(f"{address}{API}/upload", files={"files": ("big.png", content)}, timeout=60)
    assert answer.status_code == 413
    assert "32" in serving.MAX_UPLOAD


def test_the_queue_is_bounded_and_has_no_way_around(address, config):
    assert 0 < serving.queue_options()["max_size"] <= 1000
    event = next(each for each in config["dependencies"] if each["api_name"] == "group_report")
    for route in ("api", "run"):
        answer = httpx.post(
            f"{address}{API}/{route}/group_report", json={"data": ["published"] + [None] * 9}
        )
        assert answer.status_code == 404, "direct calls would skip the queue"
    assert event["queue"]


@pytest.mark.slow
def test_every_event_has_a_limit():
    """Of the built page itself: the limits are not part of what the browser gets."""
    import subprocess
    import sys

    code = (
        "import app\n"
        "for each in app.demo.fns.values():\n"
        "    limit = each.concurrency_limit\n"
        "    assert not each.queue or limit == 'default' or 0 < limit <= 20, (each.name, limit)\n"
        "print(app.demo.max_file_size if hasattr(app.demo, 'max_file_size') else '')\n"
        "print(app.demo._queue.max_size, app.demo._queue.default_concurrency_limit)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-2:] == [str(serving.MAX_WAITING), "1"]


def test_headers(address):
    for path in ("/", "/config", f"{API}/info", "/theme.css", "/nothing-here"):
        try:
            headers = urllib.request.urlopen(address + path).headers
        except urllib.error.HTTPError as error:
            headers = error.headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors" not in headers["content-security-policy"], "Spaces embed the page"
        assert "x-frame-options" not in headers


@pytest.fixture(scope="module")
def watched(address, started_browser):
    """A page from its first request on: the page, what it asked for, and what the policy said."""
    page = new_page(started_browser)
    asked, violations = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on(
        "console",
        lambda message: (
            violations.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    page.goto(address)
    drawn(page)
    yield page, asked, violations
    page.context.close()


def test_no_view_violates_the_policy_or_asks_another_origin(watched, address):
    page, asked, violations = watched
    for place in PLACES:
        go(page, place)
        settled(page)
    outside = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert len(asked) > 20 and not outside and not violations


def test_the_browser_itself_forbids_other_origins(watched):
    """The policy works: the page cannot load from elsewhere even if its code tried."""
    blocked = watched[0].evaluate(
        """() => new Promise((done) => {
          document.addEventListener('securitypolicyviolation', (event) => done(event.blockedURI));
          const image = new Image();
          image.src = 'http://127.0.0.1:9/picture.png';
        })"""
    )
    assert blocked.startswith("http://127.0.0.1:9")


def test_two_visitors_at_once_keep_their_own_pictures_and_rules(watched, address, browser):
    """Both upload and switch while the other does; the names tell whose is shown."""
    examples = ROOT / "assets" / "examples"
    mine, yours = examples / "synthetic-light.jpg", examples / "synthetic-dark.jpg"
    first, second = watched[0], open_page(browser, address)
    go(first, "explore")
    first.set_input_files("#upload input[type=file]", str(mine))
    upload(second, yours)
    first.wait_for_function("name => window.instrument.table.name === name", arg=mine.name)
    first.wait_for_function(
        "name => document.querySelector('#picture').innerText.includes(name)", arg=mine.name
    )
    assert mine.name in first.inner_text("#picture") and yours.name not in first.content()
    assert yours.name in second.inner_text("#picture") and mine.name not in second.content()


# Without a server


def test_the_cache_is_swept_by_age(tmp_path):
    old, new = tmp_path / "a" / "old.png", tmp_path / "b" / "new.png"
    for path in (old, new):
        path.parent.mkdir()
        path.write_bytes(b"x")
    hour_ago = time.time() - 3600
    os.utime(old, (hour_ago, hour_ago))
    assert cache.sweep(tmp_path, 1800) == 1
    assert new.exists() and not old.exists()
    os.utime(old.parent, (hour_ago, hour_ago))
    cache.sweep(tmp_path, 1800)
    assert not old.parent.exists() and new.exists()


def test_every_process_has_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "somebody's"))
    folder = cache.own_folder()
    assert folder.parent == tmp_path / "somebody's" and os.environ[cache.VARIABLE] == str(folder)
    assert folder.stat().st_mode & 0o077 == 0, "nobody else may look into it"


def test_the_same_upload_of_two_visitors_is_read_twice(tmp_path, monkeypatch):
    """Gradio names uploads by content: two visitors' equal pictures are one file."""
    monkeypatch.setattr(uploads, "_recent", {})
    path = tmp_path / "lesion.jpg"
    path.write_bytes((ROOT / "assets" / "examples" / "synthetic-light.jpg").read_bytes())
    first = uploads.take(str(path))
    assert not path.exists()
    second = uploads.take(str(path))
    assert (first.rgb == second.rgb).all() and second.name == "lesion.jpg"
    monkeypatch.setattr(uploads, "REMEMBERED", 0.0)
    with pytest.raises(ExplorerError, match="send it again"):
        uploads.read(str(path))


def test_remembered_uploads_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "_recent", {})
    monkeypatch.setattr(uploads, "MOST", 10)
    for name in "abc":
        (tmp_path / name).write_bytes(b"12345")
        uploads.read(str(tmp_path / name))
    uploads.forget_old()
    assert str(tmp_path / "c") in uploads._recent and str(tmp_path / "a") not in uploads._recent


@pytest.mark.parametrize(
    ("text", "cores"), [("150000 100000", 1), ("max 100000", None), ("", None)]
)
def test_a_containers_quota_counts(tmp_path, text, cores):
    quota = tmp_path / "cpu.max"
    quota.write_text(text)
    assert workers.cores(quota) == (cores or workers.cores(tmp_path / "missing"))
