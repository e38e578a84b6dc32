"""How every command speaks: JSON on stdout, one line per mistake on stderr."""

import json
import sys

from tqdm import tqdm


def print_json(value) -> None:
    """Print a result as indented JSON; NaN and infinity are refused."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def complain(error) -> None:
    """Print a message as one line on stderr."""
    print(f"explorer: {' '.join(str(error).split())}", file=sys.stderr)


class Progress:
    """tqdm's bar on stderr: done, rate, time left."""

    bar = None

    def start(self, images: int, skipped: int) -> None:
        """Draw the bar; ``skipped`` of the images are done already."""

        tqdm.monitor_interval = 0  # no thread beside
        # In a log, where a bar cannot be drawn over, every five seconds are enough.
        interval = 0.2 if sys.stderr.isatty() else 5.0
        self.bar = tqdm(
            total=images, initial=skipped, unit=" images", mininterval=interval, smoothing=0.1
        )

    def step(self, _) -> None:
        """One image more."""
        self.bar.update()

    def close(self) -> None:
        """Leave the bar as it is."""
        if self.bar is not None:
            self.bar.close()
