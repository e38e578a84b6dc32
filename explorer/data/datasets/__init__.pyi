from .adapter import Adapter
from .reading import ADAPTERS, KINDS, Metadata, read_metadata

__all__ = ["ADAPTERS", "KINDS", "Adapter", "Metadata", "read_metadata"]
