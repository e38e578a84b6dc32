"""What a run computes, and on what: chosen once, the same in every worker and on every machine."""

from dataclasses import dataclass

from explorer.tone.estimators import DEFAULT_METHOD, ESTIMATORS
from explorer.util import lazy
from explorer.util.errors import ExplorerError
from explorer.util.registry import find

torch = lazy.load("torch")

#: Where an image's tone comes from.
TONE_SOURCES = ("image", "metadata")
#: What the network computes in.
PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class EvaluateSettings:
    """Settings of a run.

    Attributes
    ----------
    tone_from : str
        "image" estimates it; "metadata" takes angle and group from the metadata's columns.
    method : str
        Estimator, key of :data:`explorer.tone.estimators.ESTIMATORS`.
    cautions : bool
        Whether the named cautions about each image are looked for too.
    device : str
        torch's name: "cpu", "cuda", "cuda:1".
    precision : str
        "float32"; or "bfloat16", which is faster, on a GPU or a processor that has it
        (:func:`explorer.model.packed.check_bfloat16`), with logits that differ in the second or
        third decimal.
    """

    tone_from: str = "image"
    method: str = DEFAULT_METHOD
    cautions: bool = False
    device: str = "cpu"
    precision: str = PRECISIONS[0]

    def __post_init__(self):
        if self.tone_from not in TONE_SOURCES:
            raise ExplorerError(
                f"Tone comes from {' or '.join(TONE_SOURCES)}, not from {self.tone_from!r}."
            )
        object.__setattr__(self, "method", find(ESTIMATORS, self.method, "method").key)
        if self.precision not in PRECISIONS:
            raise ExplorerError(
                f"The precision is {' or '.join(PRECISIONS)}, not {self.precision!r}."
            )


#: The published estimator on the images, on this machine's cores.
DEFAULT_SETTINGS = EvaluateSettings()


def check_device(name: str) -> str:
    """The device's full name, if this machine has it.

    Raises
    ------
    ExplorerError
        If torch cannot use it here.
    """
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        why = str(error).partition("\n")[0].rstrip(".")
        raise ExplorerError(
            f"The device {name!r} cannot be used here ({why}): choose cpu, or leave --device out."
        ) from None
    return str(device)


def default_device() -> str:
    """ "cuda" where torch finds a GPU, else "cpu"."""
    return "cuda" if torch.cuda.is_available() else "cpu"
