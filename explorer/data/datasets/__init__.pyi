from .adapter import Adapter
from .known import ADAPTERS, KINDS
from .reading import Metadata, read_metadata

__all__ = ["ADAPTERS", "KINDS", "Adapter", "Metadata", "read_metadata"]
