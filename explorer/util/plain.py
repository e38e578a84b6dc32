"""Results as plain dictionaries, lists and numbers: the JSON of command line, report and API."""

import dataclasses
import json
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

import numpy as np


def plain(value):
    """The same value in what JSON knows; a dataclass is a dictionary of its fields, in order.

    Parameters
    ----------
    value : dataclass instance, mapping, sequence, NumPy array or scalar, Enum, Path, str, number
        Nested in any way.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return str(value) if isinstance(value, Path) else value


def picked(value, *names: str) -> dict:
    """Some attributes of an object, plain, in this order: where its JSON has not every field."""
    return {name: plain(getattr(value, name)) for name in names}


def json_text(value) -> str:
    """A result as indented JSON; NaN and infinity are refused."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False)


def print_json(value) -> None:
    """Print a result as :func:`json_text`."""
    print(json_text(value))
