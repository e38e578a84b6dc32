"""The address bar: what a link asks for is shown, and what is shown can be linked to.

A view that can be linked to puts a hidden :func:`fragment` on the page, which says what the address
should hold for it; ``address.js`` here reads all fragments and writes the address. Until a
view has said something, its parameters stay as they came.
"""

from html import escape
from urllib.parse import urlencode

import gradio as gr

from explorer.ui.parts import notes
from explorer.ui.parts.link import VIEWS, ViewState

QUICK = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
UNKNOWN_VIEW = "The link asks for the view '{}', which is not on this page; the default is shown."

#: The button that copies the link, for the page's header.
COPY = """
<div class="share">
  <button type="button" id="copy-link" data-copied="Link copied."
    data-by-hand="This browser does not let the page copy: copy the link from this field."
    data-own="What you uploaded is in no link: whoever opens it sees the worked example or the
      published model in its place.">Copy link to this view</button>
  <span id="copy-note" role="status"></span>
  <input id="link-text" type="text" readonly hidden aria-label="Link to this view">
</div>
"""


def asked(request: gr.Request | None) -> tuple[ViewState, tuple[str, ...]]:
    """What the address of the visitor's page asks for, and a sentence per value not understood."""
    return ViewState.from_query({} if request is None else dict(request.query_params))


def fragment(part: str, state: ViewState | None) -> str:
    """What the address should hold for a part of the page.

    None where the visitor's own files are shown: no link holds anything of them.
    """
    query = "" if state is None else urlencode(state.to_query(part))
    return (
        f'<span hidden data-address="{part}" data-names="{" ".join(ViewState.names(part))}" '
        f'data-query="{escape(query)}"{" data-own" if state is None else ""}></span>'
    )


def build(page: gr.Blocks, views: gr.Tabs) -> None:
    """Open the view that the link asks for, say what in it is not valid, follow the open view."""
    problems = gr.HTML(elem_id="link-problem")
    shown = gr.HTML(elem_id="address-page")
    here = [tab.id for tab in views.children]

    def restore(request: gr.Request) -> tuple:
        state, found = asked(request)
        if state.view not in here:
            found, state = (*found, UNKNOWN_VIEW.format(state.view)), ViewState(card=state.card)
        tabs = gr.skip() if state.view == VIEWS[0] else gr.Tabs(selected=state.view)
        return (
            tabs,
            "".join(map(notes.problem, found)),
            fragment("page", state) + fragment("card", state),
        )

    page.load(restore, None, [views, problems, shown], **QUICK)
    for tab in views.children:
        tab.select(None, js=f"() => window.explorerAddress?.view('{tab.id}')")


def follow(page: gr.Blocks, part: str, controls: dict[str, gr.components.Component]):
    """Set a view's controls as the link asks, then keep the address at what they say.

    Parameters
    ----------
    page : gr.Blocks
    part : str
        Of :meth:`ViewState.names`.
    controls : dict
        Components by the name of their parameter; each takes the parameter's value.

    Returns
    -------
    gr.events.Dependency
        Of the moment when the controls are set.
    """
    shown = gr.HTML(elem_id=f"address-{part}")
    components = list(controls.values())

    def restore(request: gr.Request) -> list:
        state, _ = asked(request)
        return [getattr(state, name) for name in controls] + [fragment(part, state)]

    def changed(*values) -> str:
        return fragment(part, ViewState(**dict(zip(controls, values))))

    for control in components:
        control.change(changed, components, shown, trigger_mode="always_last", **QUICK)
    return page.load(restore, None, [*components, shown], **QUICK)
