"""The demo model: its loss, the guards around its images, and the weights that ship."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional

from explorer.rules.rules import TRAINING_COUNTS
from explorer.training import augment, container, data, evaluation, loop, loss
from support import ROOT

ASSETS = ROOT / "assets"
WEIGHTS = ASSETS / "demo_model.safetensors"


@pytest.fixture(scope="module")
def tables(shared):
    return data.read_tables(shared)


@pytest.fixture(scope="module")
def predictions(shared):
    return evaluation.predict(WEIGHTS, shared)


@pytest.fixture(scope="module")
def card():
    return json.loads((ASSETS / "demo_model_card.json").read_text(encoding="utf-8"))


# Loss


def test_the_loss_is_torchs_weighted_cross_entropy_over_8_classes():
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(40, 8, generator=generator)
    target = torch.randint(0, 2, (40,), generator=generator)
    group = torch.randint(0, 4, (40,), generator=generator)
    weights = torch.rand(8, generator=generator) + 0.1
    index = 2 * group + target
    ours = loss.discriminative_loss(logits, target, group, weights[index])
    assert torch.allclose(ours, functional.cross_entropy(logits, index, weight=weights))


def test_an_unknown_tone_group_is_summed_out():
    # softmax of log(1..8) is k / 36; malignant are the second of each pair: 2 + 4 + 6 + 8 = 20
    logits = torch.log(torch.arange(1.0, 9.0))[None]
    one, unknown = torch.tensor([1]), torch.tensor([-1])
    value = loss.discriminative_loss(logits, one, unknown, torch.ones(1))
    assert value.item() == pytest.approx(-np.log(20 / 36), abs=1e-6)


def test_known_and_unknown_groups_mix_by_weight():
    logits = torch.log(torch.arange(1.0, 9.0)).repeat(2, 1)
    value = loss.discriminative_loss(
        logits, torch.tensor([1, 0]), torch.tensor([2, -1]), torch.tensor([3.0, 1.0])
    )
    expected = (3 * -np.log(6 / 36) + 1 * -np.log(16 / 36)) / 4
    assert value.item() == pytest.approx(expected, abs=1e-6)


def test_inverse_frequency_balances_the_classes():
    counts = np.array([[90, 10], [400, 50], [200, 30], [15, 5]])
    mass = counts * loss.inverse_frequency(counts, temper=1.0)
    assert np.allclose(mass, counts.sum() / 8)
    assert np.allclose(loss.inverse_frequency(counts, 0.0), 1)


def test_the_prior_offset_turns_a_weighted_optimum_into_the_published_prior():
    counts = np.array([[90, 10], [400, 50], [200, 30], [15, 5]])
    # without any image content, the weighted loss is smallest at p proportional to n * w
    mass = (counts * loss.inverse_frequency(counts, 0.5)).reshape(8)
    p = functional.softmax(torch.tensor(np.log(mass) + loss.prior_offset(counts, 0.5)), dim=0)
    assert np.allclose(p, (TRAINING_COUNTS / TRAINING_COUNTS.sum()).reshape(8))


# Images


def test_no_validation_image_is_among_the_training_images(tables):
    valid = set()
    for name in ("lesions", "lesions_300"):
        valid |= set(tables[name].loc[tables[name]["split"] == "valid", "id"])
    rows = pd.concat([data.isic2020_training(tables, 0), data.other_training(tables)])
    assert len(valid) == 456 and len(rows) > 7000
    assert not valid & set(rows["id"])
    assert not valid & {path.stem for path in rows["path"]}
    assert not rows["id"].duplicated().any()


def test_an_id_that_one_table_calls_validation_is_kept_out(tables):
    both = set(tables["lesions"]["id"]) & set(data.isic2020(tables, "train")["id"])
    name = sorted(both)[0]
    large = tables["lesions"].copy()
    large.loc[large["id"] == name, "split"] = "valid"
    planted = tables | {"lesions": large}
    assert name not in set(data.isic2020_training(planted, 0)["id"])
    assert name in set(data.isic2020(planted, "valid")["id"])


def test_the_folder_tells_nothing_about_the_label(tables):
    rows = data.isic2020_training(tables, 0)
    share = (rows["table"] == "lesions").groupby(rows["target"]).mean()
    assert abs(share[0] - share[1]) < 0.005 and share[0] > 0.05
    assert all(path.parent.name == table for path, table in zip(rows["path"], rows["table"]))


@pytest.mark.parametrize("turn", [0, 3])
def test_a_flipped_duplicate_of_a_validation_image_is_caught(tables, turn):
    valid = data.isic2020(tables, "valid").head(60)
    train = data.isic2020_training(tables, 0).head(60)
    valid_lab, lab = data.lab_cache(valid["path"], 96), data.lab_cache(train["path"], 96)
    lab[7] = np.rot90(valid_lab[20][:, ::-1], turn)
    kept, kept_lab, dropped = data.without_twins(
        train, lab, valid["id"], data.thumbnails(valid_lab)
    )
    found = dropped.set_index("id").loc[train["id"][7]]
    assert found["twin"] == valid["id"][20] and found["correlation"] > 0.999
    assert train["id"][7] not in set(kept["id"])
    assert len(kept) == len(kept_lab) == 60 - len(dropped) and len(kept) > 40


def test_the_other_copy_of_an_image_is_caught(tables):
    large = tables["lesions"].set_index("id")
    small = tables["lesions_300"].set_index("id")
    both = sorted(set(large.index) & set(small.index))[:40]
    thumbs = [data.thumbnails(data.lab_cache(t.loc[both, "path"], 96)) for t in (large, small)]
    index, correlation = data.twins(*thumbs)
    assert (index == np.arange(40)).all()
    assert correlation.min() > data.DUPLICATE_CORRELATION


def test_unwanted_lesions_are_left_out(tables):
    rows = tables["lesions_other"].set_index("id").loc[data.other_training(tables)["id"]]
    assert not rows["diagnosis"].isin(["BCC", "AK"]).any()
    assert not rows["licence"].str.contains("SA|ISIC 2020").any()
    assert (rows["diagnosis"] == "MEL").sum() == 783


def test_training_sees_what_the_classifier_sees(tables):
    from explorer.image.read import read_image
    from explorer.model.classifier import preprocess

    paths = [*tables["lesions"]["path"][:3], *tables["lesions_other"]["path"][:3]]
    lab = torch.tensor(data.lab_cache(paths, 128)).permute(0, 3, 1, 2).float()
    expected = preprocess([read_image(path).rgb for path in paths], 128)
    assert torch.allclose(container.normalise(lab), expected, atol=1e-6)


def test_views_keep_size_range_and_nearly_the_colour():
    flat = torch.full((32, 40, 40, 3), 140, dtype=torch.uint8)
    view = augment.random_view(flat, 32, torch.Generator().manual_seed(0))
    assert view.shape == (32, 3, 32, 32) and view.min() >= 0 and view.max() <= 255
    assert abs(view.mean() - 140) < 3 and view.std(dim=0).mean() > 0.5


# A run


@pytest.mark.slow
def test_a_few_steps_lower_the_loss_and_a_resumed_run_is_the_same(tables, tmp_path):
    rows = data.isic2020_training(tables, 0)
    rows = pd.concat([rows[rows["target"] == y].head(6) for y in (0, 1)], ignore_index=True)
    other = data.other_training(tables).head(4)
    images = data.TrainingData(
        rows, other, data.lab_cache(rows["path"], 48), data.lab_cache(other["path"], 48), rows[:0]
    )
    recipe = loop.Recipe(
        input_size=48,
        input_size_all=32,
        cache_size=48,
        epochs_all=2,
        epochs_isic2020=4,
        batch=16,
        bf16=False,
    )
    whole = loop.train(recipe, images)
    assert whole.losses[-1] < whole.losses[0]

    half, path = loop.TrainingRun(recipe, images), tmp_path / "half.pt"
    for _ in range(3):
        half.train_epoch()
    torch.save(half.checkpoint(), path)
    resumed = loop.train(recipe, images, path)
    expected = whole.shipped_state()
    assert all(torch.equal(value, expected[key]) for key, value in resumed.shipped_state().items())


# What ships


def test_the_file_is_small_and_names_itself():
    from safetensors import safe_open

    assert WEIGHTS.stat().st_size <= 12_000_000
    with safe_open(str(WEIGHTS), "pt") as file:
        said = file.metadata()
    assert said["name"] == "demo model" and said["licence"] == "CC BY-NC 4.0"
    assert said["num_outputs"] == "8" and said["num_groups"] == "4" and said["cielab"] == "true"


def test_the_file_loads_strictly_into_timm_by_its_metadata():
    import timm
    from safetensors import safe_open

    with safe_open(str(WEIGHTS), "pt") as file:
        names = file.keys()  # it is no mapping: it cannot be walked itself
        said, state = file.metadata(), {key: file.get_tensor(key) for key in names}
    network = timm.create_model(said["architecture"], num_classes=int(said["num_outputs"]))
    network.load_state_dict(state, strict=True)
    size = int(said["input_size"])
    with torch.inference_mode():
        assert network.eval()(torch.zeros(1, 3, size, size)).shape == (1, 8)


@pytest.mark.slow
def test_auroc_on_validation_images_by_sklearn(predictions, card):
    from sklearn.metrics import roc_auc_score

    chosen = (predictions.rows["table"] == "lesions").to_numpy()
    target = predictions.rows["target"].to_numpy()[chosen]
    z = torch.tensor(predictions.logits[chosen], dtype=torch.float64)
    p = functional.softmax(z, dim=1).view(-1, 4, 2)
    n = torch.tensor(TRAINING_COUNTS)
    s = (p * n.sum(dim=1, keepdim=True) / n).sum(dim=1)
    value = roc_auc_score(target, s[:, 1] / s.sum(dim=1))
    assert len(target) == 124 and target.sum() == 69
    stated = card["evaluation"]["lesions"]["overall"]["auroc"]["value"]
    assert value == pytest.approx(stated, abs=1e-3)


@pytest.mark.xfail(strict=True, reason="issue 2 aims at 0.85; the shipped weights are underfitted")
def test_auroc_reaches_the_aim(card):
    assert card["evaluation"]["lesions"]["overall"]["auroc"]["value"] >= 0.85


def test_the_demo_model_beats_chance(card):
    for name in evaluation.SETS:
        assert card["evaluation"][name]["overall"]["auroc"]["low"] > 0.5


def test_decisions_under_the_published_rule_are_not_degenerate(card):
    overall = card["evaluation"]["lesions"]["overall"]
    assert overall["recall"]["value"] > 0.5 and overall["false_positive_rate"]["value"] < 0.5


def test_the_logit_table_is_that_of_the_file(predictions, lesions):
    table = pd.read_csv(ASSETS / "demo_logits.csv").set_index("image")
    valid = lesions[lesions["split"] == "valid"]
    facts = valid.set_index(valid["image"].str.removesuffix(".jpg")).loc[table.index]
    assert len(table) == len(valid) == 124
    for column in ("target", "group_published", "sex", "age", "site"):
        assert table[column].equals(facts[column].rename_axis("image"))
    assert "patient_id" not in table
    mine = pd.DataFrame(predictions.logits, index=predictions.rows["id"]).loc[table.index]
    assert np.abs(table.filter(like="logit_").to_numpy() - mine.to_numpy()).max() < 1e-2


def test_the_card_was_written_for_this_file(card):
    import hashlib

    from explorer.training import card as writer

    assert card["model"]["sha256"] == hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert (ASSETS / "demo_model_card.md").read_text("utf-8") == writer.markdown(card)


# Intervals


def test_auroc_refuses_to_invent():
    apart = evaluation.auroc(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1]))
    assert apart["value"] == apart["high"] == 1 and apart["low"] < 0.5
    one = evaluation.auroc(np.array([0.1, 0.2, 0.9]), np.array([0, 0, 1]))
    assert one["value"] is None and one["low"] is None
    alone = evaluation.auroc(np.array([0.1, 0.9, 0.8]), np.array([1, 1, 1]))
    assert alone["value"] is None and alone["positives"] == 3


def test_sets_nest_and_new_patients_are_new(predictions, lesions):
    rows = predictions.rows
    assert [int(evaluation.members(rows, name).sum()) for name in evaluation.SETS] == [124, 456, 69]
    chosen = set(rows.loc[evaluation.members(rows, evaluation.NEW_PATIENTS), "id"] + ".jpg")
    patients = set(lesions.loc[lesions["image"].isin(chosen), "patient_id"])
    train = set(lesions.loc[lesions["split"] == "train", "patient_id"])
    assert len(chosen) == 69 and not patients & train
