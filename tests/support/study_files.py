"""Two CSV files in the study's own formats, made from its public counts; no real image name."""

import numpy as np
import pandas as pd

from explorer.study import tables

COLUMNS = [
    "image_name",
    "ita",
    "color_r",
    "color_g",
    "color_b",
    "fitzpatrick",
    "group",
    "patient_id",
    "sex",
    "age_approx",
    "anatom_site_general_challenge",
    "diagnosis",
    "benign_malignant",
    "target",
    "duplicate",
    "group_str",
    "group_str_org",
    "split",
]

#: A colour of each float-CIELAB tone, checked against scikit-image in ``test_predictions``.
TONE_COLOURS = {
    "very light": (250, 222, 200),
    "light": (226, 186, 156),
    "intermediate": (200, 155, 120),
    "tan": (172, 129, 100),
    "brown": (120, 84, 60),
    "dark": (60, 35, 22),
}
AGES = {
    "0-29": "25.0",
    "30-44": "40.0",
    "45-59": "45.0",
    "60-74": "60.0",
    "75+": "80.0",
    "unknown": "",
}


def counted_rows() -> pd.DataFrame:
    """One row per validation image of the carried counts."""
    table = pd.read_csv(tables.FOLDER / "validation_counts.csv")
    return table.loc[table.index.repeat(table["count"])].reset_index(drop=True)


def write_study_files(folder, patients: int | None = None, training_rows: int = 0):
    """``predictions.csv`` (image_name,target) and ``metadata.csv`` (semicolons, decimal commas).

    With ``patients`` images are dealt to that many made-up patients, else ``patient_id`` is empty.
    """
    rows = counted_rows()
    names = pd.Series([f"MADE_{i:07d}.jpg" for i in range(len(rows))])
    predictions, metadata = folder / "predictions.csv", folder / "metadata.csv"
    pd.DataFrame({"image_name": names, "target": rows["prediction"]}).to_csv(
        predictions, index=False
    )
    rgb = np.array([TONE_COLOURS[tone] for tone in rows["tone_cielab"]])
    number = np.random.default_rng(0).integers(0, patients or 1, len(rows))
    facts = pd.DataFrame(
        {
            "image_name": names,
            "ita": "43,86182299",
            "color_r": rgb[:, 0],
            "color_g": rgb[:, 1],
            "color_b": rgb[:, 2],
            "fitzpatrick": 12,
            "group": rows["group_published"],
            "patient_id": [f"IP_{n:07d}" for n in number] if patients else "",
            "sex": rows["sex"].replace("unknown", ""),
            "age_approx": rows["age_band"].map(AGES),
            "anatom_site_general_challenge": rows["site"].replace("unknown", ""),
            "diagnosis": "unknown",
            "benign_malignant": rows["target"].map({0: "benign", 1: "malignant"}),
            "target": rows["target"],
            "duplicate": 0,
            "group_str": "Light",
            "group_str_org": "Light",
            "split": "valid",
        }
    )[COLUMNS]
    more = facts.head(training_rows).assign(split="train")
    more["image_name"] = [f"TRAIN_{i}.jpg" for i in range(len(more))]
    pd.concat([facts, more]).to_csv(metadata, sep=";", index=False)
    return predictions, metadata
