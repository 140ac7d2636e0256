"""The objects of a lake as a file system of fsspec, which DuckDB reads through: it needs no extension for it, which it
would download, and no credentials of its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, BinaryIO, Final

from fsspec import AbstractFileSystem

from shardgen.stores.lake.objects import Found, Objects

PROTOCOL: Final = "lake"


class ObjectFiles(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """See fsspec; what it is asked for is read, and never written.

    Args:
        objects: of the lake.
    """

    protocol = PROTOCOL
    cachable = False

    def __init__(self, objects: Objects) -> None:
        super().__init__()
        self._objects = objects

    def glob(self, path: str, **_: Any) -> list[str]:
        """The path: a file is asked for by its name, which may hold what others see a pattern in."""
        return [path]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Of one object."""
        return {"name": path, "size": self._head(path).size, "type": "file"}

    def exists(self, path: str, **_: Any) -> bool:
        """Whether an object is there."""
        return self._objects.head(self._strip_protocol(path)) is not None

    def modified(self, path: str) -> datetime:
        """When an object was made."""
        return self._head(path).modified

    def _head(self, path: str) -> Found:
        found = self._objects.head(self._strip_protocol(path))
        if found is None:
            raise FileNotFoundError(path)
        return found

    def _open(self, path: str, *_: Any, **__: Any) -> BinaryIO:
        return self._objects.open(self._strip_protocol(path))
