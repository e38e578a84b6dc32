"""The public endpoints, called as users call them: gradio_client and MCP against a running app."""

import base64
import json
import re
import subprocess
import sys

import pytest
from gradio_client import Client, handle_file
from PIL import Image

from explorer import classify, load_classifier, read_image, read_tone
from explorer.fairness.cutoffs import same_sensitivity
from explorer.study.counts import group_report
from explorer.study.sources import demo_calibration
from explorer.tone.interval import tone_interval
from support import ROOT
from support.colour_profiles import P3_PROFILE, reencoded
from support.coroutines import finish
from support.files import below, left

LESION = ROOT / "assets" / "examples" / "synthetic-light.jpg"
ENDPOINTS = {"analyse_lesion", "estimate_tone", "counterfactual", "group_report"}


@pytest.fixture(scope="module")
def address(own_address):
    """An app of this module's own: its files are looked at."""
    return own_address


@pytest.fixture(scope="module")
def client(address):
    return Client(address, verbose=False)


@pytest.fixture(scope="module")
def analysed(client):
    return client.predict(handle_file(LESION), api_name="/analyse_lesion")


def test_exactly_four_endpoints_are_public_and_described(client):
    named = client.view_api(return_format="dict", print_info=False)
    assert set(named["named_endpoints"]) == {f"/{name}" for name in ENDPOINTS}
    assert not named["unnamed_endpoints"]
    for dependency in client.config["dependencies"]:
        public = dependency["api_visibility"] != "private"
        assert public == (dependency["api_name"] in ENDPOINTS), dependency["api_name"]


def test_private_events_cannot_be_called_by_clients(client):
    with pytest.raises(ValueError, match="Cannot find"):
        client.predict(api_name="/opened")


def test_a_lesion_is_analysed_as_the_core_does_it(analysed):
    result = read_tone(read_image(LESION))
    found = classify(result, load_classifier("embedded"))
    assert analysed["image"] == LESION.name
    assert analysed["tone"]["published"]["ita"] == pytest.approx(result.tone.published.ita)
    for convention in ("published", "cielab"):
        interval = tone_interval(result.tone, convention=convention)
        given = analysed["tone"][convention]["interval"]
        assert (given["low"], given["high"]) == pytest.approx((interval.low, interval.high))
    assert analysed["logits"] == pytest.approx(found.logits.tolist(), abs=1e-4)
    assert set(analysed["rules"]) == set(found.verdicts)
    for key, rule in analysed["rules"].items():
        low, high = rule["range_over_orientations"]
        assert low <= rule["probability_malignant"] <= high
        assert rule["decision"] == found.verdicts[key].word and rule["weights"] == "demo model"


def test_a_tone_by_another_method_and_by_hand(client, analysed):
    robust = client.predict(handle_file(LESION), method="robust", api_name="/estimate_tone")
    assert robust["method"] == "robust" and robust["tone"] != analysed["tone"]
    hand = client.predict(handle_file(LESION), spots="20, 20; 30, 25", api_name="/estimate_tone")
    assert hand["hand"]["points"] == [[20, 20], [30, 25]]


def test_cautions_come_with_the_tone(client, tmp_path):
    from PIL import ImageDraw

    picture = Image.new("RGB", (300, 300), "white")
    lesion = Image.open(LESION).resize((300, 300))
    mask = Image.new("L", (300, 300))
    ImageDraw.Draw(mask).ellipse((0, 0, 300, 300), fill=255)
    picture.paste(lesion, mask=mask)
    picture.save(tmp_path / "framed.png")
    found = client.predict(handle_file(tmp_path / "framed.png"), api_name="/estimate_tone")
    assert "white_frame" in {caution["key"] for caution in found["cautions"]}


