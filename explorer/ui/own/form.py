"""The form for columns: which was taken for what, every guess changeable, and rows to look at."""

import gradio as gr

from explorer.data.draft import Draft
from explorer.data.mapping import CHOSEN
from explorer.ui.own.state import Form
from explorer.ui.parts.tables import download, table
from explorer.util.tables import listed
from explorer.util.templates import render

NONE = ("not there", "")
#: Roles of the form: name of the control, role, file, label.
CONTROLS = (
    ("image", "image", 0, "Image name"),
    ("image_too", "image", 1, "Image name in the metadata"),
    ("target", "target", None, "True label"),
    ("score", "score", None, "Probability of malignancy"),
    ("prediction", "prediction", None, "Predicted label"),
    ("patient", "patient", None, "Patient"),
    ("tone_group", "tone_group", None, "Tone group of the study"),
)
GROUPS = "Groups, as they are"


def build(parts: dict) -> None:
    """The controls, hidden until there are files."""
    with gr.Column(visible=False, elem_id="own-form") as parts["form"]:
        parts["counts"] = gr.HTML(elem_id="own-counts")
        with gr.Row(elem_id="own-columns"):
            for name, _, file, label in CONTROLS:
                parts[name] = gr.Dropdown(
                    [NONE],
                    value="",
                    label=label,
                    info=" ",
                    visible=file != 1,
                    elem_id=f"own-{name.replace('_', '-')}",
                    min_width=220,
                )
            parts["groups"] = gr.Dropdown(
                [], value=[], label=GROUPS, multiselect=True, elem_id="own-groups", min_width=320
            )
        parts["preview"] = gr.HTML(elem_id="own-preview")
        parts["guess"] = gr.Button("Back to the guesses", size="sm", elem_id="own-guess")


def shown(form: Form, draft: Draft, made_up: str) -> dict:
    """Every part of the form as the files and choices have it, by name."""
    found = {
        "form": gr.Column(visible=True),
        "counts": render(
            "own/counts.html",
            files=form.received,
            counts=draft.counts,
            made_up=form.made_up,
            saved=download(made_up, form.predictions.name, "Save this example") if made_up else "",
        ),
        "preview": _preview(draft),
        "guess": gr.Button(interactive=bool(form.columns)),
    }
    tables = draft.tables.tables
    for name, role, file, _ in CONTROLS:
        taken, there = draft.mapping.of(role, file), file is None or file < len(tables)
        names = draft.tables.columns if file is None else tables[file].columns if there else ()
        found[name] = gr.Dropdown(
            [NONE, *((each, each) for each in names)],
            value=taken.columns[0] if taken else "",
            info=_info(draft, role, taken),
            visible=there,
        )
    found["groups"] = gr.Dropdown(
        list(draft.tables.columns), value=list(groups_of(draft)), multiselect=True
    )
    return found


def groups_of(draft: Draft) -> tuple[str, ...]:
    """Columns that are groups as they are."""
    taken = draft.mapping.of("group")
    return taken.columns if taken else ()


def _info(draft: Draft, role: str, taken) -> str:
    """Why a column was taken, what was done with it, and what else it could have been."""
    if taken is None:
        if role == "score" and draft.mapping.of("logits"):
            return "not needed: the 8 logits are used"
        return {"image": "rows are numbered", "patient": "intervals rest on images"}.get(role, " ")
    said = [taken.why, taken.done]
    if taken.others and taken.why != CHOSEN:
        said.append(f"or {listed(taken.others, 2)}?")
    return "; ".join(filter(None, said))


def _preview(draft: Draft) -> str:
    headers, rows = draft.preview()
    caption = "The first rows, as they were read"
    if draft.predictions is None:
        caption = f"The first rows of {draft.tables.tables[0].attrs['name']}, as they are"
    more = ()
    if draft.predictions is not None:
        join, derived = draft.predictions.join, ("logits", "cielab", "age", "site")
        more = [each.said for each in join.mapping if each.role in derived]
        more += [finding.text for finding in join.findings]
    return render("own/preview.html", table=table(caption, headers, rows), notes=more)
