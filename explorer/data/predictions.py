"""Predictions per image, joined with what is known of each image.

:class:`Predictions` is what the workbench computes on when it has more than counts: image names,
true labels, and 8 logits, a probability or a label per image, beside the columns by which images
can be grouped. :func:`read_predictions` makes one from one or two CSV files; what did not fit is
told in a :class:`JoinReport`, never dropped in silence.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from explorer.data.findings import JoinReport
from explorer.data.groupings import COLUMN_NAMES, GROUPINGS, UNKNOWN
from explorer.data.mapping import AS_IT_IS, DERIVED, grouping_key
from explorer.data.names import canonical
from explorer.image.colour import GROUP_NAMES
from explorer.util.errors import ExplorerError

#: Fields with a value per image.
ARRAYS = ("image", "target", "logits", "probability", "label", "patient")


@dataclass(frozen=True)
class Predictions:
    """A classifier's answers on labelled images; every array has shape (N, ...), read-only.

    At least one of ``logits``, ``probability`` and ``label`` is given.

    Attributes
    ----------
    image : str (N,)
        Names without folder and extension, unique.
    target : int64 (N,)
        True label: 0 benign, 1 malignant.
    metadata : mapping of str to str array (N,)
        Grouping columns. Those that ``join.mapping`` derives (``published``, ``cielab``, ``age``,
        ``site``) hold the labels of :data:`explorer.data.groupings.GROUPINGS` of that key; others
        are columns of the user's file, under their own names and with their own values.
        :data:`UNKNOWN` where the value is missing.
    logits : float64 (N, 8) or None
        z[d, y] at index 2 d + y, see :mod:`explorer.rules.rules`.
    probability : float64 (N,) or None
        Probability of malignancy, 0..1.
    label : int64 (N,) or None
        Predicted label, 0 or 1.
    patient : str (N,) or None
        Patient identifiers; an empty string where not known. None where no file has them.
    name : str
        Short name of the source for titles and tables, for example ``demo model``.
    weights, source, rule : str
        What made the predictions, where they come from, and by which rule ``probability`` or
        ``label`` were made (empty with logits: the rule is chosen later).
    join : JoinReport
    warnings : tuple of str
        What to bear in mind with every figure of this source.
    """

    image: np.ndarray
    target: np.ndarray
    metadata: Mapping[str, np.ndarray]
    logits: np.ndarray | None = None
    probability: np.ndarray | None = None
    label: np.ndarray | None = None
    patient: np.ndarray | None = None
    name: str = "your predictions"
    weights: str = "not stated"
    source: str = ""
    rule: str = ""
    join: JoinReport = field(default_factory=JoinReport)
    warnings: tuple[str, ...] = ()

    def __post_init__(self):
        if all(x is None for x in (self.logits, self.probability, self.label)):
            raise ExplorerError("predictions need 8 logits, a probability or a label per image")
        arrays = (getattr(self, key) for key in ARRAYS)
        lengths = {len(x) for x in (*arrays, *self.metadata.values()) if x is not None}
        if lengths != {len(self.image)}:
            raise ExplorerError("all columns of predictions must have one value per image")

    def __len__(self) -> int:
        return len(self.image)

    @property
    def has_logits(self) -> bool:
        """True where the inference rule can be switched."""
        return self.logits is not None

    @property
    def has_probability(self) -> bool:
        """True where a threshold can be moved: there are logits or probabilities."""
        return self.logits is not None or self.probability is not None

    @property
    def has_patients(self) -> bool:
        """True where at least one patient is known and images can be clustered by patient."""
        return self.patient is not None and bool((self.patient != "").any())

    @property
    def tone_group(self) -> np.ndarray | None:
        """The study's tone group 0..3 per image, -1 where unknown; None without the column."""
        if "published" not in self.metadata:
            return None
        column = self.metadata["published"]
        group = np.full(len(self), -1)
        for index, name in enumerate(GROUP_NAMES):
            group[column == name] = index
        return group

    def groupings(self) -> tuple[str, ...]:
        """Keys that :meth:`column` takes, the explorer's own first."""
        read = [key for key in GROUPINGS if key in self.metadata and self._is_read(key)]
        return tuple(read + [key for key in self.metadata if key not in read])

    def need_groupings(self) -> tuple[str, ...]:
        """The same, at least one; raises ExplorerError where there is none."""
        found = self.groupings()
        if not found:
            raise ExplorerError(
                "there is no column to group by: give metadata with one, for example "
                "group, sex or age_approx"
            )
        return found

    def column(self, key: str) -> np.ndarray:
        """A grouping column, str (N,).

        Raises
        ------
        ExplorerError
            If there is none of this name.
        """
        if key not in self.metadata:
            raise ExplorerError(
                f"there is no grouping column {key!r}: choose one of "
                f"{', '.join(self.groupings()) or 'none; give metadata with one'}"
            )
        return self.metadata[key]

    def key_of(self, name: str) -> str:
        """The grouping of a name: the user's column of that name, or a key of :meth:`groupings`.

        Case and signs count only where several columns differ in nothing else.

        Raises
        ------
        ExplorerError
            If there is none of this name.
        """
        names = {key.removesuffix(AS_IT_IS): key for key in self.metadata if AS_IT_IS in key}
        for key in self.metadata:
            names.setdefault(key, key)
        for taken in self.join.mapping:
            key = grouping_key(taken.role)
            if taken.role in DERIVED and key in self.metadata:
                for each in (taken.role, *taken.columns):
                    names.setdefault(each, key)
        name = name.strip()
        alike = {key for each, key in names.items() if canonical(each) == canonical(name)}
        if name not in names and len(alike) != 1:
            self.column(name)  # which says what there is
        return names.get(name) or alike.pop()

    def keys_of(self, text: str) -> tuple[str, ...]:
        """The groupings in a text such as ``sex, clinic``; a column's name may have commas too."""
        try:
            return (self.key_of(text),)
        except ExplorerError:
            parts = [part for part in text.split(",") if part.strip()]
            return tuple(self.key_of(part) for part in parts)

    def name_of(self, key: str) -> str:
        """A grouping's name for people; of a user's own column, the name that it has."""
        read = key in GROUPINGS and self._is_read(key)
        return GROUPINGS[key].label if read else COLUMN_NAMES.get(key, key)

    def _is_read(self, key: str) -> bool:
        """Whether a grouping is the explorer's own reading rather than a user's column."""
        return self.join.mapping.derives(key) or not self.join.mapping.taken

    def labels(self, key: str) -> tuple[str, ...]:
        """Values that occur in a grouping column, in natural order, :data:`UNKNOWN` last."""
        present = set(self.column(key).tolist())
        known = GROUPINGS[key].labels if key in GROUPINGS else ()
        rest = sorted(present.difference(known), key=_natural)
        ordered = [x for x in known if x in present] + rest
        last = (UNKNOWN,) if UNKNOWN in present else ()
        return tuple(x for x in ordered if x != UNKNOWN) + last

    def subset(self, kept: np.ndarray) -> "Predictions":
        """The images chosen by a bool mask or by indices; texts and join report stay."""

        def cut(array):
            return None if array is None else array[kept]

        metadata = MappingProxyType({key: cut(column) for key, column in self.metadata.items()})
        arrays = {key: cut(getattr(self, key)) for key in ARRAYS}
        return replace(self, metadata=metadata, **arrays)

    @cached_property
    def sha256(self) -> str:
        """Hash of names, labels, predictions and groups: what a report's figures rest on."""
        digest = hashlib.sha256()
        for key in sorted(self.metadata):
            digest.update(key.encode() + b"\0" + "\n".join(self.metadata[key]).encode())
        for array in (self.image, self.patient):
            digest.update(b"\0" + "\n".join(array if array is not None else ()).encode())
        for array in (self.target, self.logits, self.probability, self.label):
            digest.update(b"\0" + (b"" if array is None else np.ascontiguousarray(array).tobytes()))
        return digest.hexdigest()


def _natural(text: str) -> tuple:
    """Sort key: numbers by value before words by alphabet."""
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text)
