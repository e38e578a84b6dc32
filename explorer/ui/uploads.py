"""Uploads: read once, then removed from the server's disk."""

from pathlib import Path

from explorer.intake import CheckedImage, read_image


def take(path: str) -> CheckedImage:
    """Read and check an uploaded file, and delete it whatever comes of it.

    Gradio stores an upload in its temporary folder under a folder of its own; both go, so that
    nothing a visitor uploads stays. Raises what :func:`explorer.intake.read_image` raises.
    """
    try:
        return read_image(path)
    finally:
        remove(path)


def remove(path: str) -> None:
    """Delete an upload and the folder that Gradio made for it."""
    file = Path(path)
    file.unlink(missing_ok=True)
    try:
        file.parent.rmdir()
    except OSError:  # another upload of the same content is being read there
        pass
