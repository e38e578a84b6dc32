"""The About view: what this is, where its numbers come from, licences, how to cite."""

import gradio as gr

from explorer.ui.server import documents
from explorer.util.paths import ASSETS
from explorer.util.templates import render

TEXT = """
## What this is

A way into one published system: the winning entry of the LUMEN Data Science competition 2025, a
ConvNeXt-Tiny that calls skin lesions benign or malignant and was trained to be fair across skin
tones (weights: `Mhara/melanoma_classification` on the Hugging Face Hub). It is made for lecturers
and students of fair machine learning, for researchers who audit such models, and for the model's
authors. **It is not a medical device and must not be used as one.**

## Where the numbers come from

- *Skin tone*: the study's estimator, rebuilt from its pixels. Its angle in 8-bit arithmetic
  reproduces all published angles; the float CIELAB angle beside it follows the definition of ITA.
- *Other skin*: the study's skin-former, as published, with the angle that it reaches; and a \
physical
  alternative, melanin absorption by Beer-Lambert's law, which is not the study's.
- *A second estimator* (robust) stands beside the study's. Its interval was calibrated and checked \
on
  synthetic lesions with known tone; its coverage on real skin is unknown.
- *Decision*: the weights named in the banner, the rule named beside each number.
- *Groups*: the study's validation split, 6,562 images, counted from its public prediction file.
  1,689 of 1,691 validation patients also have images in training: all figures are optimistic.
- Few images of the data are of dark skin, and none is confirmed as Fitzpatrick type V or VI.
- *Examples*: drawn by program; they are not photographs and say nothing of how good a model is.

## Your pictures

An uploaded picture is read into memory and removed from the server's disk at once. Nothing is
logged, kept, or shown to anyone else; closing the page ends it.

## Licences and citation

Code: Apache-2.0. Demo weights: CC BY-NC 4.0, trained on ISIC images (CC BY-NC 4.0 and CC0).
Please cite the study's authors for the model, and: Chardon et al. (1991) and Del Bino and Bernerd
(2013) for ITA, Wang et al. (2020, arXiv 1911.11834) for the domain rules, Rotemberg et al. (2021)
for ISIC 2020.
"""


def build() -> None:
    """Lay out the view in the current context."""
    gr.Markdown(TEXT)
    gr.HTML(render("about/documents.html", documents=documents.listed()), elem_id="documents")
    card = ASSETS / "demo_model_card.md"
    if card.is_file():
        with gr.Accordion("Model card of the demo model", open=False):
            gr.Markdown(card.read_text(encoding="utf-8"))
