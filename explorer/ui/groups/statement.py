"""The statement on the page: the paragraph, and a button that copies it."""

import gradio as gr
from markupsafe import Markup

from explorer.fairness.statement import Statement
from explorer.util.templates import render

#: Copies the paragraph in the language that it is shown in; without a clipboard (a page that came
#: over plain HTTP has none) the text is laid out to be copied by hand.
COPY = """
element.addEventListener('click', async (event) => {
  const button = event.target.closest('.copy-statement');
  if (!button) return;
  const [said, field] = ['[role=status]', 'textarea'].map((name) => element.querySelector(name));
  field.value = [...element.querySelectorAll('.statement-text span')]
    .map(({ textContent }) => textContent.trim()).join(' ');
  try {
    await navigator.clipboard.writeText(field.value);
    field.hidden = true;
    said.textContent = button.dataset.copied;
  } catch {
    field.hidden = false;
    field.select();
    said.textContent = button.dataset.byHand;
  }
});
"""


def build(elem_id: str = "statement") -> gr.HTML:
    """The place of a statement; its value comes from :func:`shown`."""
    return gr.HTML(elem_id=elem_id, elem_classes="statement", js_on_load=COPY)


#: Sentences that hold for everything said: on the page they open on demand.
LIMITS = ("patients", "caution", "source")


def shown(statement: Statement) -> Markup:
    """The paragraph, a sentence in an element each, and the button, which copies all of it."""
    said = [each for each in statement.sentences if each.key not in LIMITS]
    limits = [each for each in statement.sentences if each.key in LIMITS]
    (source,) = (each for each in limits if each.key == "source")
    weights = source.made_from["weights"]
    return render("groups/statement.html", said=said, limits=limits, weights=weights)
