"""HTML fragments of the form for images: what was given, how far it is, what came of it."""

import time
from collections import Counter

from explorer.data.datasets import Metadata
from explorer.data.images import alike_said
from explorer.evaluate.record import LOGITS
from explorer.rules.rules import RULES
from explorer.ui.evaluate.run import BatchRun
from explorer.ui.evaluate.staging import Batch
from explorer.ui.parts.tables import download
from explorer.util.templates import render

NO_LABELS = (
    "Without true labels: tones, probabilities and calls of every image are shown, but no rates "
    "(recall, false positives) and no gaps between groups. Give a CSV file that names the images "
    "and their labels."
)
CONVENTIONS = {"published": "tone as published (8-bit)", "cielab": "tone by float CIELAB"}
LABELS = {"1": "malignant", "0": "benign"}
#: What a call is that is not the true label.
WRONG = {"malignant": "missed", "benign": "false alarm"}
SAVE = "Save all columns as CSV (8 logits, all rules)"
#: Bad files that are listed before the table, which has all.
MOST_BAD = 20


def given(batch: Batch | None, known: Metadata | None) -> str:
    """Which images and which metadata are here, and what fits together."""
    notes = []
    if batch is not None:
        if known is None:
            texts = [*batch.notes, NO_LABELS]
        else:
            found = sum(known.lookup(item.name) is not None for item in batch.items)
            alike = known.alike(item.name for item in batch.items)
            texts = [f"{found:,} of them are in the metadata.", *batch.notes]
            texts += [alike_said(alike)] if alike else []
        received = (
            f"{_images(len(batch.items))}, {batch.size / 2**20:.1f} MB, received. Each is "
            "deleted from the server as soon as it is evaluated."
        )
        notes.append((received, texts))
    if known is not None:
        heading = f"Metadata: read as {known.adapter.name}."
        notes.append((heading, [known.about, *known.notes]))
    return render("evaluate/given.html", notes=notes)


def _images(count: int) -> str:
    return f"{count:,} {'image' if count == 1 else 'images'}"


def status(text: str, kind: str = "", done: int = 0, total: int = 0) -> str:
    """A sentence on how the run stands; with a bar where there is a ``total``."""
    return render("evaluate/status.html", text=text, kind=kind, done=done, total=total)


def not_begun() -> str:
    """The run was cancelled while it waited."""
    return status("Cancelled before the first image; the images are deleted.")


def progress(run: BatchRun) -> str:
    """Images done, rate, and time left."""
    done = len(run.rows)
    rate = done / max(time.monotonic() - run.started, 1e-3)
    left = "" if not done else f", about {_duration((run.total - done) / rate)} left"
    text = f"{done} of {run.total} images, {rate:.1f} per second{left}"
    return status(text, done=done, total=run.total)


def finished(run: BatchRun, seconds: float, complete: bool) -> str:
    """How the run ended."""
    done = len(run.rows)
    text = (
        f"{done} of {run.total} images evaluated in {_duration(seconds)} "
        f"({done / max(seconds, 1e-3):.1f} per second). "
        if complete
        else f"Cancelled after {done} of {run.total} images. "
    )
    text += "Nothing of them is left on the server's disk."
    return status(text, "good" if complete else "")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def results(run: BatchRun, rule: str, complete: bool = False) -> str:
    """Counts, bad files, the table, and at the end the file to save."""
    if not run.rows:
        return ""
    if run.settings.tone_from == "metadata":
        origin = "from the metadata (no interval)"
    else:
        origin = f"estimated by the {run.settings.method} method"
    more = len(run.bad) - MOST_BAD
    headers, rows = _table(run, rule, complete)
    saved = download(run.csv(weights=run.weights), "evaluation.csv", SAVE) if complete else ""
    return render(
        "evaluate/results.html",
        run=run,
        calls=_counted(_call(row, rule) or "no call" for row in run.good),
        tones=_counted(row.get("tone_cielab") or "tone not known" for row in run.good),
        labels=_counted(LABELS.get(row.get("target"), "without a label") for row in run.good),
        no_labels=NO_LABELS,
        bad_heading=f"{_images(len(run.bad))} could not be evaluated:",
        bad=[row["error"] for row in run.bad[:MOST_BAD]]
        + ([f"{more} more, see the table."] if more > 0 else []),
        caption=f"{run.weights}: P(malignant) by the rule {RULES[rule].name}; tone with its 95 % "
        f"interval, {origin}",
        headers=headers,
        rows=rows,
        saved=saved,
    )


def _counted(words) -> str:
    return ", ".join(f"{word} {n}" for word, n in Counter(words).most_common()) or "none"


def _table(run: BatchRun, rule: str, pictured: bool) -> tuple[list[str], list[list[str]]]:
    """A row per image; pictures only at the end, since the table is sent again and again before."""
    labelled = any(row.get("target") for row in run.rows)
    headers = ["image", *CONVENTIONS.values(), "P(malignant)", "called"]
    headers += (["true label"] if labelled else []) + ["remarks"]
    rows = []
    for row in run.rows:
        name, value, call = row["image_name"], row.get(f"p_{rule}"), _call(row, rule)
        uri = run.pictures.get(name) if pictured else None
        cells = [render("evaluate/named.html", name=name, uri=uri)]
        cells += [_tone(row, key) for key in CONVENTIONS]
        cells += ["–" if value is None else f"{value:.3f}", call or "–"]
        truth = LABELS.get(row.get("target"), "–")
        if labelled:
            cells.append(
                truth if call in (None, truth) or truth == "–" else f"{truth}: {WRONG[truth]}"
            )
        rows.append([*cells, row.get("error") or row.get("warnings") or ""])
    return headers, rows


def _call(row: dict, rule: str) -> str | None:
    """What the rule calls an image; None without logits, or where it needs a tone group."""
    if row.get(f"p_{rule}") is None:
        return None
    return RULES[rule]([row[name] for name in LOGITS], row.get("group_published")).word


def _tone(row: dict, convention: str) -> str:
    name, angle = row.get(f"tone_{convention}"), row.get(f"ita_{convention}")
    low, high = (row.get(f"ita_{convention}_{end}") for end in ("low", "high"))
    text = name or "–"
    text += "" if angle is None else f" {angle:.1f}°"
    return text if low is None else f"{text} [{low:.1f}, {high:.1f}]"
