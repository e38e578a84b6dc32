"""What the form for images remembers of one visitor."""

from collections.abc import Callable

from explorer.data.datasets import Metadata
from explorer.rules.rules import DEFAULT_RULE
from explorer.ui.evaluate.run import BatchRun
from explorer.ui.evaluate.staging import Batch
from explorer.ui.groups.state import Own
from explorer.util.errors import ExplorerError


class Desk:
    """What a visitor has given, and the latest run; changed in place, one per visitor."""

    def __init__(self):
        self.batch: Batch | None = None
        self.metadata: Metadata | None = None
        self.run: BatchRun | None = None
        self.rule = DEFAULT_RULE
        self.serial = 0
        self.asked = self.working = self.shown = False

    def give(self, batch: Batch) -> None:
        """Take new images in place of those that wait."""
        self.drop()
        self.batch = batch

    def describe(self, metadata: Metadata) -> None:
        """Take the metadata of a CSV file that was given."""
        self.metadata = metadata

    def drop(self) -> None:
        """Forget images that wait, and delete them."""
        if self.batch is not None:
            self.batch.remove()
        self.batch = None

    def ask(self) -> None:
        """A run is wanted; an earlier one ends."""
        self.serial += 1
        self.asked, self.run = True, None

    def take(self) -> tuple[Batch | None, Callable[[], bool]]:
        """The images that wait, which now are the caller's, and whether they still are wanted."""
        batch, self.batch, mine = self.batch, None, self.serial
        self.working = batch is not None
        return batch, lambda: self.asked and self.serial == mine

    def stop(self) -> None:
        """No run is wanted any more."""
        self.asked = False

    def for_groups(self) -> Own:
        """The latest run as the answer takes it; ExplorerError where it cannot."""
        if self.run is None:
            raise ExplorerError("Nothing has been evaluated yet: press Run first.")
        return self.run.for_groups()

    def close(self) -> None:
        """The visitor has gone."""
        self.stop()
        self.drop()

    def known(self, batch: Batch | None) -> Metadata | None:
        """Of these images: the CSV file that was given, else the one in their zip."""
        return self.metadata or (batch and batch.metadata)
