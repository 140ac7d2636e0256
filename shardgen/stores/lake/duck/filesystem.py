"""The objects of a lake as a file system of fsspec, which DuckDB reads through: it needs no extension for it, which it
would download, and no credentials of its own.
"""

from __future__ import annotations

import io
import os
import threading
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

    def _open(self, path: str, *_: Any, **__: Any) -> SharedFile:
        return SharedFile(self._objects, self._strip_protocol(path), size=self._head(path).size)


class SharedFile(io.RawIOBase):
    """An object that several threads read at once: DuckDB seeks and reads in two calls, and others come in between.

    Each thread reads where it has sought. One that has not goes on behind the last read, whoever made it: text is read
    from front to back by whichever thread is free.

    Args:
        objects: of the lake.
        key: of the object.
        size: in bytes.
    """

    def __init__(self, objects: Objects, key: str, *, size: int) -> None:
        super().__init__()
        self._objects = objects
        self._key = key
        self._size = size
        self._behind = 0
        self._mine = threading.local()

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Have this thread read there next."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._size}[whence]
        self._mine.sought = start + offset
        return start + offset

    def tell(self) -> int:
        """Where this thread reads next."""
        return int(getattr(self._mine, "sought", self._behind))

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or all that are left."""
        start = self.tell()
        vars(self._mine).pop("sought", None)
        file = self._file()
        file.seek(start)
        found = file.read(size)
        self._behind = start + len(found)
        return found

    def _file(self) -> BinaryIO:
        """This thread's own."""
        if not hasattr(self._mine, "file"):
            self._mine.file = self._objects.open(self._key)
        file: BinaryIO = self._mine.file
        return file
