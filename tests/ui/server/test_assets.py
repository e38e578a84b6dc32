"""What is kept of Gradio's assets: asked for once in each coding, within bounds, nothing else."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from explorer.ui.server import assets


@pytest.fixture
def asked():
    """The paths and codings that came through to the application."""
    return []


@pytest.fixture
def client(asked):
    async def answer(request):
        asked.append((request.url.path, request.headers["accept-encoding"]))
        found = request.path_params["name"].startswith("there")
        return PlainTextResponse(request.path_params["name"], 200 if found else 404)

    app = Starlette(routes=[Route("/{folder}/{name}", answer)])
    return TestClient(assets.Assets(app))


def get(client, path, encoding="gzip"):
    return client.get(path, headers={"accept-encoding": encoding})


def test_each_coding_is_asked_for_once(client, asked):
    for encoding in ("gzip, br", "identity", "gzip", "identity"):
        answer = get(client, "/assets/there.js", encoding)
        assert (answer.status_code, answer.text) == (200, "there.js")
        assert answer.headers["content-length"] == "8"
        assert "immutable" in answer.headers["cache-control"]
    assert asked == [("/assets/there.js", "gzip, br"), ("/assets/there.js", "identity")]


@pytest.mark.parametrize("path", ["/assets/gone.js", "/theme/there.css"])
def test_what_is_not_found_and_what_is_no_asset_is_asked_for_each_time(client, asked, path):
    for _ in range(2):
        answer = get(client, path)
        assert answer.text == path.rpartition("/")[2]
        assert "cache-control" not in answer.headers
    assert len(asked) == 2


def test_headers_that_are_added_around_it_do_not_pile_up(client):
    inner = client.app

    async def adding(scope, receive, send):
        async def added(message):
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-added", b"1"))  # in place, as Starlette's do
            await send(message)

        await inner(scope, receive, added)

    around = TestClient(adding)
    for _ in range(3):
        assert get(around, "/assets/there.js").headers.get_list("x-added") == ["1"]


def test_beyond_the_bound_answers_are_right_and_not_kept(client, asked, monkeypatch):
    monkeypatch.setattr(assets, "MOST", 12)
    for name in ("there1", "there-2", "there1", "there-2"):
        assert get(client, f"/assets/{name}").text == name
    assert [path for path, _ in asked] == ["/assets/there1", *["/assets/there-2"] * 2]
