"""HTML fragments of the Evaluate view: what was given, how far it is, what came of it."""

import time
from collections import Counter
from html import escape

from explorer.data.datasets import Metadata
from explorer.rules.rules import RULES
from explorer.ui.evaluate.state import Batch, Run
from explorer.ui.parts import notes
from explorer.ui.parts.tables import download, table

NO_LABELS = (
    "Without true labels: tones and probabilities of every image are shown, but no rates (recall, "
    "false positives) and no gaps between groups, which the Groups view needs a label for. Give a "
    "CSV file with the columns image_name and target."
)
NOT_BEGUN = (
    '<div class="note" role="status">Cancelled before the first image; the images are '
    "deleted.</div>"
)
CONVENTIONS = {"published": "tone as published (8-bit)", "cielab": "tone by float CIELAB"}
LABELS = {"1": "malignant", "0": "benign"}
#: Bad files that are listed before the table, which has all.
MOST_BAD = 20


def given(batch: Batch | None, known: "Metadata | None") -> str:
    """Which images and which metadata are here, and what fits together."""
    return _images(batch, known) + _metadata(known)


def _images(batch: Batch | None, known: "Metadata | None") -> str:
    if batch is None:
        return ""
    parts = list(batch.notes)
    if known is None:
        parts.append(NO_LABELS)
    else:
        found = sum(known.lookup(item.name) is not None for item in batch.items)
        parts.insert(0, f"{found:,} of them are in the metadata.")
    text = (
        f"{_images_text(len(batch.items))}, {batch.size / 2**20:.1f} MB, received. Each is "
        "deleted from the server as soon as it is evaluated."
    )
    return _note(text, parts)


def _images_text(count: int) -> str:
    return f"{count:,} {'image' if count == 1 else 'images'}"


def _metadata(known: "Metadata | None") -> str:
    if known is None:
        return ""
    return _note(f"Metadata: read as {known.adapter.name}.", (known.about, *known.notes))


def _note(title: str, parts, kind: str = "good") -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in parts)
    return f'<div class="note {kind}"><b>{escape(title)}</b><ul>{items}</ul></div>'


def waiting(text: str) -> str:
    """What is waited for before the first image."""
    return f'<div class="note" role="status">{escape(text)} …</div>'


def progress(run: Run) -> str:
    """Images done, rate, and time left."""
    done = len(run.rows)
    rate = done / max(time.monotonic() - run.started, 1e-3)
    left = "" if not done else f", about {_duration((run.total - done) / rate)} left"
    text = f"{done} of {run.total} images, {rate:.1f} per second{left}"
    return (
        f'<div class="note" role="status">{text}<progress style="display:block;width:100%" '
        f'value="{done}" max="{run.total}" aria-label="Images evaluated"></progress></div>'
    )


def finished(run: Run, seconds: float, complete: bool) -> str:
    """How the run ended."""
    done = len(run.rows)
    text = (
        f"{done} of {run.total} images evaluated in {_duration(seconds)} "
        f"({done / max(seconds, 1e-3):.1f} per second). "
    )
    if not complete:
        text = f"Cancelled after {done} of {run.total} images. "
    return (
        f'<div class="note {"good" if complete else ""}" role="status">{text}'
        "Nothing of them is left on the server's disk.</div>"
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def results(run: Run, rule: str, complete: bool = False) -> str:
    """Counts, bad files, the table, and at the end the file to save."""
    if not run.rows:
        return ""
    caption = (
        f"{run.weights}: P(malignant) by the rule {RULES[rule].name}; tone with its 95 % "
        f"interval, {_tone_source(run)}"
    )
    return "".join(
        (
            _counts(run),
            _bad(run),
            table(caption, *_table(run, rule)),
            _save(run) if complete else "",
        )
    )


def _tone_source(run: Run) -> str:
    if run.settings.tone_from == "metadata":
        return "from the metadata (no interval)"
    return f"estimated by the {run.settings.method} method"


def _counts(run: Run) -> str:
    good = run.good
    tones = Counter(row.get("tone_cielab") or "tone not known" for row in good)
    labels = Counter(LABELS.get(row.get("target"), "without a label") for row in good)
    facts = [
        f"<b>n = {len(good)}</b> evaluated, {len(run.bad)} bad",
        f"tone by float CIELAB: {_listed(tones)}",
        f"true label: {_listed(labels)}",
    ]
    if run.unknown:
        facts.append(f"{run.unknown} not in the metadata")
    note = "" if run.labelled else notes.notes([NO_LABELS])
    return f'<ul class="tally">{"".join(f"<li>{fact}</li>" for fact in facts)}</ul>{note}'


def _listed(counts: Counter) -> str:
    return escape(", ".join(f"{name} {n}" for name, n in counts.most_common())) or "none"


def _bad(run: Run) -> str:
    if not run.bad:
        return ""
    lines = [row["error"] for row in run.bad[:MOST_BAD]]
    more = len(run.bad) - len(lines)
    lines += [f"{more} more, see the table."] if more else []
    return _note(f"{_images_text(len(run.bad))} could not be evaluated:", lines, "bad")


def _table(run: Run, rule: str) -> tuple[list[str], list[list[str]]]:
    labelled = any(row.get("target") for row in run.rows)
    headers = ["image", *CONVENTIONS.values(), "P(malignant)"]
    headers += (["true label"] if labelled else []) + ["remarks"]
    return headers, [_row(row, rule, labelled) for row in run.rows]


def _row(row: dict, rule: str, labelled: bool) -> list[str]:
    value = row.get(f"p_{rule}")
    cells = [
        row["image_name"],
        *(_tone(row, key) for key in CONVENTIONS),
        "–" if value is None else f"{value:.3f}",
    ]
    cells += [LABELS.get(row.get("target"), "–")] if labelled else []
    return [*cells, row.get("error") or row.get("warnings") or ""]


def _tone(row: dict, convention: str) -> str:
    name, angle = row.get(f"tone_{convention}"), row.get(f"ita_{convention}")
    low, high = (row.get(f"ita_{convention}_{end}") for end in ("low", "high"))
    text = name or "–"
    text += "" if angle is None else f" {angle:.1f}°"
    return text if low is None else f"{text} [{low:.1f}, {high:.1f}]"


def _save(run: Run) -> str:
    return download(
        run.csv(weights=run.weights),
        "evaluation.csv",
        "Save all columns as CSV (8 logits, all rules)",
    )
