"""Synthetic dermoscopic lesions with known truth, drawn by program.

A picture is drawn from physics-like maps (melanin and blood absorb light by Beer-Lambert's law in
linear sRGB), so that the colour of the skin is known exactly before any artefact is added.
The pictures are for demonstration and for measuring skin-tone estimators. They are not
photographs, and a classifier's answer on them says nothing about its quality on patients.

    >>> from explorer.synthetic import LesionSpec, draw_lesion
    >>> drawn = draw_lesion(LesionSpec(ita=-40, kind="irregular", hair=12, seed=3))
    >>> drawn.image.shape, round(drawn.truth.ita, 1), drawn.truth.tone
    ((512, 512, 3), -40.0, 'dark')

``python -m explorer.synthetic`` writes the examples of the page to ``assets/examples``.
"""

import lazy_loader

#: What ``__init__.pyi`` names, each imported when first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
