"""Audit cards: every recomputed figure against an independent computation, and the texts."""

import re
from math import comb

import cv2
import numpy as np
import pandas as pd
import pytest
import skimage.color
from scipy import stats

from explorer.charts import chart, svg, theme
from explorer.image import colour
from explorer.rules import rules, slips
from explorer.study import tables
from explorer.study.claims import (
    STATUSES,
    audit_card,
    audit_cards,
    data,
    multiverse,
    scores,
    second,
    second_system_cards,
    selection,
    skin_former,
    units,
)
from explorer.transform import skinformer
from explorer.util.errors import ExplorerError

#: Of linear sRGB, IEC 61966-2-1.
SRGB_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)
CARDS = audit_cards()
KEYS = [card.key for card in CARDS]
EVERY = (*CARDS, *second_system_cards())
ALL = pytest.mark.parametrize("card", EVERY, ids=[card.key for card in EVERY])


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    """The validation images, one row each."""
    table = pd.read_csv(tables.FOLDER / "validation_counts.csv")
    return table.loc[table.index.repeat(table["count"])]


@pytest.fixture(scope="module")
def crosstab() -> pd.DataFrame:
    return pd.read_csv(tables.FOLDER / "tone_crosstab.csv")


def values(key: str) -> dict:
    return dict(audit_card(key).values)


# Form


def test_the_issues_claims_are_all_there():
    assert KEYS == [
        "recall",
        "experiments",
        "demographic-parity",
        "fairest",
        "predict-py",
        "sizes",
        "dark-skin",
        "regrouped",
        "skin-former",
        "white-frame",
        "patients",
        "units",
        "tone-of-images",
        "redrawn",
        "labels",
        "selection",
        "multiverse",
        "prior-shift",
        "doubled-softmax",
        "anova-table",
        "anova-unnormalised",
    ]
    with pytest.raises(ExplorerError, match="choose one of recall"):
        audit_card("nothing")


@ALL
def test_card_is_complete_and_careful(card):
    assert card.status in STATUSES
    for text in (
        card.title,
        card.claim,
        card.published_figure,
        card.recomputed_figure,
        card.path,
        card.verdict,
        card.uncertainty,
        card.source,
    ):
        assert text and "nan" not in re.split(r"\W+", text) and "{" not in text
    assert not re.search(
        r"\b(biased|bias|racis\w*|proven|proves|fraud|wrongdoing)\b", f"{card.verdict} {card.claim}"
    )
    headers, rows = card.table
    assert rows and all(len(row) == len(headers) for row in rows)
    assert all(isinstance(cell, str) for row in [headers, *rows] for cell in row)
    assert card.values and all(np.isfinite(x) for x in card.values.values())


@ALL
def test_plot_shows_every_mark_within_its_axis(card):
    figure, low, high = chart.draw(card.chart), *card.chart.span
    shown = [x for trace in figure.data for x in trace.x if x is not None]
    assert shown
    for row in card.chart.rows:
        for mark in row.marks:
            assert all(low <= x <= high for x in (mark.value, mark.low, mark.high) if x is not None)
        for line in [row.label] if len(row.label) < 20 else []:
            assert any(line in note.text for note in figure.layout.annotations)
        assert card.chart.title in card.alt_text and row.label in card.alt_text
    assert figure.layout.xaxis.title.text and figure.layout.width is None
    assert chart.draw(card.chart, dark=True).layout.font.color == theme.ink(True)


@ALL
def test_svg_is_static_and_has_a_title(card):
    import xml.etree.ElementTree as ET

    root = ET.fromstring(svg.to_svg(card.chart))
    assert root.find("title").text == card.alt_text
    assert {element.tag for element in root.iter()} <= {
        "svg",
        "title",
        "path",
        "rect",
        "circle",
        "text",
        "tspan",
    }


# Figures


