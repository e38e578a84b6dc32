"""One lesion on every skin, as a custom component on ``gr.HTML``.

Its properties are ``table``, that of :mod:`explorer.lesion.instrument_table` as JSON, or None while
there is none yet; ``pictures``; and ``asked``, what a link asks for, as
``gr.update(table=table, pictures=pictures, asked={"rule": key, "target": degrees, "of": id})``.
The elements never change; the scripts fill them. Choosing a skin or a rule asks the server for
nothing: it writes the address (fragment "instrument": rule, target, transform, scope) and fires
``instrument:change`` on the document. Another way to other skin fires the event ``choose``, whose
data are ``transform`` and ``scope``.
"""

import gradio as gr

from explorer.lesion import instrument_file
from explorer.transform.transforms import DEFAULT_SCOPE, DEFAULT_TRANSFORM, TRANSFORMS

START = "startInstrument(element, { props, watch, trigger });"


def build(table: str | None = None, pictures: dict | None = None) -> gr.HTML:
    """The component, empty without a table; listen to another way to other skin with
    ``.choose(...)``."""
    ways = [
        {"key": way.key, "label": way.label, "scopes": list(way.scopes)}
        for way in TRANSFORMS.values()
    ]
    return gr.HTML(
        None,
        html_template=str(instrument_file.body("page")),
        css_template=instrument_file.part("instrument.css"),
        js_on_load=f"{instrument_file.script()}\n{START}",
        head=f"<style>{instrument_file.part('figures.css')}</style>",
        apply_default_css=False,
        elem_id="instrument",
        table=table,
        pictures=pictures,
        asked=None,
        ways=ways,
        usual={"transform": DEFAULT_TRANSFORM, "scope": DEFAULT_SCOPE},
    )
