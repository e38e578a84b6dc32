"""The instrument on the page: one Gradio component; its elements and scripts are templates."""
