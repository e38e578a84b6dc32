"""The documents: listed in About, served with the page, and nothing beside them."""

import gradio as gr
import httpx
import pytest

from explorer.ui import about
from explorer.ui.server import documents, serving
from support.coroutines import finish


def get(path: str) -> httpx.Response:
    """What the page's server answers; what the documents do not know is "not ours"."""

    async def others(scope, receive, send):
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"not ours"})

    async def ask():
        transport = httpx.ASGITransport(serving.Guard(others))
        async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
            return await client.get(path)

    return finish(ask())


def test_about_links_to_every_document():
    with gr.Blocks() as page:
        about.build()
    text = str(page.get_config_file())
    assert len(documents.listed()) == 10
    for title, path, content in documents.listed():
        assert f'href="{path}"' in text and title in text and content in text
        answer = get(f"/{path}")
        assert answer.status_code == 200 and "<h1 id=" in answer.text
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["content-security-policy"] == serving.CONTENT_POLICY


@pytest.mark.parametrize(
    "path",
    ["/app.py", "/assets/docs/", "/assets/docs/%2e%2e/%2e%2e/app.py", "/assets/locale/no.md"],
)
def test_nothing_else_is_served(path):
    assert get(path).text == "not ours"


def test_the_readme_comes_without_its_front_matter_and_with_its_picture():
    page = get("/README.md").text
    assert "sdk_version" not in page and 'src="assets/readme/explore.jpg"' in page
    picture = get("/assets/readme/explore.jpg")
    assert picture.headers["content-type"] == "image/jpeg" and picture.content[:2] == b"\xff\xd8"
    assert get("/LICENSE").headers["content-type"].startswith("text/plain")


def test_headings_have_anchors_tables_are_tables_and_html_is_text():
    html = documents.as_html("## `a_b`: one, two\n\n|x|y|\n|-|-|\n|1|2|\n\n<script>no</script>")
    assert '<h2 id="a_b-one-two">' in html
    assert "<td>1</td>" in html and "<script>" not in html
