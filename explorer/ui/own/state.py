"""What the form remembers of one visitor: the files, and what was said of their columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from explorer.data.draft import Draft, draft
from explorer.data.made_up import NAME, made_up_csv
from explorer.ui.server import uploads

MADE_UP = "made-up predictions"


@dataclass(frozen=True)
class Upload:
    """A file as it came: its name and content."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Form:
    """Files of one visitor, and what they chose in place of guesses.

    Attributes
    ----------
    predictions, metadata : Upload or None
    columns : mapping of str to tuple of str
        Role to columns, as :func:`explorer.data.mapping.checked` takes them.
    groups : tuple of str
        Columns that were groups as they are when the form was last shown.
    """

    predictions: Upload | None = None
    metadata: Upload | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: tuple[str, ...] = ()

    @property
    def made_up(self) -> bool:
        """Whether these are the example's numbers."""
        return self.predictions is not None and self.predictions.name == NAME

    @property
    def received(self) -> str:
        """Names of the files."""
        return " and ".join(file.name for file in (self.predictions, self.metadata) if file)

    def given(self, role: str, path: str) -> "Form":
        """With another file, which is read and deleted; columns are guessed anew."""
        upload = Upload(Path(path).name, uploads.read(path))
        return replace(self, **{role: upload}, columns={}, groups=())

    def chosen(self, role: str, columns: Sequence[str]) -> "Form":
        """With a role's columns said rather than guessed; none is said as well."""
        said = {**self.columns, role: tuple(columns)}
        if role == "group":  # who is no group any more is not used
            gone = {c for c in self.groups if c not in columns}
            before = set(self.columns.get("ignore", ())) - set(columns)
            said |= {"ignore": tuple(sorted(before | gone)), "group": self._new_groups(columns)}
        return replace(self, columns=said)

    def _new_groups(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Groups that were not guessed, and those said before, as far as they are still wanted."""
        before = self.columns.get("group", ())
        return tuple(c for c in columns if c not in self.groups or c in before)

    def guessed(self) -> "Form":
        """Without anything said."""
        return replace(self, columns={})

    def read(self) -> Draft:
        """The files, read as far as it goes; raises as :func:`explorer.data.draft.draft`."""
        files = [file for file in (self.predictions, self.metadata) if file is not None]
        texts = {"name": "your predictions"}
        if self.made_up:
            texts = {"name": MADE_UP, "weights": "none: random numbers"}
        with uploads.as_files((file.name, file.data) for file in files) as paths:
            return draft(*paths, columns=self.columns, **texts)


def example() -> Form:
    """The form with the made-up example in it."""
    return Form(Upload(NAME, made_up_csv().encode()))