def test_recall_and_gaps(counts):
    malignant = counts[counts["target"] == 1]
    by_group = malignant.groupby("group_published")["prediction"].mean()
    found = values("recall")
    assert found.pop("all images") == pytest.approx(malignant["prediction"].mean())
    assert list(found.values()) == pytest.approx(by_group.tolist())
    assert audit_card("recall").status == "reproduced"
    parity = counts.groupby("group_published")["prediction"].mean()
    false = counts[counts["target"] == 0].groupby("group_published")["prediction"].mean()
    assert list(values("demographic-parity").values()) == pytest.approx(
        [np.ptp(parity), np.ptp(by_group), np.ptp(false)]
    )
    assert values("demographic-parity")["demographic_parity_difference"] == pytest.approx(
        0.1858, abs=5e-5
    )  # FACTS, section 7


def test_fairest_has_the_null_of_facts_and_the_right_ranks():
    found = values("fairest")
    assert found["value"] == pytest.approx(0.262, abs=5e-4)
    assert found["null_mean"] == pytest.approx(0.185, abs=0.003)
    assert found["null_p95"] == pytest.approx(0.342, abs=0.01)
    assert found["p_recall"] == pytest.approx(0.07, abs=0.005)  # FACTS, section 7
    assert found["p_value"] == pytest.approx(0.17, abs=0.01)
    table = pd.read_csv(tables.FOLDER / "experiments.csv").set_index("experiment")
    for key in ("equal_opportunity_difference", "demographic_parity_difference", "fpr_difference"):
        assert found[f"rank {key}"] == table[key].rank()[tables.SUBMITTED_EXPERIMENT]
    assert table["balanced_accuracy"].rank(ascending=False)[tables.SUBMITTED_EXPERIMENT] == 1
    assert found["spearman"] == pytest.approx(
        table["fpr"].corr(table["fpr_difference"], "spearman")
    )
    keys = ("equal_opportunity_difference", "demographic_parity_difference", "fpr_difference")
    for least, n, ranks in ((0.6, 7, [4, 4, 4]), (0.7, 4, [3, 1, 1])):  # FACTS, section 7
        peers = table[table["recall"] >= least]
        own = peers[list(keys)].rank().loc[tables.SUBMITTED_EXPERIMENT].tolist()
        assert len(peers) == n and sorted(own) == sorted(ranks)
        assert [found[f"rank {key}, recall {least}"] for key in keys] == own
    assert "smallest of the five" in audit_card("fairest").verdict
    assert "ranks 1 of 24" in audit_card("fairest").verdict


def test_null_of_another_model_agrees_with_a_shuffle_of_rows():
    """EfficientNet-M's detected images, spelled out and shuffled one by one."""
    detected, total = np.array([14, 26, 27, 11]), np.array([17, 58, 46, 16])
    group = np.repeat(np.arange(4), total)
    called = np.concatenate([np.arange(n) < k for k, n in zip(detected, total)])
    rng = np.random.default_rng(0)
    null = [np.ptp(np.bincount(rng.permutation(group), called, 4) / total) for _ in range(4000)]
    row = next(r for r in audit_card("fairest").table[1] if r[0] == "EfficientNet-M")
    assert float(row[3]) == pytest.approx(np.mean(null), abs=0.005)
    observed = np.ptp(detected / total)
    assert float(row[5]) == pytest.approx(np.mean(np.array(null) >= observed - 1e-12), abs=0.012)


def test_predict_py_counts(counts):
    found = values("predict-py")
    called = counts[counts["prediction"] == 1]["target"]
    assert (found["true_positives"], found["false_positives"]) == (called.sum(), (1 - called).sum())
    row = audit_card("predict-py").chart.rows[0]
    assert row.marks[1].value == 0.723
    tp, fp = found["report_true_positives"], found["report_false_positives"]
    assert round((tp + fp) / 6562, 4) == 0.1193 and round(tp / 137, 3) == 0.723


