"""Guessing what each column of one or two tables is, by its name and its values."""

from collections.abc import Mapping, Sequence

from explorer.data import names
from explorer.data.attributes import READERS, guess_derived
from explorer.data.mapping import BY_NAME, CHOSEN, DERIVED, PREDICTED, ColumnMap, Taken
from explorer.data.names import containing, named
from explorer.data.values import PERCENT, looks_like, read_scores, words_read
from explorer.util.errors import ExplorerError
from explorer.util.numerals import numbers_said

BY_VALUES = "by its name and values"
#: Names of images that name patients or models as often: they count if no two rows share one.
WEAK_NAMES = ("name", "id")
#: Roles whose cells are numbers: how they are written is told where it could be read otherwise.
NUMBERS = ("logits", "score", "age", "cielab")
#: Kinds of values that a score can have.
SCORES = ("scores", "percentages")
#: Share of different values above which a column can name the rows.
DISTINCT = 0.9


def guess_columns(tables: Sequence, chosen: Mapping[str, tuple[str, ...]]) -> ColumnMap:
    """What each column is; a role that nothing was found for is left out.

    Parameters
    ----------
    tables : sequence of pandas.DataFrame
        Text as read: the predictions, and the metadata where they are apart.
    chosen : mapping of str to tuple of str
        From :func:`explorer.data.mapping.checked`: these are not guessed.

    Raises
    ------
    ExplorerError
        If there are some but not all of the 8 logits.
    """
    guess = _Guess(tables, chosen)
    for file in range(len(tables)):
        guess.image(file)
    guess.logits()
    guess.score()
    guess.prediction()
    guess.target()
    guess.patient()
    guess.derived()
    return guess.mapping()


