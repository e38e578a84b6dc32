from .draw import SyntheticLesion, draw_lesion
from .examples import EXAMPLES, Example, write_examples
from .skin import SkinColour, skin_of_colour, skin_with_ita
from .spec import ARTEFACTS, KINDS, LesionSpec, random_spec

__all__ = [
    "ARTEFACTS",
    "EXAMPLES",
    "KINDS",
    "Example",
    "LesionSpec",
    "SkinColour",
    "SyntheticLesion",
    "draw_lesion",
    "random_spec",
    "skin_of_colour",
    "skin_with_ita",
    "write_examples",
]
