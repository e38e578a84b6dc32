"""The page's texts that a translation lacks, as JSON: ``python tests/texts.py [LANGUAGE]``.

Walks all views in Chromium and asks ``explorer/ui/locale/locale.js`` what it looked up in vain, by
view; numbers are written as ``{}``, which is what the keys of a catalogue have for them.
"""

import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from support.browser import chromium, running_app, settled

NUMBER = re.compile(r"[-−+]?\d(?:[\d.,]*\d)?")
VIEWS = ("explore", "fair", "own", "study")
SUBTABS = (
    *("images", "pairs", "spreads", "why", "curves"),
    *("power", "confidence", "post", "compare", "report"),
)
READY = {
    "explore": "#instrument [data-state=full]",
    "fair": "#bars .js-plotly-plot",
    "study": ".audit-card",
}


def template(text: str) -> str:
    """A text with {} for its numbers."""
    return NUMBER.sub("{}", text)


def open_in(browser, address, language, view="explore", more="", seconds=90):
    """A page in another language on one view, its results drawn."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(seconds * 1000)
    page.goto(f"{address}/?lang={language}&view={view}{more}")
    page.wait_for_function(f"document.documentElement.lang === '{language}'")
    ready(page, view)
    return page


def ready(page, view) -> None:
    """Wait until a view is drawn."""
    page.wait_for_selector(READY.get(view, "#views"))
    settled(page, 800)


def unfold(page) -> None:
    """Open every accordion and table twin that is in sight."""
    page.evaluate("""() => {
      document.querySelectorAll('button.label-wrap:not(.open)').forEach((each) => each.click());
      document.querySelectorAll('details:not([open])').forEach((each) => { each.open = true; });
    }""")
    page.wait_for_timeout(1500)


def missing(page) -> list[str]:
    """What was looked up in vain, numbers as {}."""
    found = page.evaluate("() => window.explorerLocale.missing()")
    return list(dict.fromkeys(map(template, found)))


def _lesion(page) -> None:
    page.locator("#transform input[value=published]").check(force=True)
    page.wait_for_timeout(3000)
    page.locator("#rule input[value=independent]").check(force=True)
    page.click("#draw-curve")
    page.wait_for_selector("#curve-chart .js-plotly-plot")
    page.locator("#method input[value=robust]").check(force=True)
    page.wait_for_timeout(4000)
    page.locator("#examples button").nth(6).click()
    page.wait_for_timeout(5000)
    unfold(page)


def _groups(page) -> None:
    page.locator("#group-source input[value=demo]").check(force=True)
    page.wait_for_timeout(3000)
    unfold(page)
    for key in SUBTABS:
        page.evaluate(f"document.querySelector('#closer [data-tab-id={key}]')?.click()")
        page.wait_for_timeout(1500)
        if key == "post":
            page.click("#fit")
            page.wait_for_selector("#post-plot .js-plotly-plot")
        unfold(page)
    page.locator("#group-source input[value=report]").check(force=True)
    page.wait_for_timeout(2500)


def collect(browser, address, language) -> dict[str, list[str]]:
    """Texts that the catalogue lacks, by view; each named once."""
    seen, found = set(), {}
    for view in VIEWS:
        page = open_in(browser, address, language, view)
        try:
            unfold(page)
            {"explore": _lesion, "fair": _groups}.get(view, lambda _: None)(page)
        except Exception as error:
            print(f"{view}: {error}", file=sys.stderr)
        texts = [text for text in missing(page) if text not in seen]
        seen.update(texts)
        found[view] = texts
        page.context.close()
    return found


def main() -> None:
    """Print what the catalogue of a language, by default hr, lacks."""
    language = sys.argv[1] if len(sys.argv) > 1 else "hr"
    with (
        TemporaryDirectory() as folder,
        running_app(Path(folder)) as address,
        chromium() as browser,
    ):
        print(json.dumps(collect(browser, address, language), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
