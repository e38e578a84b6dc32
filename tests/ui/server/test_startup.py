"""The page answers soon: nothing heavy is loaded before the server runs."""

import subprocess
import sys

import pytest

from explorer.benchmarks.startup import measure
from support import ROOT

#: What is loaded when first needed, or behind the server.
HEAVY = (
    "torch",
    "timm",
    "fairlearn",
    "onnx",
    "plotly",
    "scipy",
    "skimage",
    "sklearn",
    "matplotlib",
)


@pytest.mark.slow
def test_building_the_page_loads_nothing_heavy_and_writes_no_stubs():
    """Gradio parses its components' sources to write stubs for editors, at every import."""
    code = (
        "import sys; stubs = []; sys.addaudithook(lambda event, at: stubs.append(at[0]) if "
        "event == 'open' and str(at[0]).endswith('.pyi') and 'gradio' in at[0] else None);"
        "from explorer.ui.page import build_page;"
        "from explorer.ui.server.weights_loader import WeightsLoader; build_page(WeightsLoader());"
        f"print([name for name in {HEAVY} if name in sys.modules], stubs)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[] []"


@pytest.mark.slow
def test_torch_is_whole_before_the_first_page_is_drawn():
    """SciPy fails on a torch that another thread has imported by half."""
    code = (
        "import sys; from explorer.ui.server.weights_loader import WeightsLoader;"
        "loader, seen = WeightsLoader('embedded'), [];"
        "loader.before(lambda: seen.append(hasattr(sys.modules.get('torch'), 'Tensor')));"
        "assert 'torch' not in sys.modules; list(loader.wait()); print(seen)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[True]"


@pytest.mark.slow
def test_first_answer_comes_little_later_than_from_an_empty_page():
    """The aim is 0.5 s by the clock, which other tests share; so the processor's time is judged.

    The best of several starts each, and room for a machine at work.
    """
    found = measure(pairs=2)
    least = min(found.empty_processor)
    assert least > 0.1 and min(found.page_processor) - least < 0.5 + 0.25 * least
