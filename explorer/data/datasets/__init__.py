"""Metadata files of known data sets, read into one table: ``read_metadata(path)``.

One module per data set, each one :class:`~explorer.data.datasets.adapter.Adapter`: how to know its
file, what its columns mean, and which diagnoses count as malignant, with the reason.
"""

from explorer.data.datasets.adapter import Adapter
from explorer.data.datasets.reading import ADAPTERS, KINDS, Metadata, read_metadata

__all__ = ["ADAPTERS", "KINDS", "Adapter", "Metadata", "read_metadata"]
