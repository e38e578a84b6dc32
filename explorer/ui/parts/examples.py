"""The synthetic lesions that ship with the page."""

from functools import lru_cache

from explorer.image.read import read_image
from explorer.lesion.lesion import ToneResult, read_tone
from explorer.synthetic.examples import EXAMPLES, FIRST

#: The one that the page opens on, by its place in the list.
DEFAULT_EXAMPLE = EXAMPLES.index(FIRST)


@lru_cache
def example_tone(index: int) -> ToneResult:
    """The tone of one example at the published settings, estimated once for all visitors."""
    example = EXAMPLES[index]
    return read_tone(read_image(example.path, example.title))
