"""Metadata files of known data sets, read into one table: ``read_metadata(path)``.

Each data set is one :class:`~explorer.data.datasets.adapter.Adapter`, see
:mod:`explorer.data.datasets.known`.
"""

import lazy_loader

#: What ``__init__.pyi`` names, each imported when first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
