"""The address bar: what a link asks for is shown, and what is shown can be linked to.

A view that can be linked to puts a hidden :func:`fragment` on the page, which says what the address
should hold for it; ``address.js`` here reads all fragments and writes the address. Until a
view has said something, its parameters stay as they came.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self
from urllib.parse import urlencode

import gradio as gr
from markupsafe import Markup

from explorer.ui.parts import notes
from explorer.ui.parts.link import Linked, linked, one_of
from explorer.ui.parts.options import AT_ONCE
from explorer.util.templates import render

#: The places of the page by their word in a link, which is also the tab's id.
PLACES: Mapping[str, str] = MappingProxyType(
    {
        "explore": "Explore",
        "fair": "Is it fair?",
        "own": "Audit a model",
        "study": "The study, checked",
    }
)
#: What a link can scroll to, by the id of the element.
CHAPTERS = ("skins", "about")
#: What links of before called the places: place and chapter.
ALIASES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "lesion": ("explore", ""),
        "groups": ("fair", ""),
        "skins": ("fair", "skins"),
        "evaluate": ("own", ""),
        "audit": ("study", ""),
        "about": ("explore", "about"),
    }
)


@dataclass(frozen=True)
class ViewChoice(Linked):
    """Which place is open, and which part of it comes into sight, or empty."""

    part = "page"
    view: str = linked("explore", one_of("view", PLACES))
    chapter: str = linked("", one_of("chapter", CHAPTERS))

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Self, tuple[str, ...]]:
        """As every part; the words of before are understood."""
        place, chapter = ALIASES.get(query.get("view", ""), ("", ""))
        words = {"view": place, "chapter": chapter}
        return super().from_query({**query, **{name: word for name, word in words.items() if word}})


def asked(kind: type[Linked], request: gr.Request | None) -> Linked:
    """What the address of the visitor's page asks for in one part of the page."""
    return kind.from_query({} if request is None else request.query_params)[0]


def fragment(kind: type[Linked], choices: Linked | None) -> Markup:
    """What the address should hold for a part of the page.

    None where the visitor's own files are shown: no link holds anything of them.
    """
    query = "" if choices is None else urlencode(choices.to_query())
    return render(
        "parts/fragment.html",
        part=kind.part,
        names=" ".join(kind.parameters()),
        query=query,
        own=choices is None,
    )


def build(page: gr.Blocks, views: gr.Tabs, kinds: tuple[type[Linked], ...]) -> None:
    """Open the place that the link asks for, and follow the open place.

    What in the link is not valid is said for ``kinds``, the choices of all parts of the page.
    """
    problems = gr.HTML(elem_id="link-problem")
    shown = gr.HTML(elem_id="address-page")

    def restore(request: gr.Request) -> tuple:
        found = [text for kind in kinds for text in kind.from_query(request.query_params)[1]]
        choice = asked(ViewChoice, request)
        tabs = gr.skip() if choice.view == ViewChoice.view else gr.Tabs(selected=choice.view)
        return tabs, Markup().join(map(notes.problem, found)), fragment(ViewChoice, choice)

    page.load(restore, None, [views, problems, shown], **AT_ONCE)
    for tab in views.children:
        tab.select(None, js=f"() => window.explorerAddress?.view('{tab.id}')")


def follow(page: gr.Blocks, kind: type[Linked], controls: dict[str, gr.components.Component]):
    """Set controls as the link asks, then keep the address at what they say.

    Parameters
    ----------
    page : gr.Blocks
    kind : type
        The choices of this part of the page.
    controls : dict
        Components by the field that they set; each takes the field's value. Without any, the
        address holds what the link asked for, until ``address.js`` changes it.

    Returns
    -------
    gr.events.Dependency
        Of the moment when the controls are set.
    """
    shown = gr.HTML(elem_id=f"address-{kind.part}")
    components = list(controls.values())

    def restore(request: gr.Request) -> list:
        choices = asked(kind, request)
        return [getattr(choices, name) for name in controls] + [fragment(kind, choices)]

    def changed(*values) -> Markup:
        return fragment(kind, kind(**dict(zip(controls, values))))

    for control in components:
        control.change(changed, components, shown, trigger_mode="always_last", **AT_ONCE)
    return page.load(restore, None, [*components, shown], **AT_ONCE)
