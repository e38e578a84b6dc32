"""Start the melanoma fairness explorer: ``python app.py``."""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from explorer.ui.page import build_page, launch_options  # noqa: E402

demo = build_page()
demo.queue(max_size=64)

if __name__ == "__main__":
    demo.launch(**launch_options())