class _Guess:
    """The columns of every file, and what was taken so far."""

    def __init__(self, tables: Sequence, chosen: Mapping[str, tuple[str, ...]]):
        self.tables, self.chosen = tables, chosen
        self.taken: list[Taken] = []
        self.used: list[set[str]] = [set() for _ in tables]
        self.last = len(tables) - 1
        for role, columns in chosen.items():
            if columns:
                self._choose(role, columns)

    def _choose(self, role: str, columns: tuple[str, ...]) -> None:
        """Take what somebody said."""
        if role in ("group", "ignore"):  # nothing is read from these here, nor guessed of them
            for used, table in zip(self.used, self.tables):
                used.update(set(columns) & set(table))
            return
        if role == "image":
            for file, table in enumerate(self.tables):
                if column := next((each for each in columns if each in table), None):
                    self.take(role, (column,), file, CHOSEN)
            return
        order = range(len(self.tables)) if role in PREDICTED else range(self.last, -1, -1)
        file = next((each for each in order if set(columns) <= set(self.tables[each])), None)
        if file is None:
            raise ExplorerError(
                f"the columns {', '.join(columns)} for {role} are not in one file: choose from one"
            )
        self.take(role, columns, file, CHOSEN)

    def take(self, role, columns, file: int, why: str, others: Sequence[str] = ()) -> None:
        """Remember one role; what is done with its values is seen from them."""
        table = self.tables[file]
        done = [READERS[role].done] if role in READERS else []
        if role == "score" and read_scores(table[columns[0]])[1]:
            done.append(PERCENT)
        elif role in ("target", "prediction"):
            done.append(words_read(table[columns[0]]))
        if role in NUMBERS:
            cells = [table[column].str.strip().str.rstrip("% ") for column in columns]
            done += dict.fromkeys(map(numbers_said, cells))
        done = "; ".join(filter(None, done))
        self.taken.append(Taken(role, tuple(columns), why, done, tuple(others), file))
        self.used[file].update(columns)

    def free(self, file: int) -> list[str]:
        """Columns of a file that nothing was taken from."""
        return [column for column in self.tables[file] if column not in self.used[file]]

    def has(self, *roles: str) -> bool:
        """Whether one of these roles was found, or is not wanted."""
        return any(each.role in roles for each in self.taken) or any(
            role in self.chosen for role in roles
        )

    def mapping(self) -> ColumnMap:
        """All that was found, images first."""
        order = ("image", "target", *PREDICTED, "patient", *DERIVED, "group")
        return ColumnMap(tuple(sorted(self.taken, key=lambda each: order.index(each.role))))

    def looks(self, file: int, columns: Sequence[str], *kinds: str) -> list[str]:
        """Those of the columns whose values look like one of the kinds."""
        return [column for column in columns if looks_like(self.tables[file][column]) in kinds]

    # Each role

    def image(self, file: int) -> None:
        """The column that names the images of a file."""
        if any(each.role == "image" and each.file == file for each in self.taken):
            return
        if self.chosen.get("image") == ():
            return
        table = self.tables[file]
        for column in named(self.free(file), names.IMAGE):
            weak = names.canonical(column) in WEAK_NAMES
            if not weak or table[column].nunique() >= DISTINCT * len(table):
                return self.take("image", (column,), file, BY_NAME)

    def logits(self) -> None:
        """All eight logits; where a score was chosen, it counts instead."""
        found = named(self.free(0), names.LOGITS)
        if self.has("logits", "score") or not found:
            return
        if len(found) < len(names.LOGITS):
            raise ExplorerError(
                f"{self.tables[0].attrs['name']} has {len(found)} of the 8 logits: give logit_0 to "
                "logit_7, index 2 d + y"
            )
        self.take("logits", found, 0, BY_NAME)

    def score(self) -> None:
        """A probability: by name, by name and values, or the only column of such numbers."""
        if self.has("score"):
            return
        free = self.free(0)
        sure = named(free, names.SCORE)
        sure.sort(key=lambda column: looks_like(self.tables[0][column]) == "other")
        open_names = [*names.PREDICTION, *names.TARGET, *names.EITHER]
        candidates = [*sure, *self.looks(0, named(free, open_names), *SCORES)]
        if candidates:
            why = BY_NAME if sure else BY_VALUES
            return self.take("score", candidates[:1], 0, why, candidates[1:])
        if self.has("logits"):
            return
        parts = containing(free, ("prob", "score", "risk", "conf", "pred", "malig", "melan"))
        candidates = self.looks(0, parts, *SCORES)
        if candidates:
            return self.take("score", candidates[:1], 0, BY_VALUES, candidates[1:])
        if named(free, names.PREDICTION):
            return
        only = self.looks(0, [c for c in free if "benign" not in names.canonical(c)], "scores")
        if len(only) == 1:
            self.take("score", only, 0, "the only column of numbers from 0 to 1")

    def prediction(self) -> None:
        """A predicted label; ``target`` or ``label`` where another column can be the truth."""
        if self.has("prediction"):
            return
        free = self.free(0)
        candidates = named(free, names.PREDICTION)
        candidates.sort(key=lambda column: looks_like(self.tables[0][column]) == "other")
        if candidates:
            return self.take("prediction", candidates[:1], 0, BY_NAME, candidates[1:])
        if self.has("logits", "score"):
            return
        candidates = self.looks(0, containing(free, ("pred",)), "labels")
        if not candidates and self.last:
            candidates = named(free, ["target", *names.EITHER])
        elif not candidates and named(free, ["target"]):
            candidates = named(free, ["label"])
        if candidates:
            self.take("prediction", candidates[:1], 0, BY_VALUES)

    def target(self) -> None:
        """The true label, in the metadata first: by name where its values can be labels."""
        if self.has("target"):
            return
        for file in range(self.last, -1, -1):
            free = self.free(file)
            sure, either = named(free, names.TARGET), named(free, names.EITHER)
            good = self.looks(file, [*sure, *either], "labels")
            good += self.looks(file, named(free, names.DIAGNOSES), "labels")
            if not good:
                parts = containing(free, ("truth", "true", "target", "label", "malig", "diagnos"))
                good = self.looks(file, parts, "labels")
            if column := next(iter([*good, *sure, *either]), None):
                why = BY_NAME if column in sure else BY_VALUES
                return self.take("target", (column,), file, why)

    def patient(self) -> None:
        """Who an image is of, by which intervals are clustered."""
        for file in range(self.last, -1, -1):
            if self.has("patient"):
                return
            if found := named(self.free(file), names.PATIENT):
                self.take("patient", found[:1], file, BY_NAME)

    def derived(self) -> None:
        """Groups that the explorer reads in its own way."""
        for file in range(self.last, -1, -1):
            for role, columns in guess_derived(self.tables[file], self.free(file)).items():
                if not self.has(role):
                    self.take(role, columns, file, BY_NAME)
