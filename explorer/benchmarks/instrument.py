"""How long the instrument takes to repaint when skin, rule or cut-off changes, in Chromium.

``python -m explorer.benchmarks.instrument [--passes N]`` opens the instrument's file for the first
example, once with the whole image changed and once with the skin only, drags the skin over all
stops and switches through all rules at both cut-offs, and prints milliseconds by the browser's
Performance API: from the change to the end of its frame (script, style, layout and paint on the
page's thread). On a busy machine they hold waiting for a core; the mean processor time of a change
does not.
Needs ``playwright`` (``tests/requirements.txt``) and Chromium.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.benchmarks.common import options_parser, show
from explorer.evaluate.cutoffs import cutoffs_for
from explorer.image.read import read_image
from explorer.lesion import lesion
from explorer.lesion.instrument_file import instrument_file
from explorer.lesion.instrument_table import pictures_json, table_json
from explorer.lesion.workshop import instrument
from explorer.model.classifier import load_classifier
from explorer.synthetic.examples import FIRST
from explorer.transform.contract import SCOPES
from explorer.util import lazy

playwright = lazy.load("playwright.sync_api")

#: A frame at 60 Hz, ms.
FRAME = 16.0
WINDOW = {"width": 1280, "height": 720}

#: Every change once: at the start of a frame, until what the frame does with it is done.
CHANGES = """async (what) => {
  const slider = document.querySelector('[data-part=slider]');
  const drag = (skin) => {
    slider.value = skin;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const changes = what === 'skin'
    ? window.instrument.table.skins.map((_, skin) => () => drag(skin))
    : window.instrument.table.rules.flatMap(({ key: rule }) => ['own', 'same']
      .map((cutoff) => () => window.instrument.choose({ rule, cutoff })));
  performance.clearMeasures();
  for (const change of [...changes, changes[0]]) {
    await new Promise((done) => requestAnimationFrame(() => {
      const start = performance.now();
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        performance.measure('repaint', { start, end: performance.now() });
        done();
      };
      change();
      port2.postMessage(0);
    }));
  }
  return performance.getEntriesByName('repaint').slice(1).map(({ duration }) => duration);
}"""


@dataclass(frozen=True)
class Repaint:
    """Milliseconds of every change: a row per pass over all skins, or all rules at both cut-offs.

    Attributes
    ----------
    scope : str
        What the transform changes, of :data:`explorer.transform.contract.SCOPES`.
    skin : float (passes, N)
    rule : float (passes, 2 rules)
    processor : dict of str to float
        Mean processor time of a change on the page's thread, ms, for "skin" and "rule".
    """

    scope: str
    skin: np.ndarray
    rule: np.ndarray
    processor: dict[str, float]


@contextmanager
def opened(browser, html: str) -> Iterator:
    """A page on an instrument's file, drawn, with no server behind it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instrument.html"
        path.write_text(html, encoding="utf-8")
        page = browser.new_context(viewport=WINDOW).new_page()
        page.goto(path.as_uri())
        page.wait_for_selector(".instrument[data-state=full] [data-skin]")
        yield page
        page.context.close()


def measure(browser, html: str, scope: str, passes: int) -> Repaint:
    """Change skin and rule in a file of the instrument, ``passes`` times each; one more to warm."""
    times, processor = {}, {}
    with opened(browser, html) as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        for what in ("skin", "rule"):
            page.evaluate(CHANGES, what)
            before = _busy(session)
            times[what] = np.array([page.evaluate(CHANGES, what) for _ in range(passes)])
            changes = passes * (times[what].shape[1] + 1)
            processor[what] = (_busy(session) - before) / changes
    return Repaint(scope, times["skin"], times["rule"], processor)


def _busy(session) -> float:
    """Processor time of the page's thread so far, ms."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return 1000 * next(each["value"] for each in metrics if each["name"] == "TaskDuration")


def example_file(scope: str) -> str:
    """The instrument's file of the first example with the demo model's answers."""
    classifier = load_classifier("embedded")
    made = instrument(lesion.read_tone(read_image(FIRST.path)), classifier, scope=scope)
    table = table_json(made, cutoffs=cutoffs_for(classifier.weights), owned=False)
    return instrument_file(table, pictures_json(made))


def in_words(found: dict) -> None:
    """One line per kind of change."""
    for each in found["changes"]:
        print(
            f"{each['scope']}, {each['what']}: median {each['p50']:.1f} ms, 95th percentile "
            f"{each['p95']:.1f} ms, largest {each['largest']:.1f} ms, n = {each['n']} changes "
            f"(a frame is {FRAME:g} ms); processor {each['processor']:.1f} ms each"
        )


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = options_parser(__doc__, json=True)
    parser.add_argument("--passes", type=int, default=5, help="over all skins and rules (5)")
    options = parser.parse_args(arguments)
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        parser.error("this needs Chromium.")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        found = [measure(browser, example_file(s), s, options.passes) for s in SCOPES]
        browser.close()
    changes = [
        {"scope": each.scope, "what": what, "n": times.size, "largest": float(times.max())}
        | {"processor": each.processor[what]}
        | dict(zip(("p50", "p95"), map(float, np.percentile(times, [50, 95]))))
        for each in found
        for what, times in (("skin", each.skin), ("rule", each.rule))
    ]
    show({"changes": changes}, options, in_words)


if __name__ == "__main__":
    main()
