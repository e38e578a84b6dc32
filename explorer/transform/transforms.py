"""The ways to put a lesion on other skin, by key.

To add one, write a file like its neighbours :mod:`explorer.transform.melanin` and
:mod:`explorer.transform.skinformer`, which ends in a Transform, and name that here. The page, the
command line, the API and Python offer it from then on.
"""

from explorer.transform.contract import IMAGE
from explorer.transform.melanin import MELANIN
from explorer.transform.skinformer import SKIN_FORMER
from explorer.util.registry import registry

TRANSFORMS = registry(MELANIN, SKIN_FORMER)

#: What page, command line, API and Python do where nothing is asked for.
DEFAULT_TRANSFORM, DEFAULT_SCOPE = MELANIN.key, IMAGE