def test_tones(crosstab):
    found = values("dark-skin")
    dark = crosstab[crosstab["tone_cielab"] == "dark"]
    assert found["dark"] == dark["count"].sum() == 320
    assert found["dark_in_very_light"] == 13
    assert (
        found["dark_in_very_light"] == dark[dark["tone_published"] == "very light"]["count"].sum()
    )
    assert (found["patients"], found["only_dark"], found["dark_median"]) == (188, 0, 6)  # FACTS
    assert found["dark_as_published"] == 0 and "dark" not in set(crosstab["tone_published"])
    same = crosstab[crosstab["tone_published"] == crosstab["tone_cielab"]]["count"].sum()
    assert values("sizes")["same"] == same
    assert sum(values("sizes")[name] for name in colour.GROUP_NAMES) == 32_701
    assert "6,274 in the metadata, 6,273 in the code" in audit_card("sizes").verdict


def test_very_dark_colours_wrap_around_into_very_light():
    """What the card says of the 13: L8 just below 50 reads as very light in 8-bit arithmetic."""
    dark = np.array([[49, 132, 140], [30, 130, 135]], np.uint8)
    assert (colour.group_index(colour.ita_published(dark)) == 0).all()
    every = np.stack(np.meshgrid(np.arange(50, 256), np.arange(0, 256), indexing="ij"), -1)
    lab = np.stack([every[..., 0], np.full(every.shape[:2], 130), every[..., 1]], -1)
    assert colour.ita_published(lab.astype(np.uint8)).min() >= 0


@pytest.fixture(scope="module")
def rows(published) -> pd.DataFrame:
    """The study's validation images as the facts folder has them, with four float-CIELAB groups."""
    table = pd.read_csv(published / "validation_rows.csv")
    lab = colour.rgb_to_cielab(table[["color_r", "color_g", "color_b"]].to_numpy(np.uint8))
    angle = np.degrees(np.arctan2(lab[:, 0] - 50, lab[:, 2]))
    group = np.select([angle > 55, angle > 41, angle > 28], [0, 1, 2], 3)
    return table.assign(group=group, defined=lab[:, 2] > 0)


def test_regrouped_compares_four_groups_with_four(rows):
    found, benign = values("regrouped"), rows[rows["target"] == 0]
    for target, name in ((1, "recall"), (0, "false positive rate")):
        rates = rows[rows["target"] == target].groupby("group")["prediction"].mean()
        own = [found[f"{name} {group}"] for group in colour.GROUP_NAMES]
        assert own == pytest.approx(rates.tolist())
    assert found["gap_cielab"] == pytest.approx(0.129, abs=5e-4)  # FACTS, section 7
    assert found["gap_published"] == pytest.approx(0.146, abs=5e-4)
    assert found["undefined"] == (~rows["defined"]).sum()
    defined = benign[benign["defined"]].groupby("group")["prediction"].mean()
    assert f"{np.ptp(defined):.3f}" in audit_card("regrouped").recomputed_figure


def test_units_have_the_intraclass_correlation_and_the_null_of_facts(rows):
    found = values("units")
    assert found["intraclass"] == pytest.approx(0.29, abs=0.01)
    assert found["null_mean_by_image"] == pytest.approx(0.030, abs=0.002)
    assert found["null_mean_by_patient"] == pytest.approx(0.088, abs=0.002)
    assert found["null_p95_by_patient"] == pytest.approx(0.115, abs=0.003)
    assert found["p_by_patient"] < 0.005
    benign = rows[rows["target"] == 0]
    calls = benign.groupby("patient")["prediction"].agg(["sum", "count"])
    rate, m, n = benign["prediction"].mean(), len(calls), len(benign)
    # variance of a ratio between clusters, written out
    between = ((calls["sum"] - rate * calls["count"]) ** 2).sum() * m / (m - 1) / n**2
    assert found["design_effect"] == pytest.approx(between / (rate * (1 - rate) / n), rel=1e-6)


