"""What the form for columns does with files and choices, without a browser."""

import io
import re

import gradio as gr
import pandas as pd
import pytest

from explorer.data.made_up import NAME, made_up_csv
from explorer.ui.answer import Answer
from explorer.ui.own import form as layout
from explorer.ui.own.events import KEPT, FormEvents
from explorer.ui.own.state import Form, example
from explorer.ui.server import uploads

PARTS = (
    *("form_state", "predictions_csv", "metadata_csv", "problem"),
    *("form", "counts", "groups", "preview", "guess"),
    *(name for name, *_ in layout.CONTROLS),
)


class Visitor:
    """Presses and chooses as somebody would; keeps what was last shown, by name of the part."""

    def __init__(self, folder):
        with gr.Blocks():
            self.answer = Answer()
        names = {part: f"answer_{name}" for name, part in self.answer.parts.items()}
        self.names = names | {name: name for name in PARTS}
        self.events = FormEvents({name: name for name in PARTS}, self.answer)
        self.folder, self.last = folder, {}
        self.shown = {"form_state": Form(), "answer_bench": None}

    def call(self, handler, *values):
        found = handler(self.shown["form_state"], self.shown["answer_bench"], *values)
        self.last = {self.names[part]: value for part, value in found.items()}
        self.shown |= self.last
        return self

    def give(self, text, role="predictions", name="mine.csv"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.call(self.events.uploaded(role), str(path))
        assert not path.exists(), "uploads must not stay on disk"
        return self

    def example(self):
        return self.call(self.events.example)

    def choose(self, role, *values):
        return self.call(self.events.chosen(role), *values)

    def value(self, name):
        return self.shown[name].value

    def problem(self):
        return [re.sub("<[^>]+>", "", each) for each in re.findall("<div.*?</div>", self.html())]

    def html(self, name="problem"):
        return str(self.shown.get(name, ""))

    def metrics(self):
        """The answer's row of recall: all images, then each group."""
        row = re.search(r"Recall</th>(.*?)</tr>", self.html("answer_metrics_table"))[1]
        return re.findall("<td>(.*?)</td>", row)


@pytest.fixture
def visitor(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "_recent", {})
    return Visitor(tmp_path)


def test_the_example_says_that_it_is_made_up_and_gives_its_own_rates(visitor):
    visitor.example()
    chosen = {name: visitor.value(name) for name, *_ in layout.CONTROLS}
    assert chosen == {
        "image": "Image Name",
        "image_too": "",
        "target": "y_true",
        "score": "y_prob",
        "prediction": "",
        "patient": "patient",
        "tone_group": "",
    }
    assert visitor.value("groups") == ["skin tone", "sex", "centre"]
    assert visitor.shown["score"].info == "by its name; percent, divided by 100"
    assert visitor.shown["target"].info == "by its name; benign as 0; melanoma as 1"
    assert "no model is behind them" in visitor.html("counts") and NAME in visitor.html("counts")
    assert "Made-up predictions" in visitor.html("answer_title")
    table = pd.read_csv(io.StringIO(made_up_csv()))
    malignant = table[table["y_true"] == "melanoma"]
    called = malignant["y_prob"].str.rstrip("%").astype(float) >= 50
    shares = [called.mean(), *called.groupby(malignant["skin tone"]).mean()]
    assert [cell.split()[0] for cell in visitor.metrics()] == [f"{each:.2f}" for each in shares]
    assert "non-binary" in made_up_csv() and "false positive rate" in visitor.html(
        "answer_statement"
    )


def test_the_example_is_always_the_same_and_has_the_gap_that_is_put_in():
    table = pd.read_csv(io.StringIO(made_up_csv()))
    assert made_up_csv() == made_up_csv() and len(table) == 600
    benign = table[table["y_true"] == "benign"]
    called = benign["y_prob"].str.rstrip("%").astype(float) >= 50
    rates = called.groupby(benign["skin tone"]).mean()
    assert rates["dark"] > rates["light"] + 0.1


def test_a_file_that_fails_is_one_sentence_and_keeps_what_was_there(visitor):
    visitor.example()
    before = dict(visitor.shown)
    visitor.give("", name="empty.csv")
    assert visitor.problem() == ["empty.csv is empty: give a CSV file with a header line.", KEPT]
    kept = {"problem", "predictions_csv", "form_state"}
    assert set(visitor.last) == kept and visitor.shown["form_state"] is before["form_state"]
    visitor.give("nose,ear\n1,2\n", name="bad.csv")
    first, second = visitor.problem()
    assert first.startswith("bad.csv has no predictions: give a column") and second == KEPT
    assert "found: nose, ear" in first and first.endswith(".")
    assert not [name for name in visitor.last if name.startswith("answer_")]
    assert visitor.value("target") == ""
    assert [name for _, name in visitor.shown["target"].choices] == ["", "nose", "ear"]
    visitor.example()
    assert visitor.problem() == []


def test_what_was_guessed_wrong_is_chosen_and_everything_follows(visitor):
    cells = [f"i{i},{i % 2},{(i // 2) % 2},{i % 3 + 1},{0.01 * i:.2f}" for i in range(100)]
    visitor.give("\n".join(["image,seen,label,group,resnet", *cells]))
    assert visitor.value("target") == "label" and visitor.value("score") == "resnet"
    assert visitor.shown["score"].info == "the only column of numbers from 0 to 1"
    visitor.choose("target", "seen")
    assert visitor.value("target") == "seen" and visitor.shown["target"].info == "chosen"
    table = pd.DataFrame({"seen": [i % 2 for i in range(100)], "p": [0.01 * i for i in range(100)]})
    recall = (table[table["seen"] == 1]["p"] >= 0.5).mean()
    assert float(visitor.metrics()[0].split()[0]) == pytest.approx(recall, abs=0.005)
    assert "group" in visitor.value("groups") and visitor.value("tone_group") == ""
    visitor.choose("tone_group", "group")
    assert visitor.shown["tone_group"].info == "chosen; numbers 0 to 3 as names"
    assert "tone group, as published (8-bit CIELAB) (3)" in visitor.html("counts")
    visitor.call(visitor.events.guessed)
    assert visitor.value("target") == "label" and not visitor.shown["form_state"].columns


def test_groups_are_taken_out_and_put_back(visitor):
    visitor.example()
    visitor.choose("group", ["sex", "centre"])
    assert visitor.value("groups") == ["sex", "centre"]
    assert "skin tone" not in visitor.html("counts")
    visitor.choose("group", ["sex", "centre", "skin tone"])
    assert sorted(visitor.value("groups")) == ["centre", "sex", "skin tone"]
    visitor.choose("group", ["sex", "centre", "skin tone", "patient"])
    assert "255 different values: grouping needs 2 to 60" in visitor.problem()[0]
    assert visitor.problem()[1] == KEPT


def test_two_files_in_either_order(visitor):
    visitor.give("Lesion,AGE,target\na,50,1\nb,20,0\nc,61,0\n", "metadata", "facts.csv")
    assert visitor.problem() == ["facts.csv is here. Now the predictions."]
    visitor.give("id,y_score\na,0.9\nb,0.2\nc,0.7\n")
    assert "no column of image names" in visitor.problem()[0]
    assert visitor.shown["image_too"].visible and visitor.value("image") == "id"
    visitor.choose("image", "id", "Lesion")
    assert visitor.problem() == [] and "mine.csv and facts.csv" in visitor.html("counts")
    assert "age from AGE (years in bands)" in visitor.html("preview")


def test_a_column_for_two_roles_is_one_sentence(visitor):
    visitor.give("image,y_score,y_true,sex\na,0.9,1,f\nb,0.1,0,m\n")
    visitor.choose("patient", "y_score")
    visitor.choose("score", "y_score")
    assert "y_score is given for patient and score: choose one role" in visitor.problem()[0]
    assert not visitor.shown["form_state"].columns.get("score")


def test_nothing_is_done_before_there_are_files(visitor):
    assert list(visitor.choose("target", "x").last) == ["problem"]
    assert list(visitor.call(visitor.events.guessed).last) == ["problem"]
    assert visitor.shown["problem"] == gr.skip()


def test_the_commands_parquet_is_read(visitor, finished_run):
    data = (finished_run / "predictions.parquet").read_bytes()
    visitor.give(data, name="predictions.parquet")
    assert visitor.problem() == []
    assert re.search(r"rows <b>7</b>.*images <b>6</b>", visitor.html("counts"))
    assert visitor.shown["score"].info == "not needed: the 8 logits are used"


def test_the_examples_file_with_labels_of_ones_own(visitor):
    """Metadata never joins the example: it has labels, and its images are nobody's."""
    visitor.example()
    visitor.give("image,target,sex\na,1,f\nb,0,m\n", "metadata", "facts.csv")
    assert visitor.problem() == ["facts.csv is here. Now the predictions."]
    assert example().made_up
