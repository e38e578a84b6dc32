"""What lies in a folder in which the app, a process of its own, makes and deletes files."""

import os
from fnmatch import fnmatch
from pathlib import Path


def below(folder, name="*") -> list[Path]:
    """Files and folders below one whose names match; those that go meanwhile are no error."""
    return [
        Path(parent) / each
        for parent, folders, files in os.walk(folder)
        for each in (*folders, *files)
        if fnmatch(each, name)
    ]


def left(folder) -> list[Path]:
    """Files below a folder that hold anything."""
    return [each for each in below(folder) if _size(each)]


def _size(path):
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0
