"""What a join of files found, and did not take as it was."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from explorer.data.mapping import ColumnMap
from explorer.util.tables import listed


@dataclass(frozen=True)
class JoinFinding:
    """One thing that a join did not take as it was.

    Attributes
    ----------
    key : str
        ``duplicate_predictions``, ``conflicting_predictions``, ``duplicate_metadata``,
        ``conflicting_metadata``, ``no_metadata``, ``no_prediction``, ``no_name``,
        ``missing_label``, ``bad_label``, ``missing_prediction``, ``bad_prediction``,
        ``label_conflict``, ``prediction_conflict``, ``same_name``, ``encoding``,
        ``unused_columns``, ``cases`` or ``bad_<key>`` for a value of a group that could not be
        read.
    count : int
        Rows (or columns) concerned, at least 1.
    examples : tuple of str
        Up to five image (or column) names.
    text : str
        One sentence: what was found and what was done with it.
    left_out : bool
        True where the rows do not enter the result.
    """

    key: str
    count: int
    examples: tuple[str, ...]
    text: str
    left_out: bool = True

    @classmethod
    def about(
        cls,
        key: str,
        names: Sequence[str],
        what: str,
        outcome: str = "left out",
        count: int | None = None,
        left_out: bool = True,
    ) -> "JoinFinding":
        """Of these images: "<count> <what> (<the first three>): <outcome>."."""
        count = len(names) if count is None else count
        text = f"{count:,} {what} ({listed(names, 3)}): {outcome}."
        return cls(key, count, tuple(names[:5]), text, left_out)


@dataclass(frozen=True)
class JoinReport:
    """How many rows came in, how many images came out, and what happened to the rest.

    Attributes
    ----------
    prediction_rows : int
    metadata_rows : int or None
        None where one file held everything.
    joined : int
        Images in the result.
    mapping : ColumnMap
        Which column was taken for what, and how that was guessed.
    findings : tuple of JoinFinding
    """

    prediction_rows: int = 0
    metadata_rows: int | None = None
    joined: int = 0
    mapping: ColumnMap = field(default_factory=ColumnMap)
    findings: tuple[JoinFinding, ...] = ()

    def count(self, key: str) -> int:
        """How many rows or columns a finding concerns; 0 without such a finding."""
        return sum(finding.count for finding in self.findings if finding.key == key)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The whole report in words, the summary first."""
        files = f"{self.prediction_rows:,} prediction rows"
        if self.metadata_rows is not None:
            files += f" and {self.metadata_rows:,} metadata rows"
        said = (f"{files} gave {self.joined:,} images.", *self.mapping.sentences)
        return said + tuple(finding.text for finding in self.findings)
