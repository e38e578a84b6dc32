"""``--figures DIR`` of every command that has figures."""

import csv

import pytest

from explorer.charts.export import CAPTIONS
from explorer.fairness.metrics import METRICS
from explorer.rules.rules import RULES
from support import ROOT
from support.command import explorer

EXAMPLE = ROOT / "assets" / "examples" / "synthetic-light.jpg"
SMALL = ROOT / "assets" / "examples" / "synthetic-light.small.jpg"


def stems(folder) -> set[str]:
    """Names of the figures, of which each has all three files."""
    found = {path.stem for path in folder.glob("*.svg")}
    for ending in ("png", "csv"):
        assert {path.stem for path in folder.glob(f"*.{ending}")} == found
    assert (folder / CAPTIONS).exists()
    return found


@pytest.mark.slow
def test_figures_of_the_published_counts_and_of_the_report(tmp_path):
    folder = tmp_path / "figures"
    run = explorer("groups", "--by", "sex", "--figures", folder)
    assert run.returncode == 0, run.stderr
    assert f"{folder}: " in run.stdout and CAPTIONS in run.stdout
    drawn = stems(folder)
    assert len(drawn) == 1 + 2 + len(METRICS)  # the gaps, the pairs of two rates, every metric
    for name in ("gaps-by-sex", "pairs-in-recall-by-sex", "pairs-in-false-positive-rate-by-sex"):
        assert any(each.startswith(name) for each in drawn), name
    told = (folder / CAPTIONS).read_text(encoding="utf-8")
    assert f"python -m explorer groups --by sex --figures {folder}" in told
    assert told.count("n = 6,562 images, 137 malignant") == len(drawn)
    run = explorer("groups", "--source", "report", "--figures", folder, "--figure-width", 120)
    assert run.returncode == 0, run.stderr
    assert 'width="120.00mm"' in (folder / "recall-as-printed_report.svg").read_text("utf-8")
    assert drawn < stems(folder)


def test_figures_of_a_lesion_and_of_its_curve(tmp_path):
    run = explorer("lesion", EXAMPLE, "--weights", "embedded", "--json", "--figures", tmp_path)
    assert run.returncode == 0 and run.stderr == "" and run.stdout.startswith("{")
    drawn = stems(tmp_path)
    assert {f"contributions-{key.replace('_', '-')}_synthetic-light" for key in RULES} < drawn
    assert "probability-by-rule_synthetic-light" in drawn
    run = explorer(
        "counterfactual", EXAMPLE, "--weights", "embedded", "--rules", "independent",
        "--figures", tmp_path,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    added = stems(tmp_path) - drawn
    assert added == {
        "probability-against-skin-tone_synthetic-light",
        "contributions-against-skin-tone-independent_synthetic-light",
    }
    with open(tmp_path / "probability-against-skin-tone_synthetic-light.csv", newline="") as file:
        headers, *rows = csv.reader(file)
    assert headers[-1] == RULES["independent"].name and len(rows) >= 16
    printed = [line for line in run.stdout.splitlines() if line[:7].strip()[-1:].isdigit()]
    assert [float(row[0].split()[0]) for row in rows[:3]] == [
        float(line.split()[0].rstrip("*")) for line in printed[:3]
    ]


def test_figures_of_a_folder_of_lesions(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    (images / "one.jpg").write_bytes(SMALL.read_bytes())
    run = explorer(
        "counterfactual", images, "--csv", tmp_path / "all.csv", "--weights", "embedded",
        "--rules", "independent", "--figures", tmp_path / "figures",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert len(stems(tmp_path / "figures")) == 3


@pytest.mark.parametrize(
    "command",
    [("groups",), ("evaluate", "--images", EXAMPLE, "--out", "run", "--metadata", "labels.csv")],
)
def test_figures_into_what_is_no_folder_are_one_line(tmp_path, command, monkeypatch):
    (tmp_path / "file").write_text("")
    (tmp_path / "labels.csv").write_text("image_name,target\nsynthetic-light,1\n")
    command = [tmp_path / part if part in ("run", "labels.csv") else part for part in command]
    run = explorer(*command, "--figures", tmp_path / "file" / "figures")
    assert run.returncode == 2 and run.stderr.count("\n") == 1
    assert "The figures cannot be written to" in run.stderr
    assert not (tmp_path / "run").exists(), "said before the work, not after it"
