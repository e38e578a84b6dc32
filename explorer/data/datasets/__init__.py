"""Metadata files of known data sets, read into one table: ``read_metadata(path)``.

One module per data set, each one :class:`~explorer.data.datasets.adapter.Adapter`: how to know its
file, what its columns mean, and which diagnoses count as malignant, with the reason.
"""

import lazy_loader

#: What ``__init__.pyi`` names, each imported when first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
