"""Which images the demo model sees, and the guards that keep validation images out of them.

The image folders and tables are those of ``../shared`` (FACTS, section 8). Both ISIC 2020 folders
hold whole images squeezed to a square (512 and 300 px). Every malignant image is in both folders,
most benign ones in one only, so the folder could give the label away; :func:`isic2020_training`
draws the copy of the malignant images so that the folder is independent of the label.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from explorer.image.read import read_image
from explorer.image.resize import average
from explorer.model.classifier import shrink

#: Diagnoses of ``lesions_other.csv`` used, and their target (1 = melanoma, as in ISIC 2020).
#: BCC and AK are neither melanoma nor benign, and are left out.
OTHER_TARGETS = {"MEL": 1, "NV": 0, "BKL": 0, "DF": 0, "VASC": 0, "nevus_or_other_benign": 0}

#: Two thumbnails that correlate more than this, in any of 8 orientations, count as one lesion.
#: Measured: the two copies of the 639 ISIC 2020 images that are in both folders correlate at
#: 0.9976 or more; of training and validation images none above 0.988, and those are not the same.
DUPLICATE_CORRELATION = 0.97

COLUMNS = ["id", "path", "target", "group", "table"]


@dataclass(frozen=True)
class TrainingData:
    """The images a run trains on, and what the guards took away.

    Attributes
    ----------
    isic2020, other : DataFrame
        Columns :data:`COLUMNS`; ``group`` is the published tone group 0..3, or -1 if unknown.
    lab, other_lab : uint8, shape (N, S, S, 3)
        OpenCV's 8-bit CIELAB, in the tables' order.
    dropped : DataFrame
        Images left out as near-duplicates of a validation image: ``id``, ``table``, ``twin``,
        ``correlation``.
    """

    isic2020: pd.DataFrame
    other: pd.DataFrame
    lab: np.ndarray
    other_lab: np.ndarray
    dropped: pd.DataFrame


def read_tables(shared: Path) -> dict[str, pd.DataFrame]:
    """``lesions``, ``lesions_300`` and ``lesions_other`` with ``id``, ``path`` and ``table``."""
    tables = {}
    for name in ("lesions", "lesions_300", "lesions_other"):
        table = pd.read_csv(Path(shared) / f"{name}.csv")
        tables[name] = table.assign(
            id=table["image"].str.removesuffix(".jpg"),
            path=[Path(shared) / name / image for image in table["image"]],
            table=name,
        )
    return tables


def isic2020(
    tables: dict[str, pd.DataFrame], split: str, prefer: str = "lesions_300"
) -> pd.DataFrame:
    """One row per distinct ISIC 2020 image of a split, in :data:`COLUMNS`, sorted by id.

    An image whose two tables disagree on the split counts as validation. Of images in both
    folders the copy in ``prefer`` is taken.
    """
    order = sorted(("lesions", "lesions_300"), key=lambda name: name != prefer)
    rows = pd.concat([tables[name] for name in order], ignore_index=True)
    rows = rows.rename(columns={"group_published": "group"})
    valid = set(rows.loc[rows["split"] == "valid", "id"])
    rows = rows[rows["id"].isin(valid) == (split == "valid")].drop_duplicates("id")
    return rows[COLUMNS].sort_values("id", ignore_index=True)


def isic2020_training(tables: dict[str, pd.DataFrame], seed: int) -> pd.DataFrame:
    """The ISIC 2020 training images, with the folder made independent of the label.

    Some benign images are in ``lesions`` only; the same share of the malignant ones, which are
    all in both folders, is read from ``lesions`` too.
    """
    rows = isic2020(tables, "train")
    benign, malignant = rows[rows["target"] == 0], rows[rows["target"] == 1]
    share = (benign["table"] == "lesions").mean()
    moved = malignant.sample(frac=share, random_state=seed).index
    large = tables["lesions"].set_index("id")["path"]
    rows.loc[moved, "path"] = large.loc[rows.loc[moved, "id"]].to_numpy()
    rows.loc[moved, "table"] = "lesions"
    return rows


def other_training(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Lesions outside the study, in :data:`COLUMNS` with ``group`` -1.

    Left out: diagnoses that are neither melanoma nor benign, images of ISIC 2020 (their split is
    not known here), and images under a share-alike licence.
    """
    rows = tables["lesions_other"]
    known = set(tables["lesions"]["id"]) | set(tables["lesions_300"]["id"])
    unwanted = rows["licence"].str.contains("ISIC 2020|NC-SA", regex=True) | rows["id"].isin(known)
    rows = rows[~unwanted & rows["diagnosis"].isin(OTHER_TARGETS)]
    rows = rows.assign(target=rows["diagnosis"].map(OTHER_TARGETS), group=-1)
    return rows[COLUMNS].sort_values("id", ignore_index=True)


