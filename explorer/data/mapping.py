"""Which column was taken for what, why, and what was done with its values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from explorer.data.names import canonical
from explorer.util.errors import ExplorerError
from explorer.util.tables import listed

#: What a column can be taken for, and what that is in words.
ROLES: Mapping[str, str] = MappingProxyType(
    {
        "image": "image name",
        "target": "true label",
        "logits": "8 logits",
        "score": "probability of malignancy",
        "prediction": "predicted label",
        "patient": "patient",
        "tone_group": "tone group, as published",
        "cielab": "tone, by float CIELAB",
        "age": "age",
        "site": "body site",
        "group": "group, as it is",
        "ignore": "not used",
    }
)
#: Roles that the predictions of a model are read from, and those that make groups of images.
PREDICTED = ("logits", "score", "prediction")
DERIVED = ("tone_group", "cielab", "age", "site")
#: Roles that several columns can have; two name the images where two files do it differently.
SEVERAL = ("image", "logits", "group", "ignore")
#: Behind the name of a user's column that is also the key of a grouping made of another.
AS_IT_IS = " (as it is)"
#: Why a column was taken: somebody said so, or for what it is called.
CHOSEN, BY_NAME = "chosen", "by its name"


def grouping_key(role: str) -> str:
    """The key in :data:`explorer.data.groupings.GROUPINGS` of one of :data:`DERIVED`."""
    return "published" if role == "tone_group" else role


@dataclass(frozen=True)
class Taken:
    """One role, and the columns that were taken for it.

    Attributes
    ----------
    role : str
        A key of :data:`ROLES`.
    columns : tuple of str
        Names as the file has them.
    why : str
        How that was guessed, for example ``by its name``; :data:`CHOSEN` where it was not.
    done : str
        What was done with the values; empty where they are as they were.
    others : tuple of str
        Columns that could have been taken as well.
    file : int
        0 the predictions file, 1 the metadata file.
    """

    role: str
    columns: tuple[str, ...]
    why: str
    done: str = ""
    others: tuple[str, ...] = ()
    file: int = 0

    @property
    def said(self) -> str:
        """``true label from y_true (melanoma as 1)``."""
        why = "" if self.why in (CHOSEN, BY_NAME) else self.why
        more = "; ".join(filter(None, (why, self.done)))
        return f"{ROLES[self.role]} from {listed(self.columns, 8)}" + (f" ({more})" if more else "")


@dataclass(frozen=True)
class ColumnMap:
    """Every role that was found, in the order of :data:`ROLES`; an image column per file."""

    taken: tuple[Taken, ...] = field(default=())

    def __iter__(self) -> Iterator[Taken]:
        return iter(self.taken)

    def of(self, role: str, file: int | None = None) -> Taken | None:
        """What was taken for a role, in either file or in this one."""
        fit = (t for t in self.taken if t.role == role and file in (None, t.file))
        return next(fit, None)

    def derives(self, key: str) -> bool:
        """Whether a grouping of the explorer's own, by its key, was made of these columns."""
        return any(each.role in DERIVED and grouping_key(each.role) == key for each in self.taken)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was read from what, and every guess that could have been another."""
        said = dict.fromkeys(each.said for each in self.taken if each.role != "group")
        numbered = self.taken and self.of("image") is None
        first = (f"Read: {'; '.join(said)}.",) if said else ()
        if numbered:
            first += ("No column names the images, so rows are numbered.",)
        return first + tuple(
            f"{listed(each.columns)} was taken for the {ROLES[each.role]} ({each.why}), but it "
            f"could also be {listed(each.others, 4)}: {each.role}={each.others[0]} takes that."
            for each in self.taken
            if each.others
        )


def parse_columns(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Choices written as ``role=column``, as :func:`checked` takes them.

    Several columns for one role are put together. Raises ExplorerError where a text is not that.
    """
    columns: dict[str, tuple[str, ...]] = {}
    for text in texts:
        role, sign, column = text.partition("=")
        if not sign:
            raise ExplorerError(
                f"{text!r} says no column: write ROLE=COLUMN, such as target=y_true (roles: "
                f"{', '.join(ROLES)})"
            )
        columns[role.strip()] = (*columns.get(role.strip(), ()), column)
    return columns


def checked(columns: Mapping[str, str | Sequence[str]] | None, found: Sequence[str]) -> dict:
    """A person's own choice: role to columns, by their names in the files.

    Parameters
    ----------
    columns : mapping of str to str or sequence of str, optional
        Role to column; an empty text is no column at all. Names match as they are, or without
        regard to case and signs where one column alone fits.
    found : sequence of str
        Columns of all files.

    Raises
    ------
    ExplorerError
        For an unknown role or column, several columns for one role, or one column for several.
    """
    chosen = {}
    for role, given in (columns or {}).items():
        names = [given] if isinstance(given, str) else list(given)
        names = [each.strip() for name in names for each in _split(name, role, found)]
        if role not in ROLES:
            raise ExplorerError(
                f"there is no role {role!r}: write one of {', '.join(ROLES)} = a column "
                f"(found: {listed(found)})"
            )
        chosen[role] = tuple(_column(name, role, found) for name in names if name)
        if role not in SEVERAL and len(chosen[role]) > 1:
            raise ExplorerError(
                f"{role} takes one column, not {listed(chosen[role])}: write one of them"
            )
    used = [name for names in chosen.values() for name in names]
    if twice := next((name for name in used if used.count(name) > 1), None):
        roles = [role for role, names in chosen.items() if twice in names]
        if "target" not in roles or not set(roles) & {"prediction", "score"}:  # of two files
            raise ExplorerError(
                f"the column {twice} is given for {' and '.join(roles)}: choose one role for it"
            )
    return chosen


def _split(name: str, role: str, found: Sequence[str]) -> list[str]:
    """Several columns in one text, with commas between; a column may hold a comma itself."""
    return name.split(",") if role in SEVERAL and name not in found else [name]


def _column(name: str, role: str, found: Sequence[str]) -> str:
    column = same_column(name, found)
    if column is None:
        raise ExplorerError(
            f"there is no column {name!r} to take for {role}: write {role}= one of {listed(found)} "
            f"(roles: {', '.join(ROLES)})"
        )
    return column


def same_column(name: str, found: Sequence[str]) -> str | None:
    """The column of this name, else the only one that differs from it in case and signs alone."""
    if name in found:
        return name
    alike = {column for column in found if canonical(column) == canonical(name)}
    return alike.pop() if len(alike) == 1 else None