def test_a_colour_profile_is_followed_and_said(client, tmp_path):
    own, path = read_image(LESION), tmp_path / "of-a-phone.png"
    Image.fromarray(reencoded(own.rgb)).save(path, icc_profile=P3_PROFILE)
    found = client.predict(handle_file(path), method="robust", api_name="/estimate_tone")
    angle = read_tone(own, method="robust").tone.cielab.ita
    assert found["tone"]["cielab"]["ita"] == pytest.approx(angle, abs=0.5)
    without = found["colour_profile"]["cielab_ita_without"]
    assert found["colour_profile"]["name"] == "Display P3" and abs(without - angle) > 1
    assert "Display P3" in found["image_notes"][0]
    assert [note for note in found["tone"]["notes"] if f"{without:.1f} degrees" in note]


def test_decisions_at_one_sensitivity(client, analysed):
    """Beside what there is without: nothing of that changes."""
    assert analysed["same_sensitivity"] is None
    both = client.predict(handle_file(LESION), sensitivity=0.8, api_name="/analyse_lesion")
    same = both.pop("same_sensitivity")
    assert both == {key: value for key, value in analysed.items() if key != "same_sensitivity"}
    cutoffs = same_sensitivity(demo_calibration()).same
    for key, rule in same["same"].items():
        assert rule["probability"] == pytest.approx(cutoffs[key].probability)
        called = both["rules"][key]["probability_malignant"] >= rule["probability"]
        assert rule["decision"] == ("malignant" if called else "benign")
    found = client.predict(
        source="demo", rule="independent", sensitivity=0.8, by="sex", api_name="/group_report"
    )
    assert found["overall"]["recall"]["value"] == pytest.approx(56 / 69)


def test_one_counterfactual_and_a_whole_curve(client, analysed):
    one = client.predict(
        handle_file(LESION), target=10, sensitivity=0.8, api_name="/counterfactual"
    )
    assert [len(rule["decisions"]) for rule in one["same_sensitivity"]["same"].values()] == [2] * 5
    assert [point["target_ita"] for point in one["points"]] == pytest.approx(
        sorted([10, one["own_ita"]])
    )
    darker = min(one["points"], key=lambda point: point["target_ita"])
    assert darker["reached_cielab"] == pytest.approx(10, abs=0.5)
    curve = client.predict(handle_file(LESION), api_name="/counterfactual")
    assert len(curve["points"]) >= 16
    own = next(point for point in curve["points"] if point["target_ita"] == curve["own_ita"])
    for key, rule in own["rules"].items():
        assert rule["probability_malignant"] == pytest.approx(
            analysed["rules"][key]["probability_malignant"], abs=1e-4
        ), key


def test_the_group_report_holds_the_published_gap(client):
    found = client.predict(by="published", metric="recall", api_name="/group_report")
    gap = found["gaps"]["equal_opportunity_difference"]
    assert gap["value"] == pytest.approx(0.262, abs=0.0005)  # FACTS, section 7
    assert gap["null_mean"] == pytest.approx(0.185, abs=0.003)
    assert gap["p_value"] == pytest.approx(0.17, abs=0.01)
    assert found["overall"]["recall"]["value"] == pytest.approx(0.7226, abs=5e-5)
    assert (
        "precision" not in found["overall"] and "demographic_parity_difference" not in found["gaps"]
    )
    whole = client.predict(by="published", api_name="/group_report")
    groups = {group.name: group.recall.value for group in group_report("published").groups}
    assert {group["name"]: group["recall"]["value"] for group in whole["groups"]} == groups