def lab_cache(paths, size: int) -> np.ndarray:
    """Images as the published pipeline reads them: 8-bit CIELAB bytes, squeezed to a square.

    Returns
    -------
    uint8, shape (N, size, size, 3)
        Resized after the colour conversion (PIL, bilinear, antialiased), as published.
    """
    with ThreadPoolExecutor() as pool:
        return np.stack(list(pool.map(lambda path: shrink(read_image(path).stored, size), paths)))


def thumbnails(lab: np.ndarray, size: int = 16) -> np.ndarray:
    """Lightness thumbnails for :func:`twins`: float32, shape (N, size * size), mean 0, norm 1."""
    small = [average(one[..., 0], size, size) for one in lab]
    flat = np.stack(small).reshape(len(lab), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def twins(thumbs: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each thumbnail, its most similar reference under the 8 flips and quarter turns.

    Parameters
    ----------
    thumbs, reference : float32, shapes (N, S * S) and (M, S * S)
        From :func:`thumbnails`.

    Returns
    -------
    index : int, shape (N,)
        Row of ``reference``.
    correlation : float32, shape (N,)
        Pearson's correlation with it, -1..1.
    """
    side = int(np.sqrt(thumbs.shape[1]))
    square = thumbs.reshape(-1, side, side)
    best, index = np.full(len(thumbs), -2.0, np.float32), np.zeros(len(thumbs), int)
    for turn in range(8):
        turned = np.rot90(square if turn < 4 else square[:, :, ::-1], turn % 4, axes=(1, 2))
        score = turned.reshape(len(thumbs), -1) @ reference.T
        better = score.max(axis=1) > best
        index[better] = score.argmax(axis=1)[better]
        best = np.maximum(best, score.max(axis=1))
    return index, best


def without_twins(rows, lab, valid_ids, valid_thumbs):
    """Rows and pixels without near-duplicates of validation images, and a table of the dropped."""
    index, correlation = twins(thumbnails(lab), valid_thumbs)
    twin = correlation > DUPLICATE_CORRELATION
    dropped = rows.loc[twin, ["id", "table"]].assign(
        twin=np.asarray(valid_ids)[index[twin]], correlation=correlation[twin]
    )
    return rows[~twin].reset_index(drop=True), lab[~twin], dropped


def load(shared: Path, size: int, seed: int) -> TrainingData:
    """Everything a run trains on, decoded once, after the guards.

    Parameters
    ----------
    shared : path
        Folder with the tables and image folders (``../shared``).
    size : int
        Side of the cached squares, px.
    seed : int
        Draws which copy of the malignant images is read.
    """
    tables = read_tables(shared)
    valid = isic2020(tables, "valid")
    thumbs = thumbnails(lab_cache(valid["path"], size))
    (rows, lab, lost), (other, other_lab, other_lost) = (
        without_twins(each, lab_cache(each["path"], size), valid["id"], thumbs)
        for each in (isic2020_training(tables, seed), other_training(tables))
    )
    return TrainingData(rows, other, lab, other_lab, pd.concat([lost, other_lost]))