def test_tone_is_a_property_of_images(published):
    found = values("tone-of-images")
    table = pd.read_csv(published / "tone_rows.csv")
    several = table.groupby("patient")["group_published"].nunique() > 1
    assert (found["several"], found["patients"]) == (several.sum(), len(several))
    assert round(found["several"] / found["patients"], 2) == 0.74  # FACTS, section 7
    assert round(found["deviation"]) == 20 and round(found["intraclass"], 2) == 0.53
    lab = colour.rgb_to_cielab(table[["color_r", "color_g", "color_b"]].to_numpy(np.uint8))
    assert found["undefined"] == (lab[:, 2] <= 0).sum()
    angle = np.degrees(np.arctan2(lab[:, 0] - 50, lab[:, 2]))
    groups = [own.to_numpy() for _, own in pd.Series(angle).groupby(table["patient"])]
    # F of a one-way analysis of variance gives the same correlation
    f = stats.f_oneway(*(own for own in groups)).statistic
    sizes = np.array([len(own) for own in groups])
    size = (sizes.sum() - (sizes**2).sum() / sizes.sum()) / (len(sizes) - 1)
    assert found["intraclass"] == pytest.approx((f - 1) / (f + size - 1))


def test_redrawn_tones_move_images_as_a_gain_by_hand_does(rows, monkeypatch):
    """Without light of its own nothing moves; with it, about as many as in a plain repetition."""
    found = values("redrawn")
    colours = rows[["color_r", "color_g", "color_b"]].to_numpy() / 255
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    rng = np.random.default_rng(99)
    gains = rng.uniform(0.95, 1.05, linear.shape)
    gains[:, 1] = 1
    lit = np.clip(linear * gains * 2 ** rng.uniform(-0.2, 0.2, (len(linear), 1)), 0, 1)
    lab = skimage.color.xyz2lab(lit @ SRGB_TO_XYZ.T, "D65")
    angle = np.degrees(np.arctan2(lab[:, 0] - 50, lab[:, 2]))
    group = np.select([angle > 55, angle > 41, angle > 28], [0, 1, 2], 3)
    assert found["moved"] == pytest.approx(np.mean(group != rows["group"]), abs=0.015)
    benign = rows["target"] == 0
    gap = np.ptp(rows[benign].groupby(group[benign])["prediction"].mean())
    assert found["false positive rate low"] - 0.01 < gap < found["false positive rate high"] + 0.01
    monkeypatch.setattr(units, "EXPOSURE", 0.0)
    monkeypatch.setattr(units, "BALANCE", 0.0)
    monkeypatch.setattr(units, "REDRAWS", 2)
    still = units.redrawn_gaps()
    assert not still["moved"].any()
    assert still[units.FALSE] == pytest.approx(values("regrouped")["gap_cielab"])


def test_labels_without_a_diagnosis_reverse_light_and_intermediate(rows):
    found, benign = values("labels"), rows[rows["target"] == 0]
    assert (found["unknown"], found["benign"]) == (5306, 6425)  # FACTS, section 7
    benign = benign.assign(known=benign["diagnosis"] != "unknown")
    rates = benign.groupby(["known", "group_published"])["prediction"].mean()
    for index, name in enumerate(colour.GROUP_NAMES):
        assert found[f"named {name}"] == pytest.approx(rates[True, index])
        assert found[f"unknown {name}"] == pytest.approx(rates[False, index])
    facts = {"named": (0.145, 0.098, 0.154), "unknown": (0.066, 0.233, 0.235)}
    for key, told in facts.items():
        own = [found[f"{key} {name}"] for name in colour.GROUP_NAMES[1:]]
        assert np.round(own, 3).tolist() == list(told)
    assert "reverses" in audit_card("labels").verdict


