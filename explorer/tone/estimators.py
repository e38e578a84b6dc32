"""The estimators of skin tone, by key.

To add one, write files like their neighbours :mod:`explorer.tone.robust` and
:mod:`explorer.tone.robust_story`, which ends in an Estimator, and name that here. The page, the
command line, the API and Python offer it from then on.
"""

from explorer.tone import robust_story, story
from explorer.tone.reading import EstimatedTone
from explorer.util.registry import registry

ESTIMATORS = registry(story.ESTIMATOR, robust_story.ESTIMATOR)

#: What page, command line, API and Python do where nothing is asked for.
DEFAULT_METHOD = story.ESTIMATOR.key


def notes(tone: EstimatedTone) -> tuple[str, ...]:
    """What is unusual about an estimate, in sentences."""
    return ESTIMATORS[tone.method].notes(tone)
