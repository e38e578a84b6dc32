"""Where weights come from: the real huggingface_hub client against a server of its protocol."""

import hashlib
import time
from types import SimpleNamespace

import pytest

from explorer.model import hub, weights
from explorer.model.hub_cache import PREFERRED, REPOSITORY, cache_folder, choose_file
from explorer.model.weights import Weights, parse_setting, resolve_weights
from explorer.util.errors import ExplorerError
from support.hub_server import COMMIT, HubServer

BEST = "best_model_domain_discriminative/best_model.pth"
LARGE = 25 * 2**20  # more than two of the client's chunks of 10 MiB


@pytest.fixture
def serve(no_hub):
    """``serve(files)``: a running server that HF_ENDPOINT points to."""
    running = []

    def start(files, repository=REPOSITORY, **options):
        running.append(HubServer(repository, files, **options).__enter__())
        no_hub.setenv("HF_ENDPOINT", running[-1].url)
        return running[-1]

    yield start
    for server in running:
        server.__exit__()


@pytest.fixture
def demo(monkeypatch, small_safetensors):
    """The small file in the demo model's place."""
    monkeypatch.setattr(weights, "DEMO_MODEL", small_safetensors)
    return small_safetensors


def problem(setting=None, **options):
    with pytest.raises(ExplorerError) as caught:
        resolve_weights(setting, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith(".")
    return sentence


def content(size, seed=b"a"):
    return hashlib.shake_128(seed).digest(size)


def test_published_layout_breaks_half_way_then_runs_offline(serve, published_pth):
    data = published_pth.read_bytes()
    server = serve({"README.md": b"x", BEST: data}, break_after=len(data) // 2)
    seen = []
    found = resolve_weights(progress=lambda fraction, text: seen.append((fraction, text)))

    digest = hashlib.sha256(data).hexdigest()
    assert (found.source, found.name) == ("hub", f"{REPOSITORY}/{BEST}")
    assert (found.revision, found.sha256, found.size) == (COMMIT, digest, len(data))
    assert found.path.read_bytes() == data and cache_folder() in found.path.parents
    assert found.label == "Mhara/melanoma_classification @ 1a2b3c4"
    (_, first), (_, second) = server.transfers()
    start = int(second.removeprefix("bytes=").removesuffix("-"))
    assert first == "" and 0 < start <= len(data) // 2
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1 and "of 11" in seen[-1][1]

    requests = len(server.transfers())
    assert resolve_weights("hub").source == "hub" and len(server.transfers()) == requests
    server.__exit__()
    for setting in (None, "hub", f"hub:{REPOSITORY}@main/{BEST}", f"hub:{REPOSITORY}@{COMMIT[:8]}"):
        again = resolve_weights(setting)
        assert (again.source, again.revision, again.sha256) == ("cache", COMMIT, digest)
        assert again.path == found.path
        assert "cache" in again.reason and "cannot be reached" in again.reason


def test_reset_connection_is_resumed(serve):
    data = content(LARGE)
    server = serve({PREFERRED[0]: data}, break_after=12 * 2**20, reset=True)
    assert resolve_weights("hub").path.read_bytes() == data
    assert [asked for _, asked in server.transfers()] == ["", f"bytes={10 * 2**20}-"]


def test_cancelled_download_resumes_in_a_later_call(serve):
    data = content(LARGE)
    server = serve({PREFERRED[0]: data})

    class Cancelled(ValueError, ConnectionError):  # must not be taken for a network error
        pass

    def cancel(fraction, text):
        if fraction > 0.5:  # at the second chunk of 10 MiB, the first being on the disk
            raise Cancelled

    for setting in ("hub", None):
        with pytest.raises(Cancelled):
            resolve_weights(setting, progress=cancel)
    assert not list(cache_folder().rglob("*.onnx"))
    assert resolve_weights("hub").path.read_bytes() == data
    resumed = f"bytes={10 * 2**20}-"
    assert [asked for _, asked in server.transfers()] == ["", resumed, resumed]
    assert not list(cache_folder().rglob("*.partial"))


def test_another_program_finds_the_file_in_the_cache(serve):
    from huggingface_hub import hf_hub_download, scan_cache_dir

    server = serve({PREFERRED[0]: b"weights"})
    ours = resolve_weights("hub")
    server.__exit__()
    options = {"cache_dir": cache_folder(), "local_files_only": True}
    assert hf_hub_download(REPOSITORY, PREFERRED[0], **options) == str(ours.path)
    (repository,) = scan_cache_dir(cache_folder()).repos
    assert repository.repo_id == REPOSITORY


def test_file_that_does_not_match_its_listed_hash(serve, monkeypatch):
    server = serve({PREFERRED[0]: b"right"})
    listing = hub.list_repository(REPOSITORY)
    server.files[PREFERRED[0]] = b"wrong"
    monkeypatch.setattr(weights, "list_repository", lambda *_: listing)
    assert "damaged" in problem("hub")
    files = [path for path in cache_folder().rglob("*") if path.is_file()]
    assert not [path for path in files if path.stat().st_size]


def test_damaged_cache_is_refused(serve, demo):
    server = serve({PREFERRED[0]: b"weights"})
    path = resolve_weights("hub").path
    server.__exit__()
    path.resolve().write_bytes(b"weightz")
    assert "damaged" in problem("hub")


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["hang", "trickle"])
def test_slow_hub_falls_to_embedded_in_time(serve, demo, fault, monkeypatch):
    assert hub.PROBE_SECONDS <= 4
    if fault == "trickle":
        monkeypatch.setattr(hub, "PROBE_SECONDS", 1.0)
    serve({BEST: b"x"}, **{fault: True})
    began = time.monotonic()
    found = resolve_weights()
    assert time.monotonic() - began < hub.PROBE_SECONDS + 1.5
    assert (found.source, found.is_demo, found.label) == ("embedded", True, "demo model")
    assert "does not answer in time" in found.reason and "nothing is cached" in found.reason


def test_slow_hub_falls_to_the_cache(serve, demo, monkeypatch):
    server = serve({BEST: b"x"})
    first = resolve_weights("hub")
    server.hang = True
    monkeypatch.setattr(hub, "PROBE_SECONDS", 0.5)
    found = resolve_weights()
    assert (found.source, found.path) == ("cache", first.path)
    assert found.reason == (
        f"{REPOSITORY}/{BEST} is used: the copy in the cache, because the Hub at"
        f" {server.url} does not answer in time."
    )


def test_offline_mode_asks_nothing(serve, demo, monkeypatch):
    server = serve({BEST: b"x"})
    resolve_weights("hub")
    asked = len(server.requests)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert resolve_weights().source == "cache"
    assert "offline mode" in resolve_weights("hub").reason
    assert len(server.requests) == asked


def test_without_network_named_settings_never_become_the_demo(no_hub, demo):
    assert resolve_weights().is_demo
    for setting in ("hub", "hub:someone/model", "hub:someone/model@v1/a.pth"):
        assert "nothing is cached" in problem(setting)
    assert "No such file" in problem("/nowhere/model.pth")
    no_hub.setenv("EXPLORER_WEIGHTS", "hub")
    assert "nothing is cached" in problem()


def test_refusals_of_the_hub(serve, demo):
    server = serve({"weights/one.pth": b"1", "weights/two.onnx": b"2", "notes.txt": b"3"})
    sentence = problem("hub")  # nothing that is known to be the submitted model
    assert "weights/two.onnx, weights/one.pth" in sentence and "notes.txt" not in sentence
    assert "no file three.pth" in problem(f"hub:{REPOSITORY}/three.pth")
    assert "no revision v2" in problem(f"hub:{REPOSITORY}@v2")
    assert "does not exist" in problem("hub:someone/else")
    found = resolve_weights()  # without a setting, the demo model, and why
    assert found.is_demo and "no weights of the submitted model" in found.reason
    for refuse, words in {
        (403, "GatedRepo"): "accept its conditions",
        (401, None): "private",
        (403, None): "refuses access",
        (404, "RepoNotFound"): "does not exist",
        (503, None): "status 503",
    }.items():
        server.refuse = refuse
        assert words in problem("hub")
    server.refuse = (200, None)  # {}: JSON, but not the Hub's
    assert "HF_ENDPOINT" in problem("hub") or "like the Hub" in problem("hub")


def test_full_disk(serve, monkeypatch):
    serve({BEST: b"x" * 1000})
    monkeypatch.setattr(hub.shutil, "disk_usage", lambda _: SimpleNamespace(free=999))
    assert "disk is too full" in problem("hub")


def test_token_stays_with_the_hub(serve, monkeypatch):
    server = serve({BEST: b"x"})
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    resolve_weights("hub")
    assert server.transfers() and server.authorised
    assert not [path for path in server.authorised if path.startswith("/cdn/")]


def test_named_file_and_revision(serve):
    server = serve({"a/b/c.pth": b"c", BEST: b"x"})
    found = resolve_weights(f"hub:{REPOSITORY}@v1/a/b/c.pth")
    assert (found.name, found.path.read_bytes()) == (f"{REPOSITORY}/a/b/c.pth", b"c")
    assert ("GET", f"/api/models/{REPOSITORY}/revision/v1", "") in server.requests
    server.__exit__()
    assert resolve_weights(f"hub:{REPOSITORY}@v1/a/b/c.pth").source == "cache"
    assert "nothing is cached" in problem(f"hub:{REPOSITORY}@v3/a/b/c.pth")


def test_settings():
    parsed = parse_setting("hub:Mhara/melanoma_classification@v1.0/weights/best.onnx")
    assert (parsed.repository, parsed.revision) == (REPOSITORY, "v1.0")
    assert parsed.file == "weights/best.onnx"
    assert parse_setting("hub:a/b/c/d.pth").file == "c/d.pth"
    assert parse_setting("hub:a/b@c").revision == "c"
    assert (parse_setting("hub").kind, parse_setting("embedded").kind) == ("hub", "embedded")
    assert parse_setting("./hub").kind == "path"
    for bad in ("hub:", "hub:one", "hub:a/b@", "hub:a/b@../x", "hub:a/b/../../x", "hub:a/b/"):
        with pytest.raises(ExplorerError, match="hub:OWNER/NAME"):
            parse_setting(bad)
    for bad in ("~\0", "a\0.pth"):
        with pytest.raises(ExplorerError, match="not understood"):
            parse_setting(bad)


def test_environment_setting_and_argument(no_hub, demo, tmp_path):
    (tmp_path / "mine.pth").write_bytes(b"abc")
    no_hub.setenv("EXPLORER_WEIGHTS", str(tmp_path / "mine.pth"))
    found = resolve_weights()
    assert found == Weights(
        "path",
        "mine.pth",
        None,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",  # FIPS 180-2, "abc"
        3,
        tmp_path / "mine.pth",
        "mine.pth is used: the file that the setting names.",
    )
    assert found.label == "mine.pth" and not found.is_demo
    assert resolve_weights("embedded").is_demo


def test_choice_of_file():
    names = ("a_domain_discriminative.pth", "weights/x_domain_discriminative.safetensors")
    others = [*names, "z.onnx"]
    for count in range(len(PREFERRED)):
        assert choose_file([*others, *PREFERRED[count:]], REPOSITORY) == PREFERRED[count]
    assert choose_file(others, REPOSITORY) == others[1]
    assert choose_file(["README.md", "z.onnx"], "a/b") == "z.onnx"
    assert choose_file(others, REPOSITORY, "z.onnx") == "z.onnx"