def test_choosing_the_best_of_equals_looks_better_than_it_is():
    """Equal models: the expected largest of normal values, from their order statistics."""
    cells = np.tile([100, 640, 137, 6425], (24, 1))
    gained = selection.optimism(cells)
    sd = np.sqrt(100 / 137 * 37 / 137 / 137 + 640 / 6425 * 5785 / 6425 / 6425) / 2
    grid = np.linspace(-8, 8, 20_001)
    largest = np.trapezoid(grid * 24 * stats.norm.cdf(grid) ** 23 * stats.norm.pdf(grid), grid)
    assert gained.mean() == pytest.approx(sd * largest, rel=0.03)
    one = selection.optimism(cells[:1])
    assert one.mean() == pytest.approx(0, abs=4 * one.std() / len(one) ** 0.5)
    found = values("selection")
    assert 0 < found["mean"] < found["most"] < 0.1 and found["close"] >= 1


def test_the_multiverse_holds_every_choice_once_and_counts_what_survives(rows):
    found = {(c.gap, c.grouping, c.labels): c for c in multiverse.choices()}
    assert len(found) == len(multiverse.choices()) == 15
    benign = rows[rows["target"] == 0]
    named = benign[benign["diagnosis"] != "unknown"]
    for part, labels in ((benign, "all labels"), (named, "named diagnoses")):
        for kept, column, grouping in (
            (part, "group_published", multiverse.PUBLISHED),
            (part, "group", multiverse.MERGED),
            (part[part["defined"]], "group", multiverse.DEFINED),
        ):
            choice = found[multiverse.FALSE, grouping, labels]
            rates = kept.groupby(column)["prediction"].mean()
            assert choice.images == len(kept)
            assert choice.by_image.value == pytest.approx(np.ptp(rates))
            calls = kept.groupby(column)["prediction"].agg(["sum", "count"])
            table = np.array([calls["sum"], calls["count"] - calls["sum"]])
            asymptotic = stats.chi2_contingency(table, correction=False)
            assert choice.by_image.heterogeneity.statistic == pytest.approx(asymptotic.statistic)
    # FACTS, section 7: the patients' median tone leaves 39 benign and 2 malignant images
    labels, names, _ = multiverse.groupings()["the patient's median tone"]
    darkest = rows["target"][labels == names[-1]]
    assert (len(darkest) - darkest.sum(), darkest.sum()) == (39, 2)
    # what its headline says, with Holm's correction spelled out
    p_values = sorted(choice.p_values[-1] for choice in multiverse.choices())
    sure = next(i for i, p in enumerate(p_values) if p * (15 - i) >= 0.05)
    assert sure == sum(values("multiverse").values()) == 6
    assert "5 of 5 groupings" in audit_card("multiverse").recomputed_figure


def test_skin_former_formula_is_the_transforms():
    """Start colours with one b* through the shipped transform, byte by byte."""
    lab8 = np.array([[[light, 138, 145]] for light in range(180, 240, 10)], np.uint8)
    rgb = colour.lab8_to_rgb(lab8)
    start = colour.rgb_to_lab8(rgb)
    for pixel, lab, angle in zip(rgb, start, colour.ita_published(start)[:, 0]):
        delta = angle + 10
        new, _ = skinformer.shift_lab8(pixel[None], np.ones((1, 1), bool), delta)
        reached = float(colour.ita(new, "published")[0, 0])
        wanted = np.degrees(np.arctan2(lab[0, 0] - 0.12 * delta - 50, lab[0, 2] + 0.5 * delta))
        assert angle > 41 and reached == pytest.approx(wanted, abs=0.8)
        low, high = np.percentile(skin_former.reachable(-10.0)[0], (0, 100))
        assert low - 0.8 <= reached <= high + 0.8