def test_own_predictions_as_text_and_as_files(client, tmp_path):
    predictions = "image_name,prediction\na,1\nb,1\nc,0\nd,0\ne,1\nf,0\n"
    metadata = "image_name,target,sex\na,1,f\nb,0,f\nc,1,f\nd,1,m\ne,1,m\nf,0,m\n"
    text = client.predict(
        by="sex", predictions_text=predictions, metadata_text=metadata, api_name="/group_report"
    )
    recall = {group["name"]: group["recall"] for group in text["groups"]}
    assert (
        all((rate["value"], rate["n"]) == (0.5, 2) for rate in recall.values()) and len(recall) == 2
    )
    for name, content in (("p.csv", predictions), ("m.csv", metadata)):
        (tmp_path / name).write_text(content)
    files = client.predict(
        by="sex",
        predictions=handle_file(tmp_path / "p.csv"),
        metadata=handle_file(tmp_path / "m.csv"),
        api_name="/group_report",
    )
    assert files["groups"] == text["groups"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"api_name": "/analyse_lesion", "image": None}, "There is no image"),
        ({"api_name": "/group_report", "by": "shoe size"}, "no grouping column 'shoe size'"),
        ({"api_name": "/group_report", "metric": "beauty"}, "Unknown metric 'beauty'"),
        ({"api_name": "/group_report", "metadata_text": "image_name,target\na,1\n"}, "as well"),
        ({"api_name": "/group_report", "source": "elsewhere"}, "not in the list of choices"),
    ],
)
def test_mistakes_are_told_in_one_sentence(client, options, words):
    with pytest.raises(Exception, match=words) as raised:
        client.predict(**options)
    assert "Traceback" not in str(raised.value) and str(ROOT) not in str(raised.value)


def test_what_is_no_image_is_refused_and_deleted(client, folder, tmp_path):
    bad = tmp_path / "notes.txt"
    bad.write_text("no image")
    with pytest.raises(Exception, match=r"notes\.txt is not an image"):
        client.predict(handle_file(bad), api_name="/analyse_lesion")
    assert not below(folder / "gradio", "notes.txt")


def test_nothing_that_was_sent_stays_on_disk(client, folder, analysed):
    assert not left(folder / "gradio")


def _mcp(address, *calls):
    """Tools of the running app, and the results of ``calls``, by the mcp package's own client."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def talk():
        async with (
            streamable_http_client(f"{address}/gradio_api/mcp/") as (read, write, *_),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            return tools, [await session.call_tool(*call) for call in calls]

    return finish(talk())


def test_mcp_offers_the_same_four_and_answers_in_json(address, folder, analysed):
    image = "data:image/jpeg;base64," + base64.b64encode(LESION.read_bytes()).decode()
    tools, (tone, gap, mistake, elsewhere) = _mcp(
        address,
        ("estimate_tone", {"image": image}),
        ("group_report", {"by": "published", "metric": "recall"}),
        ("group_report", {"by": "shoe size"}),
        ("estimate_tone", {"image": "https://example.com/lesion.jpg"}),
    )
    assert {tool.name for tool in tools} == ENDPOINTS
    for tool in tools:
        assert len(tool.description) > 100
        assert all(part["description"] for part in tool.inputSchema["properties"].values())
    assert json.loads(tone.content[0].text)["tone"]["cielab"] == analysed["tone"]["cielab"]
    found = json.loads(gap.content[0].text)
    assert found["gaps"]["equal_opportunity_difference"]["value"] == pytest.approx(0.262, abs=5e-4)
    assert mistake.isError and "no grouping column" in mistake.content[0].text
    assert elsewhere.isError and "fetches no addresses" in elsewhere.content[0].text
    assert not left(folder / "gradio")


def test_the_documented_client_works(address):
    """The lines of the document as they stand there, but for the address."""
    document = (ROOT / "assets" / "docs" / "python-and-api.md").read_text(encoding="utf-8")
    (code,) = [
        block
        for block in re.findall(r"```python\n(.*?)```", document, re.S)
        if "gradio_client" in block
    ]
    assert len(code.strip().splitlines()) <= 5
    code = code.replace("http://127.0.0.1:7860", address)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    word = (
        classify(read_tone(read_image(LESION)), load_classifier("embedded"))
        .verdicts["discriminative_prior_shift"]
        .word
    )
    assert word in done.stdout and LESION.name in code
