"""Where bytes live: a local folder or S3, behind one small interface."""

from cluster.storage.base import ObjectInfo, Storage
from cluster.storage.uri import open_storage

__all__ = ["ObjectInfo", "Storage", "open_storage"]