def test_skin_former_bounds_hold_for_real_colours(published):
    """Published colours of the study's images, moved by the formula of FACTS section 5."""
    cases = pd.read_csv(published / "colour_cases.csv")
    rgb = cases[["color_r", "color_g", "color_b"]].to_numpy(np.uint8)
    lab = colour.rgb_to_lab8(rgb).astype(float)
    start = cases["ita_published"].to_numpy()
    b_star = lab[:, 2] - 128
    kept = (start > 41) & (lab[:, 0] >= 50) & (b_star >= 5) & (b_star < 35)
    assert kept.sum() > 50
    delta = start + 10
    reached = np.degrees(np.arctan2(lab[:, 0] - 0.12 * delta - 50, lab[:, 2] + 0.5 * delta))[kept]
    assert reached.min() >= values("skin-former")["smallest_8bit"] - 1e-6
    assert reached.min() > 28  # none is tan by the measure that the target is given in


def test_skin_former_card_quotes_the_measured_example():
    card = audit_card("skin-former")
    assert card.values["smallest_cielab"] > 10 and 0 < card.values["share_tan_cielab"] < 1
    assert 40 < card.values["example_low"] < card.values["example_high"] < 44
    assert "40 by 8-bit, 43 by float CIELAB" in card.recomputed_figure


def test_white_frame_fits_the_counts_and_scipy(counts):
    found = values("white-frame")
    assert found["p_frame"] == pytest.approx(
        stats.fisher_exact([[23, 10], [12, 164]], "two-sided").pvalue
    )
    assert found["p_detected"] == pytest.approx(comb(4, 2) / comb(17, 2))
    very_light = counts[(counts["group_published"] == 0) & (counts["target"] == 1)]
    assert (len(very_light), very_light["prediction"].sum()) == (13 + 4, 13 + 2)
    assert found["consistent"] == 1


def test_frame_rule_on_drawn_and_real_pictures(shared):
    picture = np.full((300, 400, 3), 120, np.uint8)
    assert not data.has_white_frame(picture)
    framed = np.full((300, 400, 3), 255, np.uint8)
    cv2.circle(framed, (200, 150), 140, (120, 120, 120), -1)
    assert data.has_white_frame(framed)
    framed[-60:, -60:] = framed[:60, :60] = 0
    assert not data.has_white_frame(framed)
    table = pd.read_csv(shared / "lesions.csv").query("group_published == 0")
    table = table.assign(
        frame=[
            data.has_white_frame(cv2.imread(str(shared / "lesions" / name)))
            for name in table["image"]
        ]
    )
    share = table.groupby("target")["frame"].agg(["sum", "count"])
    # these are some of the images behind the card's counts
    for target, key in ((1, "malignant"), (0, "benign")):
        part, total = share.loc[target]
        assert total <= data.FRAMED[key][1] and part <= data.FRAMED[key][0]
        low, high = stats.binomtest(int(part), int(total)).proportion_ci(0.99)
        assert low <= data.FRAMED[key][0] / data.FRAMED[key][1] <= high


def test_patients(counts):
    found = values("patients")
    rest = counts[counts["patient_in_train"] == "no"]
    assert (found["images"], found["malignant"]) == (len(rest), rest["target"].sum())
    assert (found["shared"], found["patients"]) == (1689, 1691)
    assert found["false_positives"] == rest[rest["target"] == 0]["prediction"].sum()
    assert "not possible" in audit_card("patients").verdict
    told = {"recall": (0.723, 0.722), "false positive rate": (0.209, 0.086)}  # FACTS, section 7
    for name, rates in told.items():
        own = [found[f"{name} {key}"] for key in ("with", "without")]
        assert np.round(own, 3).tolist() == list(rates)


def test_prior_shift_thresholds_are_where_the_rule_changes_sides():
    rule = rules.RULES[rules.DEFAULT_RULE]
    for d, threshold in enumerate(scores.thresholds()):
        for step, decision in ((-1e-6, 0), (1e-6, 1)):
            logits = np.full(8, -700.0)
            p = threshold + step
            logits[2 * d], logits[2 * d + 1] = np.log(1 - p), np.log(p)
            assert rule(logits).decision == decision
    assert np.round(100 * scores.thresholds(), 1).tolist() == [1.5, 1.3, 2.8, 1.9]


