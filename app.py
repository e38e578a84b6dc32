"""Start the melanoma fairness explorer: ``python app.py``."""

import gc
import os

if __name__ == "__main__":
    gc.disable()  # what is made while starting stays: looking for garbage in it takes 0.3 s

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from explorer.ui.server import cache
from explorer.util import workers

folder = cache.own_folder()  # before Gradio is imported, which remembers it
workers.share_cores()  # before NumPy, OpenCV and PyTorch are

import narwhals.stable.v1  # noqa: F401  plotly and scikit-learn, in two threads, would collide

from explorer.ui.page import build_page
from explorer.ui.server import serving
from explorer.ui.server.weights_loader import WeightsLoader

loader = WeightsLoader()
demo = build_page(loader)
demo.queue(**serving.queue_options())

if __name__ == "__main__":
    serving.fetch_nothing()
    cache.remove_when_killed(folder)
    demo.launch(**serving.launch_options(), prevent_thread_lock=True)
    gc.freeze()
    gc.enable()
    loader.start()  # only now, so that importing torch does not delay the first answer
    demo.block_thread()