def test_doubled_softmax_stays_in_its_range():
    low, high = scores.doubled_range()
    assert (round(low, 3), round(high, 3)) == (0.497, 0.683)
    rng = np.random.default_rng(0)
    found = slips.doubled_softmax(rng.normal(scale=8, size=(20_000, 8)))
    sure = slips.doubled_softmax(np.eye(8) * 2000)
    assert low - 1e-12 <= found.min() and found.max() <= high + 1e-12
    assert (sure.min(), sure.max()) == pytest.approx((low, high))


def test_unnormalised_ceilings_are_reached_and_never_exceeded():
    found = values("anova-unnormalised")
    ceilings = [found[f"ceiling {name}"] for name in colour.GROUP_NAMES]
    assert np.round(ceilings, 2).tolist() == [0.68, 0.77, 0.36, 0.53]
    for d, top in enumerate(ceilings):
        logits = np.zeros(8)
        logits[2 * d + 1] = 2000
        assert slips.unnormalised_score(logits) == pytest.approx(top)
    shares = [found[f"largest share {name}"] for name in colour.GROUP_NAMES]
    assert shares == pytest.approx([0.320 / 0.650, 0.230 / 0.639, 0.251 / 0.639, 0.261 / 0.627])
    assert "other two models keep to this" in audit_card("anova-unnormalised").verdict


def test_anova_card_says_which_row_does_not_follow():
    card = audit_card("anova-table")
    assert card.values["agree"] == 5 and card.values["tests"] == 6
    row = next(r for r in card.table[1] if r[-1] == "no")
    assert row[0] == tables.SUBMITTED_MODEL and "correctly" in row[1]


def test_experiments_card_counts_its_checks():
    found = values("experiments")
    assert (found["models"], found["figures"], found["off"]) == (24, 120, 2)
    assert found["largest"] < 6e-4


# The second system


def test_the_second_systems_counts_are_those_of_its_test_split(published):
    facts = (published / "SAM_PIPELINE.md").read_text(encoding="utf-8")
    line = " ".join(facts.split("Test split,")[1].split("Constant answers")[0].split())
    told = dict(re.findall(r"(AK|BCC|BKL|DF|MEL|NV|SCC|VASC|unknown|not skin) ([\d,]+)", line))
    assert {name: int(n.replace(",", "")) for name, n in told.items()} == second.TEST_SPLIT
    card = second.constant()
    assert card.values["skin"] == pytest.approx(0.9841, abs=5e-5), "as the collapsed runs report"
    assert card.values["lesion"] == pytest.approx(0.547, abs=5e-4)
    assert "n = 10,062" in card.recomputed_figure and "n = 5,620" in card.recomputed_figure


def test_a_margin_from_all_logits_changes_no_loss_and_ldams_does():
    import torch

    found = second.margin_effect(images=200, seed=5)
    assert found["all"] == pytest.approx(found["none"], abs=1e-12)
    counts = np.array(list(second.TEST_SPLIT.values())[:8])
    drawn = np.random.default_rng(5)
    logits = torch.tensor(drawn.normal(size=(200, 8)), requires_grad=True)
    truth = torch.tensor(drawn.choice(8, size=200, p=counts / counts.sum()))
    margins = torch.tensor(0.5 * (counts.min() / counts) ** 0.25)[truth][:, None]
    entropy = torch.nn.functional.cross_entropy
    plain = torch.autograd.grad(entropy(logits, truth), logits)[0]
    coded = torch.autograd.grad(entropy(logits - margins, truth), logits)[0]
    assert torch.allclose(plain, coded, atol=1e-15)
    ldam = entropy(logits - margins * torch.nn.functional.one_hot(truth, 8), truth)
    assert found["true"] == pytest.approx(ldam.item(), abs=1e-12) and found["true"] > found["none"]
